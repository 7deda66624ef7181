"""Between the clinic's wall clock and instants. The wall time is the promise (I23, I67).

A wall time that does not exist (the clock jumps over it) becomes the first instant after the
jump; one that occurs twice is its first occurrence, where nothing else is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from scheduler.spans import Span


@dataclass(frozen=True, slots=True)
class WallInstant:
    """The instant a wall time means, and whether the clock change moved it."""

    at: datetime
    moved: bool


def on_wall(on: date, at: time, zone: tzinfo, *, last: bool = False) -> WallInstant:
    """The instant (UTC) at which the clock in `zone` shows `at` on `on`; the `last`, if twice."""
    wall = datetime.combine(on, at)
    found = wall.replace(tzinfo=zone, fold=int(last)).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return WallInstant(found, moved=False)
    return WallInstant(_jump(wall, zone), moved=True)


def _jump(wall: datetime, zone: tzinfo) -> datetime:
    """The first instant after the jump of the clock that skips `wall`, to the second."""
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    after = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def local_date(instant: datetime, zone: tzinfo) -> date:
    """The date on the wall in `zone` at `instant`."""
    return instant.astimezone(zone).date()


# The same few weeks are asked for over and over; the rules of a zone do not change under us.
@lru_cache(maxsize=8192)
def day(on: date, zone: tzinfo) -> Span:
    """The whole of a local day: 23, 24 or 25 hours, sometimes others."""
    return Span(on_wall(on, time(), zone).at, on_wall(on + timedelta(days=1), time(), zone).at)


def dates(span: Span, zone: tzinfo) -> Iterator[date]:
    """Every local date that `span` touches, in order."""
    on = local_date(span.start, zone)
    last = local_date(span.end - timedelta(microseconds=1), zone)
    while on <= last:
        yield on
        on += timedelta(days=1)
