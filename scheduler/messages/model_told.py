"""The notices that patients got of late, what went to their calendars, and the series told of."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select

from scheduler.db import among, among_ids, in_states
from scheduler.messages.model import Message
from scheduler.messages.rules_told import Mailed, SentNotice
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work

# No day of any zone is longer.
LONGEST_DAY = timedelta(hours=26)


_NOTICES = (
    select(*(getattr(Message, name) for name in SentNotice._fields))
    .where(
        Message.clinic_id == bindparam("clinic_id"),
        among_ids(Message.patient_id),
        Message.kind == "notice",
        Message.rule.in_(("booked", "changed")),
        in_states(Message.status, "sent", "delivered"),
        Message.sent_at >= bindparam("since"),
    )
    .order_by(Message.sent_at)
)


def notices_of_late(work: Work, patient_ids: Collection[UUID]) -> list[SentNotice]:
    """The notices of a booking or a change that these patients got today, wherever they are."""
    asked = {
        "clinic_id": work.clinic_id,
        "ids": list(patient_ids),
        "since": work.now - LONGEST_DAY,
    }
    return [SentNotice(*row) for row in work.session.execute(_NOTICES, asked)]


def sessions_beside(work: Work, session_ids: Iterable[UUID]) -> set[UUID]:
    """The ids of all sessions of the series that these belong to."""
    series = select(InfusionSession.series_id).where(
        InfusionSession.clinic_id == work.clinic_id, among(InfusionSession.id, session_ids)
    )
    beside = select(InfusionSession.id).where(
        InfusionSession.clinic_id == work.clinic_id, InfusionSession.series_id.in_(series)
    )
    return set(work.session.scalars(beside))


def mailed_to(work: Work, patient_ids: Collection[UUID]) -> list[Mailed]:
    """What went to these patients by mail, or may have gone, of what carries a calendar file."""
    same = and_(
        InfusionSession.clinic_id == Message.clinic_id, InfusionSession.id == Message.session_id
    )
    went = (
        select(
            Message.patient_id,
            Message.session_id,
            Message.kind,
            Message.rule,
            InfusionSession.series_id,
            InfusionSession.booked_at,
        )
        .join(InfusionSession, same)
        .where(
            Message.clinic_id == work.clinic_id,
            among(Message.patient_id, patient_ids),
            Message.channel == "email",
            or_(Message.sent_at.is_not(None), Message.ambiguous),
            or_(Message.kind == "reminder", Message.rule.in_(("booked", "changed"))),
        )
    )
    return [Mailed(*row) for row in work.session.execute(went)]
