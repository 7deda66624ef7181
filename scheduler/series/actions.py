"""Booking a weekly series: all of it, or nothing."""

from scheduler.series.model import Series, SeriesView
from scheduler.series.orders import alternatives_for, asked_visits, moved_warnings
from scheduler.series.rules import Order
from scheduler.sessions.checks import bookable_patient, clearances_for, reminder_warnings
from scheduler.sessions.model import add_sessions, numbered
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.refusals import does_not_fit
from scheduler.sessions.rules_placing import place
from scheduler.tenancy import Work, lock_schedule


def book_series(work: Work, order: Order) -> SeriesView:
    """Book a whole weekly series, or nothing (I22).

    Raises Refused when the patient may not be booked or is not cleared on one of the days,
    Conflict naming every session that does not fit, with its blockers and what would fit.
    """
    work = lock_schedule(work, books=True)
    protocol, weekly = asked_visits(work, order)
    visits = weekly.visits
    patient = bookable_patient(work, order.patient_id, visits)
    clearance_ids = clearances_for(work, patient, visits)
    calendar = chair_calendar(work, [visit.block for visit in visits], patient.id)
    slots, clashes = place(visits, calendar, order.chair_id)
    if clashes:
        raise does_not_fit(work, clashes, alternatives_for(order, protocol, weekly))
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
    warnings = reminder_warnings(work, patient) + moved_warnings(weekly)
    return SeriesView(series, numbered(work, sessions), warnings)
