"""Acting on a text that a patient sent: once, at once, and never by guessing (I43, I44, I45)."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert

from scheduler.messages.model_replies import (
    answered_lately,
    patients_at,
    reminded_at,
    text_consents_at,
)
from scheduler.messages.model_texts import InboundText
from scheduler.messages.rules_answers import answer, short_time
from scheduler.messages.rules_replies import confirmable, meaning
from scheduler.messages.rules_text import Draft
from scheduler.patients.model import Consent, Patient
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.steps import taken
from scheduler.tenancy import Work, lock_schedule
from scheduler.web.fields_contact import readable_phone
from scheduler.web.preconditions import IfMatch

ANY_VERSION = IfMatch(frozenset(), any=True)

# These the provider may have answered itself, and then says so.
CARRIERS_ANSWER = ("stop", "cancel", "start", "help")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a text was about, for the audit log, and what it is answered with, if anything."""

    ids: list[UUID]
    text: str | None = None


def take_in(
    work: Work, provider_id: str, number: str, body: str, *, answered: bool = False
) -> Answered:
    """Keep a text that came in and do what it asks for; a second time it changes nothing.

    `answered`: the provider has answered this word itself.
    """
    asked = meaning(body)
    if asked in ("stop", "cancel", "start", "confirm"):
        # A start and a booking look at consents; of two texts at once one waits.
        work = lock_schedule(work)
    session_id = confirmable(reminded_at(work, number)) if asked == "confirm" else None
    kind = _kind_of_answer(asked, session_id)
    if (answered and asked in CARRIERS_ANSWER) or (
        kind == "words" and answered_lately(work, number)
    ):
        kind = None
    text_id = uuid4()
    row = {
        "clinic_id": work.clinic_id,
        "id": text_id,
        "provider_id": provider_id,
        "number": number,
        "body": body,
        "received_at": work.now,
        "meaning": asked,
        "session_id": session_id,
        "answer": kind,
    }
    kept = insert(InboundText).values(row).on_conflict_do_nothing().returning(InboundText.id)
    if work.session.scalar(kept) is None:
        return Answered([])
    patients = patients_at(work, number)
    ids = [text_id, *(each.id for each in patients)]
    if asked in ("stop", "cancel"):
        ids += _opt_out(work, number, text_id)
    elif asked == "start":
        _opt_in(work, number, patients)
    elif session_id is not None:
        ids.append(_confirm(work, session_id))
    return Answered(ids, _wording(work, kind, patients, session_id) if kind else None)


def _kind_of_answer(asked: str, session_id: UUID | None) -> str | None:
    if asked == "confirm":
        return "confirmed" if session_id else "unclear"
    return asked


def _opt_out(work: Work, number: str, text_id: UUID) -> list[UUID]:
    """Withdraw what texts to this number stand on, of whoever shares it; whose it was."""
    patients = []
    for consent in text_consents_at(work, number):
        if consent.withdrawn_at is None:
            consent.withdrawn_at, consent.withdrawn_by_text = work.now, text_id
            patients.append(consent.patient_id)
    return patients


def _opt_in(work: Work, number: str, patients: list[Patient]) -> None:
    """Give back what this number took, by a text or at its carrier; nothing that a person did."""
    present = {each.id for each in patients}
    seen = set()
    for consent in text_consents_at(work, number):
        of = (consent.patient_id, consent.purpose)
        if of not in seen and consent.withdrawn_by_number and consent.patient_id in present:
            again = Consent(
                clinic_id=work.clinic_id,
                patient_id=consent.patient_id,
                purpose=consent.purpose,
                channel="sms",
                address=number,
                source="text",
                wording_version=consent.wording_version,
                given_at=work.now,
            )
            work.session.add(again)
        seen.add(of)


def _confirm(work: Work, session_id: UUID) -> UUID:
    """The patient will come; saying so again leaves it at the first time."""
    infusion_session = work.load(InfusionSession, session_id)
    if infusion_session.confirmed_at is None:
        taken(work, session_id, ANY_VERSION, "confirm", None)
    return session_id


def _wording(work: Work, kind: str, patients: list[Patient], session_id: UUID | None) -> str | None:
    """The answer in the language of whoever has the number; None if it would tell too much."""
    clinic = work.clinic()
    phone = readable_phone(clinic.phone) if clinic.phone else None
    languages = {each.language for each in patients}
    language = languages.pop() if len(languages) == 1 else "en"
    when = ""
    if session_id is not None:
        infusion_session = work.load(InfusionSession, session_id)
        patient = work.load(Patient, infusion_session.patient_id)
        elsewhere = patient.time_zone not in (None, clinic.time_zone)
        when = short_time(language, infusion_session.starts_at, work.zone, name_zone=elsewhere)
    said = answer(language, kind, clinic.neutral_name, phone, when)
    tells = Draft(sender=clinic.neutral_name, subject="", body="", text=said).forbidden()
    return None if tells else said
