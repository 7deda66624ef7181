"""The shapes of searches for free times."""

from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from scheduler.web.fields import Choice, Date, Id, Instant, QueryMinutes
from scheduler.web.schema import PageQuery

MOST_DAYS = 62


class SearchQuery(PageQuery):
    """A search for free times, at most 62 days long."""

    from_ = Instant(
        data_key="from", required=True, metadata={"example": "2026-12-07T00:00:00-07:00"}
    )
    to = Instant(required=True, metadata={"example": "2026-12-12T00:00:00-07:00"})
    minutes = QueryMinutes(5, 240, required=True, metadata={"example": 40})

    @validates_schema
    def spans_at_most_62_days(self, data: dict[str, Any], **_: object) -> None:
        if not data["from_"] < data["to"]:
            raise ValidationError("Must be after from.", "to")
        if data["to"] - data["from_"] > timedelta(days=MOST_DAYS):
            raise ValidationError(f"A search spans at most {MOST_DAYS} days.", "to")


class SlotQuery(SearchQuery):
    """A search for free starts; with `patient_id` only those legal for that patient.

    `minutes` are the protocol's if they are not said.
    With `session_id` those that this session may be moved to: it is in its own way nowhere, and
    says itself whose it is, how long and by which protocol.
    """

    minutes = QueryMinutes(5, 240, metadata={"example": 40})
    session_id = Id()
    chair_id = Id()
    patient_id = Id()
    protocol_id = Id()
    view = Choice("slots", "windows", load_default="slots")

    @validates_schema
    def windows_are_whole(self, data: dict[str, Any], **_: object) -> None:
        if data["view"] == "windows" and "cursor" in data:
            raise ValidationError("All windows are on one page.", "cursor")


class SlotOut(Schema):
    """A free start on a chair."""

    chair_id = Id(required=True, attribute="lane.id")
    chair = fields.String(required=True, attribute="lane.label")
    starts_at = Instant(required=True, attribute="visit.infusion.start")
    ends_at = Instant(required=True, attribute="visit.infusion.end")
    block_starts_at = Instant(required=True, attribute="visit.block.start")
    block_ends_at = Instant(required=True, attribute="visit.block.end")


class Stretches(fields.List[Any]):
    """Pairs of texts that are in their spelling already; there may be hundreds in one answer."""

    def __init__(self) -> None:
        pair: Any = fields.List(fields.String(), validate=validate.Length(equal=2))
        super().__init__(pair, required=True)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class ChairWindows(Schema):
    """A chair's free stretches: the first and the last start of each."""

    chair_id = Id(required=True)
    starts = Stretches()


class DayWindows(Schema):
    """One day's free stretches, chair by chair."""

    on = Date(required=True)
    chairs = fields.List(fields.Nested(ChairWindows), required=True)


class SlotsOut(Schema):
    """A page of slots; or, with `view=windows`, `days`."""

    items = fields.List(fields.Nested(SlotOut))
    next = fields.String(allow_none=True)
    days = fields.List(fields.Nested(DayWindows))
