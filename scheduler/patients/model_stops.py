"""Stops: why a patient's next session may not start (I5)."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from scheduler.db import Base, OfClinic, Versioned
from scheduler.tenancy import Work


class Stop(OfClinic, Versioned, Base):
    """A stop on a patient, placed by an alert and lifted by closing that (I54)."""

    __tablename__ = "stops"
    noun: ClassVar[str] = "stop"

    patient_id: Mapped[UUID]
    alert_id: Mapped[UUID]
    placed_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


def is_stopped(work: Work, patient_id: UUID) -> bool:
    """Is there a stop on the patient now?"""
    found = select(Stop.id).where(
        Stop.clinic_id == work.clinic_id,
        Stop.patient_id == patient_id,
        Stop.lifted_at.is_(None),
    )
    return work.session.scalars(found.limit(1)).one_or_none() is not None
