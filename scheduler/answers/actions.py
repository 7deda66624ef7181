"""Storing what a patient answered, and putting right what was stored."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.answers.model import Answers, heeded
from scheduler.errors import Conflict, Invalid
from scheduler.instruments.rules import Instrument, refused
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.patients.model import Patient
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work


@dataclass(frozen=True, slots=True)
class Taken:
    """Answers that were stored, and what the patient must hear at once because of them."""

    answers: Answers
    alert: bool
    crisis_text: str | None


def record_answers(
    work: Work,
    patient_id: UUID,
    *,
    instrument: str,
    items: dict[str, Any],
    language: str | None = None,
    session_id: UUID | None = None,
    rule: str | None = None,
) -> Taken:
    """Store what a patient answered on the phone, whole or in part: submitted, and never changed.

    A discharged patient's are taken too: danger is never turned away.
    Raises Conflict for a deceased patient, and Invalid for what the instrument does not ask and
    another patient's session.
    """
    patient = work.load(Patient, patient_id)
    if patient.status == "deceased":
        raise Conflict("not_allowed", "The patient is deceased.", state=patient.status)
    asked = SHIPPED[instrument]
    _fit(asked, items)
    if session_id is not None:
        session = work.load(InfusionSession, session_id, field="session_id")
        if session.patient_id != patient.id:
            raise Invalid({"session_id": ["It is another patient's session."]})
    answers = Answers(
        clinic_id=work.clinic_id,
        patient_id=patient.id,
        session_id=session_id,
        rule=rule,
        instrument=instrument,
        instrument_version=asked.version,
        language=language or patient.language,
        source="phone",
        items=items,
        started_at=work.now,
        answered_at=work.now,
        submitted_at=work.now,
        recorded_by=work.actor.key_id,
    )
    return _stored(work, answers)


def correct_answers(work: Work, answers_id: UUID, *, items: dict[str, Any], reason: str) -> Taken:
    """Store what the patient did say, as answers of their own that name the old ones (I57).

    An alert that the old ones raised stays open, whatever the new ones say: a clinician closes it.
    Raises Conflict for answers that were not submitted or are corrected already.
    """
    old = _held(work, answers_id)
    if old.submitted_at is None:
        raise Conflict("not_allowed", "The patient has not submitted these yet.", state="open")
    if old.corrected_by_id is not None:
        detail = "These were corrected already. Correct what corrects them."
        raise Conflict("not_allowed", detail, state="corrected")
    _fit(old.asked, items)
    answers = Answers(
        clinic_id=work.clinic_id,
        patient_id=old.patient_id,
        session_id=old.session_id,
        rule=old.rule,
        instrument=old.instrument,
        instrument_version=old.asked.version,
        language=old.language,
        source=old.source,
        items=items,
        started_at=old.started_at,
        answered_at=old.answered_at,
        submitted_at=work.now,
        recorded_by=work.actor.key_id,
        corrects_id=old.id,
        correction_reason=reason,
    )
    return _stored(work, answers)


def _held(work: Work, answers_id: UUID) -> Answers:
    """The answers, once whoever was at them is done; what is read after that is what they left."""
    asked = select(Answers.id).where(Answers.clinic_id == work.clinic_id, Answers.id == answers_id)
    work.session.execute(asked.with_for_update())
    return work.load(Answers, answers_id)


def _fit(instrument: Instrument, items: dict[str, Any]) -> None:
    if wrong := refused(instrument, items):
        raise Invalid({"items": wrong})


def _stored(work: Work, answers: Answers) -> Taken:
    work.session.add(answers)
    work.session.flush()
    crisis_text = heeded(work, answers, answers.items)
    return Taken(answers, crisis_text is not None, crisis_text)
