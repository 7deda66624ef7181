"""What a clinic decides for itself, and when it is open."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.clinics.rules import NOTICES, Hours
from scheduler.clinics.rules_staffing import Override, Shift, Staffing
from scheduler.db import Base, OfClinic, Versioned
from scheduler.errors import Invalid
from scheduler.site import kept
from scheduler.spans import Span
from scheduler.tenancy import Clinic, Work
from scheduler.wall_time import local_date

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
    (Steiner 2018, n = 54,066); quiet from 21:00 to 08:00. At most so many texts that nobody asked
    for go to one number on a day, and in seven days (I41).
    """

    __tablename__ = "policies"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    minimum_age: Mapped[int] = mapped_column(default=18)
    late_minutes: Mapped[int] = mapped_column(default=15)
    no_show_grace_minutes: Mapped[int] = mapped_column(default=30)
    notice_hours: Mapped[int] = mapped_column(default=24)
    escort_asked: Mapped[bool] = mapped_column(default=False)
    fasting_asked: Mapped[bool] = mapped_column(default=False)
    quiet_from: Mapped[time] = mapped_column(default=time(21))
    quiet_until: Mapped[time] = mapped_column(default=time(8))
    reminder_days: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=lambda: [3, 1])
    notices: Mapped[list[str]] = mapped_column(ARRAY(Text), default=lambda: list(NOTICES))
    texts_a_day: Mapped[int] = mapped_column(default=1)
    texts_a_week: Mapped[int] = mapped_column(default=5)
    follow_up_hours: Mapped[int] = mapped_column(default=24)
    nudge_hours: Mapped[int] = mapped_column(default=24)
    alert_total: Mapped[int] = mapped_column(default=20)
    alert_repeat_minutes: Mapped[int] = mapped_column(default=5)
    alert_escalate_minutes: Mapped[int] = mapped_column(default=15)
    crisis_text: Mapped[dict[str, Any]] = mapped_column(default=dict)
    symptom_codes: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=lambda: list(DEFAULT_SYMPTOM_CODES)
    )


class OpeningHours(Versioned, Base):
    """A clinic's weekly openings: `[{weekday, opens, closes}]`, replaced as a whole."""

    __tablename__ = "opening_hours"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    hours: Mapped[list[dict[str, Any]]]


class ClinicStaffing(Versioned, Base):
    """A clinic's nurses: `shifts` `[{weekday, from, to, nurses}]`, or None for no limit.

    A nurse sets up one patient in `setup_minutes` and watches up to four (Alvarado 2016).
    """

    __tablename__ = "staffing"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    shifts: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    watch_ratio: Mapped[int] = mapped_column(default=4)
    setup_minutes: Mapped[int] = mapped_column(default=15)


class StaffingOverride(OfClinic, Versioned, Base):
    """The nurses on one date, in place of what the shifts say."""

    __tablename__ = "staffing_overrides"
    noun: ClassVar[str] = "staffing override"

    on_date: Mapped[date]
    from_time: Mapped[time]
    to_time: Mapped[time]
    nurses: Mapped[int]


class Closure(OfClinic, Versioned, Base):
    """A time in which the clinic is shut. What was booked inside stays (and needs a person)."""

    __tablename__ = "closures"
    noun: ClassVar[str] = "closure"

    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]


class ClosedSpan(NamedTuple):
    """A closure as a value."""

    id: UUID
    span: Span
    reason: str


def hours_of(stored: list[dict[str, Any]]) -> list[Hours]:
    """The weekly openings as values."""
    return [
        Hours(
            each["weekday"], time.fromisoformat(each["opens"]), time.fromisoformat(each["closes"])
        )
        for each in stored
    ]


@kept
def hours_of_clinic(work: Work) -> list[Hours]:
    """The clinic's weekly openings."""
    stored = select(OpeningHours.hours).where(OpeningHours.clinic_id == work.clinic_id)
    return hours_of(work.session.scalars(stored).one())


def closures_in(work: Work, within: Span) -> list[ClosedSpan]:
    """The closures that meet `within`."""
    return [each for each in _closures(work) if each.span.overlaps(within)]


