"""What was left lying and is held: planned, but not before it is of no use any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, select, text, update

from scheduler.db import in_states
from scheduler.messages.model import Message
from scheduler.outreach.rules import LATE, LOOK_BACK
from scheduler.tenancy import Work

DAY = timedelta(days=1)
HELD = "backlog_held"

# Days of 24 hours back from now: a stop of three days lies in three of them.
_BUSIEST = text(
    """
    SELECT coalesce(max(a_day.messages), 0) FROM (
        SELECT count(*) AS messages FROM messages
        WHERE clinic_id = :clinic_id AND due_at > :since AND due_at <= :now
        GROUP BY date_bin(:day, due_at, :now)) AS a_day
    """
).bindparams(bindparam("day", DAY))


class Backlog(NamedTuple):
    """What one scan held: how many wait still, and since when the first should have gone."""

    entered_at: datetime
    messages: int
    due_since: datetime


def busiest_day(work: Work) -> int:
    """The most that fell due on a day of the last 28, as the ledger has it by now."""
    asked = {"clinic_id": work.clinic_id, "now": work.now, "since": work.now - LOOK_BACK}
    return int(work.session.execute(_BUSIEST, asked).scalar_one())


def late_now(work: Work) -> int:
    """How many messages were entered by this unit of work that should have gone long ago."""
    return work.session.scalars(select(func.count()).where(_late(work))).one()


def hold_late(work: Work) -> int:
    """Hold those until somebody lets them go; how many. What is of no use by then is skipped."""
    held = (
        update(Message)
        .where(_late(work), Message.not_after > work.now)
        .values(reason=HELD, next_attempt_at=Message.not_after, version=Message.version + 1)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(work.session.scalars(held).all())


def let_go(work: Work) -> int:
    """Let everything go that is held; how many."""
    released = (
        update(Message)
        .where(_held(work))
        .values(reason=None, next_attempt_at=work.now, version=Message.version + 1)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(work.session.scalars(released).all())


def backlogs(work: Work) -> Iterator[Backlog]:
    """What is held, by the scan that held it, the oldest first."""
    found = (
        select(Message.created_at, func.count(), func.min(Message.due_at))
        .where(_held(work))
        .group_by(Message.created_at)
        .order_by(Message.created_at)
    )
    return (Backlog(*row) for row in work.session.execute(found))


def _late(work: Work) -> ColumnElement[bool]:
    return and_(
        Message.clinic_id == work.clinic_id,
        in_states(Message.status, "planned"),
        Message.created_at == work.now,
        Message.due_at <= work.now - LATE,
    )


def _held(work: Work) -> ColumnElement[bool]:
    return and_(
        Message.clinic_id == work.clinic_id,
        in_states(Message.status, "planned"),
        Message.reason == HELD,
    )
