"""The shapes of keys and of the audit log."""

from marshmallow import fields, post_load

from scheduler.access.roles import ROLES
from scheduler.web.fields import EXAMPLE_ID, Choice, Count, Id, Instant, Text
from scheduler.web.schema import PageQuery, Stored, Strict


class KeyIn(Strict):
    """A new key; a clinician's names its provider."""

    example = {"name": "Dr. Rivera", "role": "clinician", "provider_id": EXAMPLE_ID}

    name = Text(100, required=True)
    role = Choice(*ROLES, required=True)
    provider_id = Id()
    expires_at = Instant()


class KeyChanges(Strict):
    """What may change about a key."""

    example = {"name": "The other desk", "expires_at": "2027-06-30T00:00:00-07:00"}

    name = Text(100)
    expires_at = Instant(allow_none=True)


class Rotation(Strict):
    """How many hours the old key goes on beside the new one."""

    example = {"overlap_hours": 48}

    overlap_hours = Count(0, 24 * 30, load_default=24)


class KeyOut(Stored):
    """A key, without its secret. `last_used_at` is right to the minute."""

    clinic_id = Id(required=True)
    name = fields.String(required=True)
    role = Choice(*ROLES, required=True)
    provider_id = Id(required=True, allow_none=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
    disabled_at = Instant(required=True, allow_none=True)
    last_used_at = Instant(required=True, allow_none=True)


class NewKeyOut(KeyOut):
    """A new key with its secret, which is never shown again."""

    secret = fields.String(required=True)


class AuditQuery(PageQuery):
    """A window on the audit log: who saw or changed `object_id`, what did `key_id` do?"""

    from_ = Instant(data_key="from")
    to = Instant()
    object_id = Id()
    patient_id = Id()
    key_id = Id()

    @post_load
    def one_object(self, data: dict[str, object], **_: object) -> dict[str, object]:
        if "patient_id" in data:
            data["object_id"] = data.pop("patient_id")
        return data


class AuditOut(Strict):
    """One request: when, whose key, what, which objects, with which outcome."""

    id = Id(required=True)
    at = Instant(required=True)
    request_id = fields.String(required=True)
    key_id = Id(required=True, allow_none=True)
    role = fields.String(required=True)
    method = fields.String(required=True)
    route = fields.String(required=True)
    status = Count(required=True)
    object_ids = fields.List(Id(), required=True)