@kept
def _closures(work: Work) -> list[ClosedSpan]:
    found = work.session.execute(
        select(Closure.id, Closure.starts_at, Closure.ends_at, Closure.reason)
        .where(Closure.clinic_id == work.clinic_id)
        .order_by(Closure.starts_at, Closure.id)
    )
    return [ClosedSpan(row.id, Span(row.starts_at, row.ends_at), row.reason) for row in found]


def staffing_of(work: Work, within: Span) -> Staffing:
    """The clinic's nurses, with what is said for single dates of `within`."""
    first, last = local_date(within.start, work.zone), local_date(within.end, work.zone)
    staffing = _staffing(work)
    overrides = tuple(each for each in staffing.overrides if first <= each.on <= last)
    return replace(staffing, overrides=overrides)


@kept
def _staffing(work: Work) -> Staffing:
    of_clinic = StaffingOverride.clinic_id == ClinicStaffing.clinic_id
    row, *_ = rows = work.session.execute(
        select(
            ClinicStaffing.shifts,
            ClinicStaffing.watch_ratio,
            ClinicStaffing.setup_minutes,
            StaffingOverride.on_date,
            StaffingOverride.from_time,
            StaffingOverride.to_time,
            StaffingOverride.nurses,
        )
        .outerjoin(StaffingOverride, of_clinic)
        .where(ClinicStaffing.clinic_id == work.clinic_id)
    ).all()
    return Staffing(
        None if row.shifts is None else tuple(map(shift_of, row.shifts)),
        row.watch_ratio,
        row.setup_minutes,
        tuple(Override(*each[3:]) for each in rows if each.on_date is not None),
    )


def shift_of(stored: dict[str, Any]) -> Shift:
    """A shift as it is stored, as a value."""
    starts, ends = time.fromisoformat(stored["from"]), time.fromisoformat(stored["to"])
    return Shift(stored["weekday"], starts, ends, stored["nurses"])


def stored_shift(shift: Shift) -> dict[str, Any]:
    """A shift as it is stored and answered."""
    return {
        "weekday": shift.weekday,
        "from": shift.starts.strftime("%H:%M"),
        "to": shift.ends.strftime("%H:%M"),
        "nurses": shift.nurses,
    }


def overrides_on(work: Work, on: date) -> list[Override]:
    """What is said about the nurses of this date."""
    found = select(StaffingOverride).where(
        StaffingOverride.clinic_id == work.clinic_id, StaffingOverride.on_date == on
    )
    return [
        Override(each.on_date, each.from_time, each.to_time, each.nurses)
        for each in work.session.scalars(found)
    ]


@kept
def policy_of(work: Work) -> Policy:
    """The clinic's policy, to be read and not to be changed: it belongs to no session."""
    columns = Policy.__table__.columns
    row = work.session.execute(select(*columns).where(columns.clinic_id == work.clinic_id)).one()
    return Policy(**row._mapping)


class Letterhead(NamedTuple):
    """Who writes to a clinic's patients."""

    neutral_name: str
    phone: str | None
    time_zone: str


@kept
def letterhead_of(work: Work) -> Letterhead:
    """As whom the clinic writes to its patients."""
    columns = select(*(getattr(Clinic, name) for name in Letterhead._fields))
    return Letterhead(*work.session.execute(columns.where(Clinic.id == work.clinic_id)).one())


@kept
def _minutes_bounds(work: Work) -> tuple[int, int]:
    bounds = select(Clinic.session_minutes_min, Clinic.session_minutes_max)
    least, most = work.session.execute(bounds.where(Clinic.id == work.clinic_id)).one()
    return least, most


def session_minutes_in_bounds(work: Work, minutes: int, field: str = "minutes") -> None:
    """Raises Invalid, naming the field, when no infusion here takes so many minutes (I7)."""
    least, most = _minutes_bounds(work)
    if not least <= minutes <= most:
        raise Invalid({field: [f"Sessions here take {least} to {most} minutes."]})
