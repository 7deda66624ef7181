"""How many nurses are there, when?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, tzinfo
from itertools import pairwise

from scheduler.spans import Span
from scheduler.wall_time import dates, day, on_wall


@dataclass(frozen=True, slots=True)
class Shift:
    """So many nurses on every such weekday (Monday 0), by the clinic's wall clock."""

    weekday: int
    starts: time
    ends: time
    nurses: int


@dataclass(frozen=True, slots=True)
class Override:
    """So many nurses on one date, in place of what the shifts say."""

    on: date
    starts: time
    ends: time
    nurses: int


@dataclass(frozen=True, slots=True)
class Staffing:
    """A clinic's nurses. `shifts` is None where nothing limits them.

    A nurse sets up one patient at a time, for `setup_minutes` from the block's start, and
    watches up to `watch_ratio` of them.
    """

    shifts: tuple[Shift, ...] | None
    watch_ratio: int
    setup_minutes: int
    overrides: tuple[Override, ...] = ()

    @property
    def limited(self) -> bool:
        """Is the number of nurses known at any time at all?"""
        return self.shifts is not None or bool(self.overrides)


def nurses_at_work(
    staffing: Staffing, within: Span, zone: tzinfo
) -> Iterator[tuple[Span, int | None]]:
    """The nurses there are on the local days that `within` touches, in order; None is no limit.

    Shifts that overlap add up. Time that no shift covers has no nurses.
    """
    for on in dates(within, zone):
        whole = day(on, zone)
        overrides = [
            (_wall_span(each, on, zone), each.nurses)
            for each in staffing.overrides
            if each.on == on
        ]
        shifts = [
            (_wall_span(each, on, zone), each.nurses)
            for each in staffing.shifts or ()
            if each.weekday == on.weekday()
        ]
        for piece in _pieces(whole, [span for span, _ in (*overrides, *shifts)]):
            changed = [nurses for span, nurses in overrides if span.contains(piece)]
            usual = [nurses for span, nurses in shifts if span.contains(piece)]
            unlimited = staffing.shifts is None and not changed
            yield piece, None if unlimited else sum(changed or usual)


def clashing_overrides(overrides: Iterable[Override]) -> Override | None:
    """The first override that meets another of its date."""
    ordered = sorted(overrides, key=lambda each: (each.on, each.starts))
    return next(
        (
            later
            for earlier, later in pairwise(ordered)
            if earlier.on == later.on and later.starts < earlier.ends
        ),
        None,
    )


def _wall_span(each: Shift | Override, on: date, zone: tzinfo) -> Span:
    return Span(on_wall(on, each.starts, zone).at, on_wall(on, each.ends, zone).at)


def _pieces(whole: Span, spans: Sequence[Span]) -> Iterator[Span]:
    """A span cut wherever one of the others begins or ends."""
    cuts = {at for span in spans for at in (span.start, span.end) if whole.start < at < whole.end}
    for start, end in pairwise([whole.start, *sorted(cuts), whole.end]):
        if start < end:
            yield Span(start, end)
