"""A clinic's rules as they stand, and the sessions they are held against."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from scheduler.clinics.rules import Hours
from scheduler.clinics.rules_staffing import Staffing
from scheduler.consults.rules import Term
from scheduler.protocols.rules import Phase, Visit
from scheduler.sessions.rules_calendar import Blocker
from scheduler.sessions.rules_states import is_live


class Planned(NamedTuple):
    """A counted session: what was planned, and how far it has come.

    A clinic has thousands ahead, and a tuple is made in a fraction of the time.
    """

    id: UUID
    patient_id: UUID
    series_id: UUID | None
    chair_id: UUID
    protocol_id: UUID
    clearance_id: UUID
    status: str
    visit: Visit
    extra: timedelta = timedelta(0)
    infusion_ended_at: datetime | None = None

    @property
    def starts_at(self) -> datetime:
        return self.visit.infusion.start


@dataclass(frozen=True, slots=True)
class Seat:
    """A chair; `version` tells one retirement from the next."""

    label: str
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class Person:
    """What decides whether a patient may be booked."""

    status: str
    birth_date: date
    version: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a protocol says of sessions that are booked already."""

    phases: Sequence[Phase]
    turnover: timedelta
    review_after: int | None = None


# Without slots, as it keeps what several rules ask of its sessions.
@dataclass(frozen=True, kw_only=True)
class Picture:
    """Everything that a session ahead is held against, by id where there are several.

    `sessions` are all live ones, and of the patients who have one ahead the completed ones that
    still count: for the distance to them, for a rank in a series, for a clearance with a limit.
    """

    now: datetime
    zone: tzinfo
    sessions: Sequence[Planned]
    hours: Sequence[Hours] = ()
    closures: Sequence[Blocker] = ()
    closure_reasons: Mapping[UUID, str] = field(default_factory=dict)
    outages: Mapping[UUID, Sequence[Blocker]]
    staffing: Staffing
    chairs: Mapping[UUID, Seat]
    patients: Mapping[UUID, Person]
    terms: Mapping[UUID, Sequence[Term]]
    protocols: Mapping[UUID, Pattern]
    minimum_age: int
    session_minutes: tuple[int, int]

    def is_ahead(self, each: Planned) -> bool:
        """Is it still to come? Only of those is it asked whether they break a rule."""
        return is_live(each.status) and each.starts_at > self.now

    @property
    def asks_for_reviews(self) -> bool:
        """Does any protocol ask a provider for a review?"""
        return any(each.review_after is not None for each in self.protocols.values())

    @cached_property
    def ahead(self) -> list[Planned]:
        """The sessions still to come."""
        return [each for each in self.sessions if self.is_ahead(each)]

    @cached_property
    def by_patient(self) -> dict[UUID, list[Planned]]:
        """Each patient's sessions, by start."""
        grouped: dict[UUID, list[Planned]] = defaultdict(list)
        for each in self.sessions:
            grouped[each.patient_id].append(each)
        for sessions in grouped.values():
            sessions.sort(key=lambda each: (each.visit.infusion.start, each.id))
        return dict(grouped)


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a session breaks, in a sentence to be read out, and the facts behind it."""

    session_id: UUID
    rule: str
    detail: str
    facts: tuple[object, ...]


def spoken(at: datetime, zone: tzinfo) -> str:
    """An instant as it is read out."""
    return f"{at.astimezone(zone):%A, %B %-d at %-I:%M %p}"
