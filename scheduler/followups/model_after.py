"""What is asked after the sessions that were completed."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from scheduler.db import among_ids, in_states
from scheduler.followups.model import (
    NEXT_PROMISED,
    QuietHoursOf,
    Scan,
    around,
    falling,
    is_reminded,
    reminders_from,
    stretches,
    within,
)
from scheduler.followups.rules import Done, after_session
from scheduler.messages.model import DueMessage
from scheduler.messages.model_due import NEXT_START, sessions_of_recipients
from scheduler.protocols.rules_follow_ups import AFTER
from scheduler.series.model import Series
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED


def after_sessions(scan: Scan) -> Iterator[DueMessage]:
    """What is asked after the sessions that were completed."""
    lengths = scan.lengths(AFTER)
    if not lengths:
        return
    quiet = QuietHoursOf(scan.work, scan.policy)
    statement = _completed(len(lengths), tuple(scan.only))
    rows = [
        row
        for row in scan.work.session.execute(statement, scan.bounds(lengths, before=False))
        if any(
            scan.may_fall(row, after_session(ask, _done(row), quiet[row.time_zone]))
            for ask in scan.asks(row, AFTER)
        )
    ]
    beside = around(scan.work, _AROUND, rows)
    for row in rows:
        facts, hours = beside[row.id], quiet[row.time_zone]
        done = replace(
            _done(row),
            next_at=facts.next_at,
            reminders=reminders_from(
                scan.work, scan.policy, hours, facts.next_at, facts.starts_at, facts.promised_at
            ),
            ends_series=facts.ends_series,
        )
        for ask in scan.asks(row, AFTER):
            yield from falling(row, after_session(ask, done, hours), scan.due)


def _done(row: Any) -> Done:
    """The session as its own row has it: all that may be asked after it is."""
    in_series = row.series_id is not None
    return Done(
        left_at=row.left_at,
        recorded_at=row.completed_at,
        in_series=in_series,
        ends_series=in_series,
    )


_of_series = aliased(InfusionSession)
_COMPLETED_OF_IT = (
    select(func.count())
    .where(
        _of_series.clinic_id == Series.clinic_id,
        _of_series.series_id == Series.id,
        _of_series.status == "completed",
    )
    .scalar_subquery()
)
# Stopped, or as many completed as planned; and nothing of it comes after this session.
_ENDS_SERIES = and_(
    exists().where(
        Series.clinic_id == InfusionSession.clinic_id,
        Series.id == InfusionSession.series_id,
        or_(Series.cancelled_at.is_not(None), Series.sessions_planned <= _COMPLETED_OF_IT),
    ),
    ~exists().where(
        _of_series.clinic_id == InfusionSession.clinic_id,
        _of_series.series_id == InfusionSession.series_id,
        _of_series.status.in_(COUNTED),
        _of_series.starts_at > InfusionSession.starts_at,
    ),
)


_AROUND = select(
    InfusionSession.id,
    InfusionSession.starts_at,
    NEXT_START.label("next_at"),
    NEXT_PROMISED.label("promised_at"),
    _ENDS_SERIES.label("ends_series"),
).where(InfusionSession.clinic_id == bindparam("clinic_id"), among_ids(InfusionSession.id))


# To put it together takes longer than to ask.
@cache
def _completed(lengths: int, only: tuple[str, ...]) -> Select[Any]:
    left, recorded = InfusionSession.left_at, InfusionSession.completed_at
    reminded = and_(is_reminded(), within(left, "earliest", "latest"))
    return sessions_of_recipients(
        [left, recorded, InfusionSession.protocol_id, InfusionSession.series_id],
        [
            in_states(InfusionSession.status, "completed"),
            or_(within(recorded, "since", "until"), reminded, *stretches(left, lengths)),
        ],
        only,
    )
