"""What was asked and not answered, and is asked once more."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, exists, select, union_all
from sqlalchemy.orm import aliased

from scheduler.answers.model import Answers
from scheduler.clinics.model import Policy
from scheduler.db import in_states
from scheduler.followups.model import NEXT_PROMISED, falling, reminders_from, within
from scheduler.followups.rules import FollowUp, nudge_of, own_times
from scheduler.messages.model import DueMessage, Message, quiet_hours_of
from scheduler.messages.model_due import NEXT_START, PREVIOUS_START, sessions_of_recipients
from scheduler.messages.rules_asks import GONE
from scheduler.protocols.rules_follow_ups import ASKING, BEFORE
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work


def nudges_due(
    work: Work, due: Span, policy: Policy, only: dict[str, UUID]
) -> Iterator[DueMessage]:
    """The nudges that fall due, for what was sent, itself or carried, and not answered since."""
    own = own_times(due, quiet_hours_of(policy, None, work.zone))
    own = own.moved(-timedelta(hours=policy.nudge_hours))
    asked = {"clinic_id": work.clinic_id, "since": own.start, "until": own.end, **only}
    for row in work.session.execute(_unanswered(tuple(only)), asked):
        quiet = quiet_hours_of(policy, row.time_zone, work.zone)
        ahead = row.rule in BEFORE
        next_at = row.starts_at if ahead else row.next_at
        since = row.promised_at if ahead else row.next_promised_at
        previous_at = row.previous_at if ahead else row.starts_at
        reminders = reminders_from(work, policy, quiet, next_at, previous_at, since)
        first = FollowUp(row.rule, row.due_at, row.not_after, row.due_at)
        nudge = nudge_of(first, row.gone_at, policy.nudge_hours, quiet, reminders)
        yield from falling(row, nudge, due)


_carrier = aliased(Message)


# To put it together takes longer than to ask.
@cache
def _unanswered(only: tuple[str, ...]) -> Select[Any]:
    by_itself = select(Message.id, Message.sent_at).where(
        Message.clinic_id == bindparam("clinic_id"),
        in_states(Message.kind, "follow_up"),
        in_states(Message.status, *sorted(GONE)),
        within(Message.sent_at, "since", "until"),
    )
    carried = select(_carrier.carries_id, _carrier.sent_at).where(
        _carrier.clinic_id == bindparam("clinic_id"),
        _carrier.carries_id.is_not(None),
        in_states(_carrier.status, *sorted(GONE)),
        within(_carrier.sent_at, "since", "until"),
    )
    gone = union_all(by_itself, carried).subquery("gone")
    about = and_(
        Message.clinic_id == InfusionSession.clinic_id, Message.session_id == InfusionSession.id
    )
    answered = exists().where(
        Answers.clinic_id == Message.clinic_id,
        Answers.session_id == Message.session_id,
        Answers.rule == Message.rule,
        Answers.submitted_at.is_not(None),
    )
    columns: list[Any] = [
        InfusionSession.starts_at,
        InfusionSession.promised_at,
        Message.rule,
        Message.due_at,
        Message.not_after,
        gone.c.sent_at.label("gone_at"),
        PREVIOUS_START.label("previous_at"),
        NEXT_START.label("next_at"),
        NEXT_PROMISED.label("next_promised_at"),
    ]
    found = sessions_of_recipients(columns, [Message.rule.in_(ASKING), ~answered], only)
    return found.join(Message, about).join(gone, gone.c.id == Message.id)
