"""The sessions whose reminders may be due."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, false, or_, select

from scheduler.clinics.model import Policy
from scheduler.db import among_ids, in_states
from scheduler.messages.model import DueMessage, quiet_hours_of
from scheduler.messages.model_due import PREVIOUS_START, falls_due, sessions_of_recipients
from scheduler.messages.rules_quiet import QuietHours
from scheduler.reminders.rules import applies, reminders_of, starts_due_in
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work


def reminders_due(work: Work, due: Span, policy: Policy, **only: UUID) -> Iterator[DueMessage]:
    """The reminders that fall due after `due.start` and up to `due.end`, of booked sessions.

    `only` narrows them to the sessions whose columns have these values.
    """
    night = quiet_hours_of(policy, None, work.zone)
    asked: dict[str, Any] = {"clinic_id": work.clinic_id, **only}
    for n, days in enumerate(policy.reminder_days):
        starting = starts_due_in(due, days, work.zone, night)
        asked |= {f"since_{n}": starting.start, f"until_{n}": starting.end}
    sessions = _sessions(len(policy.reminder_days), tuple(only))
    quiet: dict[str | None, QuietHours] = {}
    falling: list[DueMessage] = []
    for row in work.session.execute(sessions, asked):
        if row.time_zone not in quiet:
            quiet[row.time_zone] = quiet_hours_of(policy, row.time_zone, work.zone)
        for reminder in reminders_of(
            row.starts_at, None, policy.reminder_days, work.zone, quiet[row.time_zone]
        ):
            if found := falls_due(row, "reminder", reminder, due):
                falling.append(found)
    yield from _applying(work, falling)


def _applying(work: Work, falling: list[DueMessage]) -> Iterator[DueMessage]:
    """Those of some reminders that do not fall before their patient's previous session.

    It is asked for these alone: of the many sessions looked at, few have one that falls due.
    """
    if not falling:
        return
    asked = {"clinic_id": work.clinic_id, "ids": list({each.session_id for each in falling})}
    previous = {row[0]: row[1] for row in work.session.execute(_PREVIOUS, asked)}
    for each in falling:
        if applies(each.due_at, previous[each.session_id]):
            yield each


_PREVIOUS = select(InfusionSession.id, PREVIOUS_START).where(
    InfusionSession.clinic_id == bindparam("clinic_id"), among_ids(InfusionSession.id)
)


# To put it together takes longer than to ask.
@cache
def _sessions(rules: int, only: tuple[str, ...]) -> Select[Any]:
    starts = InfusionSession.starts_at
    starting = [
        and_(starts >= bindparam(f"since_{n}"), starts < bindparam(f"until_{n}"))
        for n in range(rules)
    ]
    return sessions_of_recipients(
        [starts],
        [in_states(InfusionSession.status, "booked"), or_(false(), *starting)],
        only,
    )
