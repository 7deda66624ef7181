"""The shapes of alerts, and of the rota."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates

from scheduler.alerts.rules import EVENTS, Rota, Shift
from scheduler.instruments.rules import REASONS
from scheduler.web.fields import EXAMPLE_ID, Choice, Count, Id, Instant, Lines, WallTime
from scheduler.web.fields_weekdays import Weekday
from scheduler.web.schema import PageQuery, Stored, Strict

STATES = ("open", "acknowledged", "closed")
CALL_STATES = ("planned", "sending", "sent", "failed", "cancelled")
CHANNELS = ("sms", "email")
MOST_SHIFTS = 200
MOST_PEOPLE = 20


def _says(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description}, "required": True, **more}


class AlertQuery(PageQuery):
    """A window on the alerts."""

    status = Choice(*STATES)
    patient_id = Id()


class AlertOut(Stored):
    """A patient who may be in danger; a patient has one alert at most that is not closed."""

    patient_id = Id(required=True)
    status = Choice(*STATES, **_says("`open` until a clinician acknowledges it."))
    raised_at = Instant(required=True)
    clock_from = Instant(**_says("When an answer last said so; since then it escalates."))
    acknowledged_at = Instant(required=True, allow_none=True)
    acknowledged_by = Id(**_says("The provider who did.", allow_none=True))
    closed_at = Instant(required=True, allow_none=True)
    closed_by = Id(**_says("The provider who did.", allow_none=True))
    note = fields.String(**_says("What was done, by who closed it.", allow_none=True))


class AlertEventOut(Schema):
    """Something that happened to an alert."""

    kind = Choice(*EVENTS, **_says("`joined`: a further answer, while it was open."))
    at = Instant(required=True)
    reasons = fields.List(Choice(*REASONS), **_says("What the answers said."))
    answers_id = Id(**_says("Those answers.", allow_none=True))
    provider_id = Id(**_says("Who acknowledged or closed it.", allow_none=True))


class AlertCallOut(Schema):
    """A word to one provider on one channel. It says nothing of the patient."""

    provider_id = Id(required=True)
    channel = Choice(*CHANNELS, required=True)
    number = Count(1, **_says("Of which round, since `clock_from` of then."))
    due_at = Instant(required=True)
    status = Choice(
        *CALL_STATES, **_says("`failed` or `cancelled` once it need not be made any more.")
    )
    reason = fields.String(**_says("Why it did not go.", allow_none=True))
    attempts = Count(required=True)
    first_attempt_at = Instant(required=True, allow_none=True)
    sent_at = Instant(required=True, allow_none=True)


class AlertDetail(AlertOut):
    """An alert with what happened to it and who was told."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """From the view what it adds, all else from the row that it shows."""
        return super().get_attribute(obj if hasattr(obj, attr) else obj.alert, attr, default)

    events = fields.List(fields.Nested(AlertEventOut), required=True)
    calls = fields.List(fields.Nested(AlertCallOut), required=True)


class Closing(Strict):
    """What was done, for those who see the patient next."""

    example = {"note": "Spoke with the patient by phone; safe, and seen tomorrow at nine."}

    note = Lines(2000, required=True)


class OnCallShiftIn(Strict):
    """Who is on call from one wall time of a weekday (Monday is 0) to another, in this order.

    Where `to` is not after `from` it is on the next day.
    """

    weekday = Weekday(required=True)
    from_ = WallTime(data_key="from", attribute="starts", required=True)
    to = WallTime(attribute="ends", required=True)
    provider_ids = fields.List(
        Id(), required=True, validate=validate.Length(min=1, max=MOST_PEOPLE)
    )

    @validates("provider_ids")
    def each_once(self, value: list[object], **_: object) -> None:
        _once(value)

    @post_load
    def shift(self, data: dict[str, Any], **_: object) -> Shift:
        return Shift(**data | {"provider_ids": tuple(data["provider_ids"])})


class OnCallIn(Strict):
    """The whole week. Of an alert the first on a shift is told first; `otherwise` comes after.

    Where this names nobody, every active provider is told.
    """

    example = {
        "shifts": [{"weekday": 0, "from": "17:00", "to": "08:00", "provider_ids": [EXAMPLE_ID]}],
        "otherwise": [EXAMPLE_ID],
    }

    shifts = fields.List(
        fields.Nested(OnCallShiftIn), required=True, validate=validate.Length(max=MOST_SHIFTS)
    )
    otherwise = fields.List(Id(), required=True, validate=validate.Length(max=MOST_PEOPLE))

    @validates("otherwise")
    def each_once(self, value: list[object], **_: object) -> None:
        _once(value)

    @post_load
    def rota(self, data: dict[str, Any], **_: object) -> Rota:
        return Rota(tuple(data["shifts"]), tuple(data["otherwise"]))


class OnCallShift(Strict):
    """One shift as it is stored, already in its spelling."""

    weekday = Weekday(required=True)
    from_ = fields.String(data_key="from", attribute="from", required=True)
    to = fields.String(required=True)
    provider_ids = fields.List(Id(), required=True)


class OnCallOut(Strict):
    """The whole week, with its version."""

    shifts = fields.List(fields.Nested(OnCallShift), required=True)
    otherwise = fields.List(Id(), required=True)
    version = Count(least=1, required=True)


def _once(value: list[object]) -> None:
    if len(set(value)) != len(value):
        raise ValidationError("Each only once.")
