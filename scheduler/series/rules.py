"""When do a series' sessions fall, and how far along is it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from uuid import UUID

from scheduler.protocols.rules import Phase, Visit, VisitParts, phases_of, visit_at
from scheduler.sessions.rules_openings import Flexibility
from scheduler.sessions.rules_placing import Wish
from scheduler.sessions.rules_states import COUNTED
from scheduler.wall_time import on_wall

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Place:
    """A start and a chair that the patient has agreed to."""

    starts_at: datetime
    chair_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the front desk asks for: a pattern from `first_on` on, or the very `places`.

    `sessions` and `every_days` are for protocols with one open phase; `minutes` is the protocol's
    where the order names none.
    """

    patient_id: UUID
    first_on: date | None = None
    at: time | None = None
    places: tuple[Place, ...] = ()
    sessions: int | None = None
    minutes: int | None = None
    every_days: int | None = None
    protocol_id: UUID | None = None
    chair_id: UUID | None = None
    flexibility: Flexibility | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """An order's visits, and which of them (from 1) a clock change moved."""

    wishes: list[Wish]
    moved: list[int]

    @property
    def visits(self) -> list[Visit]:
        return [wish.visit for wish in self.wishes]


def wished_days(
    phases: Sequence[Phase], first_on: date, sessions: int | None, every_days: int | None
) -> list[date]:
    """The days of a series, each by the phase it falls in."""
    days = [first_on]
    for phase in phases_of(phases, sessions)[1:]:
        days.append(phase.next_on(days[-1], every_days))
    return days


def wishes_on(
    days: Sequence[date],
    at: time,
    phases: Sequence[Phase],
    parts: VisitParts,
    zone: tzinfo,
    chair_id: UUID | None = None,
) -> Wishes:
    """The same time on the clinic's wall on each of the days (I23), each day with its phase.

    A wall time that does not exist on its day moves to the first instant after the gap (I67).
    """
    starts = [on_wall(on, at, zone) for on in days]
    return Wishes(
        [
            Wish(visit_at(start.at, parts), phase.distance, chair_id)
            for start, phase in zip(starts, phases, strict=True)
        ],
        [ordinal for ordinal, start in enumerate(starts, start=1) if start.moved],
    )


def disallowed_pattern(
    phases: Sequence[Phase], first_on: date, sessions: int | None, every_days: int | None
) -> tuple[str, str] | None:
    """The field and why a protocol does not take this order, or None."""
    first = phases[0]
    if why := disallowed_count(phases, sessions):
        return "sessions", why
    if every_days is not None and (first.sessions is not None or first.weekdays is not None):
        return "every_days", "This protocol says itself on which days its sessions are."
    if every_days is not None and sessions != 1 and not first.allows_every(every_days):
        return "every_days", f"This protocol wants {_gaps(first)} between."
    if first.weekdays is not None and first_on.weekday() not in first.weekdays:
        names = " or ".join(WEEKDAYS[each] for each in sorted(first.weekdays))
        return "first_on", f"This protocol starts on a {names}."
    return None


def disallowed_count(phases: Sequence[Phase], sessions: int | None) -> str | None:
    """Why a protocol does not take this number of sessions, or None."""
    if phases[0].sessions is None:
        return "Say how many sessions." if sessions is None else None
    planned = sum(phase.sessions or 0 for phase in phases)
    if sessions is None:
        return None
    return f"This protocol says itself how many sessions there are: {planned}."


def _gaps(phase: Phase) -> str:
    if phase.min_gap_days is not None:
        return f"{phase.min_gap_days} to {phase.max_gap_days} days"
    return f"at least {phase.min_gap_hours} hours and at most {phase.max_gap_days} days"


def status(planned: int, states: Sequence[str], *, cancelled: bool) -> str:
    """`stopped` once cancelled; `completed` when as many sessions are as planned; or `active`."""
    if cancelled:
        return "stopped"
    return "completed" if states.count("completed") >= planned else "active"


def owed(planned: int, states: Sequence[str], *, cancelled: bool) -> int:
    """How many of the planned sessions are neither done nor still to come (I25)."""
    return 0 if cancelled else max(0, planned - sum(state in COUNTED for state in states))
