"""How a protocol shapes one visit and the distance between two."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.spans import Span


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


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a series: sessions `every_days`, at least and at most so many days apart.

    `sessions` is None for an open phase, which takes its count from the order.
    """

    sessions: int | None
    every_days: int
    min_gap_days: int
    max_gap_days: int

    def allows_every(self, days: int) -> bool:
        """May an order ask for sessions so many days apart?"""
        return self.min_gap_days <= days <= self.max_gap_days


# What every new clinic starts with: one open phase, every week, a few days of leeway.
WEEKLY = Phase(sessions=None, every_days=7, min_gap_days=5, max_gap_days=10)
