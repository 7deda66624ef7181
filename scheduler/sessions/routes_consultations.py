"""Consultations: free times, booking, and their way until the provider completes them."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_CARE, WRITE_CARE
from scheduler.consults.model import Consultation
from scheduler.consults.schema import ConsultationOut
from scheduler.sessions import actions_consultations as actions
from scheduler.sessions import actions_slots
from scheduler.sessions.model import starting_in
from scheduler.sessions.schema_consultations import (
    CancelConsultation,
    ConsultationIn,
    ConsultationQuery,
    ConsultationSlotOut,
    ConsultationSlotQuery,
    RescheduleConsultation,
)
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("consultations", "Consultations: a provider sees the patient first.")

BOOKING = (
    "provider_inactive",
    "not_bookable",
    "in_the_past",
    "too_far_ahead",
    "does_not_fit",
    "taken",
)


@routes.get(
    "/consultations/slots",
    access=READ_CARE,
    query=ConsultationSlotQuery(),
    answer=page_of(ConsultationSlotOut),
    refusals=("not_found",),
)
def find_consultation_slots(work: Work, query: dict[str, Any]) -> Page:
    """Find providers' free times."""
    return actions_slots.find_consultation_slots(work, **query)


@routes.get(
    "/consultations",
    access=READ_CARE,
    query=ConsultationQuery(),
    answer=page_of(ConsultationOut),
)
def list_consultations(work: Work, query: dict[str, Any]) -> Page:
    """List consultations by start."""
    limit, cursor = query.pop("limit"), query.pop("cursor")
    consultations = starting_in(select(Consultation), Consultation, **query)
    order = [Consultation.starts_at, Consultation.id]
    return page(work, consultations, order, limit=limit, cursor=cursor)


@routes.post(
    "/consultations",
    access=WRITE_CARE,
    body=ConsultationIn(),
    answer=ConsultationOut(),
    status=201,
    refusals=(
        "provider_inactive",
        "not_bookable",
        "in_the_past",
        "too_far_ahead",
        "does_not_fit",
        "taken",
    ),
)
def book_consultation(work: Work, body: dict[str, Any]) -> Consultation:
    """Book a patient with a provider."""
    return actions.book_consultation(work, **body)


@routes.get("/consultations/<uuid:consultation_id>", access=READ_CARE, answer=ConsultationOut())
def read_consultation(work: Work, consultation_id: UUID) -> Consultation:
    """Read a consultation. Symptoms are shown to clinicians only."""
    return work.load(Consultation, consultation_id)


@routes.change(
    "POST",
    "/consultations/<uuid:consultation_id>/reschedule",
    access=WRITE_CARE,
    body=RescheduleConsultation(),
    answer=ConsultationOut(),
    refusals=(*BOOKING, "not_allowed"),
)
def reschedule_consultation(
    work: Work, body: dict[str, Any], consultation_id: UUID, match: Match
) -> Consultation:
    """Move a booked consultation, to another provider if wanted; a refusal says what fits."""
    return actions.reschedule_consultation(work, consultation_id, match, **body)


@routes.change(
    "POST",
    "/consultations/<uuid:consultation_id>/cancel",
    access=WRITE_CARE,
    body=CancelConsultation(),
    answer=ConsultationOut(),
    refusals=("not_allowed",),
)
def cancel_consultation(
    work: Work, body: dict[str, Any], consultation_id: UUID, match: Match
) -> Consultation:
    """Cancel a booked consultation."""
    return actions.cancel_consultation(work, consultation_id, match, body["reason"])


@routes.change(
    "POST",
    "/consultations/<uuid:consultation_id>/no-show",
    access=WRITE_CARE,
    answer=ConsultationOut(),
    refusals=("not_allowed",),
)
def miss_consultation(work: Work, consultation_id: UUID, match: Match) -> Consultation:
    """The patient did not come; from the end of the grace after the start on."""
    return actions.miss_consultation(work, consultation_id, match)


@routes.change(
    "POST",
    "/consultations/<uuid:consultation_id>/arrive",
    access=WRITE_CARE,
    answer=ConsultationOut(),
    refusals=("not_allowed",),
)
def arrive_consultation(work: Work, consultation_id: UUID, match: Match) -> Consultation:
    """The patient is here, on the consultation's local day."""
    return actions.arrive_consultation(work, consultation_id, match)
