"""Searching for free times, as the front desk and integrations ask for them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from scheduler.clinics.model import session_minutes_in_bounds
from scheduler.consults.model import Provider
from scheduler.protocols.model import protocol_for
from scheduler.sessions.checks import active_chair
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.model_patient import facts_of
from scheduler.sessions.providers import consultation_parts, provider_calendar
from scheduler.sessions.searches import days_of, open_days, place_of, slot_page, whole_days, windows
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.web.paging import Page


class Windows(NamedTuple):
    """Every free stretch, day by day."""

    days: list[dict[str, Any]]


def find_slots(
    work: Work,
    *,
    from_: datetime,
    to: datetime,
    minutes: int,
    view: str,
    limit: int,
    cursor: str | None,
    chair_id: UUID | None = None,
    patient_id: UUID | None = None,
    protocol_id: UUID | None = None,
) -> Page | Windows:
    """Free starts on chairs; with a patient, those legal for them. What it offers, books (I17)."""
    session_minutes_in_bounds(work, minutes)
    active_chair(work, chair_id)
    patient = facts_of(work, patient_id, field="patient_id") if patient_id else None
    protocol = protocol_for(work, protocol_id)
    parts = protocol.parts(minutes)
    after = place_of(cursor)
    within = Span(max(from_, after[0]) if after else from_, to)
    if not within:
        return {"items": [], "next": None}
    calendar = chair_calendar(work, [whole_days(work, within)], patient)
    if chair_id is not None:
        calendar = calendar.on_lanes(lane for lane in calendar.lanes if lane.id == chair_id)
    may_on = days_of(work, patient) if patient else None
    distance = protocol.all_phases()[0].distance if patient else None
    days = open_days(work, calendar, within, parts, may_on, distance)
    if view == "windows":
        return Windows(windows(days, work))
    return slot_page(days, parts, after, limit)


def find_consultation_slots(
    work: Work,
    *,
    from_: datetime,
    to: datetime,
    minutes: int,
    limit: int,
    cursor: str | None,
    provider_id: UUID | None = None,
) -> Page:
    """Free times of one active provider, or of all."""
    active = select(Provider.id).where(Provider.clinic_id == work.clinic_id, Provider.active)
    if provider_id is not None:
        work.load(Provider, provider_id, field="provider_id")
        active = active.where(Provider.id == provider_id)
    after = place_of(cursor)
    within = Span(max(from_, after[0]) if after else from_, to)
    if not within:
        return {"items": [], "next": None}
    providers = list(work.session.scalars(active))
    calendar = provider_calendar(work, [whole_days(work, within)], providers)
    parts = consultation_parts(minutes)
    return slot_page(open_days(work, calendar, within, parts), parts, after, limit)
