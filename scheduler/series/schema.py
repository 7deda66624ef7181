"""The shapes of orders, plans and series."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from scheduler.series.rules import Order
from scheduler.sessions.schema import Conflict, SessionOut, Warned
from scheduler.web.fields import EXAMPLE_ID, Choice, Count, Date, Id, Instant, Minutes, WallTime
from scheduler.web.schema import PageQuery, Stored, Strict

MOST_SESSIONS = 52


class SeriesOrder(Strict):
    """A weekly series: the same wall time, every so many days, all or nothing."""

    example = {
        "patient_id": EXAMPLE_ID,
        "first_on": "2026-12-08",
        "at": "13:00",
        "sessions": 6,
        "minutes": 40,
        "every_days": 7,
        "chair_id": EXAMPLE_ID,
    }

    patient_id = Id(required=True)
    first_on = Date(required=True)
    at = WallTime(required=True)
    sessions = Count(1, MOST_SESSIONS, required=True)
    minutes = Minutes(5, 240, required=True)
    every_days = Count(1, 366)
    protocol_id = Id()
    chair_id = Id()

    @post_load
    def order(self, data: dict[str, Any], **_: object) -> Order:
        return Order(**data)


class SessionOrder(Strict):
    """One session; with `series_id` it fills a place that the series still owes."""

    example = {
        "patient_id": EXAMPLE_ID,
        "starts_at": "2026-12-10T10:00:00-07:00",
        "minutes": 40,
        "chair_id": EXAMPLE_ID,
    }

    patient_id = Id(required=True)
    starts_at = Instant(on_grid=True, required=True)
    minutes = Minutes(5, 240, required=True)
    chair_id = Id()
    protocol_id = Id()
    series_id = Id()

    @validates_schema
    def one_pattern(self, data: dict[str, Any], **_: object) -> None:
        if "protocol_id" in data and "series_id" in data:
            raise ValidationError("The series has its own protocol.", "protocol_id")


class SeriesOut(Stored):
    """A series with its sessions by start. `owed` counts the places still to be filled."""

    id = Id(required=True, attribute="series.id")
    patient_id = Id(required=True, attribute="series.patient_id")
    protocol_id = Id(required=True, attribute="series.protocol_id")
    sessions_planned = Count(required=True, attribute="series.sessions_planned")
    minutes = Count(required=True, attribute="series.minutes")
    every_days = Count(required=True, attribute="series.every_days")
    status = Choice("active", "completed", required=True)
    owed = Count(required=True)
    sessions = fields.List(fields.Nested(SessionOut), required=True)
    warnings = fields.List(fields.Nested(Warned), required=True)


class SeriesQuery(PageQuery):
    """A window on the series."""

    patient_id = Id()


class PlannedSession(Schema):
    """A place that a session of the plan would take."""

    starts_at = Instant(required=True, attribute="visit.infusion.start")
    chair_id = Id(required=True, attribute="lane.id")


class PlanOut(Schema):
    """What booking the same body would do now."""

    feasible = fields.Boolean(required=True)
    sessions = fields.List(fields.Nested(PlannedSession), required=True)
    conflicts = fields.List(fields.Nested(Conflict), required=True)
    warnings = fields.List(fields.Nested(Warned), required=True)
