"""Booking a weekly series: all of it, or nothing."""

from scheduler.db import insert
from scheduler.series.covered import first_of
from scheduler.series.model import Series, SeriesView
from scheduler.series.orders import asked_for, explain_order, moved_warnings, planned
from scheduler.series.rules import Order
from scheduler.sessions.checks import bookable_patient, clearances_for, reminder_warnings
from scheduler.sessions.model import add_sessions
from scheduler.sessions.model_views import SessionView
from scheduler.sessions.refusals import does_not_fit
from scheduler.tenancy import Work, lock_schedule


def book_series(work: Work, order: Order) -> SeriesView:
    """Book a whole weekly series, or nothing (I22).

    Raises Refused when the patient may not be booked or is not cleared on one of the days,
    Conflict naming every session that does not fit, with its blockers and what would fit.
    """
    work = lock_schedule(work, books=True)
    asked = asked_for(work, order)
    patient = bookable_patient(work, order.patient_id, asked.visits)
    shorten = first_of(patient.id, asked)
    clearance_ids = clearances_for(work, patient, asked.visits, shorten=shorten)
    plan, _ = planned(work, patient, asked)
    if not plan.feasible:
        explain = explain_order(patient.id, asked, plan.clashes)
        raise does_not_fit(work, plan.clashes, explain)
    slots = list(plan.slots.values())
    if [slot.visit for slot in slots] != asked.visits:
        clearance_ids = clearances_for(work, patient, [slot.visit for slot in slots])
    row = {
        "clinic_id": work.clinic_id,
        "patient_id": patient.id,
        "protocol_id": asked.protocol_id,
        "sessions_planned": len(slots),
        "minutes": asked.parts.infusion,
        "every_days": asked.every_days,
        "created_at": work.now,
    }
    (series,) = insert(work.session, Series, [row])
    sessions = add_sessions(
        work,
        slots,
        clearance_ids,
        patient_id=patient.id,
        protocol_id=asked.protocol_id,
        observation_minutes=asked.parts.observation,
        series_id=series.id,
    )
    warnings = reminder_warnings(patient) + moved_warnings(asked.moved)
    views = [SessionView(each, ordinal) for ordinal, each in enumerate(sessions, start=1)]
    return SeriesView(series, views, warnings)
