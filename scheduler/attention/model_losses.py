"""What attention is derived from beside the sessions themselves: series, messages, what is done."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from scheduler.attention.model import AttentionHandled
from scheduler.attention.rules import Losses, Unsent
from scheduler.messages.model import Message
from scheduler.patients.model import Patient
from scheduler.protocols.model import Protocol
from scheduler.series.model import Series
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work

# What did not arrive is of no use once its session is this long past.
MESSAGES_MATTER = timedelta(days=7)


def losses_of(work: Work) -> list[Losses]:
    """The series of active patients, not cancelled, that lost a session."""
    lost = InfusionSession.status.in_(("cancelled", "no_show"))
    rows = work.session.execute(
        select(
            Series.id,
            Series.patient_id,
            Series.sessions_planned,
            func.array_agg(InfusionSession.status).label("states"),
            Protocol.missed_limit,
            _by_start(InfusionSession.starts_at).filter(lost).label("lost_at"),
            _by_start(InfusionSession.status).filter(lost).label("lost_as"),
        )
        .join(
            Patient,
            and_(Patient.clinic_id == Series.clinic_id, Patient.id == Series.patient_id),
        )
        .join(
            Protocol,
            and_(Protocol.clinic_id == Series.clinic_id, Protocol.id == Series.protocol_id),
        )
        .join(
            InfusionSession,
            and_(
                InfusionSession.clinic_id == Series.clinic_id,
                InfusionSession.series_id == Series.id,
            ),
        )
        .where(
            Series.clinic_id == work.clinic_id,
            Series.cancelled_at.is_(None),
            Patient.status == "active",
        )
        .group_by(Series.id, Series.patient_id, Series.sessions_planned, Protocol.missed_limit)
        .having(func.bool_or(lost))
    )
    return [_losses_of(row) for row in rows]


def _losses_of(row: Row[Any]) -> Losses:
    lost = list(zip(row.lost_at, row.lost_as, strict=True))
    return Losses(row.id, row.patient_id, row.sessions_planned, row.states, row.missed_limit, lost)


def _by_start(column: Any) -> Any:
    """The values of a column in the order of the sessions' starts."""
    return func.array_agg(aggregate_order_by(column, InfusionSession.starts_at, InfusionSession.id))


def unsent(work: Work) -> list[Unsent]:
    """The messages that failed, did not arrive or are unknown, for sessions not long past."""
    of_session = and_(
        InfusionSession.clinic_id == Message.clinic_id, InfusionSession.id == Message.session_id
    )
    rows = work.session.execute(
        select(
            Message.id,
            Message.session_id,
            Message.patient_id,
            Message.kind,
            Message.status,
            Message.reason,
            Message.due_at,
        )
        .join(InfusionSession, of_session)
        .where(
            Message.clinic_id == work.clinic_id,
            Message.status.in_(("failed", "unknown", "undelivered")),
            InfusionSession.starts_at > work.now - MESSAGES_MATTER,
        )
    )
    return [Unsent(*row) for row in rows]


def handled_ids(work: Work) -> set[UUID]:
    """The items that someone has seen to."""
    handled = select(AttentionHandled.id).where(AttentionHandled.clinic_id == work.clinic_id)
    return set(work.session.scalars(handled))
