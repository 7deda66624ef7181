"""Booking a weekly series whole or not at all, planning one, and booking a single session."""

from datetime import datetime
from typing import Any
from uuid import UUID

from scheduler.errors import Conflict, Invalid
from scheduler.protocols.model import Protocol, protocol_for
from scheduler.protocols.rules import visit_at
from scheduler.series.model import Series, SeriesView, views_of
from scheduler.series.rules import Order, WeeklyVisits, disallowed_pattern, weekly_visits
from scheduler.sessions.checks import (
    active_chair,
    bookable_patient,
    clearances_for,
    in_time,
    reminder_warnings,
    session_minutes_in_bounds,
)
from scheduler.sessions.model import InfusionSession, add_sessions, numbered
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.refusals import Finder, chair_alternatives, conflict_list, does_not_fit
from scheduler.sessions.rules_placing import place
from scheduler.tenancy import Work, lock_schedule


def book_series(work: Work, order: Order) -> SeriesView:
    """Book a whole weekly series, or nothing (I22).

    Raises Refused when the patient may not be booked or is not cleared on one of the days,
    Conflict naming every session that does not fit, with its blockers and what would fit.
    """
    lock_schedule(work, books=True)
    protocol, weekly = _asked(work, order)
    visits = weekly.visits
    patient = bookable_patient(work, order.patient_id, visits)
    clearance_ids = clearances_for(work, patient, visits)
    calendar = chair_calendar(work, [visit.block for visit in visits], patient.id)
    slots, clashes = place(visits, calendar, order.chair_id)
    if clashes:
        raise does_not_fit(work, clashes, _alternatives(order, protocol, weekly))
    series = Series(
        clinic_id=work.clinic_id,
        patient_id=patient.id,
        protocol_id=protocol.id,
        sessions_planned=order.sessions,
        minutes=order.minutes,
        every_days=order.every_days or protocol.first_phase().every_days,
        created_at=work.now,
    )
    work.session.add(series)
    work.session.flush()
    sessions = add_sessions(
        work,
        slots,
        clearance_ids,
        patient_id=patient.id,
        protocol_id=protocol.id,
        observation_minutes=protocol.observation_minutes,
        series_id=series.id,
    )
    warnings = reminder_warnings(work, patient) + _moved_warnings(weekly)
    return SeriesView(series, numbered(work, sessions), warnings)


def plan_series(work: Work, order: Order) -> dict[str, Any]:
    """What booking this order would do now, without doing it. Raises Refused as booking does."""
    protocol, weekly = _asked(work, order)
    visits = weekly.visits
    patient = bookable_patient(work, order.patient_id, visits)
    clearances_for(work, patient, visits)
    calendar = chair_calendar(work, [visit.block for visit in visits], patient.id)
    slots, clashes = place(visits, calendar, order.chair_id)
    find = _alternatives(order, protocol, weekly)
    return {
        "feasible": not clashes,
        "sessions": slots,
        "conflicts": conflict_list(work, clashes, find),
        "warnings": reminder_warnings(work, patient) + _moved_warnings(weekly),
    }


def book_session(
    work: Work,
    *,
    patient_id: UUID,
    starts_at: datetime,
    minutes: int,
    chair_id: UUID | None = None,
    protocol_id: UUID | None = None,
    series_id: UUID | None = None,
) -> InfusionSession:
    """Book one session; with `series_id` it fills a place that the series still owes (I25)."""
    lock_schedule(work, books=True)
    session_minutes_in_bounds(work, minutes)
    active_chair(work, chair_id)
    series = _owing(work, series_id, patient_id) if series_id else None
    protocol = protocol_for(work, series.protocol_id if series else protocol_id)
    parts = protocol.parts(minutes)
    visits = [visit_at(starts_at, parts)]
    in_time(work, visits)
    patient = bookable_patient(work, patient_id, visits)
    clearance_ids = clearances_for(work, patient, visits)
    calendar = chair_calendar(work, [visits[0].block], patient.id)
    slots, clashes = place(visits, calendar, chair_id)
    if clashes:
        raise does_not_fit(work, clashes, chair_alternatives(patient_id, parts, chair_id=chair_id))
    (booked,) = add_sessions(
        work,
        slots,
        clearance_ids,
        patient_id=patient.id,
        protocol_id=protocol.id,
        observation_minutes=protocol.observation_minutes,
        series_id=series_id,
    )
    return numbered(work, [booked])[0]


def _asked(work: Work, order: Order) -> tuple[Protocol, WeeklyVisits]:
    """The order's protocol and visits. Raises Invalid or Refused when it cannot be an order."""
    session_minutes_in_bounds(work, order.minutes)
    active_chair(work, order.chair_id)
    protocol = protocol_for(work, order.protocol_id)
    phase = protocol.first_phase()
    every_days = order.every_days or phase.every_days
    if why := disallowed_pattern(phase, order.sessions, every_days):
        raise Invalid({"every_days": [why]})
    parts = protocol.parts(order.minutes)
    weekly = weekly_visits(order.first_on, order.at, order.sessions, every_days, parts, work.zone)
    in_time(work, weekly.visits)
    return protocol, weekly


def _alternatives(order: Order, protocol: Protocol, weekly: WeeklyVisits) -> Finder:
    return chair_alternatives(
        order.patient_id,
        protocol.parts(order.minutes),
        chair_id=order.chair_id,
        others=weekly.visits,
        min_gap_days=protocol.first_phase().min_gap_days,
    )


def _owing(work: Work, series_id: UUID, patient_id: UUID) -> Series:
    """The patient's series that still owes a session. Raises NotFound or Conflict."""
    series = work.load(Series, series_id, field="series_id")
    if series.patient_id != patient_id:
        raise Invalid({"series_id": ["It is another patient's series."]})
    (view,) = views_of(work, [series])
    if view.owed == 0:
        raise Conflict("nothing_owed", "This series owes no session.")
    return series


def _moved_warnings(weekly: WeeklyVisits) -> list[dict[str, object]]:
    return [
        {
            "word": "wall_time_moved",
            "detail": "The clock skips this time on that day; the session starts right after.",
            "ordinal": ordinal,
        }
        for ordinal in weekly.moved
    ]
