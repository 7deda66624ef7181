"""What an order asks for, before it is known whether it fits; and what to say when it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from scheduler.clinics.model import session_minutes_in_bounds
from scheduler.consults.rules import clearances_of
from scheduler.errors import Facts, Invalid
from scheduler.protocols.model import Protocol, protocol_for
from scheduler.protocols.rules import Visit, VisitParts, phases_of, visit_at
from scheduler.series.rules import (
    Order,
    Wishes,
    disallowed_pattern,
    wished_days,
    wishes_on,
)
from scheduler.sessions.checks import active_chair, in_time
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.model_patient import PatientFacts, facts_of
from scheduler.sessions.refusals import (
    DAYS_AROUND,
    EXPLAINED,
    FARTHEST_DAYS,
    Explain,
    Outlook,
    conflicts_with,
    openings_for,
    windows_around,
)
from scheduler.sessions.rules_openings import Openings
from scheduler.sessions.rules_placing import Clash, Wish
from scheduler.sessions.rules_planning import Plan, plan, suggestion
from scheduler.sessions.rules_slots import Slot
from scheduler.spans import Span
from scheduler.tenancy import Work


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that can be one, as values: its lengths in minutes, its visits, those moved."""

    order: Order
    protocol_id: UUID
    every_days: int | None
    parts: VisitParts
    wishes: list[Wish]
    moved: list[int]

    @property
    def visits(self) -> list[Visit]:
        return [wish.visit for wish in self.wishes]


def asked_for(work: Work, order: Order) -> Asked:
    """The order's protocol and visits, once it is known that it can be an order at all.

    Raises Invalid (minutes, pattern), NotFound (chair, protocol) or Refused (a retired chair, the
    past, more than 24 months ahead).
    """
    protocol = protocol_for(work, order.protocol_id)
    minutes = order.minutes or protocol.session_minutes
    session_minutes_in_bounds(work, minutes)
    for chair_id in {order.chair_id, *(place.chair_id for place in order.places)}:
        active_chair(work, chair_id)
    parts = protocol.parts(minutes)
    wished = _wished(work, order, protocol, parts)
    in_time(work, wished.visits)
    every_days = order.every_days or protocol.all_phases()[0].every_days
    if order.places:
        every_days = None
    return Asked(order, protocol.id, every_days, parts, wished.wishes, wished.moved)


def _wished(work: Work, order: Order, protocol: Protocol, parts: VisitParts) -> Wishes:
    phases = protocol.all_phases()
    if order.places:
        return _at_places(order, protocol, parts)
    assert order.first_on is not None  # noqa: S101 - the schema has either these or places
    assert order.at is not None  # noqa: S101
    if why := disallowed_pattern(phases, order.first_on, order.sessions, order.every_days):
        field, message = why
        raise Invalid({field: [message]})
    days = wished_days(phases, order.first_on, order.sessions, order.every_days)
    each = phases_of(phases, order.sessions)
    return wishes_on(days, order.at, each, parts, work.zone, order.chair_id)


def _at_places(order: Order, protocol: Protocol, parts: VisitParts) -> Wishes:
    each = phases_of(protocol.all_phases(), len(order.places))
    if len(each) != len(order.places):
        raise Invalid({"places": [f"This protocol has {len(each)} sessions."]})
    wishes = [
        Wish(visit_at(place.starts_at, parts), phase.distance, place.chair_id)
        for place, phase in zip(order.places, each, strict=True)
    ]
    return Wishes(wishes, [])


def planned(work: Work, patient: PatientFacts, asked: Asked) -> tuple[Plan, Openings]:
    """The order as it would be booked now, moved within its flexibility where it asks for that."""
    flexibility = asked.order.flexibility
    everything = range(1, len(asked.wishes) + 1)
    if flexibility is not None:
        windows = windows_around(work, asked.wishes, everything, flexibility.days)
        openings = openings_for(work, patient, asked.parts, windows)
        return plan(asked.wishes, openings, flexibility), openings
    blocks = [wish.visit.block for wish in asked.wishes]
    calendar = chair_calendar(work, blocks, patient)
    whole = Span(blocks[0].start, blocks[-1].end)
    openings = Openings(calendar, asked.parts, work.zone, whole, lambda _: True)
    return plan(asked.wishes, openings), openings


def explain_order(patient_id: UUID, asked: Asked, clashes: Sequence[Clash]) -> Explain:
    """What would fit instead of an order's clashes, and as a whole."""

    def explain(fresh: Work) -> Facts:
        return outlook(fresh, facts_of(fresh, patient_id), asked, clashes)

    return explain


def outlook(
    work: Work, patient: PatientFacts, asked: Asked, clashes: Sequence[Clash]
) -> dict[str, Any]:
    """The conflicts, the first with alternatives, and one suggestion that books as it stands."""
    view = Outlook(work, patient, asked.parts, asked.wishes, clashes)
    found: dict[str, Any] = {"conflicts": conflicts_with(view)}
    if len(clashes) <= EXPLAINED and (slots := suggested(view, asked)):
        offer = Offer(view.patient.id, asked.protocol_id, asked.parts)
        found["suggestion"] = offer.body(view.work, slots)
    return found


def suggested(view: Outlook, asked: Asked) -> list[Slot] | None:
    """The nearest whole series: on the same days, within a few, else within 14 days; or None."""
    for days in (0, DAYS_AROUND, FARTHEST_DAYS):
        slots = suggestion(asked.wishes, view.openings(days), days)
        if slots is not None and cleared(view.work, view.patient, slots):
            return list(slots.values())
    return None


@dataclass(frozen=True, slots=True)
class Offer:
    """What the body for `POST /v1/series` that books some slots as they stand has in common."""

    patient_id: UUID
    protocol_id: UUID
    parts: VisitParts

    def body(self, work: Work, slots: Sequence[Slot]) -> dict[str, Any]:
        """The body that books these very slots."""
        return {
            "patient_id": str(self.patient_id),
            "protocol_id": str(self.protocol_id),
            "minutes": self.parts.infusion,
            "places": [
                {"starts_at": work.local(slot.visit.starts_at), "chair_id": str(slot.lane.id)}
                for slot in slots
            ],
        }


def cleared(work: Work, patient: PatientFacts, slots: dict[int, Slot]) -> bool:
    """Do the patient's clearances cover all of these?"""
    starts = [slot.visit.starts_at for slot in slots.values()]
    return None not in clearances_of(patient.terms, patient.used, starts, work.zone)


def moved_warnings(moved: Sequence[int]) -> list[dict[str, object]]:
    """A warning for each visit that a clock change moved (I67)."""
    return [
        {
            "word": "wall_time_moved",
            "detail": "The clock skips this time on that day; the session starts right after.",
            "ordinal": ordinal,
        }
        for ordinal in moved
    ]
