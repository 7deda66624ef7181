"""The shape of the ledger."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, post_dump, pre_dump

from scheduler.messages.rules import REASONS, STATUSES
from scheduler.messages.rules_replies import MEANINGS
from scheduler.messages.rules_tried import Tried
from scheduler.protocols.rules_follow_ups import ASKING, NUDGE
from scheduler.web.fields import Choice, Count, Id, Instant, Text
from scheduler.web.fields_contact import E164
from scheduler.web.schema import PageQuery, Stored, Strict
from scheduler.web.shown import reads_replies

KINDS = ("reminder", "follow_up", "notice")
CHANNELS = ("sms", "email")
RULE = {
    "pattern": rf"^([0-9]+d_before|({'|'.join(ASKING)})({NUDGE})?|booked|changed|cancelled|missed)$"
}
REASON = {"pattern": rf"^({'|'.join(REASONS)}|(smtp|gateway)_[0-9]{{3}}|twilio_[0-9]{{5}})$"}


class MessageQuery(PageQuery):
    """A window on what was due from `from` up to, and without, `to`."""

    from_ = Instant(data_key="from")
    to = Instant()
    status = Choice(*STATUSES)
    patient_id = Id()


class LedgerQuery(MessageQuery):
    """A window on the ledger, of one session too, one kind, one channel."""

    session_id = Id()
    kind = Choice(*KINDS)
    channel = Choice(*CHANNELS)


class ByHand(Strict):
    """Why a person sends or skips a reminder."""

    example = {"reason": "Spoke to the patient on the phone."}

    reason = Text(200, required=True)


class TriedOut(Schema):
    """An attempt that did not arrive, after which the patient's other channel was tried.

    `failed` was refused at once; that it was `undelivered` was said later.
    """

    channel = Choice(*CHANNELS, required=True)
    status = Choice("failed", "undelivered", required=True)
    reason = fields.String(required=True, allow_none=True, metadata=REASON)
    sent_at = Instant(required=True, allow_none=True)

    @pre_dump
    def read_instant(self, tried: Tried, **_: object) -> dict[str, Any]:
        """It is kept as it is written."""
        sent_at = tried["sent_at"]
        return {**tried, "sent_at": datetime.fromisoformat(sent_at) if sent_at else None}


class MessageOut(Stored):
    """A message, and how it ended; `reason` says why it was skipped or failed.

    `note` is what a person said who sent it at once or skipped it. `tried` are its attempts by
    other ways that did not arrive, each with how it ended; the rest is of the present one.
    """

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
    note = fields.String(required=True, allow_none=True)
    tried = fields.List(fields.Nested(TriedOut), required=True)


class TextOut(Schema):
    """A text that came in, as it came; `session_id` is the visit that it confirmed.

    `said` are its words: the front desk and clinicians see them.
    """

    id = Id(required=True)
    number = fields.String(required=True, metadata=E164)
    received_at = Instant(required=True)
    meaning = Choice(*MEANINGS, required=True)
    session_id = Id(required=True, allow_none=True)
    said = fields.String(attribute="body")

    @post_dump
    def hide_words(self, dumped: dict[str, Any], **_: object) -> dict[str, Any]:
        """What a patient writes may tell anything: it is for those who answer it (I61)."""
        if not reads_replies():
            dumped.pop("said", None)
        return dumped
