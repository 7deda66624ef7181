"""The shapes of orders, plans and series."""

from typing import Any

from marshmallow import (
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)

from scheduler.protocols.rules import MOST_SESSIONS
from scheduler.series.rules import Order, Place
from scheduler.sessions.rules_openings import Flexibility
from scheduler.sessions.schema import SessionOut, Warned
from scheduler.web.fields import (
    EXAMPLE_ID,
    Choice,
    Count,
    Date,
    Id,
    Instant,
    Minutes,
    Text,
    WallTime,
)
from scheduler.web.fields_weekdays import Weekdays
from scheduler.web.schema import PageQuery, Stored, Strict

MOST_DAYS_MOVED = 14


class Flex(Strict):
    """How far a session that does not fit may move: whole days, and minutes on the wall."""

    days = Count(0, MOST_DAYS_MOVED, load_default=0)
    minutes = Count(0, 24 * 60, load_default=0)

    @post_load
    def flexibility(self, data: dict[str, Any], **_: object) -> Flexibility:
        return Flexibility(**data)


class PlaceIn(Strict):
    """A start and a chair, as an option or a suggestion names them."""

    example = {"starts_at": "2027-01-12T13:00:00-07:00", "chair_id": EXAMPLE_ID}

    starts_at = Instant(on_grid=True, required=True)
    chair_id = Id(required=True)

    @post_load
    def place(self, data: dict[str, Any], **_: object) -> Place:
        return Place(**data)


class SeriesOrder(Strict):
    """A series, all or nothing: a pattern (`first_on` and `at`), or the very `places`."""

    example = {
        "patient_id": EXAMPLE_ID,
        "first_on": "2027-01-12",
        "at": "13:00",
        "sessions": 6,
        "minutes": 40,
        "every_days": 7,
        "chair_id": EXAMPLE_ID,
    }

    patient_id = Id(required=True)
    protocol_id = Id()
    minutes = Minutes(5, 240)
    first_on = Date()
    at = WallTime()
    sessions = Count(1, MOST_SESSIONS)
    every_days = Count(1, 366)
    chair_id = Id()
    flexibility = fields.Nested(Flex)
    places = fields.List(fields.Nested(PlaceIn), validate=validate.Length(min=1, max=MOST_SESSIONS))

    @validates_schema
    def pattern_or_places(self, data: dict[str, Any], **_: object) -> None:
        pattern = {"first_on", "at", "sessions", "every_days", "chair_id", "flexibility"}
        if "places" in data:
            for name in sorted(pattern & set(data)):
                raise ValidationError("Not together with places.", name)
        for name in ("first_on", "at"):
            if "places" not in data and name not in data:
                raise ValidationError("Needed without places.", name)

    @validates_schema
    def places_in_order(self, data: dict[str, Any], **_: object) -> None:
        starts = [place.starts_at for place in data.get("places", ())]
        if sorted(set(starts)) != starts:
            raise ValidationError("In order, each start once.", "places")

    @post_load
    def order(self, data: dict[str, Any], **_: object) -> Order:
        return Order(**data | {"places": tuple(data.get("places", ()))})


class SessionOrder(Strict):
    """One session; with `series_id` it fills a place that the series still owes.

    The series says whose it is; `patient_id` may be said too, and has to be the same then.
    """

    example = {
        "patient_id": EXAMPLE_ID,
        "starts_at": "2027-03-02T10:00:00-07:00",
        "minutes": 40,
        "chair_id": EXAMPLE_ID,
    }

    patient_id = Id()
    starts_at = Instant(on_grid=True, required=True)
    minutes = Minutes(5, 240)
    chair_id = Id()
    protocol_id = Id()
    series_id = Id()

    @validates_schema
    def one_patient_and_pattern(self, data: dict[str, Any], **_: object) -> None:
        if "protocol_id" in data and "series_id" in data:
            raise ValidationError("The series has its own protocol.", "protocol_id")
        if "patient_id" not in data and "series_id" not in data:
            raise ValidationError("Needed without series_id.", "patient_id")


class Wish(Strict):
    """What a patient could do: on which weekdays, starting between which times, from which day."""

    example = {
        "patient_id": EXAMPLE_ID,
        "sessions": 4,
        "minutes": 40,
        "weekdays": [1, 3],
        "between": ["13:00", "16:00"],
        "from": "2027-03-09",
    }

    patient_id = Id(required=True)
    sessions = Count(1, MOST_SESSIONS)
    minutes = Minutes(5, 240)
    weekdays = Weekdays()
    between = fields.List(WallTime(), validate=validate.Length(equal=2))
    from_ = Date(data_key="from")
    chair_id = Id()
    protocol_id = Id()

    @validates_schema
    def makes_sense(self, data: dict[str, Any], **_: object) -> None:
        if "between" in data and not data["between"][0] <= data["between"][1]:
            raise ValidationError("The first is not after the second.", "between")


class SeriesOut(Stored):
    """A series with its sessions by start. `owed` counts the places still to be filled."""

    id = Id(required=True, attribute="series.id")
    patient_id = Id(required=True, attribute="series.patient_id")
    protocol_id = Id(required=True, attribute="series.protocol_id")
    sessions_planned = Count(required=True, attribute="series.sessions_planned")
    minutes = Count(required=True, attribute="series.minutes")
    every_days = Count(required=True, attribute="series.every_days", allow_none=True)
    status = Choice("active", "completed", "stopped", required=True)
    owed = Count(required=True)
    cancelled_at = Instant(required=True, attribute="series.cancelled_at", allow_none=True)
    cancelled_by = fields.String(required=True, attribute="series.cancelled_by", allow_none=True)
    cancel_reason = fields.String(required=True, attribute="series.cancel_reason", allow_none=True)
    sessions = fields.List(fields.Nested(SessionOut), required=True)
    warnings = fields.List(fields.Nested(Warned), required=True)


class CancelSeries(Strict):
    """Why, and who gives the series up."""

    example = {"reason": "Moved away", "by": "patient"}

    reason = Text(500, required=True)
    by = Choice("patient", "clinic", required=True)


class Undo(Strict):
    """Why the step was a mistake."""

    example = {"reason": "The wrong patient"}

    reason = Text(500, required=True)


class SeriesQuery(PageQuery):
    """A window on the series."""

    patient_id = Id()
