"""Planning a weekly series: what booking it would do, without doing it."""

from typing import Any

from scheduler.series.covered import first_of
from scheduler.series.orders import asked_for, moved_warnings, outlook, planned
from scheduler.series.rules import Order
from scheduler.sessions.checks import bookable_patient, clearances_for, reminder_warnings
from scheduler.sessions.refusals import shown_slot
from scheduler.tenancy import Work


def plan_series(work: Work, order: Order) -> dict[str, Any]:
    """What booking this order would do now, without doing it. Raises Refused as booking does."""
    asked = asked_for(work, order)
    patient = bookable_patient(work, order.patient_id, asked.visits)
    clearances_for(work, patient, asked.visits, shorten=first_of(patient.id, asked))
    plan, _ = planned(work, patient, asked)
    found: dict[str, Any] = {"conflicts": []}
    if not plan.feasible:
        found = outlook(work, patient, asked, plan.clashes)
    sessions = []
    for ordinal, slot in sorted(plan.slots.items()):
        wanted_at = asked.visits[ordinal - 1].starts_at
        moved = slot.visit.starts_at != wanted_at
        sessions.append(
            shown_slot(work, slot) | ({"moved_from": work.local(wanted_at)} if moved else {})
        )
    return found | {
        "feasible": plan.feasible,
        "sessions": sessions,
        "warnings": reminder_warnings(patient) + moved_warnings(asked.moved),
    }
