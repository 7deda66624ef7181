"""Free starts, fast: a day on the five-minute grid is one integer, a bit a tick.

A local day has 288 ticks, but for a clock change (264 to 312), so ticks run in UTC from one
day's first instant to the next's. Where all ticks of a block are free, a block may start.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

from scheduler.protocols.rules import Visit, VisitParts, visit_at
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

    def stretches(self, mask: int) -> Iterator[tuple[datetime, datetime]]:
        """The first and the last start of each run of free starts."""
        for low, high in _runs_of_ones(mask):
            yield self.start(low), self.start(high)


def free_days(
    calendar: Calendar, within: Span, parts: VisitParts, zone: tzinfo
) -> Iterator[FreeDay]:
    """The free starts from `within.start` up to `within.end`, day by day.

    The calendar must cover the whole local days that `within` touches.
    """
    prep = timedelta(minutes=parts.prep)
    stay = _ticks(parts.prep + parts.infusion + parts.observation)
    block = stay + _ticks(parts.turnover)
    for on in dates(within, zone):
        whole = day(on, zone)
        allowed = _starts_within(whole, Span(within.start - prep, within.end - prep))
        shut = _busy(calendar.everywhere, whole)
        patient = _room_for(stay, whole, _busy(calendar.of_patient, whole))
        starts = tuple(
            (
                lane,
                allowed
                & patient
                & _room_for(block, whole, shut | _busy(calendar.of_lane.get(lane.id, ()), whole)),
            )
            for lane in calendar.lanes
        )
        yield FreeDay(on, whole.start, prep, starts)


def slots(days: Iterable[FreeDay], parts: VisitParts) -> Iterator[Slot]:
    """Every free start of these days, by start and then by the lane's place in the calendar."""
    for free in days:
        found = [
            (tick, place) for place, (_, mask) in enumerate(free.starts) for tick in _ones(mask)
        ]
        for tick, place in sorted(found):
            yield Slot(free.starts[place][0], visit_at(free.start(tick), parts))


def one_a_start(
    days: Iterable[FreeDay], parts: VisitParts, preferred: UUID | None = None
) -> Iterator[Slot]:
    """Every free start once: on the preferred lane if it is free there, else on the first."""
    for free in days:
        lanes = sorted(free.starts, key=lambda each: each[0].id != preferred)
        seen = 0
        for lane, mask in lanes:
            for tick in _ones(mask & ~seen):
                yield Slot(lane, visit_at(free.start(tick), parts))
            seen |= mask


def _busy(blockers: Iterable[Blocker], whole: Span) -> int:
    """The ticks that a blocker touches, if only in part."""
    mask = 0
    for blocker in blockers:
        if blocker.span.overlaps(whole):
            low = max(0, (blocker.span.start - whole.start) // TICK)
            high = -((whole.start - min(blocker.span.end, whole.end)) // TICK)
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
