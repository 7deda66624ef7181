"""Protocols as they are stored."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned
from scheduler.errors import NotFound
from scheduler.protocols.rules import Phase, VisitParts
from scheduler.tenancy import Work

WEEKLY_NAME = "weekly"


class Protocol(OfClinic, Versioned, Base):
    """The pattern of a series. Lengths in minutes; `phases` as in `rules.Phase`."""

    __tablename__ = "protocols"
    noun: ClassVar[str] = "protocol"

    name: Mapped[str]
    prep_minutes: Mapped[int] = mapped_column(default=15)
    session_minutes: Mapped[int] = mapped_column(default=40)
    observation_minutes: Mapped[int] = mapped_column(default=30)
    turnover_minutes: Mapped[int] = mapped_column(default=10)
    phases: Mapped[list[dict[str, Any]]]

    def parts(self, minutes: int) -> VisitParts:
        """A visit's parts around an infusion of so many minutes."""
        return VisitParts(
            self.prep_minutes, minutes, self.observation_minutes, self.turnover_minutes
        )

    def first_phase(self) -> Phase:
        """The phase a series starts in."""
        return Phase(**self.phases[0])


def protocol_for(work: Work, protocol_id: UUID | None) -> Protocol:
    """The protocol an order names, or the clinic's `weekly` one."""
    if protocol_id is not None:
        return work.load(Protocol, protocol_id, field="protocol_id")
    weekly = select(Protocol).where(
        Protocol.clinic_id == work.clinic_id, Protocol.name == WEEKLY_NAME
    )
    found = work.session.scalars(weekly).one_or_none()
    if found is None:
        raise NotFound(Protocol.noun, "protocol_id")
    return found
