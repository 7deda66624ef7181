"""Which texts went to a number, and which wait to go there."""

from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select, text, tuple_

from scheduler.db import in_states
from scheduler.messages.model import Message
from scheduler.messages.rules_caps import OTHER_REMINDERS, RANKS, Caps, rank_of, room_for_text
from scheduler.patients.model import Patient
from scheduler.tenancy import Work
from scheduler.wall_time import local_date, on_wall

# One text to a number is decided on at a time: two at once would both find room.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:number, 0))")

# This day and the six before it.
WEEK = timedelta(days=6)


def by_rank() -> ColumnElement[int]:
    """`rank_of` in SQL."""
    return case(RANKS, value=Message.rule, else_=OTHER_REMINDERS)


def room_for(work: Work, message: Message, number: str, zone: tzinfo, caps: Caps) -> str:
    """Is there room for this text, on the patient's day? Nobody else takes it before the commit."""
    work.session.execute(_ONE_AT_A_TIME, {"number": f"{work.clinic_id} {number}"})
    on = local_date(work.now, zone)
    today, tomorrow, since = (
        on_wall(on + days, time(), zone).at for days in (timedelta(0), timedelta(days=1), -WEEK)
    )
    went, ahead = work.session.execute(
        select(
            _went(work, message, number, since).scalar_subquery(),
            _ahead_of(work, message, number, tomorrow).scalar_subquery(),
        )
    ).one()
    return room_for_text(went or (), ahead, today, caps)


def _went(work: Work, message: Message, number: str, since: datetime) -> Select[Any]:
    """When unasked texts went to the number, or may have; None for none."""
    # Of one that may have gone, when its attempt began, or a later one is due.
    at = func.coalesce(Message.sent_at, Message.next_attempt_at)
    return select(func.array_agg(at)).where(
        Message.clinic_id == work.clinic_id,
        Message.address == number,
        in_states(Message.channel, "sms"),
        Message.id != message.id,
        Message.note.is_(None),
        or_(
            Message.sent_at.is_not(None),
            Message.ambiguous,
            in_states(Message.status, "sending", "unknown"),
        ),
        at >= since,
    )


def _ahead_of(work: Work, message: Message, number: str, until: datetime) -> Select[Any]:
    """How many unasked texts to this number go before this one and wait for their turn."""
    there = select(Patient.id).where(Patient.clinic_id == work.clinic_id, Patient.phone == number)
    mine = (rank_of(message.rule), message.due_at, message.id)
    return select(func.count()).where(
        Message.clinic_id == work.clinic_id,
        Message.patient_id.in_(there),
        Message.status.in_(("planned", "claimed")),
        Message.next_attempt_at < until,
        Message.not_after > work.now,
        or_(Message.channel == "sms", Message.channel.is_(None)),
        Message.note.is_(None),
        ~Message.ambiguous,
        tuple_(by_rank(), Message.due_at, Message.id) < tuple_(*mine),
    )
