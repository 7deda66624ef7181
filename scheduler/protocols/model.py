"""Protocols as they are stored."""

from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned
from scheduler.errors import NotFound
from scheduler.protocols.rules import Phase, VisitParts
from scheduler.protocols.rules_follow_ups import Ask, Plan, usual_plan
from scheduler.site import kept
from scheduler.tenancy import Work

WEEKLY_NAME = "weekly"


class Protocol(OfClinic, Versioned, Base):
    """The pattern of a series. Lengths in minutes; `phases` as in `rules.Phase`.

    A provider reviews after session `review_after`; from `missed_limit` missed sessions on a
    person decides how the series goes on. `follow_ups` as in `rules_follow_ups.Ask`; None is the
    usual plan.
    """

    __tablename__ = "protocols"
    noun: ClassVar[str] = "protocol"

    name: Mapped[str]
    prep_minutes: Mapped[int] = mapped_column(default=15)
    session_minutes: Mapped[int] = mapped_column(default=40)
    observation_minutes: Mapped[int] = mapped_column(default=30)
    turnover_minutes: Mapped[int] = mapped_column(default=10)
    phases: Mapped[list[dict[str, Any]]]
    follow_ups: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    review_after: Mapped[int | None]
    missed_limit: Mapped[int] = mapped_column(default=2)

    def parts(self, minutes: int) -> VisitParts:
        """A visit's parts around an infusion of so many minutes."""
        return VisitParts(
            self.prep_minutes, minutes, self.observation_minutes, self.turnover_minutes
        )

    def all_phases(self) -> list[Phase]:
        """The stretches of a series, in order."""
        return [phase_of(each) for each in self.phases]

    def plan(self, check_in_hours: int) -> Plan:
        """What is asked around its sessions; the usual hours after one are the clinic's."""
        if self.follow_ups is None:
            return usual_plan(check_in_hours)
        return tuple(Ask(**each) for each in self.follow_ups)


def stored_phase(phase: Phase) -> dict[str, Any]:
    """A phase as it is stored and answered: what it does not say is left out."""
    said = {name: value for name, value in asdict(phase).items() if value is not None}
    return {"sessions": phase.sessions, **said}


def phase_of(stored: dict[str, Any]) -> Phase:
    """A phase as it is stored, as a value."""
    weekdays = stored.get("weekdays")
    return Phase(**stored | {"weekdays": None if weekdays is None else tuple(weekdays)})


def stored_ask(ask: Ask) -> dict[str, Any]:
    """One thing that is asked as it is stored and answered: what it does not say is left out."""
    return {name: value for name, value in asdict(ask).items() if value is not None}


def plans_of(work: Work, check_in_hours: int) -> dict[UUID, Plan]:
    """What is asked around the sessions of each of the clinic's protocols."""
    return {id_: each.plan(check_in_hours) for id_, each in _protocols(work).items()}


def protocol_for(work: Work, protocol_id: UUID | None) -> Protocol:
    """The protocol an order names, or the clinic's `weekly` one; to be read, not to be changed."""
    protocols = _protocols(work)
    if protocol_id is None:
        named = (each for each in protocols.values() if each.name == WEEKLY_NAME)
        found = next(named, None)
    else:
        found = protocols.get(protocol_id)
    if found is None:
        raise NotFound(Protocol.noun, "protocol_id")
    return found


@kept
def _protocols(work: Work) -> dict[UUID, Protocol]:
    """The clinic's protocols, which belong to no session."""
    columns = Protocol.__table__.columns
    rows = work.session.execute(select(*columns).where(columns.clinic_id == work.clinic_id))
    return {row.id: Protocol(**row._mapping) for row in rows}
