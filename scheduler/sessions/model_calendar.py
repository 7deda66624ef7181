"""The picture of the clinic around some visits: everything that may be in their way, read once."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from scheduler.chairs.model import active_chairs, outages_in
from scheduler.clinics.model import closures_in, hours_of_clinic, staffing_of
from scheduler.clinics.rules_staffing import nurses_at_work
from scheduler.sessions.model_patient import PatientFacts
from scheduler.sessions.rules_calendar import Blocker, BusyNurses, Calendar, Lane, closed
from scheduler.sessions.rules_nurses import all_busy
from scheduler.sessions.rules_overruns import LONGEST_BLOCK, UNDER_WAY, chair_free_at, leaves_at
from scheduler.sessions.rules_states import LIVE
from scheduler.spans import Span, merged
from scheduler.tenancy import Work
from scheduler.wall_time import dates, day

_TAKEN = text(
    f"""
    SELECT s.*
    FROM unnest(CAST(:earliest AS timestamptz[]), CAST(:starts AS timestamptz[]),
                CAST(:ends AS timestamptz[])) AS w (earliest, starts, ends)
    CROSS JOIN LATERAL (
        SELECT id, chair_id, block_starts_at, block_ends_at, starts_at, ends_at,
               observation_minutes, extra_minutes, block_extra_minutes, status, infusion_ended_at
        FROM sessions
        WHERE clinic_id = :clinic_id AND status IN {LIVE}
          AND block_starts_at >= w.earliest AND block_starts_at < w.ends
          AND (block_ends_at > w.starts OR status IN {UNDER_WAY})
    ) AS s
    """  # noqa: S608 - constants of ours
)


def chair_calendar(
    work: Work,
    windows: Sequence[Span],
    patient: PatientFacts | None = None,
    without: UUID | None = None,
) -> Calendar:
    """What may be in the way of a session in these windows, on every active chair.

    `without` names a session that is not in the way, as it is the one to be moved.
    """
    whole = _whole(windows)
    taken = _taken(work, windows, without)
    of_lane: dict[UUID, list[Blocker]] = {}
    for row in taken:
        # Nearly all are still to come, and take their chair as planned.
        late = row.status in UNDER_WAY
        free_at = chair_free_at(row, work.now) if late else row.block_ends_at
        span = Span(row.block_starts_at, free_at)
        of_lane.setdefault(row.chair_id, []).append(Blocker("session", span, row.id))
    for outage in outages_in(work, whole):
        blocker = Blocker("outage", outage.span, outage.id)
        of_lane.setdefault(outage.chair_id, []).append(blocker)
    return Calendar(
        lanes=tuple(Lane(*chair) for chair in active_chairs(work)),
        everywhere=shut(work, windows),
        of_lane=of_lane,
        of_patient=patient.stays if patient else (),
        infusions=patient.infusions if patient else (),
        nurses=_busy_nurses(work, windows, taken),
        settled=all(row.status not in UNDER_WAY for row in taken),
        covered=tuple(merged(windows)),
    )


def _taken(work: Work, windows: Sequence[Span], without: UUID | None) -> list[Row[Any]]:
    """The live sessions whose blocks meet a window."""
    bounds = {
        "clinic_id": work.clinic_id,
        "earliest": [window.start - LONGEST_BLOCK for window in windows],
        "starts": [window.start for window in windows],
        "ends": [window.end for window in windows],
    }
    return [row for row in work.session.execute(_TAKEN, bounds).all() if row.id != without]


def _busy_nurses(
    work: Work, windows: Sequence[Span], taken: Iterable[Row[Any]]
) -> BusyNurses | None:
    """When the clinic's nurses can take no further patient, or None where nothing limits them."""
    staffing = staffing_of(work, _whole(windows))
    if not staffing.limited:
        return None
    setup = timedelta(minutes=staffing.setup_minutes)
    # A session that meets two windows is in both of them.
    rows = {row.id: row for row in taken}.values()
    setups = [Span(row.block_starts_at, row.block_starts_at + setup) for row in rows]
    watches = [Span(row.starts_at, leaves_at(row, work.now)) for row in rows]
    nurses = [
        piece
        for window in _whole_days(work, windows)
        for piece in nurses_at_work(staffing, window, work.zone)
    ]
    return BusyNurses(
        setup,
        tuple(_limit(span) for span in all_busy(setups, nurses)),
        tuple(_limit(span) for span in all_busy(watches, nurses, staffing.watch_ratio)),
    )


def _limit(span: Span) -> Blocker:
    return Blocker("nurse_limit", span)


def _whole_days(work: Work, windows: Sequence[Span]) -> list[Span]:
    """The local days that the windows touch, each once."""
    days = {on for window in windows for on in dates(window, work.zone)}
    return merged(day(on, work.zone) for on in days)


def shut(work: Work, windows: Sequence[Span]) -> tuple[Blocker, ...]:
    """When the clinic is shut in these windows: by its hours, and by closures."""
    closures = closures_in(work, _whole(windows))
    return (
        *closed(hours_of_clinic(work), windows, work.zone),
        *(Blocker("closure", each.span, each.id) for each in closures),
    )


def _whole(windows: Sequence[Span]) -> Span:
    return Span(min(each.start for each in windows), max(each.end for each in windows))
