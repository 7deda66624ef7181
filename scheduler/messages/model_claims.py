"""Who works on a message: claims and leases, compared only with the database's clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, cast, func, or_, select, text, true, update
from sqlalchemy.orm import Session

from scheduler.db import in_states
from scheduler.messages.model import Message
from scheduler.messages.rules import AT_LEAST_ONCE, MOST_TRIES
from scheduler.tenancy import Work

BATCH = 100


def clinics_with_due(session: Session, now: datetime) -> list[UUID]:
    """The clinics of which a message waits whose time has come."""
    found = text("SELECT clinic_id FROM clinics_with_messages(:now) WHERE is_due")
    return list(session.scalars(found, {"now": now}))


def clinics_with_lost(session: Session, now: datetime) -> list[UUID]:
    """The clinics of which a process that died or froze holds a message past its lease."""
    found = text("SELECT clinic_id FROM clinics_with_messages(:now) WHERE is_lost")
    return list(session.scalars(found, {"now": now}))


def claim(work: Work, lease: timedelta, channel: str | None = None) -> list[UUID]:
    """Take a batch of messages whose time has come; nobody else gets them while the lease runs.

    Of one channel, where one is named. The lease is compared only with the database's clock.
    """
    waiting = (
        select(Message.id)
        .where(
            Message.clinic_id == work.clinic_id,
            in_states(Message.status, "planned"),
            Message.next_attempt_at <= work.now,
            true()
            if channel is None
            else or_(Message.channel == channel, Message.channel.is_(None)),
        )
        .order_by(Message.next_attempt_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        # Looked up once: PostgreSQL may run a subquery again for each row, and so past its limit.
        .cte("waiting")
    )
    claimed = (
        update(Message)
        .where(Message.clinic_id == work.clinic_id, Message.id == waiting.c.id)
        .values(status="claimed", lease_until=from_now(lease), version=Message.version + 1)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return list(work.session.scalars(claimed))


def from_now(length: timedelta) -> ColumnElement[datetime]:
    """So long from this moment on, by the database's clock: the one that all machines share."""
    return func.clock_timestamp() + cast(length, Interval)


def expired(work: Work) -> list[UUID]:
    """The messages of processes that died or froze, oldest first: those whose lease is over."""
    return list(
        work.session.scalars(
            select(Message.id)
            .where(
                Message.clinic_id == work.clinic_id,
                in_states(Message.status, "claimed", "sending"),
                Message.lease_until < func.clock_timestamp(),
            )
            .order_by(Message.lease_until)
        )
    )


def release(work: Work, message_ids: Sequence[UUID]) -> int:
    """Free these from whoever held them, where their lease is over; how many were.

    One whose row somebody is just writing is left to the next time, and holds up no other.

    What was being sent may have gone: it is tried again while its provider still knows its key,
    and else `unknown`.
    """
    freed = text(
        """
        UPDATE messages
           SET status = CASE WHEN status = 'claimed' OR key_until > clock_timestamp()
                        OR kind = 'notice' AND rule = ANY (:at_least_once)
                           AND attempts < :most_tries
                   THEN 'planned' ELSE 'unknown' END,
               reason = CASE status WHEN 'claimed' THEN reason ELSE 'interrupted' END,
               ambiguous = ambiguous OR status = 'sending',
               lease_until = NULL, version = version + 1
         WHERE clinic_id = :clinic_id AND id IN (
               SELECT id FROM messages
                WHERE clinic_id = :clinic_id AND id = ANY (:ids)
                  AND status IN ('claimed', 'sending') AND lease_until < clock_timestamp()
                  FOR UPDATE SKIP LOCKED)
        """
    )
    asked = {
        "clinic_id": work.clinic_id,
        "ids": list(message_ids),
        "at_least_once": list(AT_LEAST_ONCE),
        "most_tries": MOST_TRIES,
    }
    result: Any = work.session.execute(freed, asked)
    return int(result.rowcount)


def doubt_all_due(work: Work) -> int:
    """Everything that is due and not known to have gone is `unknown`; how many were.

    In a copy from before it went, what has gone since looks as if it had not.
    """
    doubted = text(
        """
        UPDATE messages
           SET status = 'unknown', reason = 'restored', ambiguous = true, lease_until = NULL,
               version = version + 1
         WHERE clinic_id = :clinic_id AND (status IN ('claimed', 'sending')
               OR status = 'planned' AND due_at <= :now)
        """
    )
    result: Any = work.session.execute(doubted, {"clinic_id": work.clinic_id, "now": work.now})
    return int(result.rowcount)
