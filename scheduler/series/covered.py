"""When a clearance covers only the first sessions of an order: those alone, as they would fit."""

from dataclasses import replace
from uuid import UUID

from scheduler.errors import Facts
from scheduler.protocols.model import protocol_for
from scheduler.series.orders import Asked, Offer, cleared, planned, suggested
from scheduler.series.rules_says import read_out
from scheduler.sessions.checks import Shorten
from scheduler.sessions.model_patient import PatientFacts, facts_of
from scheduler.sessions.refusals import Explain, Outlook
from scheduler.sessions.rules_slots import Slot
from scheduler.tenancy import Work


def first_of(patient_id: UUID, asked: Asked) -> Shorten:
    """How a refusal finds an order for the first sessions, which the clearance covers."""

    def shorten(count: int, detail: str) -> Explain:
        def explain(fresh: Work) -> Facts:
            if protocol_for(fresh, asked.protocol_id).all_phases()[0].sessions is not None:
                # Its sessions belong together: there is no series of fewer.
                return {}
            slots = _places(fresh, facts_of(fresh, patient_id), _first(asked, count))
            if not slots:
                return {}
            body = Offer(patient_id, asked.protocol_id, asked.parts).body(fresh, slots)
            return fewer_fit(detail, read_out(slots, fresh.zone, chairs=False), body)

        return explain

    return shorten


def fewer_fit(detail: str, says: str, body: dict[str, object]) -> Facts:
    """What is answered where fewer sessions would fit; `body` books them as it stands."""
    return {"detail": f"{detail} This would fit: {says}.", "suggestion": body}


def _first(asked: Asked, count: int) -> Asked:
    order = replace(asked.order, sessions=count, places=asked.order.places[:count])
    moved = [ordinal for ordinal in asked.moved if ordinal <= count]
    return replace(asked, order=order, wishes=asked.wishes[:count], moved=moved)


def _places(work: Work, patient: PatientFacts, asked: Asked) -> list[Slot] | None:
    """As they are wished for, else as near to it as may be."""
    plan, _ = planned(work, patient, asked)
    if plan.feasible and cleared(work, patient, plan.slots):
        return list(plan.slots.values())
    return suggested(Outlook(work, patient, asked.parts, asked.wishes, plan.clashes), asked)
