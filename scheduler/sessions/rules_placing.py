"""Which chair does each wanted visit take, what is in the way, and what would fit instead?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from uuid import UUID

from scheduler.protocols.rules import Distance, Distances, Visit
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane
from scheduler.sessions.rules_slots import Slot
from scheduler.wall_time import local_date

ALTERNATIVES = 3
SPREAD = timedelta(minutes=30)

# The kind of what is in the way on a lane → the reason that the caller is given.
_REASON = {"outage": "outage", "session": "chair_taken", "consultation": "provider_busy"}
REASONS = ("closed", "patient_busy", "gap", "nurse_limit", "no_chair_free", *_REASON.values())


@dataclass(frozen=True, slots=True)
class Clash:
    """A wanted visit that does not fit: its place in the order (from 1), why, and through what.

    A gap is too short unless `too_far` says that it is too long.
    """

    ordinal: int
    wanted_at: datetime
    reason: str
    blockers: tuple[Blocker, ...]
    too_far: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit as it is asked for: how far from the patient's other infusions, on which lane.

    With `distances` the distance is another one where it starts at another time.
    """

    visit: Visit
    distance: Distance | None = None
    lane_id: UUID | None = None
    distances: Distances | None = None

    def distance_at(self, at: datetime) -> Distance | None:
        """How far from the patient's other infusions, if it started at `at`."""
        return self.distances(at) if self.distances else self.distance


def wish_among(visit: Visit, distances: Distances, lane_id: UUID | None = None) -> Wish:
    """A visit that is asked for alone, where others of its series may be around."""
    return Wish(visit, distances(visit.starts_at), lane_id, distances)


def place(
    wishes: Sequence[Wish], calendar: Calendar, zone: tzinfo
) -> tuple[list[Slot], list[Clash]]:
    """Give each visit a lane: the wanted one; else one that is free for all; else any, by label.

    Returns a slot for each visit that fits, and a clash for each that does not.
    """
    earlier: list[Visit | None] = [None, *(wish.visit for wish in wishes)]
    obstacles = [
        _obstacle(wish, before, calendar, zone)
        for wish, before in zip(wishes, earlier, strict=False)
    ]
    free = [
        [] if found else [lane for lane in _lanes(wish, calendar) if _is_free(wish, lane, calendar)]
        for wish, found in zip(wishes, obstacles, strict=True)
    ]
    fitting = [found for found in free if found]
    common = [lane for lane in calendar.lanes if all(lane in found for found in fitting)]
    placed = [
        Slot((common or found)[0], wish.visit)
        for wish, found in zip(wishes, free, strict=True)
        if found
    ]
    clashes = [
        Clash(ordinal, wish.visit.starts_at, *(found or _no_lane(wish, calendar)))
        for ordinal, (wish, found, lanes_free) in enumerate(
            zip(wishes, obstacles, free, strict=True), start=1
        )
        if not lanes_free
    ]
    return placed, clashes


def nearness(
    wanted_at: datetime, zone: tzinfo, preferred: UUID | None = None
) -> Callable[[Slot], tuple[int, int, datetime, bool]]:
    """How near a slot is to a wish (I24): fewest days off, then fewest minutes, earlier first,
    the preferred lane first; slots come in the order of their lanes."""
    on = local_date(wanted_at, zone)
    wall = wall_minutes(wanted_at, zone)

    def key(slot: Slot) -> tuple[int, int, datetime, bool]:
        at = slot.visit.starts_at
        days_off = abs((local_date(at, zone) - on).days)
        return days_off, abs(wall_minutes(at, zone) - wall), at, slot.lane.id != preferred

    return key


def nearest(
    wanted_at: datetime,
    slots: Iterable[Slot],
    zone: tzinfo,
    preferred: UUID | None = None,
    count: int = ALTERNATIVES,
) -> list[Slot]:
    """The nearest of the slots, no two starts within half an hour."""
    return spread(sorted(slots, key=nearness(wanted_at, zone, preferred)), count)


def spread(slots: Iterable[Slot], count: int) -> list[Slot]:
    """The first of the slots, no two starts within half an hour: a person wants a choice."""
    found: list[Slot] = []
    for slot in slots:
        if all(abs(slot.visit.starts_at - each.visit.starts_at) >= SPREAD for each in found):
            found.append(slot)
            if len(found) == count:
                break
    return found


def wall_minutes(at: datetime, zone: tzinfo) -> int:
    """The time on the wall, in minutes since midnight."""
    return minutes_of(at.astimezone(zone).time())


def minutes_of(wall: time) -> int:
    """A time of day in minutes since midnight."""
    return wall.hour * 60 + wall.minute


Obstacle = tuple[str, tuple[Blocker, ...], bool]


def _obstacle(
    wish: Wish, before: Visit | None, calendar: Calendar, zone: tzinfo
) -> Obstacle | None:
    """What is in the way whichever lane it takes: the reason, the blockers, whether too far."""
    visit, distance = wish.visit, wish.distance
    far = _too_far(visit, distance, before, zone) if distance else []
    found = {
        "closed": calendar.in_clinic(visit),
        "patient_busy": calendar.of_the_patient(visit),
        "gap": (_too_near(visit, distance, before, calendar, zone) if distance else []) or far,
        "nurse_limit": calendar.for_nurses(visit),
    }
    return next(
        ((reason, tuple(each), each is far) for reason, each in found.items() if each), None
    )


def _too_near(
    visit: Visit, distance: Distance, before: Visit | None, calendar: Calendar, zone: tzinfo
) -> list[Blocker]:
    """The patient's infusions that are too near, the one before in the order too (I10)."""
    near = calendar.too_near(visit, distance, zone)
    if before is not None and not distance.keeps(visit.starts_at, before.starts_at, zone):
        near.append(Blocker("session", before.infusion))
    return near


def _too_far(visit: Visit, distance: Distance, before: Visit | None, zone: tzinfo) -> list[Blocker]:
    """The session before in the order, if it is too far off (I21)."""
    if before is None or not distance.too_long(before.starts_at, visit.starts_at, zone):
        return []
    return [Blocker("session", before.infusion)]


def _lanes(wish: Wish, calendar: Calendar) -> list[Lane]:
    return [lane for lane in calendar.lanes if wish.lane_id in (None, lane.id)]


def _is_free(wish: Wish, lane: Lane, calendar: Calendar) -> bool:
    return not calendar.on_lane(wish.visit, lane.id)


def _no_lane(wish: Wish, calendar: Calendar) -> Obstacle:
    lanes = _lanes(wish, calendar)
    blockers = [each for lane in lanes for each in calendar.on_lane(wish.visit, lane.id)]
    # Without a blocker the wanted lane is none of the calendar's: it was just retired.
    reason = _REASON[blockers[0].kind] if wish.lane_id and blockers else "no_chair_free"
    return reason, tuple(blockers), False
