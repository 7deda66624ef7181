"""The shapes of sessions, and of what is in their way."""

from typing import Any

from marshmallow import Schema, fields

from scheduler.patients.schema import ContactOut
from scheduler.sessions.rules_calendar import KINDS
from scheduler.sessions.rules_placing import REASONS
from scheduler.sessions.rules_states import STATES
from scheduler.web.fields import (
    Choice,
    Count,
    Flag,
    Id,
    Instant,
    Told,
)
from scheduler.web.schema import PageQuery, Stored

CANCELLED_BY = ("patient", "clinic")
WARNINGS = (
    "no_channel",
    "no_consent",
    "wall_time_moved",
    "gap_too_long",
    "takes_longer",
    "past_closing",
)


class WindowQuery(PageQuery):
    """A window on what starts from `from` up to, and without, `to`."""

    from_ = Instant(data_key="from")
    to = Instant()


class SessionQuery(WindowQuery):
    """A window on the sessions."""

    status = Choice(*STATES)
    chair_id = Id()
    patient_id = Id()


class Warned(Schema):
    """What the front desk should know, though it was no hindrance."""

    word = Choice(*WARNINGS, required=True)
    detail = fields.String(required=True)
    ordinal = Count(1)


class BlockerOut(Schema):
    """One thing in the way; opening hours have no id."""

    kind = Choice(*KINDS, required=True)
    id = Told("uuid")
    starts_at = Told("date-time", required=True)
    ends_at = Told("date-time", required=True)


class Alternative(Schema):
    """A start that would fit, on a chair (and what it makes of the day) or with a provider.

    `says` can be read out: `Tuesday, March 9 at 2:30 PM, Chair 2`.
    """

    starts_at = Told("date-time", required=True)
    says = fields.String(required=True)
    chair_id = Told("uuid")
    chair = fields.String()
    note = fields.String()
    provider_id = Told("uuid")


class Conflict(Schema):
    """A visit that does not fit, why, and up to three starts that would.

    `ordinal` is its place in its series, null for what belongs to none.
    """

    ordinal = Count(least=1, required=True, allow_none=True)
    wanted_at = Told("date-time", required=True)
    reason = Choice(*REASONS, required=True)
    blockers = fields.List(fields.Nested(BlockerOut), required=True)
    alternatives = fields.List(fields.Nested(Alternative), required=True)


class NotCleared(Schema):
    """A session on whose day the patient is not cleared; `missing` can be read out.

    `ordinal` is its place in its series, null for what belongs to none.
    """

    ordinal = Count(least=1, required=True, allow_none=True)
    starts_at = Told("date-time", required=True)
    missing = fields.String(required=True)


class SessionOut(Stored):
    """An infusion session. From `starts_at` to `ends_at` is the planned infusion."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """From the view what it adds, all else from the row that it shows."""
        return super().get_attribute(obj if hasattr(obj, attr) else obj.session, attr, default)

    series_id = Id(required=True, allow_none=True)
    ordinal = Count(required=True, allow_none=True)
    patient_id = Id(required=True)
    chair_id = Id(required=True)
    protocol_id = Id(required=True)
    clearance_id = Id(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    block_starts_at = Instant(required=True)
    block_ends_at = Instant(required=True)
    status = Choice(*STATES, required=True)
    confirmed_at = Instant(required=True, allow_none=True)
    arrived_at = Instant(required=True, allow_none=True)
    arrived_late = Flag(required=True, allow_none=True)
    escort_confirmed = Flag(required=True)
    fasting_confirmed = Flag(required=True)
    started_at = Instant(required=True, allow_none=True)
    override_reason = fields.String(required=True, allow_none=True)
    extra_minutes = Count(required=True)
    infusion_ended_at = Instant(required=True, allow_none=True)
    ended_early = Flag(required=True)
    left_at = Instant(required=True, allow_none=True)
    early_reason = fields.String(required=True, allow_none=True)
    missed_at = Instant(required=True, allow_none=True)
    cancelled_at = Instant(required=True, allow_none=True)
    cancelled_by = Choice(*CANCELLED_BY, required=True, allow_none=True)
    cancel_reason = fields.String(required=True, allow_none=True)
    cancelled_late = Flag(required=True, allow_none=True)
    undone_at = Instant(required=True, allow_none=True)
    undo_reason = fields.String(required=True, allow_none=True)
    time_version = Count(required=True)


class SessionBooked(SessionOut):
    """A session just booked or moved; `warnings` say what the front desk should know."""

    warnings = fields.List(fields.Nested(Warned), required=True)


class Collision(Schema):
    """What a longer session runs into on its chair, by how much, and where that would fit.

    It is a session (`session_id`, its `version`, whom to call, `block_starts_at`) or an outage
    (`outage_id`).
    """

    detail = fields.String(required=True)
    chair_id = Told("uuid", required=True)
    session_id = Told("uuid")
    version = Count(1)
    patient_id = Told("uuid")
    patient = fields.Nested(ContactOut)
    outage_id = Told("uuid")
    starts_at = Told("date-time", required=True)
    block_starts_at = Told("date-time")
    minutes = Count(required=True)
    alternatives = fields.List(fields.Nested(Alternative), required=True)


class SessionOverrun(SessionOut):
    """A session that may take longer than planned; its block grew unless there are `collisions`.

    `warnings` say that a late start made it longer, and that it goes on past closing time.
    """

    warnings = fields.List(fields.Nested(Warned), required=True)
    collisions = fields.List(fields.Nested(Collision), required=True)
