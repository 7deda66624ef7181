"""Searching for free times, as the front desk and integrations ask for them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import chain, groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from scheduler.clinics.model import session_minutes_in_bounds
from scheduler.consults.model import Provider
from scheduler.errors import Invalid
from scheduler.protocols.model import protocol_for
from scheduler.protocols.rules import Distance, Distances, VisitParts
from scheduler.sessions.checks import active_chair, distances_for
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.model_patient import PatientFacts, facts_of
from scheduler.sessions.providers import consultation_parts, provider_calendar
from scheduler.sessions.rules_slots import FreeDay
from scheduler.sessions.rules_states import STEPS, not_allowed
from scheduler.sessions.searches import (
    open_days,
    open_rooms,
    place_of,
    slot_page,
    whole_days,
    windows,
)
from scheduler.sessions.steps import refusal
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.wall_time import dates, day
from scheduler.web.paging import Page


class Windows(NamedTuple):
    """Every free stretch, day by day."""

    days: list[dict[str, Any]]


def find_slots(
    work: Work,
    *,
    from_: datetime,
    to: datetime,
    view: str,
    limit: int,
    cursor: str | None,
    chair_id: UUID | None = None,
    session_id: UUID | None = None,
    **said: Any,
) -> Page | Windows:
    """Free starts on chairs; with a patient, those legal for them. What it offers, books (I17).

    With a session, those that it may be moved to. Raises NotFound, Invalid (minutes, or what the
    session says otherwise), Refused (a retired chair) or Conflict (a session that moves no more).
    """
    active_chair(work, chair_id)
    searched = _of_session(work, session_id, **said) if session_id else _of_visit(work, **said)
    after = place_of(cursor)
    within = Span(max(from_, after[0]) if after else from_, to)
    if not within:
        return {"items": [], "next": None}
    days = _free_days(work, searched, within, session_id)
    if chair_id is not None:
        days = (free.on_lane(chair_id) for free in days)
    if view == "windows":
        return Windows(windows(days, work))
    return slot_page(days, searched.parts, after, limit)


def starts_to_move_to(work: Work, session_id: UUID, within: Span) -> Iterator[datetime]:
    """Every start in `within` that this session may be moved to, in order, on whichever chair.

    Raises NotFound, or Conflict for a session that moves no more.
    """
    for free in _free_days(work, _of_session(work, session_id), within, session_id):
        yield from free.all_starts()


@dataclass(frozen=True, slots=True)
class Searched:
    """The visit that free starts are looked for: whose, how long, and beside which others."""

    parts: VisitParts
    patient: PatientFacts | None
    distance_at: Distances

    def distances(self, within: Span, zone: tzinfo) -> Iterator[tuple[Span, Distance | None]]:
        """How far it lies from the patient's other infusions, in the order of the days.

        Before and after another session of its series that may differ, never within a day: where
        there is one, no other is.
        """
        if self.patient is None:
            yield within, None
            return

        def on_day(on: date) -> Distance:
            return self.distance_at(day(on, zone).start)

        for distance, days in groupby(dates(within, zone), on_day):
            found = list(days)
            start, end = day(found[0], zone).start, day(found[-1], zone).end
            yield Span(max(start, within.start), min(end, within.end)), distance


def _free_days(
    work: Work, searched: Searched, within: Span, without: UUID | None
) -> Iterable[FreeDay]:
    return chain.from_iterable(
        open_rooms(work, span, searched.parts, searched.patient, distance, without=without)
        for span, distance in searched.distances(within, work.zone)
    )


def _of_visit(
    work: Work,
    *,
    minutes: int | None = None,
    patient_id: UUID | None = None,
    protocol_id: UUID | None = None,
) -> Searched:
    patient = facts_of(work, patient_id, field="patient_id") if patient_id else None
    protocol = protocol_for(work, protocol_id)
    minutes = minutes or protocol.session_minutes
    session_minutes_in_bounds(work, minutes)
    return Searched(protocol.parts(minutes), patient, distances_for(work, protocol))


def _of_session(
    work: Work,
    session_id: UUID,
    *,
    minutes: int | None = None,
    patient_id: UUID | None = None,
    protocol_id: UUID | None = None,
) -> Searched:
    moved = work.load(InfusionSession, session_id, field="session_id")
    if patient_id not in (None, moved.patient_id):
        raise Invalid({"session_id": ["It is another patient's session."]})
    if protocol_id not in (None, moved.protocol_id):
        raise Invalid({"protocol_id": ["The session has its own protocol."]})
    if minutes not in (None, moved.parts.infusion):
        raise Invalid({"minutes": [f"This session takes {moved.parts.infusion} minutes."]})
    if why := not_allowed("reschedule", moved.status):
        raise refusal(moved.status, why, *STEPS["reschedule"].leaves)
    patient = facts_of(work, moved.patient_id, moved.id)
    protocol = protocol_for(work, moved.protocol_id)
    distances = distances_for(work, protocol, moved.series_id, moved.starts_at)
    return Searched(moved.parts, patient, distances)


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
