"""Answers as they are stored: one row a form, whole or in part."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, MappedSQLExpression, aliased, column_property, mapped_column

from scheduler.alerts.model import heed
from scheduler.clinics.model import policy_of
from scheduler.clinics.rules_crisis import crisis_text
from scheduler.db import Base, OfClinic, Versioned
from scheduler.instruments.rules import (
    Instrument,
    band_of,
    is_complete,
    reasons_of,
    total_of,
)
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.tenancy import Work


class Answers(OfClinic, Versioned, Base):
    """What a patient answered to one instrument: `items` has a value for each item answered.

    By link it grows as they go along, until it is submitted; then no one changes it, and a
    correction is a row of its own that names it (I57). `rule` and `session_id` say what asked.
    `answered_at` is when the patient said so, of a correction too.
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
    # What corrects these; made below, as it is a column of their own table.
    corrected_by_id: ClassVar[MappedSQLExpression[UUID | None]]

    @property
    def asked(self) -> Instrument:
        """The instrument that was asked."""
        return SHIPPED[self.instrument]

    @property
    def complete(self) -> bool:
        return is_complete(self.asked, self.items)

    @property
    def total(self) -> int | None:
        return total_of(self.asked, self.items)

    @property
    def band(self) -> str | None:
        return band_of(self.asked, self.total)


_later = aliased(Answers.__table__)
Answers.corrected_by_id = column_property(
    select(_later.c.id)
    .where(_later.c.clinic_id == Answers.clinic_id, _later.c.corrects_id == Answers.id)
    .scalar_subquery()
)


def heeded(work: Work, answers: Answers, given: Collection[str]) -> str | None:
    """What the patient is to be shown at once, as the items just `given` tell of danger, or None.

    Every path that stores an answer ends here, in that answer's transaction (I53).
    """
    policy = policy_of(work)
    reasons = reasons_of(answers.asked, answers.items, given, policy.alert_total)
    if not reasons:
        return None
    work.session.flush()
    heed(work, answers.patient_id, answers.id, reasons)
    return crisis_text(policy.crisis_text, answers.language)
