"""The sessions whose follow-ups may be due: those completed, and those ahead."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, case, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from scheduler.clinics.model import Policy
from scheduler.db import in_states
from scheduler.followups.rules import (
    AFTER_BOOKING,
    Ahead,
    Done,
    FollowUp,
    after_session,
    before_session,
    own_times,
)
from scheduler.messages.model import DueMessage, quiet_hours_of
from scheduler.messages.model_due import (
    NEXT_START,
    PREVIOUS_START,
    falls_due,
    sessions_of_recipients,
)
from scheduler.messages.rules_quiet import QuietHours
from scheduler.protocols.rules_follow_ups import AFTER, BEFORE, Plan
from scheduler.reminders.rules import reminders_of
from scheduler.series.model import Series
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.spans import Span
from scheduler.tenancy import Work

# A rule asks so long before, or after; for each length there is a stretch to look at.
Lengths = Sequence[timedelta]


def after_sessions(
    work: Work, due: Span, policy: Policy, plans: dict[UUID, Plan], only: dict[str, UUID]
) -> Iterator[DueMessage]:
    """What is asked after the sessions that were completed."""
    lengths = _lengths(plans.values(), AFTER)
    own = own_times(due, quiet_hours_of(policy, None, work.zone))
    over = _lengths(plans.values(), ("after_series",))
    asked = _bounds(work, own, [-length for length in lengths], only)
    asked |= {"over_by": own.end - min(over, default=timedelta(0)), "until": due.end}
    for row in work.session.execute(_completed(len(lengths), tuple(only)), asked):
        quiet = quiet_hours_of(policy, row.time_zone, work.zone)
        done = Done(
            left_at=row.left_at,
            recorded_at=row.completed_at,
            next_at=row.next_at,
            reminders=reminders_from(
                work, policy, quiet, row.next_at, row.starts_at, row.promised_at
            ),
            in_series=row.series_id is not None,
            ends_series=row.ends_series,
        )
        for ask in plans[row.protocol_id]:
            if ask.rule in AFTER:
                yield from falling(row, after_session(ask, done, quiet), due)


def before_sessions(
    work: Work, due: Span, policy: Policy, plans: dict[UUID, Plan], only: dict[str, UUID]
) -> Iterator[DueMessage]:
    """What is asked before the sessions of series that are booked."""
    lengths = _lengths(plans.values(), BEFORE)
    if not lengths:
        return
    own = own_times(due, quiet_hours_of(policy, None, work.zone))
    asked = _bounds(work, own, lengths, only)
    asked |= {"since": own.start - AFTER_BOOKING, "until": due.end}
    for row in work.session.execute(_booked(len(lengths), tuple(only)), asked):
        quiet = quiet_hours_of(policy, row.time_zone, work.zone)
        ahead = Ahead(
            starts_at=row.starts_at,
            promised_at=row.promised_at,
            reminders=reminders_from(
                work, policy, quiet, row.starts_at, row.previous_at, row.promised_at
            ),
            previous_left_at=row.previous_left_at,
            is_first=row.is_first,
            is_only=row.is_only,
        )
        for ask in plans[row.protocol_id]:
            if ask.rule in BEFORE:
                yield from falling(row, before_session(ask, ahead, quiet), due)


def falling(row: Any, follow_up: FollowUp | None, due: Span) -> Iterator[DueMessage]:
    """What was derived of a session's row, if there is any and it falls due in the span."""
    if follow_up and (found := falls_due(row, "follow_up", follow_up, due)):
        yield found


def _lengths(plans: Iterable[Plan], rules: Sequence[str]) -> list[timedelta]:
    return sorted({ask.distance for plan in plans for ask in plan if ask.rule in rules})


def _bounds(work: Work, own: Span, moved: Lengths, only: dict[str, UUID]) -> dict[str, Any]:
    """The stretches to look at: rules' own times, and these moved by each of these lengths."""
    asked = {"clinic_id": work.clinic_id, "since": own.start, "until": own.end, **only}
    for n, length in enumerate(moved):
        span = own.moved(length)
        asked |= {f"since_{n}": span.start, f"until_{n}": span.end}
    return asked


def reminders_from(
    work: Work, policy: Policy, quiet: QuietHours, starts_at: Any, previous_at: Any, since: Any
) -> list[Any]:
    """When the reminders of a session go, that starts then: none that was due before it was so."""
    if starts_at is None:
        return []
    found = reminders_of(starts_at, previous_at, policy.reminder_days, work.zone, quiet)
    return [each.due_at for each in found if since is None or each.due_at > since]


_next, _before_it, _of_series = (aliased(InfusionSession) for _ in range(3))
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
NEXT_PROMISED = (
    select(_next.promised_at)
    .where(
        _next.clinic_id == InfusionSession.clinic_id,
        _next.patient_id == InfusionSession.patient_id,
        _next.status.in_(COUNTED),
        _next.starts_at > InfusionSession.starts_at,
    )
    .order_by(_next.starts_at)
    .limit(1)
    .scalar_subquery()
)
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


# To put one together takes longer than to ask.
@cache
def _completed(lengths: int, only: tuple[str, ...]) -> Select[Any]:
    left, recorded = InfusionSession.left_at, InfusionSession.completed_at
    return sessions_of_recipients(
        [
            left,
            recorded,
            InfusionSession.starts_at,
            InfusionSession.protocol_id,
            InfusionSession.series_id,
            NEXT_START.label("next_at"),
            NEXT_PROMISED.label("promised_at"),
            # Not asked of those that are too young for it.
            case((left <= bindparam("over_by"), _ENDS_SERIES), else_=false()).label("ends_series"),
        ],
        [
            in_states(InfusionSession.status, "completed"),
            or_(within(recorded, "since", "until"), *_stretches(left, lengths)),
        ],
        only,
    )


@cache
def _booked(lengths: int, only: tuple[str, ...]) -> Select[Any]:
    starts, promised = InfusionSession.starts_at, InfusionSession.promised_at
    return sessions_of_recipients(
        [
            starts,
            promised,
            InfusionSession.protocol_id,
            PREVIOUS_START.label("previous_at"),
            _PREVIOUS_LEFT.label("previous_left_at"),
            (~exists().where(*_earlier, _of_series.status.in_(COUNTED))).label("is_first"),
            (~exists().where(*_earlier)).label("is_only"),
        ],
        [
            in_states(InfusionSession.status, "booked"),
            InfusionSession.series_id.is_not(None),
            or_(within(promised, "since", "until"), *_stretches(starts, lengths)),
        ],
        only,
    )


def _stretches(column: Any, lengths: int) -> list[Any]:
    return [within(column, f"since_{n}", f"until_{n}") for n in range(lengths)]


def within(column: Any, since: str, until: str) -> Any:
    """Does it lie between the two, by the names of what is asked?"""
    return and_(column >= bindparam(since), column <= bindparam(until))
