"""Providers, completing a consultation, and clearances.

Booking and moving a consultation is in `sessions/`, as it looks at the patient's other visits.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import DECIDE_CARE, READ_CARE, READ_SITE, WRITE_SITE
from scheduler.consults import actions
from scheduler.consults.model import Clearance, Consultation, Provider
from scheduler.consults.schema import (
    ClearanceChanges,
    ClearanceOut,
    Completion,
    ConsultationOut,
    ProviderChanges,
    ProviderIn,
    ProviderOut,
    Reason,
)
from scheduler.patients.model import Patient
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page, page_by_id
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("consults", "Providers, the outcome of consultations, and clearances.")


@routes.get("/providers", access=READ_SITE, query=PageQuery(), answer=page_of(ProviderOut))
def list_providers(work: Work, query: dict[str, Any]) -> Page:
    """List the providers."""
    return page_by_id(work, select(Provider), Provider, **query)


@routes.post("/providers", access=WRITE_SITE, body=ProviderIn(), answer=ProviderOut(), status=201)
def add_provider(work: Work, body: dict[str, Any]) -> Provider:
    """Add a provider."""
    return actions.add_provider(work, **body)


@routes.get("/providers/<uuid:provider_id>", access=READ_SITE, answer=ProviderOut())
def read_provider(work: Work, provider_id: UUID) -> Provider:
    """Read a provider."""
    return work.load(Provider, provider_id)


@routes.change(
    "PATCH",
    "/providers/<uuid:provider_id>",
    access=WRITE_SITE,
    body=ProviderChanges(),
    answer=ProviderOut(),
)
def change_provider(
    work: Work, changes: dict[str, Any], provider_id: UUID, match: Match
) -> Provider:
    """Change a provider. An inactive one takes no consultation and clears nobody."""
    return actions.change_provider(work, provider_id, match, changes)


@routes.change(
    "POST",
    "/consultations/<uuid:consultation_id>/complete",
    access=DECIDE_CARE,
    body=Completion(),
    answer=ConsultationOut(),
    refusals=("not_allowed", "already_expired"),
)
def complete_consultation(
    work: Work, body: dict[str, Any], consultation_id: UUID, match: Match
) -> Consultation:
    """Say what came of a consultation; `suitable` clears the patient."""
    return actions.complete_consultation(work, consultation_id, match, **body)


@routes.get(
    "/patients/<uuid:patient_id>/clearances",
    access=READ_CARE,
    query=PageQuery(),
    answer=page_of(ClearanceOut),
)
def list_clearances(work: Work, query: dict[str, Any], patient_id: UUID) -> Page:
    """List a patient's clearances, oldest first, revoked and expired ones too."""
    patient = work.load(Patient, patient_id)
    clearances = select(Clearance).where(Clearance.patient_id == patient.id)
    return page(work, clearances, [Clearance.cleared_at, Clearance.id], **query)


@routes.get("/clearances/<uuid:clearance_id>", access=READ_CARE, answer=ClearanceOut())
def read_clearance(work: Work, clearance_id: UUID) -> Clearance:
    """Read a clearance."""
    return work.load(Clearance, clearance_id)


@routes.change(
    "PATCH",
    "/clearances/<uuid:clearance_id>",
    access=DECIDE_CARE,
    body=ClearanceChanges(),
    answer=ClearanceOut(),
)
def shorten_clearance(
    work: Work, changes: dict[str, Any], clearance_id: UUID, match: Match
) -> Clearance:
    """Let a clearance end earlier or cover fewer sessions. Sessions it no longer covers stay."""
    return actions.shorten_clearance(work, clearance_id, match, changes)


@routes.change(
    "POST",
    "/clearances/<uuid:clearance_id>/revoke",
    access=DECIDE_CARE,
    body=Reason(),
    answer=ClearanceOut(),
)
def revoke_clearance(
    work: Work, body: dict[str, Any], clearance_id: UUID, match: Match
) -> Clearance:
    """Take a clearance back. No later session can start on it."""
    return actions.revoke_clearance(work, clearance_id, match, body["reason"])
