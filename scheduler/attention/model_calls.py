"""The visits to come that somebody may have to call about."""

from datetime import timedelta

from sqlalchemy import case, select

from scheduler.attention.rules_calls import ToCall
from scheduler.db import in_states
from scheduler.messages.model import Message
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work

# No reminder is due longer before its visit.
AHEAD = timedelta(days=14)


def visits_to_call_about(work: Work) -> list[ToCall]:
    """The visits of the next days that nobody confirmed, the nearest first."""
    unsent = (
        select(case((in_states(Message.status, "skipped"), Message.reason)))
        .where(
            Message.clinic_id == InfusionSession.clinic_id,
            Message.session_id == InfusionSession.id,
            Message.time_version == InfusionSession.time_version,
        )
        .order_by(Message.due_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    starts_at = InfusionSession.starts_at
    rows = work.session.execute(
        select(
            InfusionSession.id,
            InfusionSession.patient_id,
            InfusionSession.series_id,
            starts_at,
            InfusionSession.promised_at,
            unsent,
        )
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            in_states(InfusionSession.status, "booked"),
            starts_at > work.now,
            starts_at <= work.now + AHEAD,
            InfusionSession.confirmed_at.is_(None),
        )
        .order_by(starts_at, InfusionSession.id)
    )
    return [ToCall(*row) for row in rows]
