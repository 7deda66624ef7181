"""The shape of the ledger."""

from marshmallow import fields

from scheduler.messages.rules import REASONS, STATUSES
from scheduler.web.fields import Choice, Count, Id, Instant
from scheduler.web.schema import PageQuery, Stored

KINDS = ("reminder", "follow_up")
CHANNELS = ("sms", "email")
RULE = {"pattern": r"^([0-9]+d_before|check_in)$"}
REASON = {"pattern": rf"^({'|'.join(REASONS)}|(smtp|gateway)_[0-9]{{3}}|twilio_[0-9]{{5}})$"}


class MessageQuery(PageQuery):
    """A window on what was due from `from` up to, and without, `to`."""

    from_ = Instant(data_key="from")
    to = Instant()
    status = Choice(*STATUSES)
    patient_id = Id()


class MessageOut(Stored):
    """A message, and how it ended; `reason` says why it was skipped or failed."""

    kind = Choice(*KINDS, required=True)
    rule = fields.String(required=True, metadata=RULE)
    session_id = Id(required=True)
    patient_id = Id(required=True)
    channel = Choice(*CHANNELS, required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    due_at = Instant(required=True)
    not_after = Instant(required=True)
    status = Choice(*STATUSES, required=True)
    reason = fields.String(required=True, allow_none=True, metadata=REASON)
    attempts = Count(required=True)
    sent_at = Instant(required=True, allow_none=True)
