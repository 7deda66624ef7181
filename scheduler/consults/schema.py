"""The shapes of providers, consultations and clearances."""

from typing import Any

from marshmallow import ValidationError, fields, post_dump, validate, validates_schema

from scheduler.web.fields import Choice, Count, Date, Flag, Id, Instant, Text, Told
from scheduler.web.fields_contact import E164, EmailAddress, Phone
from scheduler.web.schema import Stored, Strict
from scheduler.web.shown import sees_symptoms

STATES = ("booked", "arrived", "completed", "cancelled", "no_show")
OUTCOMES = ("suitable", "unsuitable", "undecided")


class ProviderIn(Strict):
    """A new provider."""

    example = {"name": "Dr. Chen", "phone": "(602) 555-0107", "email": "chen@example.com"}

    name = Text(required=True)
    phone = Phone(allow_none=True)
    email = EmailAddress(allow_none=True)
    active = Flag()


class ProviderChanges(Strict):
    """What may change about a provider."""

    example = {"email": "rivera@example.com"}

    name = Text()
    phone = Phone(allow_none=True)
    email = EmailAddress(allow_none=True)
    active = Flag()


class ProviderOut(Stored):
    """A provider."""

    name = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True, metadata=E164)
    email = Told("email", required=True, allow_none=True)
    active = Flag(required=True)


class ConsultationOut(Stored):
    """A consultation. `symptoms` are shown to clinicians only."""

    patient_id = Id(required=True)
    provider_id = Id(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    minutes = Count(required=True)
    reason = fields.String(required=True, allow_none=True)
    status = Choice(*STATES, required=True)
    outcome = Choice(*OUTCOMES, required=True, allow_none=True)
    arrived_at = Instant(required=True, allow_none=True)
    completed_at = Instant(required=True, allow_none=True)
    cancelled_at = Instant(required=True, allow_none=True)
    cancel_reason = fields.String(required=True, allow_none=True)
    missed_at = Instant(required=True, allow_none=True)
    symptoms = fields.List(fields.String())

    @post_dump
    def hide_symptoms(self, dumped: dict[str, Any], **_: object) -> dict[str, Any]:
        if not sees_symptoms():
            dumped.pop("symptoms", None)
        return dumped


class Completion(Strict):
    """What came of a consultation. `suitable` clears the patient until `expires_on`, inclusive."""

    example = {
        "outcome": "suitable",
        "history_reviewed": True,
        "symptoms": ["low_mood", "insomnia"],
        "expires_on": "2027-06-30",
        "max_sessions": 12,
    }

    outcome = Choice(*OUTCOMES, required=True)
    history_reviewed = Flag(required=True, validate=validate.Equal(True))
    symptoms = fields.List(Text(60), required=True, validate=validate.Length(max=50))
    expires_on = Date()
    max_sessions = Count(1, 500, allow_none=True)

    @validates_schema
    def clears_only_when_suitable(self, data: dict[str, Any], **_: object) -> None:
        suitable = data["outcome"] == "suitable"
        if suitable != ("expires_on" in data):
            raise ValidationError("Needed for suitable, and only then.", "expires_on")
        if not suitable and "max_sessions" in data:
            raise ValidationError("Only for suitable.", "max_sessions")


class ClearanceOut(Stored):
    """A provider's decision that infusions suit the patient."""

    patient_id = Id(required=True)
    consultation_id = Id(required=True)
    provider_id = Id(required=True)
    cleared_at = Instant(required=True)
    expires_on = Date(required=True)
    max_sessions = Count(required=True, allow_none=True)
    revoked_at = Instant(required=True, allow_none=True)
    revoke_reason = fields.String(required=True, allow_none=True)


class ClearanceChanges(Strict):
    """An earlier end, or fewer sessions."""

    example = {"expires_on": "2027-01-31"}

    expires_on = Date()
    max_sessions = Count(1, 500)


class Reason(Strict):
    """Why."""

    example = {"reason": "New finding"}

    reason = Text(500, required=True)
