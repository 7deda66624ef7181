"""The sessions whose reminders may be due."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_

from scheduler.clinics.model import Policy
from scheduler.db import in_states
from scheduler.messages.model import DueMessage, quiet_hours_of
from scheduler.messages.model_due import PREVIOUS_START, falls_due, sessions_of_recipients
from scheduler.reminders.rules import reminders_of, starts_due_in
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work


def reminders_due(work: Work, due: Span, policy: Policy, **only: UUID) -> Iterator[DueMessage]:
    """The reminders that fall due after `due.start` and up to `due.end`, of booked sessions.

    `only` narrows them to the sessions whose columns have these values.
    """
    night = quiet_hours_of(policy, None, work.zone)
    starting = [
        _starting_in(starts_due_in(due, days, work.zone, night)) for days in policy.reminder_days
    ]
    sessions = sessions_of_recipients(
        work,
        [InfusionSession.starts_at, PREVIOUS_START.label("previous_at")],
        [in_states(InfusionSession.status, "booked"), or_(false(), *starting)],
        only,
    )
    for row in work.session.execute(sessions):
        quiet = quiet_hours_of(policy, row.time_zone, work.zone)
        for reminder in reminders_of(
            row.starts_at, row.previous_at, policy.reminder_days, work.zone, quiet
        ):
            if found := falls_due(row, "reminder", reminder, due):
                yield found


def _starting_in(span: Span) -> ColumnElement[bool]:
    return and_(InfusionSession.starts_at >= span.start, InfusionSession.starts_at < span.end)
