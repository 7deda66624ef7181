"""How a protocol shapes one visit and the distance between two."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from scheduler.spans import EARLIEST, LATEST, Span
from scheduler.wall_time import day, local_date

# Starts lie on the grid of five minutes.
GRID = timedelta(minutes=5)
MOST_SESSIONS = 52


@dataclass(frozen=True, slots=True)
class VisitParts:
    """The minutes of a visit: preparation, infusion, observation, turnover of the chair."""

    prep: int
    infusion: int
    observation: int
    turnover: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One planned visit: the infusion, the patient's whole stay, and the chair's block."""

    infusion: Span
    stay: Span
    block: Span

    @property
    def starts_at(self) -> datetime:
        return self.infusion.start

    @property
    def watch(self) -> Span:
        """When a nurse watches the patient: infusion and observation."""
        return Span(self.infusion.start, self.stay.end)


def visit_at(starts_at: datetime, parts: VisitParts) -> Visit:
    """The visit whose infusion starts at `starts_at` (UTC; lengths are added to instants)."""
    ends_at = starts_at + timedelta(minutes=parts.infusion)
    arrives_at = starts_at - timedelta(minutes=parts.prep)
    leaves_at = ends_at + timedelta(minutes=parts.observation)
    return Visit(
        infusion=Span(starts_at, ends_at),
        stay=Span(arrives_at, leaves_at),
        block=Span(arrives_at, leaves_at + timedelta(minutes=parts.turnover)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """How far apart two infusions of a patient are, measured from start to start (I10, I21).

    `min_days` and `max_days` count dates on the clinic's calendar, `min_hours` elapsed time. There
    is never more than one infusion on a local day.
    """

    min_days: int = 1
    min_hours: int = 0
    max_days: int | None = None

    def forbidden(self, other: datetime, zone: tzinfo) -> Span:
        """The starts that lie too near to an infusion that starts at `other`."""
        on, near = local_date(other, zone), timedelta(days=max(self.min_days, 1) - 1)
        apart = timedelta(hours=self.min_hours)
        first, last = day(on - near, zone).start, day(on + near, zone).end
        # A start exactly so many hours before or after is far enough.
        return Span(min(first, other - apart + GRID), max(last, other + apart))

    def keeps(self, one: datetime, other: datetime, zone: tzinfo) -> bool:
        """Are two starts far enough apart?"""
        # So far apart no wall clock makes them near: none was ever put back by more than a day.
        far = max(timedelta(days=max(self.min_days, 1) + 1), timedelta(hours=self.min_hours))
        if abs(one - other) >= far:
            return True
        span = self.forbidden(other, zone)
        return not span.start <= one < span.end

    def and_at_least(self, other: "Distance") -> "Distance":
        """As far as this one and the other both want."""
        return replace(
            self,
            min_days=max(self.min_days, other.min_days),
            min_hours=max(self.min_hours, other.min_hours),
        )

    def following(self, at: datetime, zone: tzinfo) -> Span:
        """When the next session of a series may start after one that starts at `at`."""
        on, apart = local_date(at, zone), timedelta(hours=self.min_hours)
        nearest = day(on + timedelta(days=max(self.min_days, 1)), zone).start
        end = LATEST
        if self.max_days is not None:
            end = day(on + timedelta(days=self.max_days), zone).end
        return Span(max(nearest, at + apart), end)

    def preceding(self, at: datetime, zone: tzinfo) -> Span:
        """When the session before one that starts at `at` may start: `following`, turned round."""
        on, apart = local_date(at, zone), timedelta(hours=self.min_hours)
        latest = day(on - timedelta(days=max(self.min_days, 1)), zone).end
        start = EARLIEST
        if self.max_days is not None:
            start = day(on - timedelta(days=self.max_days), zone).start
        # A start exactly so many hours before is far enough.
        return Span(start, min(latest, at - apart + GRID))

    def too_long(self, earlier: datetime, later: datetime, zone: tzinfo) -> bool:
        """Do two consecutive sessions of a series lie further apart than they may?"""
        days = (local_date(later, zone) - local_date(earlier, zone)).days
        return self.max_days is not None and days > self.max_days


# How far an infusion is to lie from the others, by when it starts.
Distances = Callable[[datetime], Distance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of a series: how many sessions, on which days, how far apart.

    `sessions` is None for an open phase, which takes its count from the order. Days are either
    `every_days` or the next of `weekdays` (Monday 0). The minimum gap is in days or in hours.
    """

    sessions: int | None = None
    every_days: int | None = None
    weekdays: tuple[int, ...] | None = None
    min_gap_days: int | None = None
    min_gap_hours: int | None = None
    max_gap_days: int

    @property
    def distance(self) -> Distance:
        """How far a session of this phase lies from the one before it."""
        return Distance(
            min_days=self.min_gap_days or 1,
            min_hours=self.min_gap_hours or 0,
            max_days=self.max_gap_days,
        )

    def allows_every(self, days: int) -> bool:
        """May an order ask for sessions so many days apart?"""
        hours = (self.min_gap_hours or 0) <= days * 24
        return (self.min_gap_days or 1) <= days <= self.max_gap_days and hours

    def next_on(self, last: date, every_days: int | None = None) -> date:
        """The day of the session that follows one on `last`."""
        if self.weekdays is None:
            return last + timedelta(days=every_days or self.every_days or 1)
        nearest = max(self.min_gap_days or 1, -(-(self.min_gap_hours or 0) // 24))
        return on_weekday(last + timedelta(days=nearest), self.weekdays)


def phases_of(phases: Sequence[Phase], sessions: int | None) -> list[Phase]:
    """The phase of each session of a series; an open one has as many as the order says."""
    return [phase for phase in phases for _ in range(phase.sessions or sessions or 0)]


def phase_at(phases: Sequence[Phase], ordinal: int) -> Phase:
    """The phase of a series' session by its rank (from 1); past the end it is the last."""
    for phase in phases:
        if phase.sessions is None or ordinal <= phase.sessions:
            return phase
        ordinal -= phase.sessions
    return phases[-1]


def distance_among(phases: Sequence[Phase], others: Sequence[datetime], at: datetime) -> Distance:
    """How far a session at `at` is to lie from the patient's infusions (I10).

    Its rank among the other starts of its series decides, and the rank of the session that
    follows it, whose phase may want more.
    """
    rank = 1 + sum(start < at for start in others)
    own = phase_at(phases, rank).distance
    return own if rank > len(others) else own.and_at_least(phase_at(phases, rank + 1).distance)


def gaps_too_long(phases: Sequence[Phase], starts: Sequence[datetime], zone: tzinfo) -> list[int]:
    """Which sessions of a series (from 1) start too long after the one before (I21)."""
    return [
        ordinal
        for ordinal, (earlier, later) in enumerate(pairwise(starts), start=2)
        if phase_at(phases, ordinal).distance.too_long(earlier, later, zone)
    ]


def on_weekday(on: date, weekdays: Collection[int]) -> date:
    """The first day from `on` that is one of these weekdays (Monday 0)."""
    return next(each for n in range(7) if (each := on + timedelta(days=n)).weekday() in weekdays)


# What every new clinic starts with: one open phase, every week, a few days of leeway.
WEEKLY = Phase(every_days=7, min_gap_days=5, max_gap_days=10)
