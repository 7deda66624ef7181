"""The shapes of staffing: the week's shifts, and the nurses of single dates."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from scheduler.clinics.rules_staffing import Override, Shift
from scheduler.web.fields import Count, Date, Minutes, WallTime
from scheduler.web.fields_weekdays import Weekday
from scheduler.web.schema import PageQuery, Stored, Strict

MOST_NURSES = 100
MOST_SHIFTS = 200


class Nurses(Strict):
    """So many nurses from one wall time to another of the same day."""

    from_ = WallTime(data_key="from", attribute="starts", required=True)
    to = WallTime(attribute="ends", required=True)
    nurses = Count(0, MOST_NURSES, required=True)

    @validates_schema
    def ends_after_it_starts(self, data: dict[str, Any], **_: object) -> None:
        if data["starts"] >= data["ends"]:
            raise ValidationError("Must be after from.", "to")


class ShiftIn(Nurses):
    """So many nurses on every such weekday, Monday being 0."""

    weekday = Weekday(required=True)

    @post_load
    def shift(self, data: dict[str, Any], **_: object) -> Shift:
        return Shift(**data)


class StaffingIn(Strict):
    """The whole week: shifts that overlap add up; null where nothing limits the nurses.

    A nurse sets up one patient in `setup_minutes`, and watches `watch_ratio` of them at once;
    what is left out stays as it is.
    """

    example = {
        "shifts": [{"weekday": 0, "from": "08:00", "to": "16:00", "nurses": 2}],
        "watch_ratio": 4,
        "setup_minutes": 15,
    }

    shifts = fields.List(
        fields.Nested(ShiftIn),
        required=True,
        allow_none=True,
        validate=validate.Length(max=MOST_SHIFTS),
    )
    watch_ratio = Count(1, 20)
    setup_minutes = Minutes(5, 120)


class StoredShift(Strict):
    """One shift as it is stored, already in its spelling."""

    weekday = Weekday(required=True)
    from_ = fields.String(data_key="from", attribute="from", required=True)
    to = fields.String(required=True)
    nurses = Count(required=True)


class StaffingOut(Strict):
    """The whole week, with its version."""

    shifts = fields.List(fields.Nested(StoredShift), required=True, allow_none=True)
    watch_ratio = Count(required=True)
    setup_minutes = Count(required=True)
    version = Count(least=1, required=True)


class StaffingOverrideIn(Nurses):
    """The nurses on one date, in place of what the shifts say for that time."""

    example = {"on": "2026-11-30", "from": "08:00", "to": "12:00", "nurses": 1}

    on = Date(required=True)

    @post_load
    def override(self, data: dict[str, Any], **_: object) -> Override:
        return Override(**data)


class StaffingOverrideOut(Stored):
    """The nurses on one date."""

    on = Date(attribute="on_date", required=True)
    from_ = WallTime(data_key="from", attribute="from_time", required=True)
    to = WallTime(attribute="to_time", required=True)
    nurses = Count(required=True)


class OverrideQuery(PageQuery):
    """The dates from `from` to `to`, both included."""

    from_ = Date(data_key="from")
    to = Date()
