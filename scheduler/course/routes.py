"""How patients do: their courses, the clinic's outcomes, and who needs a look today."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response

from scheduler.access.roles import READ_ANSWERS
from scheduler.course import actions
from scheduler.course.rules import Course
from scheduler.course.rules_chart import chart
from scheduler.course.schema import (
    CourseOut,
    OutcomesOut,
    OutcomesQuery,
    PatientCourseOut,
    ReviewsOut,
)
from scheduler.patients.model import contacts_of
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.wall_time import local_date
from scheduler.web.routes import Routes

SVG = "image/svg+xml"
USUALLY = timedelta(days=365)

routes = Routes("course", "How patients do over their series. For clinicians alone.")


@routes.get("/patients/<uuid:patient_id>/course", access=READ_ANSWERS, answer=PatientCourseOut())
def get_patient_course(work: Work, patient_id: UUID) -> dict[str, Any]:
    """The course of each of a patient's series."""
    return {"patient_id": patient_id, "series": actions.course_of_patient(work, patient_id)}


@routes.get("/series/<uuid:series_id>/course", access=READ_ANSWERS, answer=CourseOut())
def get_series_course(work: Work, series_id: UUID) -> Course:
    """The course of a series: PHQ-9 totals against the baseline, and what they say."""
    return actions.course_of_series(work, series_id)


@routes.get("/series/<uuid:series_id>/course.svg", access=READ_ANSWERS, answer=None, media_type=SVG)
def draw_series_course(work: Work, series_id: UUID) -> Response:
    """The course of a series as a small picture that names nobody."""
    return Response(chart(actions.course_of_series(work, series_id), work.zone), mimetype=SVG)


@routes.get("/clinic/outcomes", access=READ_ANSWERS, query=OutcomesQuery(), answer=OutcomesOut())
def get_outcomes(work: Work, query: dict[str, Any]) -> dict[str, Any]:
    """What became of the series that ended in a time: response, remission, and who got worse."""
    within = Span(query.get("from_", work.now - USUALLY), query.get("to", work.now))
    found = actions.outcomes(work, within)
    return asdict(found) | {"from_": within.start, "to": within.end}


@routes.get("/reviews", access=READ_ANSWERS, answer=ReviewsOut())
def list_reviews(work: Work) -> dict[str, Any]:
    """Who comes today and needs a look before: the most urgent first, each with why."""
    found = actions.reviews(work)
    contacts = contacts_of(work, (each.coming.patient_id for each in found))
    items = [
        {
            "coming": each.coming,
            "reasons": each.reasons,
            "patient": contacts[each.coming.patient_id],
        }
        for each in found
    ]
    return {"on": local_date(work.now, work.zone), "items": items}
