"""Reading courses: of a series, of a patient, of all that ended, and of who comes today."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from scheduler.alerts.model import Alert
from scheduler.consults.model import terms_of_patients
from scheduler.consults.rules import Term, ends_soon
from scheduler.course.model import courses_ended_in, courses_of
from scheduler.course.rules import Course
from scheduler.course.rules_outcomes import Outcomes, outcomes_of
from scheduler.course.rules_reviews import Coming, Review, reviews_of
from scheduler.db import among, in_states
from scheduler.patients.model import Patient
from scheduler.series.model import Series
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import LIVE
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.wall_time import day, local_date


def course_of_series(work: Work, series_id: UUID) -> Course:
    """The course of one series. Raises NotFound."""
    patient_id = work.load(Series, series_id).patient_id
    courses = courses_of(work, [patient_id])[patient_id]
    return next(each for each in courses if each.run.series_id == series_id)


def course_of_patient(work: Work, patient_id: UUID) -> list[Course]:
    """The courses of a patient's series, by when these begin. Raises NotFound."""
    work.load(Patient, patient_id)
    return courses_of(work, [patient_id])[patient_id]


def outcomes(work: Work, within: Span) -> Outcomes:
    """What became of the series whose last session started in that time."""
    return outcomes_of(courses_ended_in(work, within))


def reviews(work: Work) -> list[Review]:
    """Whose course needs a look before their session of today."""
    today = day(local_date(work.now, work.zone), work.zone)
    sessions = work.session.execute(
        select(
            InfusionSession.id,
            InfusionSession.series_id,
            InfusionSession.patient_id,
            InfusionSession.starts_at,
        ).where(
            InfusionSession.clinic_id == work.clinic_id,
            in_states(InfusionSession.status, *LIVE),
            InfusionSession.starts_at >= today.start,
            InfusionSession.starts_at < today.end,
        )
    ).all()
    patient_ids = {each.patient_id for each in sessions}
    courses = {
        course.run.series_id: course
        for of_patient in courses_of(work, patient_ids).values()
        for course in of_patient
    }
    terms, alerted = terms_of_patients(work, patient_ids), _alerted(work, patient_ids)
    return reviews_of(
        Coming(
            session_id=each.id,
            series_id=each.series_id,
            patient_id=each.patient_id,
            starts_at=each.starts_at,
            alert=each.patient_id in alerted,
            course=(course := courses.get(each.series_id)),
            clearance_ends_on=_ends_before(work, course, terms.get(each.patient_id, [])),
        )
        for each in sessions
    )


def _ends_before(work: Work, course: Course | None, terms: list[Term]) -> date | None:
    """When the clearance is about to end, if the series goes on after that."""
    on = ends_soon(terms, work.now, work.zone)
    if on is None or course is None:
        return None
    last = local_date(course.run.sessions[-1].at, work.zone)
    return on if course.run.owed or last > on else None


def _alerted(work: Work, patient_ids: set[UUID]) -> set[UUID]:
    """Which of these patients have an open alert."""
    found = select(Alert.patient_id).where(
        Alert.clinic_id == work.clinic_id,
        among(Alert.patient_id, patient_ids),
        Alert.closed_at.is_(None),
    )
    return set(work.session.scalars(found))
