"""The shapes of courses, outcomes and reviews."""

from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from scheduler.course.rules import STATES
from scheduler.course.rules_reviews import REASONS
from scheduler.instruments.rules_phq import PHQ9
from scheduler.patients.schema import ContactOut
from scheduler.web.fields import Choice, Count, Date, Flag, Id, Instant
from scheduler.web.schema import Strict

BANDS = tuple(band.name for band in PHQ9.bands)
MOST = timedelta(days=366)

STATES_SAID = (
    "`response`: at least half below the baseline. `remission`: a total under 5. `worse`: 5 or"
    " more above the baseline. `little_change`: by the protocol's review point less than a quarter"
    " below it. `no_answer`: asked, and no complete answer since."
)
REASONS_SAID = (
    "The most urgent first. `alert`: one is open. `worse`, `little_change`, `no_answer`: as in the"
    " course. `no_baseline`: nothing to compare with. `clearance_ending`: within two weeks, before"
    " the series does."
)


def _says(description: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": description}, "required": True, **more}


class ScoreOut(Schema):
    """A complete total."""

    answers_id = Id(**_says("The answers that it is the sum of."))
    at = Instant(required=True)
    total = Count(required=True)


class PointOut(ScoreOut):
    """A PHQ-9 total of a series, against its baseline."""

    band = Choice(*BANDS, required=True)
    after_sessions = Count(**_says("How many sessions of the series had begun."))
    change = fields.Integer(
        **_says("From the baseline; null without one. Less is better.", allow_none=True)
    )
    percent = fields.Integer(
        **_says("The change in % of the baseline; null without one, or of 0.", allow_none=True)
    )


class StateOut(Schema):
    """Whether something is so; null where nobody can tell, as without a baseline."""

    state = Choice(*STATES, **_says(STATES_SAID))
    holds = Flag(required=True, allow_none=True)
    reason = fields.String(**_says("Why, in a sentence to be read out."))


class CourseOut(Schema):
    """How a patient's PHQ-9 goes over one series."""

    series_id = Id(required=True, attribute="run.series_id")
    patient_id = Id(required=True, attribute="run.patient_id")
    series_status = Choice("active", "completed", "stopped", required=True, attribute="run.status")
    baseline = fields.Nested(
        ScoreOut,
        **_says(
            "The last complete PHQ-9 within 14 days before the first session.", allow_none=True
        ),
    )
    points = fields.List(fields.Nested(PointOut), **_says("By time, the baseline among them."))
    latest = fields.Nested(
        PointOut, **_says("The last point since the first session.", allow_none=True)
    )
    states = fields.List(fields.Nested(StateOut), required=True)
    trend = fields.List(
        fields.Nested(ScoreOut), **_says("PHQ-2 totals, where asked for: no measure of response.")
    )


class PatientCourseOut(Schema):
    """The courses of a patient's series, by when these begin."""

    patient_id = Id(required=True)
    series = fields.List(fields.Nested(CourseOut), required=True)


class OutcomesQuery(Strict):
    """When the last sessions of the series started; 366 days at most, and the last year if not
    said.
    """

    from_ = Instant(data_key="from")
    to = Instant()

    @validates_schema
    def spans_at_most_a_year(self, data: dict[str, Any], **_: object) -> None:
        if len(data) == 1:
            given, needed = ("to", "from") if "to" in data else ("from", "to")
            raise ValidationError(f"Needed with {given}.", needed)
        if data and not timedelta(0) < data["to"] - data["from_"] <= MOST:
            raise ValidationError("Must be after from, by at most 366 days.", "to")


class RateOut(Schema):
    """How many of those judged, and which share: with its 95 % interval (Wilson), null of none."""

    count = Count(required=True)
    rate = fields.Float(required=True, allow_none=True)
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)


class OutcomesOut(Schema):
    """What became of the series that ended in a time, each judged by its last complete PHQ-9."""

    from_ = Instant(required=True, data_key="from")
    to = Instant(required=True)
    series = Count(**_says("All that are completed or stopped, with one session at least."))
    completed = Count(required=True)
    stopped = Count(required=True)
    with_baseline = Count(required=True)
    with_final_score = Count(**_says("With a complete PHQ-9 since the first session."))
    unanswered = Count(**_says("Without one."))
    judged = Count(**_says("With a baseline and a final score: what the rates are of."))
    response = fields.Nested(RateOut, required=True)
    remission = fields.Nested(RateOut, required=True)
    worse = fields.Nested(RateOut, required=True)


class ReasonOut(Schema):
    """Why to look."""

    reason = Choice(*REASONS, **_says(REASONS_SAID))
    detail = fields.String(required=True)


class ReviewOut(Schema):
    """A session of today, and why its patient's course needs a look before it."""

    session_id = Id(required=True, attribute="coming.session_id")
    series_id = Id(required=True, attribute="coming.series_id", allow_none=True)
    patient_id = Id(required=True, attribute="coming.patient_id")
    patient = fields.Nested(ContactOut, required=True)
    starts_at = Instant(required=True, attribute="coming.starts_at")
    reasons = fields.List(fields.Nested(ReasonOut), **_says("The most urgent first."))


class ReviewsOut(Schema):
    """Who needs a look today: the most urgent first, then by start."""

    on = Date(required=True)
    items = fields.List(fields.Nested(ReviewOut), required=True)
