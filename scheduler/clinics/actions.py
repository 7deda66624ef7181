"""Changing the clinic, its hours and its closures; making a new clinic."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from scheduler.clinics.model import (
    ClinicStaffing,
    Closure,
    OpeningHours,
    Policy,
    hours_of,
)
from scheduler.clinics.model_on_call import OnCall
from scheduler.clinics.rules import clashing_hours
from scheduler.clinics.rules_words import forbidden_words
from scheduler.errors import Conflict, Invalid
from scheduler.tenancy import (
    SYSTEM,
    Clinic,
    ClinicSchedule,
    Match,
    Work,
    check_match,
    enter,
    lock_schedule,
    set_clinic,
)

NEUTRAL_NAME = "Your clinic"


def create_clinic(session: Session, name: str, time_zone: str, now: datetime) -> Work:
    """A new clinic with the default policy and no opening hours yet; returns a unit for it.

    Its `neutral_name`, the one in messages, is its name where that tells nothing (I42).
    """
    clinic_id = uuid4()
    neutral = name if len(name) <= 30 and not forbidden_words(name) else NEUTRAL_NAME
    clinic = Clinic(
        id=clinic_id, name=name, neutral_name=neutral, time_zone=time_zone, created_at=now
    )
    set_clinic(session, clinic_id)
    session.add(clinic)
    session.flush()
    session.add_all(
        [
            ClinicSchedule(clinic_id=clinic_id),
            Policy(clinic_id=clinic_id),
            OpeningHours(clinic_id=clinic_id, hours=[]),
            ClinicStaffing(clinic_id=clinic_id, shifts=None),
            OnCall(clinic_id=clinic_id, shifts=[], otherwise=[]),
        ]
    )
    session.flush()
    return enter(session, clinic_id, SYSTEM, now)


def change_clinic(work: Work, match: Match, changes: dict[str, Any]) -> Clinic:
    """Change the clinic. Its zone is fixed once anything was booked: times were promised in it."""
    work = lock_schedule(work)
    clinic = work.clinic()
    check_match(match, clinic.version)
    schedule = work.session.get_one(ClinicSchedule, work.clinic_id)
    new_zone = changes.get("time_zone", clinic.time_zone)
    if new_zone != clinic.time_zone and schedule.first_booked_at is not None:
        raise Conflict("time_zone_fixed", "The time zone is fixed once anything was booked.")
    for field, value in changes.items():
        setattr(clinic, field, value)
    if clinic.session_minutes_min > clinic.session_minutes_max:
        raise Invalid({"session_minutes_min": ["Must not be above session_minutes_max."]})
    return clinic


def change_policies(work: Work, match: Match, changes: dict[str, Any]) -> Policy:
    """Change what the clinic decides for itself. Bookings look at it, so they wait for it."""
    lock_schedule(work)
    policy = work.session.get_one(Policy, work.clinic_id)
    check_match(match, policy.version)
    for field, value in changes.items():
        setattr(policy, field, value)
    return policy


def replace_opening_hours(work: Work, match: Match, hours: list[dict[str, Any]]) -> OpeningHours:
    """Replace the weekly openings as a whole. Sessions already booked outside stay."""
    work = lock_schedule(work)
    opening_hours = work.session.get_one(OpeningHours, work.clinic_id)
    check_match(match, opening_hours.version)
    stored = [
        {
            "weekday": each["weekday"],
            "opens": each["opens"].strftime("%H:%M"),
            "closes": each["closes"].strftime("%H:%M"),
        }
        for each in hours
    ]
    if clash := clashing_hours(hours_of(stored)):
        where = f"weekday {clash.weekday}, {clash.opens:%H:%M}"
        raise Invalid({"hours": [f"Each opens before it closes and meets no other: {where}."]})
    opening_hours.hours = stored
    return opening_hours


def add_closure(work: Work, starts_at: datetime, ends_at: datetime, reason: str) -> Closure:
    """Shut the clinic for a time. Sessions already booked inside stay."""
    work = lock_schedule(work)
    closure = Closure(clinic_id=work.clinic_id, starts_at=starts_at, ends_at=ends_at, reason=reason)
    work.session.add(closure)
    return closure


def remove_closure(work: Work, closure_id: UUID, match: Match) -> None:
    """Open again."""
    work = lock_schedule(work)
    work.session.delete(work.load(Closure, closure_id, match=match))
