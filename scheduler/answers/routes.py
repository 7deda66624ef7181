"""Answers by phone, read by clinicians, and corrected."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import DECIDE_CARE, READ_ANSWERS, SUBMIT_ANSWERS
from scheduler.answers import actions
from scheduler.answers.actions import Taken
from scheduler.answers.model import Answers
from scheduler.answers.schema import AnswersIn, AnswersOut, AnswersTaken, CorrectionIn
from scheduler.patients.model import Patient
from scheduler.tenancy import Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import PageQuery, page_of

routes = Routes("answers", "What patients answered to the instruments.")


@routes.post(
    "/patients/<uuid:patient_id>/answers",
    access=SUBMIT_ANSWERS,
    body=AnswersIn(),
    answer=AnswersTaken(),
    status=201,
    made_at="/answers",
    refusals=("not_allowed",),
)
def record_answers(work: Work, body: dict[str, Any], patient_id: UUID) -> Taken:
    """Record what a patient answers on the phone.

    What tells of danger raises an alert at once; the answer then holds what to read to the patient.
    """
    return actions.record_answers(work, patient_id, **body)


@routes.get(
    "/patients/<uuid:patient_id>/answers",
    access=READ_ANSWERS,
    query=PageQuery(),
    answer=page_of(AnswersOut),
)
def list_answers(work: Work, query: dict[str, Any], patient_id: UUID) -> Page:
    """List a patient's answers, oldest first: partial ones and corrected ones too."""
    patient = work.load(Patient, patient_id)
    answers = select(Answers).where(Answers.patient_id == patient.id)
    return page(work, answers, [Answers.started_at, Answers.id], **query)


@routes.get("/answers/<uuid:answers_id>", access=READ_ANSWERS, answer=AnswersOut())
def read_answers(work: Work, answers_id: UUID) -> Answers:
    """Read answers, with their total and what it is called."""
    return work.load(Answers, answers_id)


@routes.post(
    "/answers/<uuid:answers_id>/correct",
    access=DECIDE_CARE,
    body=CorrectionIn(),
    answer=AnswersTaken(),
    status=201,
    made_at="/answers",
    refusals=("not_allowed",),
)
def correct_answers(work: Work, body: dict[str, Any], answers_id: UUID) -> Taken:
    """Correct answers by new ones, with a reason; the old ones stay, and so does their alert."""
    return actions.correct_answers(work, answers_id, **body)
