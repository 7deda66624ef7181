"""The shapes of patients and consents."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from scheduler.web.fields import Choice, Count, Date, Id, Instant, Text, Told
from scheduler.web.fields_contact import E164, EmailAddress, Phone, TimeZone
from scheduler.web.schema import PageQuery, Stored, Strict

LANGUAGES = ("en", "es")
CHANNELS = ("sms", "email")
STATUSES = ("active", "discharged", "deceased")
# What a time zone is for, as a front desk asks it.
WHERE_THEY_LIVE = (
    "Where the patient lives, if not in the clinic's zone (null): no message comes at their night."
    " Visits keep to the clinic's clock, whatever it is."
)
PURPOSES = ("treatment", "reminders", "check_ins")
FAILED = "When `{}` was found to be dead: no message goes there until it is changed."


class PatientIn(Strict):
    """A new patient."""

    example = {
        "given_name": "Maya",
        "family_name": "Ortiz",
        "birth_date": "1988-04-17",
        "phone": "(602) 555-0143",
        "email": "maya@example.com",
        "language": "en",
        "preferred_channel": "email",
        "external_id": "MRN-20417",
    }

    given_name = Text(100, required=True)
    family_name = Text(100, required=True)
    birth_date = Date(required=True)
    phone = Phone(allow_none=True)
    email = EmailAddress(allow_none=True)
    time_zone = TimeZone(WHERE_THEY_LIVE, allow_none=True)
    language = Choice(*LANGUAGES)
    preferred_channel = Choice(*CHANNELS)
    external_id = Text(100, allow_none=True)


class PatientChanges(Strict):
    """What may change about a patient."""

    example = {"phone": "+1 602 555 0144", "preferred_channel": "sms"}

    given_name = Text(100)
    family_name = Text(100)
    birth_date = Date()
    phone = Phone(allow_none=True)
    email = EmailAddress(allow_none=True)
    time_zone = TimeZone(WHERE_THEY_LIVE, allow_none=True)
    language = Choice(*LANGUAGES)
    preferred_channel = Choice(*CHANNELS)
    external_id = Text(100, allow_none=True)
    status = Choice(*STATUSES)


class PatientOut(Stored):
    """A patient."""

    given_name = fields.String(required=True)
    family_name = fields.String(required=True)
    birth_date = Date(required=True)
    phone = fields.String(required=True, allow_none=True, metadata=E164)
    email = Told("email", required=True, allow_none=True)
    phone_failed_at = Instant(
        required=True, allow_none=True, metadata={"description": FAILED.format("phone")}
    )
    email_failed_at = Instant(
        required=True, allow_none=True, metadata={"description": FAILED.format("email")}
    )
    time_zone = fields.String(
        required=True, allow_none=True, metadata={"description": WHERE_THEY_LIVE}
    )
    language = Choice(*LANGUAGES, required=True)
    preferred_channel = Choice(*CHANNELS, required=True)
    external_id = fields.String(required=True, allow_none=True)
    status = Choice(*STATUSES, required=True)
    created_at = Instant(required=True)


class ContactOut(Schema):
    """Whom to call, by whatever needs it."""

    given_name = fields.String(required=True)
    family_name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True, metadata=E164)


class PatientQuery(PageQuery):
    """A window on the patients."""

    external_id = Text(100)


class ConsentIn(Strict):
    """A consent as it was given."""

    example = {
        "purpose": "reminders",
        "channel": "email",
        "source": "signed form",
        "wording_version": "2026-01",
    }

    purpose = Choice(*PURPOSES, required=True)
    channel = Choice(*CHANNELS)
    source = Text(required=True)
    wording_version = Text(40, required=True)

    @validates_schema
    def names_a_channel_for_messages(self, data: dict[str, Any], **_: object) -> None:
        if (data["purpose"] == "treatment") == ("channel" in data):
            raise ValidationError("Needed for messages, and not for treatment.", "channel")


class ConsentOut(Stored):
    """A consent, and its withdrawal."""

    patient_id = Id(required=True)
    purpose = Choice(*PURPOSES, required=True)
    channel = Choice(*CHANNELS, required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    source = fields.String(required=True)
    wording_version = fields.String(required=True)
    given_at = Instant(required=True)
    withdrawn_at = Instant(required=True, allow_none=True)


class PatientSearch(Strict):
    """Whom to find: every word of `name` in any order and from any part, the number, the day."""

    example = {"name": "ortiz maya", "birth_date": "1988-04-17"}

    name = Text(100)
    phone = Phone()
    birth_date = Date()
    limit = Count(1, 50, load_default=20)

    @validates_schema
    def asks_something(self, data: dict[str, Any], **_: object) -> None:
        if not {"name", "phone", "birth_date"} & data.keys():
            raise ValidationError("Say a name, a phone or a birth_date.", "name")
