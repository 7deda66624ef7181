"""What follows from a refusal for good: the address is written to no more, and another may be."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from scheduler.messages.actions import PURPOSE
from scheduler.messages.model import Message
from scheduler.messages.rules_bounces import DEAD, OPTED_OUT, Bounce
from scheduler.messages.rules_receipts import after_receipt
from scheduler.messages.rules_tried import Tried, untried
from scheduler.patients.actions import note_failed, stop_writing_to
from scheduler.patients.model import Patient, consented_channels
from scheduler.patients.rules import contact
from scheduler.tenancy import Work


def heed(work: Work, message: Message) -> None:
    """Take in what a message's end says of its address, and try the patient's other one (I46).

    That is a second attempt of the same message: it is certain that the first did not arrive.
    """
    if message.channel is None or message.address is None:
        return
    if message.reason == OPTED_OUT:
        by = message.id if message.channel == "sms" else None
        stop_writing_to(work, message.channel, message.address, message_id=by)
    elif message.reason in DEAD:
        note_failed(work, message.channel, message.address)
    work.session.flush()
    if message.status in ("failed", "undelivered") and work.now < message.not_after:
        _fall_over(work, message, message.channel, message.address)


def heed_all(work: Work, message_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Do so for messages whose attempts have just been settled; the statuses that it led to."""
    messages = [work.load(Message, message_id) for message_id in message_ids]
    # Patients are held in one order by all who hold some.
    for message in sorted(messages, key=lambda each: each.patient_id):
        heed(work, message)
    return {message.id: message.status for message in messages}


def _fall_over(work: Work, message: Message, channel: str, address: str) -> None:
    """Plan it anew by the patient's other channel, if there is one that it has not tried."""
    tried: list[Tried] = [
        *message.tried,
        Tried(
            channel=channel,
            address=address,
            status=message.status,
            reason=message.reason,
            provider_id=message.provider_id,
            sent_at=message.sent_at.isoformat() if message.sent_at else None,
        ),
    ]
    patient = work.load(Patient, message.patient_id)
    consented = consented_channels(work, patient.id, PURPOSE[message.kind])
    left = untried(patient.working_addresses, tried)
    other = contact(patient.preferred_channel, left, consented)
    if other.channel is not None:
        message.tried = tried
        message.status, message.next_attempt_at = "planned", work.now
        message.channel, message.address = other.channel, None
        message.reason = message.sent_at = message.provider_id = None


def take_back(message: Message) -> None:
    """The latest attempt that was thought lost arrived, and nothing has gone in its place yet."""
    *before, latest = message.tried
    message.tried = before
    message.status, message.reason = "delivered", None
    message.channel, message.address = latest["channel"], latest["address"]
    message.provider_id = latest["provider_id"]
    message.lease_until, message.ambiguous = None, False
    message.sent_at = datetime.fromisoformat(latest["sent_at"]) if latest["sent_at"] else None


def note_bounce(work: Work, bounce: Bounce) -> Message | None:
    """Note that a mail came back; None when this clinic has no such mail. Twice is once (I45)."""
    found = select(Message).where(
        Message.clinic_id == work.clinic_id, Message.id == bounce.message_id
    )
    message = work.session.scalars(found.with_for_update()).one_or_none()
    if message is None or "email" not in (message.channel, *(t["channel"] for t in message.tried)):
        return None
    if message.channel == "email" and after_receipt(message.status, "undelivered"):
        message.status, message.reason = "undelivered", bounce.reason
        message.sent_at = message.sent_at or work.now
        message.lease_until, message.ambiguous = None, False
        heed(work, message)
    return message
