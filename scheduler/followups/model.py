"""The sessions whose follow-up may be due."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam

from scheduler.clinics.model import Policy
from scheduler.db import in_states
from scheduler.followups.rules import follow_up_of, recorded_from
from scheduler.messages.model import DueMessage, quiet_hours_of
from scheduler.messages.model_due import NEXT_START, falls_due, sessions_of_recipients
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work


def follow_ups_due(work: Work, due: Span, policy: Policy, **only: UUID) -> Iterator[DueMessage]:
    """The follow-ups that fall due after `due.start` and up to `due.end` (I50).

    `only` narrows them to the sessions whose columns have these values.
    """
    hours_after = policy.follow_up_hours
    night = quiet_hours_of(policy, None, work.zone)
    asked = {
        "clinic_id": work.clinic_id,
        "recorded_since": recorded_from(due.start, hours_after, night),
        "recorded_until": due.end,
        "left_until": due.end - timedelta(hours=hours_after),
        **only,
    }
    for row in work.session.execute(_completed(tuple(only)), asked):
        quiet = quiet_hours_of(policy, row.time_zone, work.zone)
        follow_up = follow_up_of(row.left_at, row.completed_at, row.next_at, hours_after, quiet)
        if found := falls_due(row, "follow_up", follow_up, due):
            yield found


# To put it together takes longer than to ask.
@cache
def _completed(only: tuple[str, ...]) -> Select[Any]:
    left, recorded = InfusionSession.left_at, InfusionSession.completed_at
    return sessions_of_recipients(
        [left, recorded, NEXT_START.label("next_at")],
        [
            in_states(InfusionSession.status, "completed"),
            recorded >= bindparam("recorded_since"),
            recorded <= bindparam("recorded_until"),
            left <= bindparam("left_until"),
        ],
        only,
    )
