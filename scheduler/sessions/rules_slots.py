"""Free starts, fast: a day on the five-minute grid is one integer, a bit a tick.

A local day has 288 ticks, but for a clock change (264 to 312), so ticks run in UTC from one
day's first instant to the next's. Where all ticks of a block are free, a block may start.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import reduce
from operator import or_
from uuid import UUID

from scheduler.protocols.rules import Distance, Visit, VisitParts, visit_at
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane
from scheduler.spans import Span
from scheduler.wall_time import dates, day

TICK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Slot:
    """A free start on a lane, as the visit that would take it."""

    lane: Lane
    visit: Visit


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A local day's free block starts: per lane an integer, bit i for the i-th tick."""

    on: date
    first: datetime
    prep: timedelta
    starts: tuple[tuple[Lane, int], ...]

    def start(self, tick: int) -> datetime:
        """When the infusion starts whose block starts at this tick."""
        return self.first + tick * TICK + self.prep

    def on_lane(self, lane_id: UUID) -> "FreeDay":
        """The same day with this lane only."""
        return replace(self, starts=tuple(each for each in self.starts if each[0].id == lane_id))

    def all_starts(self) -> Iterator[datetime]:
        """Every start that is free on some lane, in order."""
        for tick in _ones(reduce(or_, (mask for _, mask in self.starts), 0)):
            yield self.start(tick)

    def nearest_to(self, at: datetime) -> Iterator[tuple[timedelta, datetime]]:
        """Every start that is free on some lane and how far it is from `at`, nearest first.

        Of two as far the earlier: found one by one, as hardly anybody wants more than three.
        """
        free = reduce(or_, (mask for _, mask in self.starts), 0)
        split = max(0, -((self.first + self.prep - at) // TICK))
        before, after = free & ((1 << split) - 1), free >> split << split
        while before or after:
            low, high = before.bit_length() - 1, (after & -after).bit_length() - 1
            earlier = at - self.start(low) if before else timedelta.max
            later = self.start(high) - at if after else timedelta.max
            if earlier <= later:
                yield earlier, self.start(low)
                before ^= 1 << low
            else:
                yield later, self.start(high)
                after ^= 1 << high

    def lanes_at(self, at: datetime) -> list[Lane]:
        """The lanes on which this start is free."""
        tick = (at - self.prep - self.first) // TICK
        return [lane for lane, mask in self.starts if tick >= 0 and mask >> tick & 1]

    def stretches(self, mask: int) -> Iterator[tuple[int, int]]:
        """The first and the last tick of each run of free starts."""
        return _runs_of_ones(mask)


@dataclass(frozen=True, slots=True)
class DayRooms:
    """Where a block may start on a local day as far as the clinic goes: per lane a mask."""

    on: date
    whole: Span
    starts: tuple[tuple[Lane, int], ...]


def free_days(
    calendar: Calendar,
    within: Span,
    parts: VisitParts,
    zone: tzinfo,
    distance: Distance | None = None,
) -> Iterator[FreeDay]:
    """The free starts from `within.start` up to `within.end`, day by day.

    The calendar must cover the whole local days that `within` touches. With a `distance`, starts
    too near to another infusion of the patient are not free.
    """
    near = forbidden(calendar.infusions, distance, zone)
    for on in dates(within, zone):
        rooms = day_rooms(calendar, on, parts, zone)
        yield free_day(rooms, within, parts, calendar.of_patient, near)


def forbidden(infusions: Iterable[Blocker], distance: Distance | None, zone: tzinfo) -> list[Span]:
    """The starts that are too near to a patient's other infusions."""
    return [distance.forbidden(each.span.start, zone) for each in infusions] if distance else []


def free_day(
    rooms: DayRooms,
    within: Span,
    parts: VisitParts,
    stays: Iterable[Blocker] = (),
    near: Iterable[Span] = (),
) -> FreeDay:
    """The free starts of a day: in the clinic's rooms, in `within`, and as the patient may.

    `stays` keep the patient, `near` are starts too near to their other infusions.
    """
    prep = timedelta(minutes=parts.prep)
    allowed = _starts_within(rooms.whole, Span(within.start - prep, within.end - prep))
    allowed &= ~busy_ticks((span.moved(-prep) for span in near), rooms.whole)
    stay = _ticks(parts.prep + parts.infusion + parts.observation)
    allowed &= _room_for(stay, rooms.whole, _busy_with(stays, rooms.whole))
    starts = tuple((lane, mask & allowed) for lane, mask in rooms.starts)
    return FreeDay(rooms.on, rooms.whole.start, prep, starts)


def day_rooms(calendar: Calendar, on: date, parts: VisitParts, zone: tzinfo) -> DayRooms:
    """Where a visit of these parts finds the clinic open, a lane free and nurses for it."""
    whole = day(on, zone)
    block = _ticks(parts.prep + parts.infusion + parts.observation + parts.turnover)
    shut = _busy_with(calendar.everywhere, whole)
    nurses = _room_for_nurses(calendar, parts, whole)
    starts = (
        (lane, _room_for(block, whole, shut | _busy_with(calendar.of_lane.get(lane.id, ()), whole)))
        for lane in calendar.lanes
    )
    return DayRooms(on, whole, tuple((lane, mask & nurses) for lane, mask in starts))


def _room_for_nurses(calendar: Calendar, parts: VisitParts, whole: Span) -> int:
    """Where a block may start as far as those go who set it up and watch it."""
    if calendar.nurses is None:
        return -1
    watched = _ticks(parts.infusion + parts.observation)
    setting_up = _busy_with(calendar.nurses.setting_up, whole)
    room = _room_for(calendar.nurses.setup // TICK, whole, setting_up)
    watching = _busy_with(calendar.nurses.watching, whole)
    return room & _room_for(watched, whole, watching) >> _ticks(parts.prep)


def slots(days: Iterable[FreeDay], parts: VisitParts) -> Iterator[Slot]:
    """Every free start of these days, by start and then by the lane's place in the calendar."""
    for free in days:
        found = [
            (tick, place) for place, (_, mask) in enumerate(free.starts) for tick in _ones(mask)
        ]
        for tick, place in sorted(found):
            yield Slot(free.starts[place][0], visit_at(free.start(tick), parts))


def _busy_with(blockers: Iterable[Blocker], whole: Span) -> int:
    return busy_ticks((blocker.span for blocker in blockers), whole)


def busy_ticks(spans: Iterable[Span], whole: Span) -> int:
    """The ticks that a span touches, if only in part."""
    mask = 0
    for span in spans:
        if span.overlaps(whole):
            low = max(0, (span.start - whole.start) // TICK)
            high = -((whole.start - min(span.end, whole.end)) // TICK)
            mask |= (1 << high) - (1 << low)
    return mask


def _room_for(ticks: int, whole: Span, busy: int) -> int:
    """Where so many free ticks in a row begin, within the day."""
    free = ~busy & ((1 << (whole.end - whole.start) // TICK) - 1)
    joined = 1
    while joined < ticks:
        step = min(joined, ticks - joined)
        free &= free >> step
        joined += step
    return free


def _starts_within(whole: Span, blocks: Span) -> int:
    """The ticks at which a block starts that is not before and not from the end on."""
    total = (whole.end - whole.start) // TICK
    low = min(max(0, -((whole.start - blocks.start) // TICK)), total)
    high = min(max(0, -((whole.start - blocks.end) // TICK)), total)
    return (1 << max(high, low)) - (1 << low)


def _ticks(minutes: int) -> int:
    return timedelta(minutes=minutes) // TICK


def _ones(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _runs_of_ones(mask: int) -> Iterator[tuple[int, int]]:
    tick = 0
    while mask:
        skipped = (mask & -mask).bit_length() - 1
        mask >>= skipped
        length = (~mask & (mask + 1)).bit_length() - 1
        yield tick + skipped, tick + skipped + length - 1
        mask >>= length
        tick += skipped + length
