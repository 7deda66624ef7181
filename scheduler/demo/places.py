"""Where a patient's visits to the demo clinic find a place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from scheduler.db import in_states
from scheduler.demo.timeline import first_that_fits
from scheduler.protocols.model import Protocol
from scheduler.series.actions import book_series
from scheduler.series.model import SeriesView
from scheduler.series.rules import Order
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.tenancy import Work

MONDAY = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """So many sessions of so many minutes, weekly unless a protocol is named that says it all."""

    sessions: int
    minutes: int
    protocol: str | None = None


def book_at_best(
    work: Work, patient_id: UUID, pattern: Pattern, wishes: Sequence[tuple[date, time]]
) -> SeriesView:
    """Book the series at the first of the wishes that all of it fits."""
    protocol_id = _protocol_id(work, pattern.protocol)
    orders = (
        Order(
            patient_id=patient_id,
            first_on=on,
            at=at,
            sessions=None if protocol_id else pattern.sessions,
            minutes=pattern.minutes,
            protocol_id=protocol_id,
        )
        for on, at in wishes
        if protocol_id is None or on.weekday() == MONDAY
    )
    return first_that_fits(work, (partial(book_series, work, order) for order in orders))


def _protocol_id(work: Work, name: str | None) -> UUID | None:
    if name is None:
        return None
    named = select(Protocol.id).where(Protocol.clinic_id == work.clinic_id, Protocol.name == name)
    return work.session.scalars(named).one()


def last_visit(work: Work, patient_id: UUID) -> datetime:
    """When the patient's last visit starts, on the wall."""
    starts = select(InfusionSession.starts_at).where(
        InfusionSession.clinic_id == work.clinic_id,
        InfusionSession.patient_id == patient_id,
        in_states(InfusionSession.status, *COUNTED),
    )
    return max(work.session.scalars(starts)).astimezone(work.zone)


def days_after(last: datetime, days: Sequence[int] = (7, 8, 9, 10)) -> Iterator[tuple[date, time]]:
    """So many days after a visit at its time; else on the days after, or at other times."""
    for later in days:
        for at in (last.time(), time(10), time(11, 45), time(13, 30)):
            yield last.date() + timedelta(days=later), at
