"""Which chair does each wanted visit take, what is in the way, and what would fit instead?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from uuid import UUID

from scheduler.protocols.rules import Visit
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane
from scheduler.sessions.rules_slots import Slot
from scheduler.wall_time import local_date

ALTERNATIVES = 3

# The kind of what is in the way on a lane → the reason that the caller is given.
_REASON = {"outage": "outage", "session": "chair_taken", "consultation": "provider_busy"}
REASONS = ("closed", "patient_busy", "no_chair_free", *_REASON.values())


@dataclass(frozen=True, slots=True)
class Clash:
    """A wanted visit that does not fit: its place in the order (from 1), why, and through what."""

    ordinal: int
    wanted_at: datetime
    reason: str
    blockers: tuple[Blocker, ...]


def place(
    visits: Sequence[Visit], calendar: Calendar, wanted: UUID | None = None
) -> tuple[list[Slot], list[Clash]]:
    """Give each visit a lane: the wanted one; else one that is free for all; else any, by label.

    Returns a slot for each visit that fits, and a clash for each that does not.
    """
    lanes = [lane for lane in calendar.lanes if wanted in (None, lane.id)]
    free = [_free_lanes(visit, calendar, lanes) for visit in visits]
    fitting = [found for found in free if found]
    common = [lane for lane in lanes if all(lane in found for found in fitting)]
    placed = [
        Slot((common or found)[0], visit)
        for visit, found in zip(visits, free, strict=True)
        if found
    ]
    clashes = [
        _clash(ordinal, visit, calendar, lanes, wanted)
        for ordinal, (visit, found) in enumerate(zip(visits, free, strict=True), start=1)
        if not found
    ]
    return placed, clashes


def nearest(
    wanted_at: datetime,
    slots: Iterable[Slot],
    zone: tzinfo,
    preferred: UUID | None = None,
    count: int = ALTERNATIVES,
) -> list[Slot]:
    """The nearest of the slots, each start once: fewest days off, then fewest minutes, earlier
    first, the preferred lane first, then the calendar's order (I24)."""
    on = local_date(wanted_at, zone)
    wall = _wall_minutes(wanted_at, zone)

    def distance(slot: Slot) -> tuple[int, int, datetime, bool]:
        at = slot.visit.starts_at
        return (
            abs((local_date(at, zone) - on).days),
            abs(_wall_minutes(at, zone) - wall),
            at,
            slot.lane.id != preferred,
        )

    found: dict[datetime, Slot] = {}
    for slot in sorted(slots, key=distance):
        found.setdefault(slot.visit.starts_at, slot)
        if len(found) == count:
            break
    return list(found.values())


def far_enough(on: date, others_on: Iterable[date], min_gap_days: int) -> bool:
    """Does a day keep the protocol's minimum gap to the days of the other visits?"""
    return all(abs((other - on).days) >= min_gap_days for other in others_on)


def _free_lanes(visit: Visit, calendar: Calendar, lanes: Iterable[Lane]) -> list[Lane]:
    if calendar.in_clinic(visit) or calendar.of_the_patient(visit):
        return []
    return [lane for lane in lanes if not calendar.on_lane(visit, lane.id)]


def _clash(
    ordinal: int, visit: Visit, calendar: Calendar, lanes: Sequence[Lane], wanted: UUID | None
) -> Clash:
    if blockers := calendar.in_clinic(visit):
        reason = "closed"
    elif blockers := calendar.of_the_patient(visit):
        reason = "patient_busy"
    else:
        blockers = [each for lane in lanes for each in calendar.on_lane(visit, lane.id)]
        # Without a blocker the wanted lane is none of the calendar's: it was just retired.
        reason = _REASON[blockers[0].kind] if wanted and blockers else "no_chair_free"
    return Clash(ordinal, visit.starts_at, reason, tuple(blockers))


def _wall_minutes(at: datetime, zone: tzinfo) -> int:
    wall = at.astimezone(zone)
    return wall.hour * 60 + wall.minute
