"""How full is a day, and what would one more visit make of it? A level day needs fewer nurses.

Levelling alone took one centre's peak from 19 chairs to 12 at the same load (Mayo Clinic,
Phoenix).
"""

from dataclasses import dataclass
from datetime import date, tzinfo

from scheduler.sessions.rules_calendar import Calendar
from scheduler.sessions.rules_slots import Slot, busy_ticks
from scheduler.spans import Span
from scheduler.wall_time import day, local_date


@dataclass(frozen=True, slots=True, order=True)
class Peak:
    """The most chairs in use at once on a day, whether one visit raised it, and of how many."""

    chairs: int
    raised: bool
    of: int

    def __str__(self) -> str:
        verb = "raises the peak to" if self.raised else "keeps the peak at"
        return f"{verb} {self.chairs} of {self.of} chairs"


class Loads:
    """The chairs in use on the days of a calendar, worked out when first asked for."""

    def __init__(self, calendar: Calendar, zone: tzinfo) -> None:
        self.calendar, self.zone = calendar, zone
        self._levels: dict[date, list[int]] = {}

    def at_once(self, slot: Slot) -> int:
        """The most chairs in use at once while this visit takes one of them."""
        on = local_date(slot.visit.starts_at, self.zone)
        ticks = busy_ticks([slot.visit.block], day(on, self.zone))
        return 1 + sum(bool(level & ticks) for level in self._levels_on(on))

    def peak(self, slot: Slot) -> Peak:
        """The peak of the slot's day with the slot taken."""
        before = len(self._levels_on(local_date(slot.visit.starts_at, self.zone)))
        during = self.at_once(slot)
        return Peak(max(before, during), during > before, len(self.calendar.lanes))

    def level(self, slot: Slot) -> tuple[Peak, int]:
        """What slots are levelled by: the day's peak, then how many are there at once."""
        return self.peak(slot), self.at_once(slot)

    def _levels_on(self, on: date) -> list[int]:
        """The ticks of a day in which more than 0, 1, 2 ... chairs are in use."""
        if on not in self._levels:
            whole, levels = day(on, self.zone), [0]
            for spans in self._blocks(whole):
                carry = busy_ticks(spans, whole)
                for n, level in enumerate(levels):
                    levels[n], carry = level | carry, level & carry
                if carry:
                    levels.append(carry)
            self._levels[on] = [level for level in levels if level]
        return self._levels[on]

    def _blocks(self, whole: Span) -> list[list[Span]]:
        """The blocks of each chair's sessions that meet a day."""
        return [
            [each.span for each in blockers if each.kind == "session" and each.span.overlaps(whole)]
            for blockers in self.calendar.of_lane.values()
        ]
