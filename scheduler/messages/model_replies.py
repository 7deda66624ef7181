"""What a reply is judged by: whose number it came from, and what was sent there."""

from datetime import timedelta

from sqlalchemy import func, select

from scheduler.messages.model import Message
from scheduler.messages.model_texts import InboundText
from scheduler.messages.rules_replies import Reminded
from scheduler.patients.model import Consent, Patient
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work

# What may have arrived: a "C" proves that it did.
MAY_HAVE_ARRIVED = ("sending", "sent", "delivered", "undelivered", "unknown")

# Far more than one number is sent of visits still to come.
LATEST = 50


def patients_at(work: Work, number: str) -> list[Patient]:
    """The patients who have this number, those who came first at the top."""
    found = select(Patient).where(Patient.clinic_id == work.clinic_id, Patient.phone == number)
    return list(work.session.scalars(found.order_by(Patient.created_at, Patient.id)))


def reminded_at(work: Work, number: str) -> list[Reminded]:
    """The visits that were last spoken of in texts to this number, each by its latest one."""
    sent_at = func.coalesce(Message.sent_at, Message.due_at)
    rows = work.session.execute(
        select(Message.time_version, sent_at, InfusionSession)
        .join(
            InfusionSession,
            (InfusionSession.clinic_id == Message.clinic_id)
            & (InfusionSession.id == Message.session_id),
        )
        .where(
            Message.clinic_id == work.clinic_id,
            Message.address == number,
            Message.channel == "sms",
            Message.kind != "follow_up",
            Message.status.in_(MAY_HAVE_ARRIVED),
        )
        .order_by(sent_at.desc(), Message.id)
        .limit(LATEST)
    )
    found: dict[object, Reminded] = {}
    for time_version, at, visit in rows:
        still = visit.status == "booked" and visit.starts_at > work.now
        found.setdefault(
            visit.id,
            Reminded(
                session_id=visit.id,
                patient_id=visit.patient_id,
                sent_at=at,
                current=still and visit.time_version == time_version,
                confirmed=visit.confirmed_at is not None,
            ),
        )
    return list(found.values())


def text_consents_at(work: Work, number: str) -> list[Consent]:
    """Every consent by which this number is or was sent texts, those in force first.

    Then come those withdrawn, the latest first. It is the number that the consent was given for,
    or its patient's present one.
    """
    found = (
        select(Consent)
        .join(
            Patient,
            (Patient.clinic_id == Consent.clinic_id) & (Patient.id == Consent.patient_id),
        )
        .where(
            Consent.clinic_id == work.clinic_id,
            Consent.channel == "sms",
            (Consent.address == number) | (Patient.phone == number),
        )
        .order_by(Consent.withdrawn_at.desc().nulls_first(), Consent.given_at.desc(), Consent.id)
    )
    return list(work.session.scalars(found))


def answered_lately(work: Work, number: str) -> bool:
    """Were this number's own words answered within a day? Two machines would never end."""
    since = work.now - timedelta(days=1)
    found = select(InboundText.id).where(
        InboundText.clinic_id == work.clinic_id,
        InboundText.number == number,
        InboundText.received_at > since,
        InboundText.answer == "words",
    )
    return work.session.scalar(found.limit(1)) is not None
