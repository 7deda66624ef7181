"""Delivery in three steps, each a unit of work of its own: claim, begin_send, settle.

Between `begin_send` and `settle` no transaction is open: that is when the message goes out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Protocol
from uuid import UUID

from scheduler.clinics.model import policy_of
from scheduler.messages.model import Message, held_still, next_session_of, quiet_hours_of
from scheduler.messages.model_caps import room_for
from scheduler.messages.model_claims import from_now, has_passed
from scheduler.messages.model_templates import own_templates
from scheduler.messages.model_texts import Sender, sender_of
from scheduler.messages.model_told import in_a_calendar, told_of, told_since
from scheduler.messages.rules import (
    GO,
    Attempt,
    Outcome,
    Situation,
    Verdict,
    after_attempt,
    in_doubt,
    verdict,
)
from scheduler.messages.rules_caps import FREE, Caps
from scheduler.messages.rules_text import Draft, follow_up, notice, reminder
from scheduler.patients.model import Patient, consented_channels
from scheduler.patients.rules import Contact, contact
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work
from scheduler.wall_time import local_date, on_wall
from scheduler.web.fields_contact import readable_phone

# The last fifth of a key's life is not counted on: their clock is not ours.
KEY_SHARE = 0.8

# Which consent a kind of message needs (I40).
PURPOSE = {"reminder": "reminders", "follow_up": "check_ins", "notice": "reminders"}


@dataclass(frozen=True, slots=True)
class Visit:
    """The visit that a message is about, for the patient's calendar."""

    session_id: UUID
    time_version: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out. `id` is the same at every attempt, `attempt` counts from 1."""

    clinic_id: UUID
    id: UUID
    attempt: int
    kind: str
    rule: str
    channel: str
    address: str
    draft: Draft
    due_at: datetime
    at: datetime
    sender: Sender | None = None
    visits: tuple[Visit, ...] = ()


class Way(Protocol):
    """A way out: how long it takes a second attempt for the first, and for whom it is."""

    key_life: timedelta
    needs_sender: bool


def begin_send(
    work: Work, message_id: UUID, channels: Mapping[str, Way], *, via: str | None = None
) -> Outgoing | None:
    """Check once more that a claimed message may go, and commit to sending it.

    None when it may not, or not now: the ledger then says why. With `via` it goes by that channel
    or is left to the one that it has to take.
    """
    message = work.load(Message, message_id)
    if message.status != "claimed":
        return None
    infusion_session, patient = held_still(work, message)
    sender = sender_of(work)
    channels = {name: way for name, way in channels.items() if sender or not way.needs_sender}
    told = told_of(work, message, infusion_session)
    seen = _situation(work, message, infusion_session, patient, channels)
    if not told:
        seen = replace(seen, session_status="changed")
    elif message.rule == "booked":
        # Moved before anybody was told of it, it is told as it now is.
        seen = replace(seen, session_status="booked", session_time_version=message.time_version)
    decided = verdict(work.now, seen)
    if message.ambiguous:
        same_way = _same_way(work, message, seen.contact)
        decided = in_doubt(decided, message.reason, same_way=same_way)
    elif decided is GO and via not in (None, seen.contact.channel):
        message.channel = seen.contact.channel
        decided = Verdict("planned", message.reason)
    draft = _draft(work, message, told or [infusion_session], patient)
    if decided is GO and (reason := draft.unsayable()):
        decided = Verdict("failed", reason)
    _enter(message, decided)
    if decided is not GO:
        return None
    outgoing = _outgoing(work, message, seen.contact, draft, channels)
    return replace(outgoing, sender=sender, visits=_visits(work, message, told))


def _visits(work: Work, message: Message, told: Sequence[InfusionSession]) -> tuple[Visit, ...]:
    """What a calendar is told. Of a visit that is over, or that it never knew to be, nothing."""
    if message.kind == "follow_up" or message.rule == "missed":
        return ()
    gone = message.kind == "notice" and message.rule == "cancelled"
    return tuple(
        Visit(each.id, each.time_version, each.starts_at, each.ends_at, is_cancelled=gone)
        for each in told
        if not gone or in_a_calendar(work, each)
    )


def _same_way(work: Work, message: Message, contact: Contact) -> bool:
    """Would it go once more by the same way, to a provider that still knows it?"""
    same = (message.channel, message.address) == (contact.channel, contact.address)
    return same and _is_repeatable(work, message)


def _is_repeatable(work: Work, message: Message) -> bool:
    """May it go once more although it may have gone: known to its provider, or better twice?"""
    return message.may_double or not has_passed(work, message.key_until)


def _outgoing(
    work: Work,
    message: Message,
    contact: Contact,
    draft: Draft,
    channels: Mapping[str, Way],
) -> Outgoing:
    """Note the attempt that begins now."""
    assert contact.channel  # noqa: S101 - the verdict saw to it
    assert contact.address  # noqa: S101 - so did `contact`
    message.attempts += 1
    message.next_attempt_at = work.now
    message.channel, message.address = contact.channel, contact.address
    if not message.ambiguous:
        life = channels[contact.channel].key_life
        message.key_until = from_now(life * KEY_SHARE) if life else None
    return Outgoing(
        clinic_id=work.clinic_id,
        id=message.id,
        attempt=message.attempts,
        kind=message.kind,
        rule=message.rule,
        channel=contact.channel,
        address=contact.address,
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
    late = message.status in ("unknown", "planned", "claimed") and outcome.result == "sent"
    if ours or (late and message.ambiguous):
        attempt = Attempt(
            sent.attempt,
            message.not_after,
            repeatable=_is_repeatable(work, message),
            ambiguous=message.ambiguous,
        )
        message.ambiguous |= outcome.result == "unknown"
        _enter(message, after_attempt(outcome, attempt, work.now, jitter))
        if message.status == "sent":
            message.sent_at, message.provider_id = work.now, outcome.provider_id
            message.ambiguous = False
    return message.status


def give_back(work: Work, message_id: UUID, jitter: float) -> None:
    """Put a claimed message that broke before its send back, later each time, until its end."""
    message = work.load(Message, message_id)
    if message.status == "claimed":
        message.attempts += 1
        attempt = Attempt(
            message.attempts,
            message.not_after,
            repeatable=_is_repeatable(work, message),
            ambiguous=message.ambiguous,
        )
        _enter(message, after_attempt(Outcome("retry", "broken"), attempt, work.now, jitter))


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
    # What a person sends by hand, or what may have gone already, goes all the same.
    unasked = message.note is None and not message.ambiguous
    may_merge = message.kind == "reminder" and unasked
    by = contact(patient.preferred_channel, patient.addresses, consented, channels)
    room = FREE
    if unasked and by.channel == "sms" and by.address:
        caps = Caps(policy.texts_a_day, policy.texts_a_week)
        room = room_for(work, message, by.address, quiet.zone, caps)
    today = on_wall(local_date(work.now, quiet.zone), time(), quiet.zone).at
    return Situation(
        kind=message.kind,
        rule=message.rule,
        not_after=message.not_after,
        time_version=message.time_version,
        session_status=infusion_session.status,
        session_time_version=infusion_session.time_version,
        session_starts_at=infusion_session.starts_at,
        next_session_at=next_session_of(work, infusion_session) if is_follow_up else None,
        patient_status=patient.status,
        contact=by,
        quiet=quiet.around(work.now),
        told_today=may_merge and told_since(work, infusion_session, today),
        room=room,
    )


def _enter(message: Message, decided: Verdict) -> None:
    message.status, message.reason = decided.status, decided.reason
    if decided.until is not None:
        message.next_attempt_at = decided.until
    if decided.status != "sending":
        message.lease_until = None
    if decided.status in ("skipped", "cancelled") and message.address is None:
        # It took none; the one it was meant for says nothing any more.
        message.channel = None


def _draft(
    work: Work, message: Message, told: Sequence[InfusionSession], patient: Patient
) -> Draft:
    clinic = work.clinic()
    phone = readable_phone(clinic.phone) if clinic.phone else None
    own = own_templates(work)
    who = (patient.language, clinic.neutral_name, phone)
    if message.kind == "follow_up":
        return follow_up(*who, own=own)
    elsewhere = patient.time_zone not in (None, clinic.time_zone)
    if message.kind == "notice":
        starts = [each.starts_at for each in told]
        return notice(message.rule, *who, starts, work.zone, name_zone=elsewhere, own=own)
    return reminder(*who, told[0].starts_at, work.zone, name_zone=elsewhere, own=own)
