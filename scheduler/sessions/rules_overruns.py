"""How long does a visit under way really take? Patients come late, and infusions run slowly."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler.sessions.rules_calendar import Blocker
from scheduler.spans import Span

# No block is longer (a CHECK holds it), so none that starts earlier can reach into a search.
LONGEST_BLOCK = timedelta(hours=12)
UNDER_WAY = ("arrived", "infusing", "observing")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a visit has come: its planned infusion, and what it takes longer than planned."""

    status: str
    infusion: Span
    observation: timedelta
    extra: timedelta = timedelta(0)
    infusion_ended_at: datetime | None = None

    def leaves_at(self, now: datetime) -> datetime:
        """When the patient leaves at the earliest, by all that is known now."""
        ends_at = self.infusion.end + self.extra
        if self.status not in UNDER_WAY:
            return ends_at + self.observation
        if self.status == "arrived":
            ends_at += max(now - self.infusion.start, timedelta(0))
        elif self.status == "infusing":
            # A late start is in what it takes longer.
            ends_at = max(ends_at, now)
        elif self.infusion_ended_at is not None:
            ends_at = self.infusion_ended_at
        return max(ends_at + self.observation, now)


def watched_until(row: Any) -> datetime:
    """When a session's observation is to end, with what it was extended by."""
    minutes: int = row.observation_minutes + row.extra_minutes
    ends_at: datetime = row.ends_at
    return ends_at + timedelta(minutes=minutes)


def leaves_at(row: Any, now: datetime, more: int = 0) -> datetime:
    """When the patient of a live session leaves: as planned, or later as it looks now (I18).

    With `more` it takes so many minutes longer than was recorded.
    """
    if row.status not in UNDER_WAY and not more:
        return watched_until(row)
    longer = timedelta(minutes=more)
    progress = Progress(
        row.status,
        Span(row.starts_at, row.ends_at),
        timedelta(minutes=row.observation_minutes),
        timedelta(minutes=row.extra_minutes) + longer,
        row.infusion_ended_at,
    )
    looks_like: datetime = max(watched_until(row) + longer, progress.leaves_at(now))
    # A visit that nobody closed does not take its chair for ever.
    longest: datetime = row.block_starts_at + LONGEST_BLOCK
    return min(looks_like, longest)


def chair_free_at(row: Any, now: datetime, more: int = 0) -> datetime:
    """When its chair is free: nothing new is put where a visit under way will still be (I18)."""
    planned: datetime = row.block_ends_at
    if row.status not in UNDER_WAY and not more:
        return planned
    held = timedelta(minutes=row.observation_minutes + row.block_extra_minutes)
    turnover = planned - row.ends_at - held
    free_at: datetime = max(planned, leaves_at(row, now, more) + turnover)
    longest: datetime = row.block_starts_at + LONGEST_BLOCK
    return min(free_at, longest)


def closes_at(shut: Iterable[Blocker], at: datetime) -> datetime | None:
    """When the clinic closes next from `at` on, as far as `shut` reaches."""
    return min((each.span.start for each in shut if each.span.start >= at), default=None)


def minutes_late(needed_until: datetime, begins_at: datetime) -> int:
    """By how many minutes, a part of one counting as one, something runs into what begins."""
    return -((begins_at - needed_until) // timedelta(minutes=1))
