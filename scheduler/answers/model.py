"""Answers as they are stored: one row a form, whole or in part."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from scheduler.alerts.model import heed
from scheduler.clinics.model import policy_of
from scheduler.clinics.rules_crisis import crisis_text
from scheduler.db import Base, OfClinic, Versioned
from scheduler.instruments.rules import reasons_of
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.tenancy import Work


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


def heeded(work: Work, answers: Answers, given: Collection[str]) -> str | None:
    """What the patient is to be shown at once, as the items just `given` tell of danger, or None.

    Every path that stores an answer ends here, in that answer's transaction (I53).
    """
    policy = policy_of(work)
    reasons = reasons_of(SHIPPED[answers.instrument], answers.items, given, policy.alert_total)
    if not reasons:
        return None
    work.session.flush()
    heed(work, answers.patient_id, answers.id, reasons)
    return crisis_text(policy.crisis_text, answers.language)
