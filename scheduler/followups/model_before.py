"""What is asked before the sessions of series that are booked."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from scheduler.db import among_ids, in_states
from scheduler.followups.model import (
    QuietHoursOf,
    Scan,
    around,
    falling,
    is_reminded,
    reminders_from,
    stretches,
    within,
)
from scheduler.followups.rules import AFTER_BOOKING, Ahead, before_session
from scheduler.messages.model import DueMessage
from scheduler.messages.model_due import PREVIOUS_START, sessions_of_recipients
from scheduler.protocols.rules_follow_ups import BEFORE
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED


def before_sessions(scan: Scan) -> Iterator[DueMessage]:
    """What is asked before the sessions of series that are booked."""
    lengths = scan.lengths(BEFORE)
    if not lengths:
        return
    quiet = QuietHoursOf(scan.work, scan.policy)
    statement = _booked(len(lengths), tuple(scan.only))
    asked = scan.bounds(lengths, before=True)
    # Of those booked lately the later ones are not asked about yet.
    asked["nearer_than"] = scan.due.end + AFTER_BOOKING + lengths[-1]
    rows = [
        row
        for row in scan.work.session.execute(statement, asked)
        if any(
            scan.may_fall(row, before_session(ask, _ahead(row), quiet[row.time_zone]))
            for ask in scan.asks(row, BEFORE)
        )
    ]
    beside = around(scan.work, _AROUND, rows)
    for row in rows:
        facts, hours = beside[row.id], quiet[row.time_zone]
        ahead = replace(
            _ahead(row),
            reminders=reminders_from(
                scan.work, scan.policy, hours, row.starts_at, facts.previous_at, row.promised_at
            ),
            previous_left_at=facts.previous_left_at,
            is_first=facts.is_first,
            is_only=facts.is_only,
        )
        for ask in scan.asks(row, BEFORE):
            yield from falling(row, before_session(ask, ahead, hours), scan.due)


def _ahead(row: Any) -> Ahead:
    """The session as its own row has it: all that may be asked before it is."""
    return Ahead(starts_at=row.starts_at, promised_at=row.promised_at, is_only=False)


_before_it, _of_series = aliased(InfusionSession), aliased(InfusionSession)
_earlier = (
    _of_series.clinic_id == InfusionSession.clinic_id,
    _of_series.series_id == InfusionSession.series_id,
    _of_series.starts_at < InfusionSession.starts_at,
)
_PREVIOUS_LEFT = (
    select(func.coalesce(_before_it.left_at, _before_it.block_ends_at))
    .where(
        _before_it.clinic_id == InfusionSession.clinic_id,
        _before_it.patient_id == InfusionSession.patient_id,
        _before_it.status.in_(COUNTED),
        _before_it.starts_at < InfusionSession.starts_at,
    )
    .order_by(_before_it.starts_at.desc())
    .limit(1)
    .scalar_subquery()
)
_AROUND = select(
    InfusionSession.id,
    PREVIOUS_START.label("previous_at"),
    _PREVIOUS_LEFT.label("previous_left_at"),
    (~exists().where(*_earlier, _of_series.status.in_(COUNTED))).label("is_first"),
    (~exists().where(*_earlier)).label("is_only"),
).where(InfusionSession.clinic_id == bindparam("clinic_id"), among_ids(InfusionSession.id))


# To put it together takes longer than to ask.
@cache
def _booked(lengths: int, only: tuple[str, ...]) -> Select[Any]:
    starts, promised = InfusionSession.starts_at, InfusionSession.promised_at
    lately = and_(within(promised, "since", "until"), starts <= bindparam("nearer_than"))
    reminded = and_(is_reminded(), within(starts, "earliest", "latest"))
    return sessions_of_recipients(
        [starts, promised, InfusionSession.protocol_id],
        [
            in_states(InfusionSession.status, "booked"),
            InfusionSession.series_id.is_not(None),
            or_(lately, reminded, *stretches(starts, lengths)),
        ],
        only,
    )
