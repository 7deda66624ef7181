"""Answers as they are stored: one row a form, whole or in part."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned


class Answers(OfClinic, Versioned, Base):
    """What a patient answered to one instrument: `items` has a value for each item answered.

    By link it grows as they go along, until it is submitted; then no one changes it, and a
    correction is a row of its own that names it (I57). `rule` and `session_id` say what asked.
    """

    __tablename__ = "answers"
    noun: ClassVar[str] = "answers"

    patient_id: Mapped[UUID]
    session_id: Mapped[UUID | None]
    rule: Mapped[str | None]
    instrument: Mapped[str]
    instrument_version: Mapped[int]
    language: Mapped[str]
    source: Mapped[str]
    items: Mapped[dict[str, Any]]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    recorded_by: Mapped[UUID | None]
    corrects_id: Mapped[UUID | None]
    correction_reason: Mapped[str | None] = mapped_column(default=None)
