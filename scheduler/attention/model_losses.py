"""What attention is derived from beside the sessions themselves: series, messages, what is done."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select, text, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from scheduler.attention.model import AttentionHandled
from scheduler.attention.rules import Losses, Unsent
from scheduler.db import among, in_states
from scheduler.messages.model import Message
from scheduler.patients.model import Patient
from scheduler.protocols.model import Protocol, phase_of
from scheduler.series.model import Series
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED, LOST
from scheduler.tenancy import Work

# What did not arrive is of no use once its session is this long past.
MESSAGES_MATTER = timedelta(days=7)

# A reminder is due at most 14 days before its session, and some more by quiet hours and clocks.
DUE_BEFORE = MESSAGES_MATTER + timedelta(days=30)

# A series is asked what it owes until so long after its last session, whatever became of that one
# (`docs/decisions/0013`).
SERIES_MATTER = timedelta(days=90)

# Nothing is booked further ahead. A range has a plan by index, where one bound has none.
FARTHEST = timedelta(days=750)

# Each series by itself: joined, all that were ever lost would be read at once.
_LOSING = text(
    f"""
    SELECT near.series_id
    FROM (SELECT DISTINCT series_id FROM sessions
          WHERE clinic_id = :clinic_id AND starts_at > :since AND starts_at < :until) AS near
    WHERE (SELECT true FROM sessions AS lost
           WHERE lost.clinic_id = :clinic_id AND lost.series_id = near.series_id
             AND lost.status IN {LOST}
           LIMIT 1)
    """  # noqa: S608 - constants of ours
)


def losses_of(work: Work) -> list[Losses]:
    """The series of active patients, not cancelled, that lost a session and are not long past."""
    series_ids = _losing(work)
    if not series_ids:
        return []
    lost = in_states(InfusionSession.status, *LOST)
    sessions = (
        select(
            func.array_agg(InfusionSession.status).label("states"),
            _by_start(InfusionSession.starts_at).filter(lost).label("lost_at"),
            _by_start(InfusionSession.status).filter(lost).label("lost_as"),
            func.max(InfusionSession.starts_at)
            .filter(in_states(InfusionSession.status, *COUNTED))
            .label("last_at"),
        )
        .where(
            InfusionSession.clinic_id == Series.clinic_id, InfusionSession.series_id == Series.id
        )
        .lateral()
    )
    rows = work.session.execute(
        select(
            Series.id,
            Series.patient_id,
            Series.sessions_planned,
            Protocol.missed_limit,
            Protocol.phases,
            sessions,
        )
        .join(
            Patient,
            and_(Patient.clinic_id == Series.clinic_id, Patient.id == Series.patient_id),
        )
        .join(
            Protocol,
            and_(Protocol.clinic_id == Series.clinic_id, Protocol.id == Series.protocol_id),
        )
        .join(sessions, true())
        .where(
            Series.clinic_id == work.clinic_id,
            among(Series.id, series_ids),
            Series.cancelled_at.is_(None),
            in_states(Patient.status, "active"),
        )
    )
    return [_losses_of(row) for row in rows]


def _losing(work: Work) -> list[UUID]:
    """The series that lost a session, and that have one ahead or had one not long ago."""
    asked = {
        "clinic_id": work.clinic_id,
        "since": work.now - SERIES_MATTER,
        "until": work.now + FARTHEST,
    }
    return list(work.session.scalars(_LOSING, asked))


def _losses_of(row: Row[Any]) -> Losses:
    lost = list(zip(row.lost_at, row.lost_as, strict=True))
    return Losses(
        row.id,
        row.patient_id,
        row.sessions_planned,
        row.states,
        row.missed_limit,
        lost,
        row.last_at,
        [phase_of(each) for each in row.phases],
    )


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
            in_states(Message.status, "failed", "unknown", "undelivered"),
            Message.due_at > work.now - DUE_BEFORE,
            Message.due_at < work.now + FARTHEST,
            InfusionSession.starts_at > work.now - MESSAGES_MATTER,
        )
    )
    return [Unsent(*row) for row in rows]


def handled_among(work: Work, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these items someone has seen to."""
    handled = select(AttentionHandled.id).where(
        AttentionHandled.clinic_id == work.clinic_id, among(AttentionHandled.id, ids)
    )
    return set(work.session.scalars(handled))
