"""The shape of a protocol."""

from marshmallow import fields

from scheduler.web.fields import Count, Text
from scheduler.web.schema import Stored, Strict


class PhaseOut(Strict):
    """A stretch of a series; `sessions` is null where the order says how many."""

    sessions = Count(required=True, allow_none=True)
    every_days = Count(required=True)
    min_gap_days = Count(required=True)
    max_gap_days = Count(required=True)


class ProtocolOut(Stored):
    """The pattern of a series."""

    name = Text(required=True)
    prep_minutes = Count(required=True)
    session_minutes = Count(required=True)
    observation_minutes = Count(required=True)
    turnover_minutes = Count(required=True)
    phases = fields.List(fields.Nested(PhaseOut), required=True)
