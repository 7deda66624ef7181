"""Series as they are stored, and with their sessions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from scheduler.db import Base, OfClinic, Versioned, among
from scheduler.series import rules
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.model_views import SessionView, numbered
from scheduler.tenancy import Work


class Series(OfClinic, Versioned, Base):
    """A patient's run of sessions under one protocol.

    `every_days` is the wish it was booked by, None where the protocol or the places said it.
    """

    __tablename__ = "series"
    noun: ClassVar[str] = "series"

    patient_id: Mapped[UUID]
    protocol_id: Mapped[UUID]
    sessions_planned: Mapped[int]
    minutes: Mapped[int]
    every_days: Mapped[int | None]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancel_reason: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series with its sessions by start, as it is answered. What can be derived is."""

    series: Series
    sessions: Sequence[SessionView]
    warnings: list[dict[str, object]] = field(default_factory=list)

    @property
    def version(self) -> int:
        """Its own plus its sessions' versions, so that it changes when one of them does (I34)."""
        return self.series.version + sum(each.session.version for each in self.sessions)

    @property
    def status(self) -> str:
        return rules.status(self.series.sessions_planned, self._states(), cancelled=self._cancelled)

    @property
    def owed(self) -> int:
        return rules.owed(self.series.sessions_planned, self._states(), cancelled=self._cancelled)

    @property
    def _cancelled(self) -> bool:
        return self.series.cancelled_at is not None

    def _states(self) -> list[str]:
        return [each.session.status for each in self.sessions]


def views_of(work: Work, found: Sequence[Series]) -> list[SeriesView]:
    """The same series, each with its sessions."""
    sessions = work.session.scalars(
        select(InfusionSession)
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            among(InfusionSession.series_id, [each.id for each in found]),
        )
        .order_by(InfusionSession.starts_at, InfusionSession.id)
    ).all()
    views = numbered(work, sessions)
    return [
        SeriesView(each, [one for one in views if one.session.series_id == each.id])
        for each in found
    ]
