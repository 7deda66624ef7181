"""Planning a weekly series: what booking it would do, without doing it."""

from typing import Any

from scheduler.series.orders import alternatives_for, asked_visits, moved_warnings
from scheduler.series.rules import Order
from scheduler.sessions.checks import bookable_patient, clearances_for, reminder_warnings
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.refusals import conflict_list
from scheduler.sessions.rules_placing import place
from scheduler.tenancy import Work


def plan_series(work: Work, order: Order) -> dict[str, Any]:
    """What booking this order would do now, without doing it. Raises Refused as booking does."""
    protocol, weekly = asked_visits(work, order)
    visits = weekly.visits
    patient = bookable_patient(work, order.patient_id, visits)
    clearances_for(work, patient, visits)
    calendar = chair_calendar(work, [visit.block for visit in visits], patient.id)
    slots, clashes = place(visits, calendar, order.chair_id)
    find = alternatives_for(order, protocol, weekly)
    return {
        "feasible": not clashes,
        "sessions": slots,
        "conflicts": conflict_list(work, clashes, find),
        "warnings": reminder_warnings(work, patient) + moved_warnings(weekly),
    }
