"""The shape of what was and will be sent."""

from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from scheduler.messages.rules import STATUSES
from scheduler.messages.schema import CHANNELS, KINDS, REASON, RULE, MessageQuery, TriedOut
from scheduler.web.fields import Choice, Count, Id, Instant

MOST = timedelta(days=62)


class OutreachQuery(MessageQuery):
    """A window on what was or will be due: 62 days at most; from a week ago if not said."""

    @validates_schema
    def spans_at_most_62_days(self, data: dict[str, Any], **_: object) -> None:
        if "to" in data and "from_" not in data:
            raise ValidationError("Needed with to.", "from")
        if "to" in data and not timedelta(0) < data["to"] - data["from_"] <= MOST:
            raise ValidationError("Must be after from, by at most 62 days.", "to")


class OutreachOut(Schema):
    """One message, past or coming (`planned`); `reason` where there is one.

    `id` is its own in the ledger, null while it is still to come. `note` is what a person said who
    sent it at once or skipped it. `tried` are attempts by another channel that did not arrive.
    """

    id = Id(required=True, allow_none=True)

    session_id = Id(required=True)
    patient_id = Id(required=True)
    kind = Choice(*KINDS, required=True)
    rule = fields.String(required=True, metadata=RULE)
    channel = Choice(*CHANNELS, required=True, allow_none=True)
    due_at = Instant(required=True)
    status = Choice(*STATUSES, required=True)
    reason = fields.String(required=True, allow_none=True, metadata=REASON)
    sent_at = Instant(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    tried = fields.List(fields.Nested(TriedOut), required=True)


class Released(Schema):
    """How many messages were let go."""

    released = Count(required=True)
