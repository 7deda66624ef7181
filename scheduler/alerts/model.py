"""Alerts as they are stored, what happened to each, and who was told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, ColumnElement, Interval, Text, cast, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned
from scheduler.patients.model_stops import Stop
from scheduler.tenancy import Work

# The least by which a clock can begin anew.
A_MOMENT = cast(timedelta(microseconds=1), Interval)


class Alert(OfClinic, Versioned, Base):
    """A patient who may be in danger; a patient has one open alert at most.

    `clock_from` is when it was raised, or when a further answer last said so: since then nobody
    has acknowledged it until `acknowledged_at`. It ends by a clinician who closes it with a note.
    """

    __tablename__ = "alerts"
    noun: ClassVar[str] = "alert"

    patient_id: Mapped[UUID]
    raised_at: Mapped[datetime]
    clock_from: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    note: Mapped[str | None]

    @property
    def status(self) -> str:
        if self.closed_at is not None:
            return "closed"
        return "open" if self.acknowledged_at is None else "acknowledged"

    @classmethod
    def in_state(cls, status: str) -> list[ColumnElement[bool]]:
        """What holds of the alerts that are in this state, as `status` says it."""
        if status == "closed":
            return [cls.closed_at.is_not(None)]
        heard = cls.acknowledged_at.is_not(None)
        return [cls.closed_at.is_(None), heard if status == "acknowledged" else ~heard]


class AlertEvent(OfClinic, Base):
    """What happened to an alert; never changed. `reasons` as in `instruments/rules.py`."""

    __tablename__ = "alert_events"
    noun: ClassVar[str] = "alert event"

    alert_id: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[datetime]
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    answers_id: Mapped[UUID | None]
    provider_id: Mapped[UUID | None]


class AlertCall(OfClinic, Versioned, Base):
    """Telling one provider by one channel of an alert: the n-th time since its clock began."""

    __tablename__ = "alert_calls"
    noun: ClassVar[str] = "alert call"

    alert_id: Mapped[UUID]
    clock_from: Mapped[datetime]
    number: Mapped[int]
    provider_id: Mapped[UUID]
    channel: Mapped[str]
    address: Mapped[str]
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="planned")
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    first_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


def heed(work: Work, patient_id: UUID, answers_id: UUID, reasons: Sequence[str]) -> UUID:
    """Raise an alert for what a patient answered, in the answer's own transaction (I53).

    The answers are in the database already. Where an alert is open this joins it: nobody has
    acknowledged that, and the clock begins anew. A stop keeps the patient's next session from
    starting until the alert is closed (I54).
    """
    new_id = uuid4()
    made = insert(Alert).values(
        clinic_id=work.clinic_id,
        id=new_id,
        patient_id=patient_id,
        raised_at=work.now,
        clock_from=work.now,
        version=1,
    )
    # Two answers at once make one alert; one closed meanwhile is left closed, and this is another.
    raised = made.on_conflict_do_update(
        index_elements=["clinic_id", "patient_id"],
        index_where=Alert.closed_at.is_(None),
        set_={
            # Another process' clock may be ahead of ours; the clock begins anew all the same.
            "clock_from": func.greatest(work.now, Alert.clock_from + A_MOMENT),
            "acknowledged_at": None,
            "acknowledged_by": None,
            "version": Alert.version + 1,
        },
    )
    alert_id = work.session.scalars(raised.returning(Alert.id)).one()
    work.session.add(
        AlertEvent(
            clinic_id=work.clinic_id,
            alert_id=alert_id,
            kind="raised" if alert_id == new_id else "joined",
            at=work.now,
            reasons=list(reasons),
            answers_id=answers_id,
        )
    )
    if alert_id == new_id:
        work.session.add(
            Stop(
                clinic_id=work.clinic_id,
                patient_id=patient_id,
                alert_id=alert_id,
                placed_at=work.now,
            )
        )
    return alert_id
