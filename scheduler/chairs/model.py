"""Chairs and their outages."""

from datetime import datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned
from scheduler.site import kept
from scheduler.spans import Span
from scheduler.tenancy import Work


class Chair(OfClinic, Versioned, Base):
    """A chair. An inactive one takes no new session."""

    __tablename__ = "chairs"
    noun: ClassVar[str] = "chair"

    label: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class Outage(OfClinic, Versioned, Base):
    """A time in which one chair cannot be used."""

    __tablename__ = "outages"
    noun: ClassVar[str] = "outage"

    chair_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]


class OutOfOrder(NamedTuple):
    """An outage as a value."""

    id: UUID
    chair_id: UUID
    span: Span


@kept
def active_chairs(work: Work) -> list[tuple[UUID, str]]:
    """The chairs that take new sessions, as (id, label) by label."""
    rows = work.session.execute(
        select(Chair.id, Chair.label)
        .where(Chair.clinic_id == work.clinic_id, Chair.active)
        .order_by(Chair.label)
    )
    return [(row.id, row.label) for row in rows]


def outages_in(work: Work, within: Span) -> list[OutOfOrder]:
    """The outages that meet `within`, of any chair."""
    return [each for each in _outages(work) if each.span.overlaps(within)]


@kept
def _outages(work: Work) -> list[OutOfOrder]:
    rows = work.session.execute(
        select(Outage.id, Outage.chair_id, Outage.starts_at, Outage.ends_at)
        .where(Outage.clinic_id == work.clinic_id)
        .order_by(Outage.starts_at, Outage.id)
    )
    return [OutOfOrder(row.id, row.chair_id, Span(row.starts_at, row.ends_at)) for row in rows]
