"""The shapes of what would fit: plans, options, and orders that book as they stand."""

from marshmallow import Schema, fields

from scheduler.sessions.schema import Conflict, Warned
from scheduler.web.fields import Count, Date, Told, WallTime


class PlannedSession(Schema):
    """A place that a session of the plan would take, and what it was moved from."""

    starts_at = Told("date-time", required=True)
    chair_id = Told("uuid", required=True)
    chair = fields.String(required=True)
    moved_from = Told("date-time")


class PlaceOut(Schema):
    """A start and a chair."""

    starts_at = Told("date-time", required=True)
    chair_id = Told("uuid", required=True)


class SuggestedOrder(Schema):
    """A body for `POST /v1/series` that books as it stands."""

    patient_id = Told("uuid", required=True)
    protocol_id = Told("uuid", required=True)
    minutes = Count(required=True)
    places = fields.List(fields.Nested(PlaceOut), required=True)


class OptionOut(Schema):
    """A whole series that fits; `says` can be read out, `order` books it as it stands.

    `note` tells the clinic what it makes of its fullest day; `moved` counts the sessions that are
    not at the pattern's day and time.
    """

    says = fields.String(required=True)
    note = fields.String(required=True)
    first_on = Date(required=True)
    at = WallTime(required=True)
    moved = Count(required=True)
    sessions = fields.List(fields.Nested(PlannedSession), required=True)
    order = fields.Nested(SuggestedOrder, required=True)


class OptionsOut(Schema):
    """At most five, the best first."""

    options = fields.List(fields.Nested(OptionOut), required=True)


class PlanOut(Schema):
    """What booking the same body would do now."""

    feasible = fields.Boolean(required=True)
    sessions = fields.List(fields.Nested(PlannedSession), required=True)
    conflicts = fields.List(fields.Nested(Conflict), required=True)
    suggestion = fields.Nested(SuggestedOrder)
    warnings = fields.List(fields.Nested(Warned), required=True)
