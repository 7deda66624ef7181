"""The calls that tell of alerts: what was done, who does it, and how it ended.

Leases, and waits between attempts, are compared only with the database's clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Interval, bindparam, text
from sqlalchemy.orm import Session

from scheduler.alerts.rules import Told
from scheduler.tenancy import Work

# Stands where an alert `a` still waits for somebody to hear of it.
_UNHEARD = "a.closed_at IS NULL AND a.acknowledged_at IS NULL"

_TOLD = text(
    f"""
    SELECT a.id, a.clock_from, coalesce(latest.number, 0) AS number, latest.due_at AS at,
           EXISTS (SELECT FROM alert_calls c
                    WHERE c.clinic_id = a.clinic_id AND c.alert_id = a.id
                      AND c.clock_from = a.clock_from AND c.status = 'sent') AS reached
      FROM alerts a
      LEFT JOIN LATERAL (
           SELECT c.number, c.due_at FROM alert_calls c
            WHERE c.clinic_id = a.clinic_id AND c.alert_id = a.id AND c.clock_from = a.clock_from
            ORDER BY c.number DESC, c.due_at LIMIT 1) AS latest ON true
     WHERE a.clinic_id = :clinic_id AND {_UNHEARD}
     ORDER BY a.id
    """  # noqa: S608 - a constant of ours
)

# A round ends the one before it: who comes back on after an hour gets one text and not twelve.
_END = text(
    f"""
    WITH ended AS (
        SELECT c.clinic_id, c.id, {_UNHEARD} AS unheard FROM alert_calls c
          JOIN alerts a ON a.clinic_id = c.clinic_id AND a.id = c.alert_id
         WHERE c.clinic_id = :clinic_id AND c.status IN ('planned', 'sending')
           AND (NOT ({_UNHEARD}) OR c.clock_from <> a.clock_from OR EXISTS (
                SELECT FROM alert_calls n
                 WHERE n.clinic_id = c.clinic_id AND n.alert_id = c.alert_id
                   AND n.clock_from = c.clock_from AND n.number > c.number))
           FOR UPDATE OF c SKIP LOCKED)
    UPDATE alert_calls c
       SET status = CASE WHEN c.attempts = 0 THEN 'cancelled' ELSE 'failed' END,
           reason = coalesce(c.reason, CASE WHEN c.status = 'sending' THEN 'interrupted'
                                            WHEN ended.unheard THEN 'superseded'
                                            ELSE 'heard' END),
           lease_until = NULL, version = c.version + 1
      FROM ended
     WHERE c.clinic_id = ended.clinic_id AND c.id = ended.id
    """  # noqa: S608 - a constant of ours
)

# Those that were never tried come first. It is looked up once: PostgreSQL may run a subquery
# again for each row, and so past its limit.
_CLAIM = text(
    f"""
    WITH waiting AS (
        SELECT c.clinic_id, c.id FROM alert_calls c
          JOIN alerts a ON a.clinic_id = c.clinic_id AND a.id = c.alert_id
         WHERE c.clinic_id = :clinic_id AND c.channel = :channel
           AND (c.status = 'planned' AND c.next_attempt_at <= clock_timestamp()
                OR c.status = 'sending' AND c.lease_until < clock_timestamp())
           AND {_UNHEARD} AND a.clock_from = c.clock_from
         ORDER BY c.attempts, c.due_at, c.id LIMIT 1
           FOR UPDATE OF c SKIP LOCKED)
    UPDATE alert_calls c
       SET status = 'sending', attempts = c.attempts + 1,
           lease_until = clock_timestamp() + :lease,
           first_attempt_at = coalesce(c.first_attempt_at, :now), version = c.version + 1
      FROM waiting
     WHERE c.clinic_id = waiting.clinic_id AND c.id = waiting.id
    RETURNING c.id, c.number, c.address, c.due_at, c.attempts AS attempt
    """  # noqa: S608 - a constant of ours
).bindparams(bindparam("lease", type_=Interval()))

# Whatever was decided of it meanwhile: it went.
_SENT = text(
    """
    UPDATE alert_calls
       SET status = 'sent', reason = NULL, sent_at = :now, lease_until = NULL, version = version + 1
     WHERE clinic_id = :clinic_id AND id = :id AND status <> 'sent'
    """
)

_AGAIN = text(
    """
    UPDATE alert_calls
       SET status = 'planned', reason = :reason, lease_until = NULL, version = version + 1,
           next_attempt_at = clock_timestamp() + :wait
     WHERE clinic_id = :clinic_id AND id = :id AND status = 'sending' AND attempts = :attempt
    """
).bindparams(bindparam("wait", type_=Interval()))


@dataclass(frozen=True, slots=True)
class Call:
    """A call on its way: the n-th round's, and its attempt, from 1."""

    id: UUID
    number: int
    address: str
    due_at: datetime
    attempt: int


def clinics_with_alerts(session: Session) -> list[UUID]:
    """The clinics with an alert that nobody heard, or a call that has not ended."""
    return list(session.scalars(text("SELECT clinic_id FROM clinics_with_alerts()")))


def told_of(work: Work) -> dict[UUID, Told]:
    """What was done so far about each alert that nobody has acknowledged."""
    rows = work.session.execute(_TOLD, {"clinic_id": work.clinic_id})
    return {row.id: Told(row.clock_from, row.number, row.at, row.reached) for row in rows}


def end_calls(work: Work) -> None:
    """End the calls that nobody has to make any more: heard, or another round has begun.

    One whose row somebody is just writing is left to the next time.
    """
    work.session.execute(_END, {"clinic_id": work.clinic_id})


def claim_call(work: Work, channel: str, lease: timedelta) -> Call | None:
    """Begin a call by a channel; nobody else gets it while the lease runs.

    One whose lease is over may have gone; it is begun again all the same: told twice is no harm.
    """
    asked = {"clinic_id": work.clinic_id, "channel": channel, "now": work.now}
    row = work.session.execute(_CLAIM, asked | {"lease": lease}).one_or_none()
    return Call(*row) if row else None


def settle_call(work: Work, call: Call, *, sent: bool, reason: str | None, wait: timedelta) -> str:
    """Note how an attempt ended; what did not certainly go waits so long for its next."""
    asked: dict[str, Any] = {"clinic_id": work.clinic_id, "id": call.id}
    if sent:
        work.session.execute(_SENT, asked | {"now": work.now})
        return "sent"
    again = {"reason": reason, "wait": wait, "attempt": call.attempt}
    work.session.execute(_AGAIN, asked | again)
    return f"again ({reason})"
