"""Delivery in three steps, each a unit of work of its own: claim, begin_send, settle.

Between `begin_send` and `settle` no transaction is open: that is when the message goes out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scheduler.clinics.model import policy_of
from scheduler.messages.model import Message, held_still, next_session_of, quiet_hours_of
from scheduler.messages.rules import GO, Outcome, Situation, Verdict, after_attempt, verdict
from scheduler.messages.rules_text import Draft, follow_up, reminder
from scheduler.patients.model import Patient, consented_channels
from scheduler.patients.rules import contact
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work
from scheduler.web.fields_contact import readable_phone

# Which consent a kind of message needs (I40).
PURPOSE = {"reminder": "reminders", "follow_up": "check_ins"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out. `id` is the same at every attempt, `attempt` counts from 1."""

    id: UUID
    attempt: int
    kind: str
    rule: str
    channel: str
    address: str
    draft: Draft
    due_at: datetime
    at: datetime


def begin_send(work: Work, message_id: UUID, channels: Collection[str]) -> Outgoing | None:
    """Check once more that a claimed message may go, and commit to sending it.

    None when it may not, or not now: the ledger then says why.
    """
    message = work.load(Message, message_id)
    if message.status != "claimed":
        return None
    infusion_session, patient = held_still(work, message)
    seen = _situation(work, message, infusion_session, patient, channels)
    decided = verdict(work.now, seen)
    _enter(message, decided)
    if decided is not GO:
        return None
    draft = _draft(work, message, infusion_session, patient)
    if draft.forbidden():
        _enter(message, Verdict("failed", "forbidden_words"))
        return None
    assert seen.contact.channel  # noqa: S101 - the verdict saw to it
    assert seen.contact.address  # noqa: S101 - so did `contact`
    message.attempts += 1
    message.channel, message.address = seen.contact.channel, seen.contact.address
    return Outgoing(
        id=message.id,
        attempt=message.attempts,
        kind=message.kind,
        rule=message.rule,
        channel=message.channel,
        address=message.address,
        draft=draft,
        due_at=message.due_at,
        at=work.now,
    )


def settle(work: Work, sent: Outgoing, outcome: Outcome, jitter: float) -> str:
    """Note how the attempt ended; returns the status it led to.

    When the lease had run out meanwhile the attempt is no longer ours to judge; only that it
    was sent after all is still worth knowing.
    """
    message = work.load(Message, sent.id)
    ours = message.status == "sending" and message.attempts == sent.attempt
    late = message.status == "unknown" and outcome.result == "sent"
    if ours or late:
        next_state = after_attempt(outcome, sent.attempt, work.now, message.not_after, jitter)
        _enter(message, next_state)
        if message.status == "sent":
            message.sent_at = work.now
    return message.status


def give_back(work: Work, message_id: UUID, jitter: float) -> None:
    """Put a claimed message that broke before its send back, later each time, until its end."""
    message = work.load(Message, message_id)
    if message.status == "claimed":
        message.attempts += 1
        broken = Outcome("retry", "broken")
        _enter(
            message, after_attempt(broken, message.attempts, work.now, message.not_after, jitter)
        )


def _situation(
    work: Work,
    message: Message,
    infusion_session: InfusionSession,
    patient: Patient,
    channels: Collection[str],
) -> Situation:
    purpose = PURPOSE[message.kind]
    consented = consented_channels(work, patient.id, purpose)
    policy = policy_of(work)
    quiet = quiet_hours_of(policy, patient.time_zone, work.zone)
    is_follow_up = message.kind == "follow_up"
    return Situation(
        kind=message.kind,
        not_after=message.not_after,
        time_version=message.time_version,
        session_status=infusion_session.status,
        session_time_version=infusion_session.time_version,
        session_starts_at=infusion_session.starts_at,
        next_session_at=next_session_of(work, infusion_session) if is_follow_up else None,
        patient_status=patient.status,
        contact=contact(patient.preferred_channel, patient.addresses, consented, channels),
        quiet=quiet.around(work.now),
    )


def _enter(message: Message, decided: Verdict) -> None:
    message.status, message.reason = decided.status, decided.reason
    if decided.until is not None:
        message.next_attempt_at = decided.until
    if decided.status != "sending":
        message.lease_until = None


def _draft(
    work: Work, message: Message, infusion_session: InfusionSession, patient: Patient
) -> Draft:
    clinic = work.clinic()
    phone = readable_phone(clinic.phone) if clinic.phone else None
    if message.kind == "follow_up":
        return follow_up(clinic.neutral_name, phone)
    elsewhere = patient.time_zone not in (None, clinic.time_zone)
    return reminder(
        clinic.neutral_name,
        phone,
        infusion_session.starts_at,
        work.zone,
        name_zone=elsewhere,
    )
