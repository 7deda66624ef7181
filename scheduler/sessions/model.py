"""Infusion sessions as they are stored, and the picture of the clinic around them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import Select, func, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.chairs.model import active_chairs, outages_in
from scheduler.clinics.model import closures_in, hours_of_clinic
from scheduler.consults.model import Consultation
from scheduler.db import Base, OfClinic, Versioned
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane, closed
from scheduler.sessions.rules_slots import Slot
from scheduler.sessions.rules_states import COUNTED, LIVE, is_live
from scheduler.spans import Span
from scheduler.tenancy import Work

# No block is longer (a CHECK holds it), so none that starts earlier can reach into a search.
LONGEST_BLOCK = timedelta(hours=12)


class InfusionSession(OfClinic, Versioned, Base):
    """One visit for an infusion. `starts_at`–`ends_at` is the planned infusion, the block all
    the time it takes its chair. `completed_at` is when `complete` was recorded, `left_at` when
    the patient left. `time_version` rises when its start or its liveness changes.
    """

    __tablename__ = "sessions"
    noun: ClassVar[str] = "session"

    series_id: Mapped[UUID | None]
    patient_id: Mapped[UUID]
    chair_id: Mapped[UUID]
    protocol_id: Mapped[UUID]
    clearance_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    block_starts_at: Mapped[datetime]
    block_ends_at: Mapped[datetime]
    observation_minutes: Mapped[int]
    status: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    infusion_ended_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    early_reason: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    time_version: Mapped[int] = mapped_column(default=1)

    # Derived, never stored (I20): see `numbered`.
    ordinal: ClassVar[int | None] = None

    def move_to(self, status: str) -> None:
        """Enter a state; its promise to the patient changes with its liveness."""
        if is_live(status) != is_live(self.status):
            self.time_version += 1
        self.status = status


def add_sessions(
    work: Work,
    slots: Sequence[Slot],
    clearance_ids: Sequence[UUID],
    *,
    patient_id: UUID,
    protocol_id: UUID,
    observation_minutes: int,
    series_id: UUID | None = None,
) -> list[InfusionSession]:
    """Book a session in each slot, all in one statement."""
    rows = [
        {
            "clinic_id": work.clinic_id,
            "id": uuid4(),
            "series_id": series_id,
            "patient_id": patient_id,
            "chair_id": slot.lane.id,
            "protocol_id": protocol_id,
            "clearance_id": clearance_id,
            "starts_at": slot.visit.infusion.start,
            "ends_at": slot.visit.infusion.end,
            "block_starts_at": slot.visit.block.start,
            "block_ends_at": slot.visit.block.end,
            "observation_minutes": observation_minutes,
            "status": "booked",
        }
        for slot, clearance_id in zip(slots, clearance_ids, strict=True)
    ]
    added = insert(InfusionSession).returning(InfusionSession, sort_by_parameter_order=True)
    return list(work.session.scalars(added, rows))


def starting_in(
    query: Select[Any],
    model: Any,
    from_: datetime | None = None,
    to: datetime | None = None,
    **equal: Any,
) -> Select[Any]:
    """The rows of a query that start from `from_` up to `to` and whose columns have the values."""
    if from_ is not None:
        query = query.where(model.starts_at >= from_)
    if to is not None:
        query = query.where(model.starts_at < to)
    return query.filter_by(**equal)


def numbered(work: Work, sessions: Sequence[InfusionSession]) -> Sequence[InfusionSession]:
    """The same sessions, each with its rank by start among the counted ones of its series."""
    work.session.flush()
    series_ids = {each.series_id for each in sessions if each.series_id}
    if series_ids:
        rank = func.row_number().over(
            partition_by=InfusionSession.series_id, order_by=InfusionSession.starts_at
        )
        counted = select(InfusionSession.id, rank).where(
            InfusionSession.clinic_id == work.clinic_id,
            InfusionSession.series_id.in_(series_ids),
            InfusionSession.status.in_(COUNTED),
        )
        ordinals = {row[0]: row[1] for row in work.session.execute(counted)}
        for each in sessions:
            each.ordinal = ordinals.get(each.id)  # type: ignore[misc]
    return sessions


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


def chair_calendar(
    work: Work, windows: Sequence[Span], patient_id: UUID | None = None
) -> Calendar:
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
    consultations = select(
        Consultation.id, Consultation.starts_at, Consultation.ends_at
    ).where(*_of_patient(Consultation, work, patient_id, within, ("booked", "arrived")))
    for row in work.session.execute(consultations):
        yield Blocker("consultation", Span(row.starts_at, row.ends_at), row.id)


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
