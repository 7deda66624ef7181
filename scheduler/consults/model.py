"""Providers, consultations and clearances as they are stored."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.consults.rules import Term
from scheduler.db import Base, OfClinic, Versioned, among
from scheduler.tenancy import Work


class Provider(OfClinic, Versioned, Base):
    """A medical provider, who sees patients in consultations and clears them."""

    __tablename__ = "providers"
    noun: ClassVar[str] = "provider"

    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)


class Consultation(OfClinic, Versioned, Base):
    """A patient's appointment with a provider, and what came of it."""

    __tablename__ = "consultations"
    noun: ClassVar[str] = "consultation"

    patient_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="booked")
    arrived_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    missed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    history_reviewed: Mapped[bool] = mapped_column(default=False)
    symptoms: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    @property
    def minutes(self) -> int:
        """Its length."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


class Clearance(OfClinic, Versioned, Base):
    """A provider's decision that infusions suit a patient, with an end date."""

    __tablename__ = "clearances"
    noun: ClassVar[str] = "clearance"

    patient_id: Mapped[UUID]
    consultation_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    cleared_at: Mapped[datetime]
    expires_on: Mapped[date]
    max_sessions: Mapped[int | None]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None]


def terms_of(work: Work, patient_id: UUID) -> list[Term]:
    """The patient's clearances, as values."""
    return terms_of_patients(work, [patient_id]).get(patient_id, [])


def terms_of_patients(work: Work, patient_ids: Iterable[UUID]) -> dict[UUID, list[Term]]:
    """The clearances of several patients."""
    rows = work.session.execute(
        select(
            Clearance.patient_id,
            Clearance.id,
            Clearance.cleared_at,
            Clearance.expires_on,
            Clearance.revoked_at,
            Clearance.max_sessions,
        ).where(Clearance.clinic_id == work.clinic_id, among(Clearance.patient_id, patient_ids))
    )
    found: dict[UUID, list[Term]] = {}
    for row in rows:
        term = Term(
            row.id, row.cleared_at, row.expires_on, row.revoked_at is not None, row.max_sessions
        )
        found.setdefault(row.patient_id, []).append(term)
    return found
