"""A whole series that fits: sessions that fit as wished stay, the others move as little as may be.

Those that move take, in the order of the series, the nearest start beside which the rest still
fit: fewest days off, then fewest minutes, earlier first, the same chair first, then by label
(I24). The same input gives the same plan.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby
from uuid import UUID

from scheduler.protocols.rules import Distance
from scheduler.sessions.rules_openings import ANY_TIME, Flexibility, Openings
from scheduler.sessions.rules_placing import (
    ALTERNATIVES,
    Clash,
    Wish,
    place,
    spread,
)
from scheduler.sessions.rules_slots import Slot
from scheduler.spans import ALWAYS, Span
from scheduler.wall_time import local_date

ANY_DISTANCE = Distance()


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots by ordinal (from 1) for the sessions that have one, and what is in others' way."""

    slots: dict[int, Slot]
    clashes: list[Clash]
    sessions: int

    @property
    def feasible(self) -> bool:
        return len(self.slots) == self.sessions


def plan(
    wishes: Sequence[Wish],
    openings: Openings,
    flexibility: Flexibility | None = None,
) -> Plan:
    """Place every session, moving within the flexibility those that do not fit as wished."""
    placed, clashes = place(wishes, openings.calendar, openings.zone)
    refused = {clash.ordinal for clash in clashes}
    fitting = [n for n in range(1, len(wishes) + 1) if n not in refused]
    fixed = {
        ordinal: slot
        for ordinal, slot in zip(fitting, placed, strict=True)
        if openings.allow(slot.visit.starts_at)
    }
    as_wished = Plan(fixed, clashes, len(wishes))
    if as_wished.feasible or flexibility is None:
        return as_wished
    found = _Search(wishes, openings, flexibility, _usual_lane(placed)).complete(fixed)
    return as_wished if found is None else Plan(found, [], len(wishes))


def suggestion(wishes: Sequence[Wish], openings: Openings, days: int) -> dict[int, Slot] | None:
    """The whole series with as little moved as may be, at most so many days; None if there is none.

    Where those that fit as wished leave no room for the others, they move as well.
    """
    flexibility = Flexibility(days, ANY_TIME)
    found = plan(wishes, openings, flexibility)
    if found.feasible:
        return found.slots
    preferred = _usual_lane(list(found.slots.values()))
    return _Search(wishes, openings, flexibility, preferred).complete({})


def _usual_lane(placed: Sequence[Slot]) -> UUID | None:
    return placed[0].lane.id if placed else None


def alternatives(
    wishes: Sequence[Wish],
    ordinal: int,
    openings: Openings,
    days: int,
    count: int = ALTERNATIVES,
) -> list[Slot]:
    """The nearest starts instead of the `ordinal`-th wish that are legal beside the others.

    Of equally near ones (as many days and minutes off) that which keeps the day's peak low comes
    first, then fewest patients at once, then the earlier. No two are within half an hour.
    """
    wish, zone = wishes[ordinal - 1], openings.zone
    usual = next((each.lane_id for each in wishes if each.lane_id), None)
    flexibility, preferred = Flexibility(days, ANY_TIME), wish.lane_id or usual
    near = openings.near(wish, flexibility, preferred, beside(wishes, ordinal, zone))
    key = openings.nearness(wish)
    levelled = (
        slot
        for _, equal in groupby(near, key=lambda slot: key(slot.visit.starts_at)[:2])
        for slot in sorted(equal, key=openings.loads.level)
    )
    return spread(levelled, count)


def beside(wishes: Sequence[Wish], ordinal: int, zone: tzinfo) -> Span:
    """Which starts instead of the `ordinal`-th wish are legal beside the ones next to it?"""
    room = ALWAYS
    if ordinal > 1:
        distance = wishes[ordinal - 1].distance or ANY_DISTANCE
        room = distance.following(wishes[ordinal - 2].visit.starts_at, zone)
    if ordinal < len(wishes):
        later = wishes[ordinal]
        distance = later.distance or ANY_DISTANCE
        room = room.shared(distance.preceding(later.visit.starts_at, zone))
    return room


