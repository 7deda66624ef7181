"""Registering and changing patients, and recording what they consent to."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.errors import Invalid, Refused
from scheduler.patients.model import Consent, Patient, consents_at, load_consent
from scheduler.tenancy import Match, Work, lock_schedule
from scheduler.wall_time import local_date

# A booking looks at these under the schedule's lock, so changing them takes it too.
LOOKED_AT_BY_BOOKINGS = frozenset({"status", "birth_date"})

CAN_FAIL = frozenset({"phone", "email"})


def register_patient(work: Work, **fields: Any) -> Patient:
    """A new patient."""
    _born(work, fields)
    patient = Patient(clinic_id=work.clinic_id, created_at=work.now, **fields)
    work.session.add(patient)
    return patient


def change_patient(work: Work, patient_id: UUID, match: Match, changes: dict[str, Any]) -> Patient:
    """Change a patient. One who is deceased or discharged is sent nothing from now on (I58)."""
    if LOOKED_AT_BY_BOOKINGS & changes.keys():
        work = lock_schedule(work)
    patient = work.load(Patient, patient_id, match=match)
    _born(work, changes)
    for field, value in changes.items():
        setattr(patient, field, value)
    # Whoever writes an address down, the same one too, says that it is right.
    for field in CAN_FAIL & changes.keys():
        setattr(patient, f"{field}_failed_at", None)
    return patient


def record_consent(
    work: Work,
    patient_id: UUID,
    *,
    purpose: str,
    source: str,
    wording_version: str,
    channel: str | None = None,
) -> Consent:
    """Record a consent as it was given: for what, where to, by which wording, to whom."""
    patient = work.load(Patient, patient_id)
    address = patient.addresses[channel] if channel else None
    if channel and not address:
        raise Refused("no_address", f"The patient has no address for {channel}.")
    consent = Consent(
        clinic_id=work.clinic_id,
        patient_id=patient.id,
        purpose=purpose,
        channel=channel,
        address=address,
        source=source,
        wording_version=wording_version,
        given_at=work.now,
        recorded_by=work.actor.key_id,
    )
    work.session.add(consent)
    return consent


def withdraw_consent(work: Work, patient_id: UUID, consent_id: UUID, match: Match) -> Consent:
    """Withdraw a consent; a second time changes nothing. A start looks at it, so it waits."""
    work = lock_schedule(work)
    consent = load_consent(work, patient_id, consent_id, match)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = work.now
    return consent


def stop_writing_to(
    work: Work, channel: str, address: str, *, message_id: UUID | None = None
) -> None:
    """Withdraw every consent by which this address is written to; a start looks at some.

    With `message_id` it was that message's refusal by the carrier which said so.
    """
    work = lock_schedule(work)
    for consent in consents_at(work, channel, address):
        consent.withdrawn_at, consent.withdrawn_by_message = work.now, message_id


def note_failed(work: Work, channel: str, address: str) -> None:
    """An address is dead: whoever has it is not written to there until it is changed (I46)."""
    field = "email" if channel == "email" else "phone"
    having = select(Patient).where(
        Patient.clinic_id == work.clinic_id,
        getattr(Patient, field) == address,
        getattr(Patient, f"{field}_failed_at").is_(None),
    )
    for patient in work.session.scalars(having):
        setattr(patient, f"{field}_failed_at", work.now)


def _born(work: Work, fields: dict[str, Any]) -> None:
    """Raises Invalid for a birth date that is still to come."""
    if "birth_date" in fields and fields["birth_date"] > local_date(work.now, work.zone):
        raise Invalid({"birth_date": ["Must not lie in the future."]})
