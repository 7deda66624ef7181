"""The shapes of answers."""

from typing import Any

from marshmallow import ValidationError, fields, post_dump, validates_schema

from scheduler.instruments.rules import MOST_WORDS
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.protocols.rules_follow_ups import ASKING
from scheduler.web.fields import EXAMPLE_ID, Choice, Count, Flag, Id, Instant, Text
from scheduler.web.schema import Stored, Strict
from scheduler.web.shown import reads_answers

LANGUAGES = ("en", "es")
SOURCES = ("link", "phone")
MOST_ITEMS = 50

HIGHEST = max(
    choice.value for each in SHIPPED.values() for item in each.items for choice in item.choices
)
VALUE = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": HIGHEST},
        {"type": "string", "minLength": 1, "maxLength": MOST_WORDS},
    ]
}
ITEMS = (
    "By the item's code: the value of the choice, or the words. What is not answered is left out."
)


class Items(fields.Dict):
    """Answers by item. Which items there are, and what each takes, is the instrument's to say."""

    def __init__(self, least: int, **kwargs: Any) -> None:
        known = {"minProperties": least, "maxProperties": MOST_ITEMS}
        metadata = {"description": ITEMS, "additionalProperties": VALUE, **known}
        super().__init__(metadata=metadata, **kwargs)
        self.least = least

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, Any]:
        # marshmallow leaves this one without types.
        items: dict[str, Any] = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        if not self.least <= len(items) <= MOST_ITEMS:
            raise ValidationError(f"{self.least} to {MOST_ITEMS} items.")
        if wrong := [code for code, given in items.items() if not _is_answer(given)]:
            told = f"A whole number from 0 to {HIGHEST}, or 1 to {MOST_WORDS} characters."
            raise ValidationError({code: [told] for code in wrong})
        return items


def _is_answer(given: Any) -> bool:
    if isinstance(given, str):
        return 0 < len(given) <= MOST_WORDS
    return type(given) is int and 0 <= given <= HIGHEST


class AnswersIn(Strict):
    """What a patient answered on the phone, whole or in part.

    With `session_id` and `rule` they are the answers that a message asked for. `language` is the
    patient's, if not said.
    """

    example = {
        "instrument": "phq9",
        "items": {"1": 1, "2": 2, "9": 0},
        "language": "en",
        "session_id": EXAMPLE_ID,
        "rule": "before_next",
    }

    instrument = Choice(*SHIPPED, required=True)
    items = Items(1, required=True)
    language = Choice(*LANGUAGES)
    session_id = Id()
    rule = Choice(*ASKING)

    @validates_schema
    def names_both_or_neither(self, data: dict[str, Any], **_: object) -> None:
        if ("session_id" in data) != ("rule" in data):
            missing, other = (
                ("rule", "session_id") if "session_id" in data else ("session_id", "rule")
            )
            raise ValidationError(f"Needed with {other}.", missing)


class CorrectionIn(Strict):
    """What the patient did say, all of it, and why it was not that before.

    Without items, there were no answers: they were another patient's.
    """

    example = {"items": {"1": 1, "2": 2, "9": 0}, "reason": "Misheard on the phone"}

    items = Items(0, required=True)
    reason = Text(500, required=True)


class AnswersTaken(Stored):
    """Answers that were stored. `total` and `band` are shown to clinicians only.

    With an `alert`, the `crisis_text` is to be read to the patient, now.
    """

    received_at = Instant(required=True, attribute="answers.submitted_at")
    complete = Flag(required=True, attribute="answers.complete")
    alert = Flag(required=True)
    crisis_text = fields.String(required=True, allow_none=True)
    total = Count(allow_none=True, attribute="answers.total")
    band = fields.String(allow_none=True, attribute="answers.band")

    id = Id(required=True, attribute="answers.id")
    version = Count(least=1, required=True, attribute="answers.version")

    @post_dump
    def hide_score(self, dumped: dict[str, Any], **_: object) -> dict[str, Any]:
        if not reads_answers():
            del dumped["total"], dumped["band"]
        return dumped


class AnswersOut(Stored):
    """What a patient answered to one instrument.

    `total` and `band` are null while an item of it is missing. Answers that were submitted never
    change: what `corrects_id` names was said otherwise, and what has a `corrected_by_id` counts
    no more.
    """

    patient_id = Id(required=True)
    session_id = Id(required=True, allow_none=True)
    rule = Choice(*ASKING, required=True, allow_none=True)
    instrument = Choice(*SHIPPED, required=True)
    instrument_version = Count(least=1, required=True)
    language = Choice(*LANGUAGES, required=True)
    source = Choice(*SOURCES, required=True)
    items = fields.Dict(required=True, metadata={"additionalProperties": VALUE})
    complete = Flag(required=True)
    total = Count(required=True, allow_none=True)
    band = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True)
    answered_at = Instant(required=True)
    submitted_at = Instant(required=True, allow_none=True)
    recorded_by = Id(required=True, allow_none=True)
    corrects_id = Id(required=True, allow_none=True)
    correction_reason = fields.String(required=True, allow_none=True)
    corrected_by_id = Id(required=True, allow_none=True)
