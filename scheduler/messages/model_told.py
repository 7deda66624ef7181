"""The sessions that a notice tells of, and those that stand in the patient's calendar."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from scheduler.messages.model import Message
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work

# Booked, or cancelled, at one stroke are those of a series with the same instant in this column.
STROKE = {"booked": "booked_at", "cancelled": "promised_at"}


def told_of(work: Work, message: Message, anchor: InfusionSession) -> list[InfusionSession]:
    """The sessions that a message is about now, earliest first: its own, or all of one stroke.

    None where that has become untrue.
    """
    if message.kind != "notice" or message.rule not in STROKE:
        return [anchor]
    found = (
        select(InfusionSession)
        .where(
            InfusionSession.clinic_id == work.clinic_id,
            _same_stroke(anchor, STROKE[message.rule]),
            InfusionSession.status == message.rule,
            InfusionSession.starts_at > work.now,
        )
        .order_by(InfusionSession.starts_at)
        # What is said is so at the commit that begins the send (I37).
        .with_for_update(read=True)
    )
    return list(work.session.scalars(found))


def in_a_calendar(work: Work, infusion_session: InfusionSession) -> bool:
    """Did the visit go, or may it have gone, to the patient's calendar by mail? (I47)"""
    told = aliased(InfusionSession)
    same = and_(told.clinic_id == Message.clinic_id, told.id == Message.session_id)
    went = (
        select(Message.id)
        .join(told, same)
        .where(
            Message.clinic_id == work.clinic_id,
            Message.patient_id == infusion_session.patient_id,
            Message.channel == "email",
            or_(Message.sent_at.is_not(None), Message.ambiguous),
            or_(
                and_(
                    Message.session_id == infusion_session.id,
                    or_(Message.kind == "reminder", Message.rule == "changed"),
                ),
                and_(
                    Message.rule == "booked",
                    told.booked_at == infusion_session.booked_at,
                    or_(
                        told.id == infusion_session.id,
                        told.series_id == infusion_session.series_id,
                    ),
                ),
            ),
        )
    )
    return work.session.scalars(went.limit(1)).first() is not None


def told_since(work: Work, infusion_session: InfusionSession, since: datetime) -> bool:
    """Did a notice tell the patient since then when this session is, as it now is?

    A text names the first visit of several alone.
    """
    sent = (
        select(Message)
        .where(
            Message.clinic_id == work.clinic_id,
            Message.patient_id == infusion_session.patient_id,
            Message.kind == "notice",
            Message.rule.in_(("booked", "changed")),
            Message.status.in_(("sent", "delivered")),
            Message.sent_at >= since,
        )
        .order_by(Message.sent_at)
    )
    return any(_tells(work, each, infusion_session) for each in work.session.scalars(sent))


def _tells(work: Work, notice: Message, infusion_session: InfusionSession) -> bool:
    if notice.rule == "changed":
        told = (notice.session_id, notice.time_version)
        return told == (infusion_session.id, infusion_session.time_version)
    anchor = work.load(InfusionSession, notice.session_id)
    moved_at, sent_at = infusion_session.promised_at, notice.sent_at
    if moved_at is not None and sent_at is not None and moved_at >= sent_at:
        return False
    first = told_of(work, notice, anchor)[:1]
    return [each.id for each in first] == [infusion_session.id]


def _same_stroke(anchor: InfusionSession, column: str) -> ColumnElement[bool]:
    if anchor.series_id is None:
        return InfusionSession.id == anchor.id
    at = getattr(InfusionSession, column)
    return and_(InfusionSession.series_id == anchor.series_id, at == getattr(anchor, column))
