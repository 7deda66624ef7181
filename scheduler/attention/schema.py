"""The shapes of attention."""

from marshmallow import Schema, fields

from scheduler.attention.rules_broken import RULES
from scheduler.attention.rules_items import KINDS
from scheduler.web.fields import Choice, Id, Instant, Text
from scheduler.web.schema import PageQuery, Strict


class AttentionQuery(PageQuery):
    """A window on what needs a person."""

    kind = Choice(*KINDS)


class BrokenRule(Schema):
    """A rule that a session breaks, in a sentence to be read out."""

    rule = Choice(*RULES, required=True)
    detail = fields.String(required=True)


class AttentionItem(Schema):
    """One thing that needs a person. `at` is when it matters; `detail` can be read out."""

    id = Id(required=True)
    kind = Choice(*KINDS, required=True)
    at = Instant(required=True)
    detail = fields.String(required=True)
    patient_id = Id(required=True)
    session_id = Id(required=True, allow_none=True)
    series_id = Id(required=True, allow_none=True)
    message_id = Id(required=True, allow_none=True)
    starts_at = Instant(required=True, allow_none=True)
    rules = fields.List(fields.Nested(BrokenRule), required=True)


class Handling(Strict):
    """What was done about it."""

    example = {"note": "Called the patient"}

    note = Text(500, required=True)


class Handled(Schema):
    """What a person has seen to."""

    id = Id(required=True)
    note = fields.String(required=True)
    handled_at = Instant(required=True)
    handled_by = Id(required=True, allow_none=True)
