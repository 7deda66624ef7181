"""What is looked at for follow-ups that fall due, and by which statements."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, any_, bindparam, select
from sqlalchemy.orm import aliased

from scheduler.clinics.model import Policy
from scheduler.followups.rules import (
    AFTER_BOOKING,
    DAY,
    FollowUp,
    own_times,
)
from scheduler.messages.model import DueMessage, quiet_hours_of
from scheduler.messages.model_due import (
    falls_due,
)
from scheduler.messages.rules_quiet import QuietHours
from scheduler.protocols.rules_follow_ups import Ask, Plan
from scheduler.reminders.rules import reminders_of
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.spans import Span
from scheduler.tenancy import Work

# A rule asks so long before, or after; for each length there is a stretch to look at.
Lengths = Sequence[timedelta]


@dataclass(frozen=True, slots=True)
class Scan:
    """What falls due in a span, by these plans, of the sessions with these values (`only`).

    `reminded` are the patients of whom a reminder falls due in it too, which may take with it what
    is due later on that day; where sessions are singled out it may be anyone.
    """

    work: Work
    due: Span
    policy: Policy
    plans: Mapping[UUID, Plan]
    reminded: Collection[UUID]
    only: Mapping[str, UUID]

    def asks(self, row: Any, rules: Sequence[str]) -> list[Ask]:
        """What the protocol of a session asks by these rules."""
        return [ask for ask in self.plans[row.protocol_id] if ask.rule in rules]

    def may_fall(self, row: Any, found: FollowUp | None) -> bool:
        """May what was derived of a row without a look at what lies around it fall due here?"""
        if found is None or found.due_at <= self.due.start:
            return False
        return found.due_at <= self.due.end or bool(self.only) or row.patient_id in self.reminded

    def lengths(self, rules: Sequence[str]) -> list[timedelta]:
        """How far from their sessions these rules ask."""
        return sorted(
            {ask.distance for plan in self.plans.values() for ask in plan if ask.rule in rules}
        )

    def bounds(self, lengths: Lengths, *, before: bool) -> dict[str, Any]:
        """The stretches to look at: when something began to be so, and one for each length."""
        night = quiet_hours_of(self.policy, None, self.work.zone)
        asked: dict[str, Any] = {
            "clinic_id": self.work.clinic_id,
            "since": self.due.start - night.longest - (AFTER_BOOKING if before else timedelta(0)),
            "until": self.due.end,
            "reminded": list(self.reminded),
            **self.only,
        }
        for n, length in enumerate(lengths):
            own = own_times(self.due, night, length) if before else own_times(self.due, night)
            later = DAY if self.only else timedelta(0)
            span = Span(own.start, own.end + later).moved(length if before else -length)
            asked |= {f"since_{n}": span.start, f"until_{n}": span.end}
        starts = [asked[f"since_{n}"] for n in range(len(lengths))]
        ends = [asked[f"until_{n}"] + DAY for n in range(len(lengths))]
        return asked | {"earliest": min(starts), "latest": max(ends)}


class QuietHoursOf(dict[str | None, QuietHours]):
    """The quiet hours by time zone, each put together once."""

    def __init__(self, work: Work, policy: Policy) -> None:
        super().__init__()
        self._known = work, policy

    def __missing__(self, time_zone: str | None) -> QuietHours:
        work, policy = self._known
        self[time_zone] = quiet_hours_of(policy, time_zone, work.zone)
        return self[time_zone]


def around(work: Work, statement: Select[Any], rows: Sequence[Any]) -> dict[UUID, Any]:
    """What lies around some sessions, by id: asked for those alone that may fall due."""
    if not rows:
        return {}
    asked = {"clinic_id": work.clinic_id, "ids": [row.id for row in rows]}
    return {row.id: row for row in work.session.execute(statement, asked)}


def falling(row: Any, follow_up: FollowUp | None, due: Span) -> Iterator[DueMessage]:
    """What was derived of a session's row, if there is any and it falls due in the span."""
    if follow_up and (found := falls_due(row, "follow_up", follow_up, due)):
        yield found


def reminders_from(
    work: Work, policy: Policy, quiet: QuietHours, starts_at: Any, previous_at: Any, since: Any
) -> list[Any]:
    """When the reminders of a session go, that starts then: none that was due before it was so."""
    if starts_at is None:
        return []
    found = reminders_of(starts_at, previous_at, policy.reminder_days, work.zone, quiet)
    return [each.due_at for each in found if since is None or each.due_at > since]


_next = aliased(InfusionSession)
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


def is_reminded() -> Any:
    """Is it a session of one of the `reminded`?"""
    return InfusionSession.patient_id == any_(bindparam("reminded", type_=ARRAY(Uuid())))


def stretches(column: Any, lengths: int) -> list[Any]:
    """Does it lie in the stretch of each of so many lengths?"""
    return [within(column, f"since_{n}", f"until_{n}") for n in range(lengths)]


def within(column: Any, since: str, until: str) -> Any:
    """Does it lie between the two, by the names of what is asked?"""
    return and_(column >= bindparam(since), column <= bindparam(until))
