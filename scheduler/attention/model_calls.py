"""The visits to come that somebody may have to call about."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, case, or_, select

from scheduler.attention.rules_calls import ToCall
from scheduler.db import among, in_states
from scheduler.messages.model import Message
from scheduler.patients.model import Patient, consented_channels
from scheduler.patients.rules import contact
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work

# No reminder is due longer before its visit.
AHEAD = timedelta(days=14)


def visits_to_call_about(work: Work) -> list[ToCall]:
    """The visits of the next days that nobody confirmed, the nearest first."""
    unsent = (
        select(case((in_states(Message.status, "skipped"), Message.reason)))
        .where(
            Message.clinic_id == InfusionSession.clinic_id,
            Message.session_id == InfusionSession.id,
            Message.kind != "follow_up",
            Message.time_version == InfusionSession.time_version,
        )
        .order_by(Message.due_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    starts_at = InfusionSession.starts_at
    same = and_(
        Patient.clinic_id == InfusionSession.clinic_id, Patient.id == InfusionSession.patient_id
    )
    failed = or_(Patient.phone_failed_at.is_not(None), Patient.email_failed_at.is_not(None))
    rows = work.session.execute(
        select(
            InfusionSession.id,
            InfusionSession.patient_id,
            InfusionSession.series_id,
            starts_at,
            InfusionSession.promised_at,
            unsent,
            failed,
        )
        .join(Patient, same)
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            in_states(InfusionSession.status, "booked"),
            starts_at > work.now,
            starts_at <= work.now + AHEAD,
            InfusionSession.confirmed_at.is_(None),
        )
        .order_by(starts_at, InfusionSession.id)
    )
    found = [(ToCall(*visit), has_failed) for *visit, has_failed in rows]
    gone = _out_of_reach(work, {each.patient_id for each, has_failed in found if has_failed})
    return [replace(each, unsent=gone.get(each.patient_id, each.unsent)) for each, _ in found]


def _out_of_reach(work: Work, patient_ids: set[UUID]) -> dict[UUID, str]:
    """Why these, whose phone or mail address failed, cannot be reminded any more."""
    if not patient_ids:
        return {}
    patients = select(Patient).where(
        Patient.clinic_id == work.clinic_id, among(Patient.id, patient_ids)
    )
    found = {}
    for patient in work.session.scalars(patients):
        consented = consented_channels(work, patient.id, "reminders")
        reach = contact(patient.preferred_channel, patient.working_addresses, consented)
        if reach.reason:
            found[patient.id] = reach.reason
    return found
