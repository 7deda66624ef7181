"""Booking and moving a consultation, and its way until the provider completes it."""

from datetime import datetime
from uuid import UUID

from scheduler.clinics.model import policy_of
from scheduler.consults.model import Consultation, Provider
from scheduler.errors import Refused
from scheduler.protocols.rules import Visit, visit_at
from scheduler.sessions.checks import bookable_patient, in_time
from scheduler.sessions.providers import (
    consultation_parts,
    explain_consultation,
    provider_calendar,
)
from scheduler.sessions.refusals import does_not_fit
from scheduler.sessions.rules_placing import Wish, place
from scheduler.sessions.rules_states import no_show_from, on_its_day, spoken
from scheduler.sessions.steps import refusal
from scheduler.tenancy import Match, Work, lock_schedule


def book_consultation(
    work: Work,
    *,
    patient_id: UUID,
    provider_id: UUID,
    starts_at: datetime,
    minutes: int,
    reason: str | None = None,
) -> Consultation:
    """Book a patient with a provider, who has no two at once."""
    work = lock_schedule(work, books=True)
    visit = _fitting(work, patient_id, provider_id, starts_at, minutes)
    consultation = Consultation(
        clinic_id=work.clinic_id,
        patient_id=patient_id,
        provider_id=provider_id,
        starts_at=visit.infusion.start,
        ends_at=visit.infusion.end,
        reason=reason,
    )
    work.session.add(consultation)
    return consultation


def reschedule_consultation(
    work: Work,
    consultation_id: UUID,
    match: Match,
    *,
    starts_at: datetime,
    provider_id: UUID | None = None,
) -> Consultation:
    """Move a booked consultation, to another provider if wanted (I31)."""
    work = lock_schedule(work)
    moved = _booked(work, consultation_id, match, "reschedule")
    provider_id = provider_id or moved.provider_id
    visit = _fitting(work, moved.patient_id, provider_id, starts_at, moved.minutes, moved.id)
    moved.provider_id = provider_id
    moved.starts_at, moved.ends_at = visit.infusion.start, visit.infusion.end
    return moved


def cancel_consultation(
    work: Work, consultation_id: UUID, match: Match, reason: str
) -> Consultation:
    """Cancel a booked consultation; its time is free at once."""
    work = lock_schedule(work)
    consultation = _booked(work, consultation_id, match, "cancel")
    consultation.status = "cancelled"
    consultation.cancelled_at = work.now
    consultation.cancel_reason = reason
    return consultation


def miss_consultation(work: Work, consultation_id: UUID, match: Match) -> Consultation:
    """The patient did not come: once the grace is over, and only when a person says so (I30)."""
    work = lock_schedule(work)
    consultation = _booked(work, consultation_id, match, "no-show")
    grace = policy_of(work).no_show_grace_minutes
    allowed = no_show_from(consultation.starts_at, grace)
    if work.now < allowed:
        detail = (
            f"A no-show is noted from {work.spoken(allowed)} on, {grace} minutes after the start."
        )
        raise refusal("booked", detail, "grace")
    consultation.status = "no_show"
    consultation.missed_at = work.now
    return consultation


def arrive_consultation(work: Work, consultation_id: UUID, match: Match) -> Consultation:
    """The patient is here, on the consultation's local day."""
    work = lock_schedule(work)
    consultation = _booked(work, consultation_id, match, "arrive")
    if not on_its_day(work.now, consultation.starts_at, work.zone):
        detail = f"The consultation is on {work.spoken(consultation.starts_at)}; arrive that day."
        raise refusal("booked", detail, "its_day")
    consultation.status = "arrived"
    consultation.arrived_at = work.now
    return consultation


def _fitting(
    work: Work,
    patient_id: UUID,
    provider_id: UUID,
    starts_at: datetime,
    minutes: int,
    without: UUID | None = None,
) -> Visit:
    """The visit, if nothing is in its way but the consultation that is to be moved.

    Raises NotFound, Refused, or Conflict with the provider's nearest free times.
    """
    visit = visit_at(starts_at, consultation_parts(minutes))
    patient = bookable_patient(work, patient_id, [visit], without)
    if not work.load(Provider, provider_id, field="provider_id").active:
        raise Refused("provider_inactive", "This provider takes no consultations.")
    in_time(work, [visit], [None])
    calendar = provider_calendar(work, [visit.block], [provider_id], patient, without)
    _, clashes = place([Wish(visit, lane_id=provider_id)], calendar, work.zone)
    if clashes:
        explain = explain_consultation(patient_id, provider_id, minutes, clashes, without)
        raise does_not_fit(work, clashes, explain)
    return visit


def _booked(work: Work, consultation_id: UUID, match: Match, verb: str) -> Consultation:
    consultation = work.load(Consultation, consultation_id, match=match)
    if consultation.status != "booked":
        is_so = spoken(consultation.status)
        detail = f"The consultation is {is_so}; to {verb.replace('-', ' ')} it has to be booked."
        raise refusal(consultation.status, detail, "booked")
    return consultation
