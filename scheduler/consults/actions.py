"""Completing a consultation, clearing a patient, and taking a clearance back."""

from datetime import date
from typing import Any
from uuid import UUID

from scheduler.clinics.model import policy_of
from scheduler.consults.model import Clearance, Consultation, Provider
from scheduler.errors import Conflict, Forbidden, Invalid, Refused
from scheduler.tenancy import Match, Work, lock_schedule
from scheduler.wall_time import local_date


def add_provider(work: Work, **fields: Any) -> Provider:
    """A new provider."""
    provider = Provider(clinic_id=work.clinic_id, **fields)
    work.session.add(provider)
    return provider


def change_provider(
    work: Work, provider_id: UUID, match: Match, changes: dict[str, Any]
) -> Provider:
    """Change a provider. An inactive one takes no consultation and clears nobody."""
    work = lock_schedule(work)
    provider = work.load(Provider, provider_id, match=match)
    for field, value in changes.items():
        setattr(provider, field, value)
    return provider


def complete_consultation(
    work: Work,
    consultation_id: UUID,
    match: Match,
    *,
    outcome: str,
    symptoms: list[str],
    expires_on: date | None = None,
    max_sessions: int | None = None,
    history_reviewed: bool,
) -> Consultation:
    """Say what came of a consultation; `suitable` clears the patient until `expires_on`.

    Only the provider who held it may, with their own key (I2, I61), from its local day on.
    """
    work = lock_schedule(work)
    consultation = work.load(Consultation, consultation_id, match=match)
    _held_by_this_provider(work, consultation)
    _may_be_completed(work, consultation)
    _known_symptoms(work, symptoms)
    consultation.status = "completed"
    consultation.completed_at = work.now
    consultation.outcome = outcome
    consultation.symptoms = symptoms
    consultation.history_reviewed = history_reviewed
    if expires_on is not None:
        _clear(work, consultation, expires_on, max_sessions)
    return consultation


def shorten_clearance(
    work: Work, clearance_id: UUID, match: Match, changes: dict[str, Any]
) -> Clearance:
    """Let a clearance end earlier or cover fewer sessions; a new consultation makes it longer."""
    work = lock_schedule(work)
    clearance = work.load(Clearance, clearance_id, match=match)
    if changes.get("expires_on", clearance.expires_on) > clearance.expires_on:
        raise Invalid({"expires_on": [f"May only be before {clearance.expires_on.isoformat()}."]})
    cleared_on = local_date(clearance.cleared_at, work.zone)
    if changes.get("expires_on", clearance.expires_on) < cleared_on:
        raise Invalid({"expires_on": [f"May not be before {cleared_on.isoformat()}."]})
    fewer: int | None = changes.get("max_sessions")
    if fewer and clearance.max_sessions and fewer > clearance.max_sessions:
        raise Invalid({"max_sessions": [f"May only be below {clearance.max_sessions}."]})
    for field, value in changes.items():
        setattr(clearance, field, value)
    return clearance


def revoke_clearance(work: Work, clearance_id: UUID, match: Match, reason: str) -> Clearance:
    """Take a clearance back: no later session can start on it (I4). Twice changes nothing."""
    work = lock_schedule(work)
    clearance = work.load(Clearance, clearance_id, match=match)
    if clearance.revoked_at is None:
        clearance.revoked_at = work.now
        clearance.revoke_reason = reason
    return clearance


def _held_by_this_provider(work: Work, consultation: Consultation) -> None:
    if work.actor.provider_id != consultation.provider_id:
        raise Forbidden("Only the provider who holds the consultation completes it.")
    if not work.load(Provider, consultation.provider_id).active:
        raise Forbidden("The provider is not active.")


def _may_be_completed(work: Work, consultation: Consultation) -> None:
    if consultation.status not in ("booked", "arrived"):
        raise Conflict(
            "not_allowed",
            f"The consultation is {consultation.status}; only a booked or arrived one completes.",
            state=consultation.status,
        )
    day = local_date(consultation.starts_at, work.zone)
    if local_date(work.now, work.zone) < day:
        raise Conflict(
            "not_allowed",
            f"The consultation is on {day:%A, %B %-d}; it completes from that day on.",
            state=consultation.status,
        )


def _known_symptoms(work: Work, symptoms: list[str]) -> None:
    known = policy_of(work).symptom_codes
    if unknown := sorted(set(symptoms) - set(known)):
        raise Invalid({"symptoms": [f"Unknown: {', '.join(unknown)}. Known: {', '.join(known)}."]})


def _clear(
    work: Work, consultation: Consultation, expires_on: date, max_sessions: int | None
) -> None:
    if expires_on < local_date(work.now, work.zone):
        raise Refused("already_expired", "A clearance ends today or later.")
    work.session.add(
        Clearance(
            clinic_id=work.clinic_id,
            patient_id=consultation.patient_id,
            consultation_id=consultation.id,
            provider_id=consultation.provider_id,
            cleared_at=work.now,
            expires_on=expires_on,
            max_sessions=max_sessions,
        )
    )
