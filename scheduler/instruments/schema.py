"""The shapes of instruments."""

from marshmallow import Schema, fields

from scheduler.instruments.rules import MOST_WORDS
from scheduler.web.fields import Count, Flag


class SaidOut(Schema):
    """A text in each language."""

    en = fields.String(required=True)
    es = fields.String(required=True)


class ChoiceOut(Schema):
    """One answer of an item; `loinc` is its LOINC answer code."""

    value = Count(required=True)
    says = fields.Nested(SaidOut, required=True)
    loinc = fields.String(required=True, allow_none=True)


class ItemOut(Schema):
    """One question; without `choices` it takes words. `scored` ones make the total."""

    code = fields.String(required=True)
    asks = fields.Nested(SaidOut, required=True)
    choices = fields.List(
        fields.Nested(ChoiceOut),
        required=True,
        metadata={"description": f"None: free words, {MOST_WORDS} characters at most."},
    )
    scored = Flag(required=True)
    loinc = fields.String(required=True, allow_none=True)


class BandOut(Schema):
    """Totals from `least` on, up to the next band."""

    least = Count(required=True)
    name = fields.String(required=True)


class InstrumentOut(Schema):
    """A form that patients are asked to fill in.

    Its total is the sum of the scored items, once all of them are answered. `source` is where its
    texts and bands were published; `loinc` is its panel's code and `loinc_total` its total's.
    `version` rises with any change of what it asks.
    """

    code = fields.String(required=True)
    version = Count(least=1, required=True)
    title = fields.Nested(SaidOut, required=True)
    stem = fields.Nested(SaidOut, required=True)
    items = fields.List(fields.Nested(ItemOut), required=True)
    bands = fields.List(fields.Nested(BandOut), required=True)
    source = fields.String(required=True)
    loinc = fields.String(required=True, allow_none=True)
    loinc_total = fields.String(required=True, allow_none=True)
