"""The best whole series for a wish like "Tuesdays or Thursdays after two, from next week".

In this order: fewest sessions off the pattern (all on one weekday and time is best), soonest
first day, one chair for all, fewest patients at once beside the patient (a level load for the
nurses), earliest time. Those that differ in nothing a patient cares about, the first day or an
hour of the day, are shown once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta, tzinfo
from functools import reduce
from itertools import chain, groupby
from operator import and_, or_
from uuid import UUID

from scheduler.protocols.rules import GRID, Phase, phases_of, visit_at
from scheduler.series.rules import wished_days
from scheduler.sessions.rules_load import Peak
from scheduler.sessions.rules_openings import ANY_TIME, Flexibility, Openings
from scheduler.sessions.rules_placing import Wish, minutes_of
from scheduler.sessions.rules_planning import plan
from scheduler.sessions.rules_slots import FreeDay, Slot
from scheduler.wall_time import on_wall

OPTIONS = 5
# The first session lies within four weeks; at most two sessions lie off the pattern, each within
# three days of it.
FIRST_WITHIN_DAYS = 28
MOST_MOVED = 2
MOVED_DAYS = 3
DIFFERENT_MINUTES = 60

TICKS = 24 * 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a patient could do: on which weekdays, between which times (starts, both included)."""

    first_on: date
    sessions: int | None
    weekdays: frozenset[int] | None = None
    between: tuple[time, time] = (time(0), time(23, 55))
    lane_id: UUID | None = None

    def on(self, day: date) -> bool:
        """Is it one of the weekdays?"""
        return self.weekdays is None or day.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Pattern:
    """A first day with the days that follow from it, each with its phase."""

    days: tuple[date, ...]
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A whole series at one time of day, but for `moved` sessions."""

    first_on: date
    at: time
    slots: tuple[Slot, ...]
    moved: int
    one_chair: bool
    most_at_once: int
    peak: Peak

    @property
    def rank(self) -> tuple[int, date, bool, int, time]:
        """What the options are ordered by."""
        return self.moved, self.first_on, not self.one_chair, self.most_at_once, self.at


def patterns(phases: Sequence[Phase], wanted: Wanted) -> list[Pattern]:
    """The patterns whose days the patient could do, by first day.

    The wish for weekdays does not bind a phase that has weekdays of its own.
    """
    each = phases_of(phases, wanted.sessions)
    found = []
    for n in range(FIRST_WITHIN_DAYS):
        first_on = wanted.first_on + timedelta(days=n)
        if each[0].weekdays is not None and first_on.weekday() not in each[0].weekdays:
            continue
        days = wished_days(phases, first_on, wanted.sessions, None)
        if all(phase.weekdays or wanted.on(on) for on, phase in zip(days, each, strict=True)):
            found.append(Pattern(tuple(days), tuple(each)))
    return found


def options(
    found: Sequence[Pattern],
    wanted: Wanted,
    openings: Openings,
    widened: Callable[[], Openings],
    covered: Callable[[Sequence[Slot]], bool],
) -> list[Option]:
    """The best options of these patterns, in order.

    `openings` covers the patterns' days; `widened` covers those around them too, and is asked
    only when sessions have to move. `covered` says whether clearances cover a whole series.
    """
    board = Board(wanted, openings)
    ranked = chain(board.on_pattern(found), board.off_pattern(found, widened))
    return chosen_from(option for option in ranked if covered(option.slots))


def chosen_from(ranked: Iterable[Option]) -> list[Option]:
    """The first five, each different from all before it."""
    shown: list[Option] = []
    for option in ranked:
        if all(_different(option, each) for each in shown):
            shown.append(option)
        if len(shown) == OPTIONS:
            break
    return shown


def _different(one: Option, other: Option) -> bool:
    apart = abs(minutes_of(one.at) - minutes_of(other.at))
    return apart >= DIFFERENT_MINUTES or one.first_on != other.first_on


class Board:
    """The days of the patterns by their wall clocks: bit n is the start at n times 5 minutes."""

    def __init__(self, wanted: Wanted, openings: Openings) -> None:
        self.wanted, self.openings, self.zone = wanted, openings, openings.zone
        self.lanes = openings.calendar.lanes
        low, high = (minutes_of(at) // 5 for at in wanted.between)
        self.between = (1 << high + 1) - (1 << low)
        self._known: dict[tuple[date, Phase], dict[UUID, int]] = {}

    def on_pattern(self, found: Sequence[Pattern]) -> Iterator[Option]:
        """The options without a moved session, best first."""
        for pattern in found:
            lanes = [self._lanes(*each) for each in zip(pattern.days, pattern.phases, strict=True)]
            fits = reduce(and_, (reduce(or_, each.values(), 0) for each in lanes), self.between)
            made = [self._option(pattern, tick) for tick in _ones(fits)]
            yield from sorted(made, key=lambda each: each.rank)

    def off_pattern(
        self, found: Sequence[Pattern], widened: Callable[[], Openings]
    ) -> Iterator[Option]:
        """The options with one or two moved sessions, best first."""
        wide: Openings | None = None
        starts = sorted(self._nearly_fitting(found), key=lambda each: each[:2])
        for (moved, _), group in groupby(starts, key=lambda each: each[:2]):
            wide = wide or widened()
            made = [
                option
                for _, _, pattern, tick in group
                if (option := self._moved_option(pattern, tick, moved, wide))
            ]
            yield from sorted(made, key=lambda each: each.rank)

    def _nearly_fitting(self, found: Sequence[Pattern]) -> Iterator[tuple[int, date, Pattern, int]]:
        for pattern in found:
            days = zip(pattern.days, pattern.phases, strict=True)
            free = [reduce(or_, self._lanes(*each).values(), 0) for each in days]
            for tick in _ones(self.between):
                moved = sum(not mask >> tick & 1 for mask in free)
                if 0 < moved <= min(MOST_MOVED, len(free) - 1):
                    yield moved, pattern.days[0], pattern, tick

    def _option(self, pattern: Pattern, tick: int) -> Option:
        """The option on this pattern at a time that is free on each of its days."""
        at = _wall(tick)
        wishes = self._wishes(pattern, at)
        days = [self._lanes(*each) for each in zip(pattern.days, pattern.phases, strict=True)]
        free = [[lane for lane in self.lanes if day.get(lane.id, 0) >> tick & 1] for day in days]
        common = [lane for lane in free[0] if all(lane in each for each in free)]
        slots = [
            Slot((common or each)[0], wish.visit) for each, wish in zip(free, wishes, strict=True)
        ]
        return self._made(pattern, at, slots, 0, self.openings)

    def _moved_option(
        self, pattern: Pattern, tick: int, moved: int, wide: Openings
    ) -> Option | None:
        at = _wall(tick)
        found = plan(self._wishes(pattern, at), wide, Flexibility(MOVED_DAYS, ANY_TIME))
        if not found.feasible:
            return None
        return self._made(pattern, at, list(found.slots.values()), moved, wide)

    def _made(
        self, pattern: Pattern, at: time, slots: Sequence[Slot], moved: int, openings: Openings
    ) -> Option:
        return Option(
            first_on=pattern.days[0],
            at=at,
            slots=tuple(slots),
            moved=moved,
            one_chair=len({slot.lane.id for slot in slots}) == 1,
            most_at_once=max(openings.loads.at_once(slot) for slot in slots),
            peak=max(openings.loads.peak(slot) for slot in slots),
        )

    def _wishes(self, pattern: Pattern, at: time) -> list[Wish]:
        parts = self.openings.parts
        return [
            Wish(
                visit_at(on_wall(on, at, self.zone).at, parts),
                phase.distance,
                self.wanted.lane_id,
            )
            for on, phase in zip(pattern.days, pattern.phases, strict=True)
        ]

    def _lanes(self, on: date, phase: Phase) -> dict[UUID, int]:
        """The free starts of each lane by the wall's clock."""
        if (on, phase) not in self._known:
            free = self.openings.on(on, phase.distance)
            self._known[on, phase] = {
                lane.id: on_the_wall(day, mask, self.zone)
                for day in free
                for lane, mask in day.starts
            }
        return self._known[on, phase]


def on_the_wall(free: FreeDay, mask: int, zone: tzinfo) -> int:
    """A mask of block starts as one of infusion starts by the wall's clock."""
    later = free.first + timedelta(days=1)
    midnight = free.first.astimezone(zone)
    if midnight.utcoffset() == later.astimezone(zone).utcoffset() and midnight.time() == time(0):
        return mask << (free.prep // GRID)
    shown = 0
    for tick in range(TICKS):
        at = on_wall(free.on, _wall(tick), zone).at
        place_of = (at - free.prep - free.first) // GRID
        if place_of >= 0 and mask >> place_of & 1:
            shown |= 1 << tick
    return shown


def _ones(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _wall(tick: int) -> time:
    return time(tick // 12, tick % 12 * 5)
