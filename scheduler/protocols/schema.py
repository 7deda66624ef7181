"""The shapes of protocols."""

from typing import Any

from marshmallow import fields, post_load, validate

from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.protocols.rules import MOST_SESSIONS, Phase
from scheduler.protocols.rules_follow_ups import ASKING, Ask
from scheduler.web.fields import Choice, Count, Minutes, Text
from scheduler.web.fields_weekdays import Weekdays
from scheduler.web.schema import Stored, Strict


class PhaseIn(Strict):
    """A stretch of a series: `every_days` or `weekdays`, a least gap in days or in hours.

    `sessions` is null where the order says how many; the gaps are from start to start. Two days
    may have 47 hours, where clocks go forward: of Mondays and Wednesdays 44 hours keep both.
    """

    example = {
        "sessions": 6,
        "weekdays": [0, 2, 4],
        "min_gap_hours": 44,
        "max_gap_days": 4,
    }

    sessions = Count(1, MOST_SESSIONS, required=True, allow_none=True)
    every_days = Count(1, 366)
    weekdays = Weekdays()
    min_gap_days = Count(1, 60)
    min_gap_hours = Count(1, 24 * 59)
    max_gap_days = Count(1, 366, required=True)

    @post_load
    def phase(self, data: dict[str, Any], **_: object) -> Phase:
        if "weekdays" in data:
            data["weekdays"] = tuple(sorted(data["weekdays"]))
        return Phase(**data)


class AskIn(Strict):
    """One thing that is asked: `days` or `hours` from the session, before it or after leaving.

    `baseline` is asked before a series, `before_next` before each later session, `check_in` and
    `trend` after each, `after_series` after the last.
    """

    example = {"rule": "before_next", "instrument": "phq9", "hours": 48}

    rule = Choice(*ASKING, required=True)
    instrument = Choice(*SHIPPED, required=True)
    days = Count(1, 90)
    hours = Count(1, 24 * 14)

    @post_load
    def ask(self, data: dict[str, Any], **_: object) -> Ask:
        return Ask(**data)


class ProtocolChanges(Strict):
    """What may change about a protocol, for what is booked from then on."""

    example = {"review_after": 4}

    name = Text(60)
    prep_minutes = Minutes(0, 120)
    session_minutes = Minutes(5, 240)
    observation_minutes = Minutes(0, 240)
    turnover_minutes = Minutes(0, 120)
    phases = fields.List(fields.Nested(PhaseIn), validate=validate.Length(min=1, max=MOST_SESSIONS))
    review_after = Count(1, MOST_SESSIONS, allow_none=True)
    missed_limit = Count(1, MOST_SESSIONS)
    follow_ups = fields.List(
        fields.Nested(AskIn), allow_none=True, validate=validate.Length(max=len(ASKING))
    )


class ProtocolIn(ProtocolChanges):
    """A new protocol; lengths that are left out are 15, 40, 30 and 10 minutes."""

    example = {
        "name": "Induction",
        "phases": [PhaseIn.example],
    }

    name = Text(60, required=True)
    phases = fields.List(
        fields.Nested(PhaseIn), required=True, validate=validate.Length(min=1, max=MOST_SESSIONS)
    )


class PhaseOut(Strict):
    """A stretch of a series; `sessions` is null where the order says how many."""

    sessions = Count(required=True, allow_none=True)
    every_days = Count()
    weekdays = Weekdays()
    min_gap_days = Count()
    min_gap_hours = Count()
    max_gap_days = Count(required=True)


class AskOut(Strict):
    """One thing that is asked around sessions."""

    rule = Choice(*ASKING, required=True)
    instrument = Text(required=True)
    days = Count()
    hours = Count()


class ProtocolOut(Stored):
    """The pattern of a series; a provider reviews after session `review_after`.

    `follow_ups` is what is asked around its sessions; null is the usual plan: the PHQ-9 a week
    before the first, 48 hours before each later one and 30 days after the last, and the short
    check-in as many hours after each as the clinic's policy says.
    """

    name = Text(required=True)
    prep_minutes = Count(required=True)
    session_minutes = Count(required=True)
    observation_minutes = Count(required=True)
    turnover_minutes = Count(required=True)
    phases = fields.List(fields.Nested(PhaseOut), required=True)
    review_after = Count(required=True, allow_none=True)
    missed_limit = Count(required=True)
    follow_ups = fields.List(fields.Nested(AskOut), required=True, allow_none=True)