class _Search:
    """The nearest start of each session in turn; where that leads nowhere, from the last one back.

    Backwards it is known which starts leave one to the next session.
    """

    def __init__(
        self,
        wishes: Sequence[Wish],
        openings: Openings,
        flexibility: Flexibility,
        preferred: UUID | None,
    ) -> None:
        self.wishes, self.openings, self.zone = wishes, openings, openings.zone
        self.flexibility, self.preferred = flexibility, preferred
        self._after: dict[tuple[date, Distance], Span] = {}

    def complete(self, fixed: dict[int, Slot]) -> dict[int, Slot] | None:
        """All sessions' slots, those of `fixed` as they are; None when there is no such plan."""
        return self._in_turn(fixed) or self._backwards(fixed)

    def _in_turn(self, fixed: dict[int, Slot]) -> dict[int, Slot] | None:
        found: dict[int, Slot] = {}
        before: datetime | None = None
        for ordinal, wish in enumerate(self.wishes, start=1):
            slot = next(
                (
                    each
                    for each in self._options(ordinal, wish, fixed)
                    if self._may_follow(before, each.visit.starts_at, wish)
                    and self._leads_to(ordinal, each.visit.starts_at, fixed)
                ),
                None,
            )
            if slot is None:
                return None
            found[ordinal], before = slot, slot.visit.starts_at
        return found

    def _options(self, ordinal: int, wish: Wish, fixed: dict[int, Slot]) -> Iterable[Slot]:
        if ordinal in fixed:
            return [fixed[ordinal]]
        return self.openings.near(wish, self.flexibility, wish.lane_id or self.preferred)

    def _leads_to(self, ordinal: int, at: datetime, fixed: dict[int, Slot]) -> bool:
        """May the next session follow, if it is known where it is?"""
        if ordinal + 1 not in fixed:
            return True
        later = fixed[ordinal + 1].visit.starts_at
        return self._may_follow(at, later, self.wishes[ordinal])

    def _backwards(self, fixed: dict[int, Slot]) -> dict[int, Slot] | None:
        alive = self._alive(fixed)
        if alive is None:
            return None
        found: dict[int, Slot] = {}
        before: datetime | None = None
        for ordinal, wish in enumerate(self.wishes, start=1):
            may = [at for at in alive[ordinal] if self._may_follow(before, at, wish)]
            before = min(may, key=self.openings.nearness(wish))
            found[ordinal] = fixed.get(ordinal) or self.openings.slot_at(
                before, wish, wish.lane_id or self.preferred
            )
        return found

    def _alive(self, fixed: dict[int, Slot]) -> dict[int, list[datetime]] | None:
        """By ordinal the starts after which the rest still fits; None when one has none."""
        alive: dict[int, list[datetime]] = {}
        for ordinal in range(len(self.wishes), 0, -1):
            wish = self.wishes[ordinal - 1]
            starts = (
                [fixed[ordinal].visit.starts_at]
                if ordinal in fixed
                else self.openings.starts(wish, self.flexibility)
            )
            if ordinal < len(self.wishes):
                later, distance = alive[ordinal + 1], self.wishes[ordinal].distance
                starts = [at for at in starts if self._leads_on(at, later, distance)]
            if not starts:
                return None
            alive[ordinal] = starts
        return alive

    def _leads_on(self, at: datetime, later: Sequence[datetime], distance: Distance | None) -> bool:
        """Is there a start in `later`, which is in order, that may follow this one?"""
        after = self._following(at, distance or ANY_DISTANCE)
        first = bisect_left(later, after.start)
        return first < len(later) and later[first] < after.end

    def _may_follow(self, before: datetime | None, at: datetime, wish: Wish) -> bool:
        if before is None:
            return True
        after = self._following(before, wish.distance or ANY_DISTANCE)
        return after.start <= at < after.end

    def _following(self, at: datetime, distance: Distance) -> Span:
        """`Distance.following`, but for the hours worked out once a day."""
        on = local_date(at, self.zone)
        if (on, distance) not in self._after:
            days = replace(distance, min_hours=0)
            self._after[on, distance] = days.following(at, self.zone)
        span = self._after[on, distance]
        return Span(max(span.start, at + timedelta(hours=distance.min_hours)), span.end)
