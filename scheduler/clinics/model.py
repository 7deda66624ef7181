"""What a clinic decides for itself, and when it is open."""

from datetime import datetime, time
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.clinics.rules import Hours
from scheduler.db import Base, OfClinic, Versioned
from scheduler.spans import Span
from scheduler.tenancy import Work

# Codes, not free text: what a provider ticks when reviewing a patient's symptoms.
DEFAULT_SYMPTOM_CODES = [
    "low_mood",
    "loss_of_interest",
    "insomnia",
    "low_energy",
    "poor_concentration",
    "appetite_change",
    "guilt",
    "restlessness",
    "anxiety",
    "isolation",
    "suicidal_thoughts",
]


class Policy(Versioned, Base):
    """What one clinic decides and another decides otherwise. Hours are on the clinic's wall.

    The defaults: two reminders, three days and one day before, missed fewer visits than one
    (Steiner 2018, n = 54,066); quiet from 21:00 to 08:00.
    """

    __tablename__ = "policies"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    minimum_age: Mapped[int] = mapped_column(default=18)
    quiet_from: Mapped[time] = mapped_column(default=time(21))
    quiet_until: Mapped[time] = mapped_column(default=time(8))
    reminder_days: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=lambda: [3, 1])
    follow_up_hours: Mapped[int] = mapped_column(default=24)
    symptom_codes: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=lambda: list(DEFAULT_SYMPTOM_CODES)
    )


class OpeningHours(Versioned, Base):
    """A clinic's weekly openings: `[{weekday, opens, closes}]`, replaced as a whole."""

    __tablename__ = "opening_hours"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    hours: Mapped[list[dict[str, Any]]]


class Closure(OfClinic, Versioned, Base):
    """A time in which the clinic is shut. What was booked inside stays (and needs a person)."""

    __tablename__ = "closures"
    noun: ClassVar[str] = "closure"

    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]


class NamedSpan(NamedTuple):
    """A span of time with the id of the row it comes from."""

    id: UUID
    span: Span


def hours_of(stored: list[dict[str, Any]]) -> list[Hours]:
    """The weekly openings as values."""
    return [
        Hours(
            each["weekday"], time.fromisoformat(each["opens"]), time.fromisoformat(each["closes"])
        )
        for each in stored
    ]


def hours_of_clinic(work: Work) -> list[Hours]:
    """The clinic's weekly openings."""
    return hours_of(work.session.get_one(OpeningHours, work.clinic_id).hours)


def closures_in(work: Work, within: Span) -> list[NamedSpan]:
    """The closures that meet `within`."""
    found = work.session.execute(
        select(Closure.id, Closure.starts_at, Closure.ends_at).where(
            Closure.clinic_id == work.clinic_id,
            Closure.ends_at > within.start,
            Closure.starts_at < within.end,
        )
    )
    return [NamedSpan(row.id, Span(row.starts_at, row.ends_at)) for row in found]


def policy_of(work: Work) -> Policy:
    """The clinic's policy."""
    return work.session.get_one(Policy, work.clinic_id)
