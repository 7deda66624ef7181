"""The picture of the clinic around some visits: everything that may be in their way, read once."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from scheduler.chairs.model import active_chairs, outages_in
from scheduler.clinics.model import closures_in, hours_of_clinic
from scheduler.consults.model import Consultation
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane, closed
from scheduler.sessions.rules_states import LIVE
from scheduler.spans import Span
from scheduler.tenancy import Work

# No block is longer (a CHECK holds it), so none that starts earlier can reach into a search.
LONGEST_BLOCK = timedelta(hours=12)


_TAKEN = text(
    f"""
    SELECT s.id, s.chair_id, s.block_starts_at, s.block_ends_at
    FROM unnest(CAST(:earliest AS timestamptz[]), CAST(:starts AS timestamptz[]),
                CAST(:ends AS timestamptz[])) AS w (earliest, starts, ends)
    CROSS JOIN LATERAL (
        SELECT id, chair_id, block_starts_at, block_ends_at FROM sessions
        WHERE clinic_id = :clinic_id AND status IN {LIVE}
          AND block_starts_at >= w.earliest AND block_starts_at < w.ends
          AND block_ends_at > w.starts
    ) AS s
    """  # noqa: S608 - LIVE is a constant of ours
)


def chair_calendar(work: Work, windows: Sequence[Span], patient_id: UUID | None = None) -> Calendar:
    """What may be in the way of a session in these windows, on every active chair."""
    of_lane: dict[UUID, list[Blocker]] = {}
    bounds = {
        "clinic_id": work.clinic_id,
        "earliest": [window.start - LONGEST_BLOCK for window in windows],
        "starts": [window.start for window in windows],
        "ends": [window.end for window in windows],
    }
    for row in work.session.execute(_TAKEN, bounds):
        span = Span(row.block_starts_at, row.block_ends_at)
        of_lane.setdefault(row.chair_id, []).append(Blocker("session", span, row.id))
    whole = _whole(windows)
    for outage in outages_in(work, whole):
        blocker = Blocker("outage", outage.span, outage.id)
        of_lane.setdefault(outage.chair_id, []).append(blocker)
    return Calendar(
        lanes=tuple(Lane(*chair) for chair in active_chairs(work)),
        everywhere=shut(work, windows),
        of_lane=of_lane,
        of_patient=tuple(visits_of(work, patient_id, whole)) if patient_id else (),
    )


def shut(work: Work, windows: Sequence[Span]) -> tuple[Blocker, ...]:
    """When the clinic is shut in these windows: by its hours, and by closures."""
    closures = closures_in(work, _whole(windows))
    return (
        *closed(hours_of_clinic(work), windows, work.zone),
        *(Blocker("closure", each.span, each.id) for each in closures),
    )


def visits_of(work: Work, patient_id: UUID, within: Span) -> Iterable[Blocker]:
    """The patient's live sessions (the whole stay) and consultations around `within`."""
    sessions = select(
        InfusionSession.id,
        InfusionSession.block_starts_at,
        InfusionSession.ends_at,
        InfusionSession.observation_minutes,
    ).where(*_of_patient(InfusionSession, work, patient_id, within, LIVE))
    for row in work.session.execute(sessions):
        leaves_at = row.ends_at + timedelta(minutes=row.observation_minutes)
        yield Blocker("session", Span(row.block_starts_at, leaves_at), row.id)
    consultations = select(Consultation.id, Consultation.starts_at, Consultation.ends_at).where(
        *_of_patient(Consultation, work, patient_id, within, ("booked", "arrived"))
    )
    for consultation_id, starts_at, ends_at in work.session.execute(consultations):
        yield Blocker("consultation", Span(starts_at, ends_at), consultation_id)


def _of_patient(
    model: Any, work: Work, patient_id: UUID, within: Span, states: Sequence[str]
) -> tuple[Any, ...]:
    around = within.widened(LONGEST_BLOCK)
    return (
        model.clinic_id == work.clinic_id,
        model.patient_id == patient_id,
        model.starts_at > around.start,
        model.starts_at < around.end,
        model.status.in_(states),
    )


def _whole(windows: Sequence[Span]) -> Span:
    return Span(min(each.start for each in windows), max(each.end for each in windows))
