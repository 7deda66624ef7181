"""What follows from a refusal for good: the address is written to no more, and another may be."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from scheduler.messages.actions import PURPOSE
from scheduler.messages.model import Message
from scheduler.messages.rules_bounces import DEAD, OPTED_OUT, Bounce
from scheduler.messages.rules_receipts import after_receipt
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
        stop_writing_to(work, message.channel, message.address)
    elif message.reason in DEAD:
        note_failed(work, message.channel, message.address)
    else:
        return
    work.session.flush()
    if message.status == "failed":
        _fall_over(work, message)


def heed_all(work: Work, message_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Do so for messages whose attempts have just been settled; the statuses that it led to."""
    messages = [work.load(Message, message_id) for message_id in message_ids]
    # Patients are held in one order by all who hold some.
    for message in sorted(messages, key=lambda each: each.patient_id):
        heed(work, message)
    return {message.id: message.status for message in messages}


def _fall_over(work: Work, message: Message) -> None:
    patient = work.load(Patient, message.patient_id)
    consented = consented_channels(work, patient.id, PURPOSE[message.kind])
    other = contact(patient.preferred_channel, patient.working_addresses, consented)
    if other.channel is not None:
        message.status, message.next_attempt_at = "planned", work.now
        message.channel, message.address = other.channel, None


def note_bounce(work: Work, bounce: Bounce) -> Message | None:
    """Note that a mail came back; None when this clinic has no such mail. Twice is once (I45)."""
    found = select(Message).where(
        Message.clinic_id == work.clinic_id, Message.id == bounce.message_id
    )
    message = work.session.scalars(found.with_for_update()).one_or_none()
    if message is None or message.channel != "email":
        return None
    if after_receipt(message.status, "undelivered"):
        message.status, message.reason = "undelivered", bounce.reason
        message.sent_at = message.sent_at or work.now
        message.lease_until, message.ambiguous = None, False
        heed(work, message)
    return message
