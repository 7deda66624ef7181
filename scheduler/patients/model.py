"""Patients and consents as they are stored."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import Select, Text, and_, func, select, union
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned, among
from scheduler.errors import NotFound
from scheduler.patients.rules import search_patterns
from scheduler.tenancy import Match, Work


class Patient(OfClinic, Versioned, Base):
    """A patient. `phone` is E.164; `time_zone` is theirs where it is not the clinic's.

    `phone_failed_at` and `email_failed_at` are when these were found to be dead (I46).
    """

    __tablename__ = "patients"
    noun: ClassVar[str] = "patient"

    given_name: Mapped[str]
    family_name: Mapped[str]
    birth_date: Mapped[date]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    phone_failed_at: Mapped[datetime | None]
    email_failed_at: Mapped[datetime | None]
    time_zone: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    preferred_channel: Mapped[str] = mapped_column(default="email")
    external_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime]

    @property
    def addresses(self) -> dict[str, str | None]:
        """The patient's address on each channel."""
        return {"sms": self.phone, "email": self.email}

    @property
    def working_addresses(self) -> dict[str, str | None]:
        """Those of them that messages reach: none has failed for good (I46)."""
        return {
            "sms": None if self.phone_failed_at else self.phone,
            "email": None if self.email_failed_at else self.email,
        }


class Contact(NamedTuple):
    """Whom to call: what a list shows of a patient beside their id."""

    given_name: str
    family_name: str
    phone: str | None


class Consent(OfClinic, Versioned, Base):
    """A patient's consent for one purpose, on one channel where it is about messages (I40).

    `withdrawn_by_text` is the text that withdrew it, `withdrawn_by_message` a message of ours that
    the carrier refused as the number had opted out there: another text can give it back (I43).
    """

    __tablename__ = "consents"
    noun: ClassVar[str] = "consent"

    patient_id: Mapped[UUID]
    purpose: Mapped[str]
    channel: Mapped[str | None]
    address: Mapped[str | None]
    source: Mapped[str]
    wording_version: Mapped[str]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_text: Mapped[UUID | None]
    withdrawn_by_message: Mapped[UUID | None]
    recorded_by: Mapped[UUID | None]

    @property
    def withdrawn_by_number(self) -> bool:
        """Did the number itself say so, to us or to its carrier? Then it can take it back."""
        return bool(self.withdrawn_by_text or self.withdrawn_by_message)


def patients_like(
    name: str | None = None, phone: str | None = None, birth_date: date | None = None
) -> Select[Patient]:
    """The query for patients who match everything that is said."""
    patients = select(Patient)
    if phone is not None:
        patients = patients.where(Patient.phone == phone)
    if birth_date is not None:
        patients = patients.where(Patient.birth_date == birth_date)
    if name is not None:
        # LIKE is not leakproof: under row security it would not use its index.
        named = func.patients_named(array(search_patterns(name), type_=Text))
        patients = patients.where(Patient.id.in_(select(named)))
    return patients


def contacts_of(work: Work, patient_ids: Iterable[UUID]) -> dict[UUID, Contact]:
    """Whom to call about some things, read at once."""
    rows = work.session.execute(
        select(Patient.id, Patient.given_name, Patient.family_name, Patient.phone).where(
            Patient.clinic_id == work.clinic_id, among(Patient.id, set(patient_ids))
        )
    )
    return {row.id: Contact(*row[1:]) for row in rows}


def load_consent(
    work: Work, patient_id: UUID, consent_id: UUID, match: Match | None = None
) -> Consent:
    """The consent of this very patient."""
    consent = work.load(Consent, consent_id, match=match)
    if consent.patient_id != patient_id:
        raise NotFound(Consent.noun)
    return consent


def consents_in_force(work: Work, patient_id: UUID) -> set[tuple[str, str | None]]:
    """The (purpose, channel) pairs that the patient has consented to and not withdrawn."""
    rows = work.session.execute(
        select(Consent.purpose, Consent.channel).where(
            Consent.clinic_id == work.clinic_id,
            Consent.patient_id == patient_id,
            Consent.withdrawn_at.is_(None),
        )
    )
    return {(row.purpose, row.channel) for row in rows}


def consented_channels(work: Work, patient_id: UUID, purpose: str) -> set[str]:
    """The channels on which the patient may be written to for this purpose."""
    pairs = consents_in_force(work, patient_id)
    return {channel for of, channel in pairs if of == purpose and channel}


def consents_at(work: Work, channel: str, address: str) -> list[Consent]:
    """The consents in force by which this address is written to, whoever shares it.

    It is the one that a consent was given for, or its patient's present one.
    """
    present = Patient.email if channel == "email" else Patient.phone
    same = and_(Patient.clinic_id == Consent.clinic_id, Patient.id == Consent.patient_id)
    # Two look-ups by their indexes; with `or` it would be a walk through all consents.
    given_for = select(Consent.id).where(
        Consent.clinic_id == work.clinic_id, Consent.address == address
    )
    of_patients = (
        select(Consent.id)
        .join(Patient, same)
        .where(Patient.clinic_id == work.clinic_id, present == address)
    )
    found = select(Consent).where(
        Consent.clinic_id == work.clinic_id,
        Consent.id.in_(union(given_for, of_patients)),
        Consent.channel == channel,
        Consent.withdrawn_at.is_(None),
    )
    return list(work.session.scalars(found))
