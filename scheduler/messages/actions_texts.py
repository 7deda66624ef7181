"""A clinic's number for texts, and what its provider tells us has become of ours."""

from uuid import UUID

from sqlalchemy import select

from scheduler.messages.actions_bounces import heed, take_back
from scheduler.messages.model import Message
from scheduler.messages.model_texts import TextSender
from scheduler.messages.rules_receipts import after_receipt
from scheduler.messages.rules_tried import arrived_after_all, ids_of
from scheduler.tenancy import Work


def set_sender(work: Work, *, number: str, account: str, secret: str) -> TextSender:
    """Give the clinic a number for its texts, or another one."""
    row = work.session.get(TextSender, work.clinic_id)
    if row is None:
        row = TextSender(clinic_id=work.clinic_id)
        work.session.add(row)
    row.number, row.account, row.secret = number, account, secret
    return row


def note_receipt(
    work: Work, message_id: UUID, provider_id: str, said: str, code: str | None
) -> Message | None:
    """Note what has become of a text (I45); None when there is no such message.

    It may come before we know that the text was taken, and tells us so then.
    """
    found = select(Message).where(Message.clinic_id == work.clinic_id, Message.id == message_id)
    message = work.session.scalars(found.with_for_update()).one_or_none()
    if message is None:
        return None
    if provider_id in ids_of(message.tried):
        if arrived_after_all(message.tried, message.status, provider_id, said):
            take_back(message)
        return message
    if message.channel != "sms":
        return None
    if message.provider_id not in (None, provider_id):
        return message
    status = after_receipt(message.status, said, in_doubt=message.ambiguous)
    if status is not None:
        message.status, message.provider_id = status, provider_id
        message.reason = f"twilio_{code}" if status == "undelivered" and code else None
        message.sent_at = message.sent_at or work.now
        message.lease_until, message.ambiguous = None, False
        heed(work, message)
    return message
