"""When do a series' sessions fall, and how far along is it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta, tzinfo
from uuid import UUID

from scheduler.protocols.rules import Phase, Visit, VisitParts, visit_at
from scheduler.sessions.rules_states import COUNTED
from scheduler.wall_time import on_wall


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the front desk asks for: so many sessions of so many minutes, every so many days."""

    patient_id: UUID
    first_on: date
    at: time
    sessions: int
    minutes: int
    every_days: int | None = None
    protocol_id: UUID | None = None
    chair_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WeeklyVisits:
    """The visits of an order, and which of them (from 1) a clock change moved."""

    visits: list[Visit]
    moved: list[int]


def weekly_visits(
    first_on: date, at: time, sessions: int, every_days: int, parts: VisitParts, zone: tzinfo
) -> WeeklyVisits:
    """The same time on the clinic's wall every so many days (I23).

    A wall time that does not exist on its day moves to the first instant after the gap (I67).
    """
    starts = [on_wall(first_on + timedelta(days=every_days * n), at, zone) for n in range(sessions)]
    return WeeklyVisits(
        [visit_at(start.at, parts) for start in starts],
        [ordinal for ordinal, start in enumerate(starts, start=1) if start.moved],
    )


def disallowed_pattern(phase: Phase, sessions: int, every_days: int) -> str | None:
    """Why a protocol's phase does not take this order, or None."""
    if phase.sessions is not None:
        return "This protocol says itself how many sessions there are."
    if sessions > 1 and not phase.allows_every(every_days):
        return f"This protocol wants {phase.min_gap_days} to {phase.max_gap_days} days between."
    return None


def status(planned: int, states: Sequence[str]) -> str:
    """`completed` when as many sessions are completed as planned, else `active`."""
    return "completed" if states.count("completed") >= planned else "active"


def owed(planned: int, states: Sequence[str]) -> int:
    """How many of the planned sessions are neither done nor still to come (I25)."""
    return max(0, planned - sum(state in COUNTED for state in states))
