"""The shape of a key, without its secret."""

from marshmallow import Schema, fields

from scheduler.web.fields import Id


class KeyOut(Schema):
    """The caller's own key. `provider_id` is whose a clinician's is."""

    id = Id(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    provider_id = Id(required=True, allow_none=True)
    clinic_id = Id(required=True)
