"""When a clinic is open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time, tzinfo

from scheduler.spans import Span, merged
from scheduler.wall_time import dates, on_wall

# What a patient may be told at once.
NOTICES = ("booked", "changed", "cancelled", "missed")


@dataclass(frozen=True, slots=True)
class Hours:
    """One opening on a weekday (Monday 0), by the clinic's wall clock."""

    weekday: int
    opens: time
    closes: time


def open_spans(hours: Iterable[Hours], within: Span, zone: tzinfo) -> list[Span]:
    """When the clinic is open on the local dates that `within` touches, as merged instants."""
    hours = list(hours)
    return merged(
        Span(on_wall(on, each.opens, zone).at, on_wall(on, each.closes, zone).at)
        for on in dates(within, zone)
        for each in hours
        if each.weekday == on.weekday()
    )


def clashing_hours(hours: Iterable[Hours]) -> Hours | None:
    """The first opening that does not end after it starts or meets another of its weekday."""
    before: Hours | None = None
    for each in sorted(hours, key=lambda each: (each.weekday, each.opens)):
        if each.opens >= each.closes:
            return each
        if before and before.weekday == each.weekday and each.opens < before.closes:
            return each
        before = each
    return None
