"""The shapes of the clinic's own resources."""

from marshmallow import ValidationError, fields, validate, validates

from scheduler.clinics.rules import NOTICES
from scheduler.clinics.rules_words import forbidden_words
from scheduler.web.fields import WALL_TIME, Choice, Count, Flag, Text, WallTime
from scheduler.web.fields_contact import E164, Phone, TimeZone
from scheduler.web.fields_weekdays import Weekday
from scheduler.web.schema import Interval, Stored, StoredInterval, Strict

CODE = "[a-z][a-z_]{0,59}"


class ClinicOut(Stored):
    """The clinic. `neutral_name` is the one that stands in messages."""

    name = Text(required=True)
    neutral_name = Text(30, required=True)
    phone = fields.String(required=True, allow_none=True, metadata=E164)
    time_zone = fields.String(required=True)
    session_minutes_min = Count(required=True)
    session_minutes_max = Count(required=True)


class ClinicChanges(Strict):
    """What may change about a clinic."""

    example = {"phone": "(602) 555-0100", "session_minutes_max": 60}

    name = Text()
    neutral_name = Text(30)
    phone = Phone(allow_none=True)
    time_zone = TimeZone()
    session_minutes_min = Count(5, 240)
    session_minutes_max = Count(5, 240)

    @validates("neutral_name")
    def tells_nothing(self, value: str, **_: object) -> None:
        if found := forbidden_words(value):
            raise ValidationError(f"It stands in messages and must not say: {', '.join(found)}.")


class HoursItem(Strict):
    """One opening on a weekday, Monday being 0."""

    weekday = Weekday(required=True)
    opens = WallTime(required=True)
    closes = WallTime(required=True)


class HoursIn(Strict):
    """The whole week."""

    example = {
        "hours": [
            {"weekday": 0, "opens": "08:00", "closes": "12:00"},
            {"weekday": 0, "opens": "13:00", "closes": "17:00"},
            {"weekday": 1, "opens": "08:00", "closes": "17:00"},
        ]
    }

    hours = fields.List(fields.Nested(HoursItem), required=True, validate=validate.Length(max=70))


class StoredHoursItem(Strict):
    """One opening as it is stored, already in its spelling."""

    weekday = Weekday(required=True)
    opens = fields.String(required=True, metadata=WALL_TIME)
    closes = fields.String(required=True, metadata=WALL_TIME)


class HoursOut(Strict):
    """The whole week, with its version."""

    hours = fields.List(fields.Nested(StoredHoursItem), required=True)
    version = Count(least=1, required=True)


class ClosureIn(Interval):
    """A time in which the clinic is shut."""

    example = {
        "starts_at": "2026-11-30T08:00:00-07:00",
        "ends_at": "2026-11-30T09:00:00-07:00",
        "reason": "Training",
    }

    reason = Text(required=True)


class ClosureOut(StoredInterval):
    """A closure."""

    reason = Text(required=True)


class CrisisText(Strict):
    """The clinic's own words to a patient in danger, by language; each says whom to call."""

    example = {"en": "Call 555-0100 at any hour. In an emergency call 911."}

    en = Text(500)
    es = Text(500)

    @validates("en", "es")
    def says_whom_to_call(self, value: str, **_: object) -> None:
        if len([c for c in value if c.isdigit()]) < 3:
            raise ValidationError("It must say a number to call.")


class PolicyOut(Strict):
    """What the clinic decides for itself. Quiet hours are by the recipient's wall clock."""

    minimum_age = Count(required=True)
    late_minutes = Count(required=True)
    no_show_grace_minutes = Count(required=True)
    notice_hours = Count(required=True)
    escort_asked = Flag(required=True)
    fasting_asked = Flag(required=True)
    quiet_from = WallTime(required=True)
    quiet_until = WallTime(required=True)
    reminder_days = fields.List(Count(), required=True)
    notices = fields.List(Choice(*NOTICES), required=True)
    texts_a_day = Count(required=True)
    texts_a_week = Count(required=True)
    follow_up_hours = Count(required=True)
    nudge_hours = Count(required=True)
    alert_total = Count(required=True)
    alert_repeat_minutes = Count(required=True)
    alert_escalate_minutes = Count(required=True)
    crisis_text = fields.Nested(CrisisText, required=True)
    symptom_codes = fields.List(fields.String(), required=True)
    version = Count(least=1, required=True)


class PolicyChanges(Strict):
    """What may change; `reminder_days` are whole days before a session, `notices` what a patient
    is told at once.

    Late is who arrives `late_minutes` after the start; a no-show may be noted
    `no_show_grace_minutes` after it; to cancel in good time takes `notice_hours`. One number gets
    at most `texts_a_day` and `texts_a_week` texts that nobody there asked for. A check-in that is
    not answered is asked for once more after `nudge_hours`. An alert is told again every
    `alert_repeat_minutes`, and one more person is told every `alert_escalate_minutes`, until
    somebody acknowledges it; a PHQ-9 total of `alert_total` raises one. None can be turned off.
    """

    example = {"quiet_from": "20:00", "reminder_days": [7, 3, 1]}

    minimum_age = Count(0, 120)
    late_minutes = Count(0, 240)
    no_show_grace_minutes = Count(0, 240)
    notice_hours = Count(0, 336)
    escort_asked = Flag()
    fasting_asked = Flag()
    quiet_from = WallTime()
    quiet_until = WallTime()
    reminder_days = fields.List(Count(1, 14), validate=validate.Length(max=4))
    notices = fields.List(Choice(*NOTICES))
    texts_a_day = Count(1, 20)
    texts_a_week = Count(1, 100)
    follow_up_hours = Count(1, 72)
    nudge_hours = Count(1, 168)
    alert_total = Count(10, 20)
    alert_repeat_minutes = Count(1, 15)
    alert_escalate_minutes = Count(1, 60)
    crisis_text = fields.Nested(CrisisText)
    symptom_codes = fields.List(
        # The document's patterns are JavaScript's, where $ is the very end and \Z is not known.
        fields.String(validate=validate.Regexp(rf"{CODE}\Z"), metadata={"pattern": f"^{CODE}$"}),
        validate=validate.Length(min=1, max=100),
    )

    @validates("notices", "reminder_days", "symptom_codes")
    def each_once(self, value: list[object], **_: object) -> None:
        if len(set(value)) != len(value):
            raise ValidationError("Each only once.")
