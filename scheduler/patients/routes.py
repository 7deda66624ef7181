"""Patients and their consents."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import READ_CARE, WRITE_CARE
from scheduler.patients import actions
from scheduler.patients.model import Consent, Patient, load_consent, patients_like
from scheduler.patients.schema import (
    ConsentIn,
    ConsentOut,
    PatientChanges,
    PatientIn,
    PatientOut,
    PatientQuery,
    PatientSearch,
)
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("patients", "Patients, and what each has consented to.")


@routes.get("/patients", access=READ_CARE, query=PatientQuery(), answer=page_of(PatientOut))
def list_patients(work: Work, query: dict[str, Any]) -> Page:
    """List the patients, oldest first; with `external_id` the one your system knows."""
    patients = select(Patient)
    if (external_id := query.pop("external_id", None)) is not None:
        patients = patients.where(Patient.external_id == external_id)
    return page(work, patients, [Patient.created_at, Patient.id], **query)


@routes.post(
    "/patients",
    access=WRITE_CARE,
    body=PatientIn(),
    answer=PatientOut(),
    status=201,
    refusals=("already_exists",),
)
def register_patient(work: Work, body: dict[str, Any]) -> Patient:
    """Register a patient."""
    return actions.register_patient(work, **body)


@routes.post(
    "/patients/search",
    access=READ_CARE,
    body=PatientSearch(),
    answer=page_of(PatientOut),
    key=False,
)
def search_patients(work: Work, body: dict[str, Any]) -> Page:
    """Find patients by name, phone or birth date; a POST, as patient data stays out of URLs."""
    limit = body.pop("limit")
    order = [Patient.created_at, Patient.id]
    found = page(work, patients_like(**body), order, limit=limit, cursor=None)
    return {"items": found["items"], "next": None}


@routes.get("/patients/<uuid:patient_id>", access=READ_CARE, answer=PatientOut())
def read_patient(work: Work, patient_id: UUID) -> Patient:
    """Read a patient."""
    return work.load(Patient, patient_id)


@routes.change(
    "PATCH",
    "/patients/<uuid:patient_id>",
    access=WRITE_CARE,
    body=PatientChanges(),
    answer=PatientOut(),
    refusals=("already_exists",),
)
def change_patient(work: Work, changes: dict[str, Any], patient_id: UUID, match: Match) -> Patient:
    """Change a patient. One who is deceased or discharged is sent nothing from then on."""
    return actions.change_patient(work, patient_id, match, changes)


@routes.get(
    "/patients/<uuid:patient_id>/consents",
    access=READ_CARE,
    query=PageQuery(),
    answer=page_of(ConsentOut),
)
def list_consents(work: Work, query: dict[str, Any], patient_id: UUID) -> Page:
    """List a patient's consents, oldest first, withdrawn ones too."""
    patient = work.load(Patient, patient_id)
    consents = select(Consent).where(Consent.patient_id == patient.id)
    return page(work, consents, [Consent.given_at, Consent.id], **query)


@routes.post(
    "/patients/<uuid:patient_id>/consents",
    access=WRITE_CARE,
    body=ConsentIn(),
    answer=ConsentOut(),
    status=201,
    refusals=("no_address",),
)
def record_consent(work: Work, body: dict[str, Any], patient_id: UUID) -> Consent:
    """Record a consent: to treatment, or to messages for a purpose on a channel."""
    return actions.record_consent(work, patient_id, **body)


@routes.get(
    "/patients/<uuid:patient_id>/consents/<uuid:consent_id>",
    access=READ_CARE,
    answer=ConsentOut(),
)
def read_consent(work: Work, patient_id: UUID, consent_id: UUID) -> Consent:
    """Read a consent."""
    return load_consent(work, patient_id, consent_id)


@routes.change(
    "POST",
    "/patients/<uuid:patient_id>/consents/<uuid:consent_id>/withdraw",
    access=WRITE_CARE,
    answer=ConsentOut(),
)
def withdraw_consent(work: Work, patient_id: UUID, consent_id: UUID, match: Match) -> Consent:
    """Withdraw a consent. Nothing that needs it is sent from then on."""
    return actions.withdraw_consent(work, patient_id, consent_id, match)
