"""Patients in danger, and providers who can be told of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from scheduler import clock
from scheduler.alerts.actions import acknowledge_alert, close_alert, replace_on_call
from scheduler.alerts.model import heed
from scheduler.alerts.rules import Rota
from scheduler.answers.model import Answers
from scheduler.consults.actions import add_provider
from scheduler.tenancy import Actor, Work
from tests.builders import ANY, ClinicKit, a_patient


def answered(work: Work, patient_id: UUID, answers_id: UUID | None = None) -> UUID:
    """The patient answers item 9 of a PHQ-9 with 1: the alert that it raises or joins."""
    answers = Answers(
        clinic_id=work.clinic_id,
        id=answers_id,
        patient_id=patient_id,
        instrument="phq9",
        instrument_version=1,
        language="en",
        source="phone",
        items={"9": 1},
        started_at=work.now,
        answered_at=work.now,
        submitted_at=work.now,
    )
    work.session.add(answers)
    work.session.flush()
    return heed(work, patient_id, answers.id, ["self_harm"])


def an_alert(
    clinic: ClinicKit, patient_id: UUID | None = None, now: datetime | None = None
) -> UUID:
    """An alert about a patient; a further answer of theirs where it is open already."""
    patient_id = patient_id or a_patient(clinic)
    with clinic.work(now) as work:
        return answered(work, patient_id)


def a_provider(clinic: ClinicKit, name: str = "Dr. Chen", **fields: Any) -> UUID:
    """A provider with a phone and a mail address, unless told otherwise."""
    known = {"phone": "+16025559001", "email": "chen@clinic.example"}
    with clinic.work() as work:
        provider = add_provider(work, name=name, **known | fields)
        work.session.flush()
        return provider.id


def on_call(clinic: ClinicKit, *otherwise: UUID, rota: Rota | None = None) -> None:
    """These are on call at any hour, in this order; or the whole rota."""
    with clinic.work() as work:
        replace_on_call(work, ANY, rota or Rota(otherwise=otherwise))


def heard(clinic: ClinicKit, alert_id: UUID, provider_id: UUID) -> None:
    """A provider acknowledges it."""
    with clinic.work(actor=Actor(None, "clinician", provider_id)) as work:
        acknowledge_alert(work, alert_id, ANY)


def closed(clinic: ClinicKit, alert_id: UUID, provider_id: UUID) -> None:
    """A provider closes it."""
    with clinic.work(clock.now(), Actor(None, "clinician", provider_id)) as work:
        close_alert(work, alert_id, ANY, "Spoke with the patient")
