"""The shapes of the clinic's own resources."""

from marshmallow import ValidationError, fields, validate, validates

from scheduler.clinics.rules_words import forbidden_words
from scheduler.web.fields import Count, Text, WallTime
from scheduler.web.fields_contact import Phone, TimeZone
from scheduler.web.schema import Interval, Stored, StoredInterval, Strict


class ClinicOut(Stored):
    """The clinic. `neutral_name` is the one that stands in messages."""

    name = Text(required=True)
    neutral_name = Text(30, required=True)
    phone = fields.String(allow_none=True)
    time_zone = fields.String(required=True)
    session_minutes_min = Count(required=True)
    session_minutes_max = Count(required=True)


class ClinicChanges(Strict):
    """What may change about a clinic."""

    name = Text()
    neutral_name = Text(30)
    phone = Phone(allow_none=True)
    time_zone = TimeZone(64)
    session_minutes_min = Count(5, 240)
    session_minutes_max = Count(5, 240)

    @validates("neutral_name")
    def tells_nothing(self, value: str, **_: object) -> None:
        if found := forbidden_words(value):
            raise ValidationError(f"It stands in messages and must not say: {', '.join(found)}.")


class HoursItem(Strict):
    """One opening on a weekday, Monday being 0."""

    weekday = Count(0, 6, required=True)
    opens = WallTime(required=True)
    closes = WallTime(required=True)


class HoursIn(Strict):
    """The whole week."""

    hours = fields.List(fields.Nested(HoursItem), required=True, validate=validate.Length(max=70))


class StoredHoursItem(Strict):
    """One opening as it is stored, already in its spelling."""

    weekday = Count(0, 6, required=True)
    opens = fields.String(required=True)
    closes = fields.String(required=True)


class HoursOut(Strict):
    """The whole week, with its version."""

    hours = fields.List(fields.Nested(StoredHoursItem), required=True)
    version = Count(least=1, required=True)


class ClosureIn(Interval):
    """A time in which the clinic is shut."""

    reason = Text(required=True)


class ClosureOut(StoredInterval):
    """A closure."""

    reason = Text(required=True)
