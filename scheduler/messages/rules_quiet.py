"""Quiet hours: nothing is sent in them (I39). They are wall times in the recipient's zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from scheduler.spans import Span
from scheduler.wall_time import local_date, on_wall

ENOUGH_TIME = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `since` to `until` on the wall, over midnight where `until` is the earlier one."""

    since: time
    until: time
    zone: tzinfo

    @property
    def longest(self) -> timedelta:
        """Longer than they ever last, in any zone: a clock change adds an hour or two."""
        wall = datetime.combine(date.min, self.until) - datetime.combine(date.min, self.since)
        return wall % timedelta(days=1) + timedelta(hours=3)

    def around(self, at: datetime) -> Span | None:
        """The quiet hours that `at` lies in, or None. Equal ends mean there are none."""
        if self.since == self.until:
            return None
        overnight = timedelta(days=1 if self.until < self.since else 0)
        today = local_date(at, self.zone)
        for on in (today - overnight, today):
            quiet = Span(
                on_wall(on, self.since, self.zone).at,
                # Where the clock goes back over the end, the hours it repeats are quiet too.
                on_wall(on + overnight, self.until, self.zone, last=True).at,
            )
            if quiet.start <= at < quiet.end:
                return quiet
        return None

    def moved_out(self, due_at: datetime, starts_at: datetime) -> datetime:
        """When a reminder due at `due_at` goes: then, or moved out of quiet hours.

        To their end; where that leaves less than 60 minutes before the start, to the last
        minute before them.
        """
        quiet = self.around(due_at)
        if quiet is None:
            return due_at
        if quiet.end <= starts_at - ENOUGH_TIME:
            return quiet.end
        return quiet.start - timedelta(minutes=1)
