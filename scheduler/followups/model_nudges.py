"""What was asked and not answered, and is asked once more."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, and_, bindparam, exists, select, union_all
from sqlalchemy.orm import aliased

from scheduler.answers.model import Answers
from scheduler.db import among_ids, in_states
from scheduler.followups.model import (
    NEXT_PROMISED,
    QuietHoursOf,
    Scan,
    falling,
    reminders_from,
    within,
)
from scheduler.followups.rules import DAY, FollowUp, nudge_of, own_times
from scheduler.messages.model import DueMessage, Message, quiet_hours_of
from scheduler.messages.model_asks import had_form
from scheduler.messages.model_due import NEXT_START, PREVIOUS_START, sessions_of_recipients
from scheduler.messages.rules_asks import GONE
from scheduler.protocols.rules_follow_ups import ASKING, BEFORE
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span


def nudges_due(scan: Scan) -> Iterator[DueMessage]:
    """The nudges that fall due, for what was sent, itself or carried, and not answered since."""
    work, policy = scan.work, scan.policy
    own = own_times(scan.due, quiet_hours_of(policy, None, work.zone))
    # One that goes with a reminder may have been due on a later hour of that day.
    sent = Span(own.start, own.end + DAY).moved(-timedelta(hours=policy.nudge_hours))
    asked = {"clinic_id": work.clinic_id, "since": sent.start, "until": sent.end}
    gone = {row.id: row.sent_at for row in work.session.execute(_GONE, asked)}
    if not gone:
        return
    quiet = QuietHoursOf(work, policy)
    these = {"clinic_id": work.clinic_id, "ids": list(gone), **scan.only}
    for row in work.session.execute(_unanswered(tuple(scan.only)), these):
        hours, ahead = quiet[row.time_zone], row.rule in BEFORE
        next_at = row.starts_at if ahead else row.next_at
        since = row.promised_at if ahead else row.next_promised_at
        previous_at = row.previous_at if ahead else row.starts_at
        reminders = reminders_from(work, policy, hours, next_at, previous_at, since)
        first = FollowUp(row.rule, row.due_at, row.not_after, row.due_at)
        sent_at = gone[row.message_id]
        yield from falling(
            row, nudge_of(first, sent_at, policy.nudge_hours, hours, reminders), scan.due
        )


_carrier = aliased(Message)
_GONE: CompoundSelect[Any] = union_all(
    select(Message.id, Message.sent_at).where(
        Message.clinic_id == bindparam("clinic_id"),
        in_states(Message.kind, "follow_up"),
        in_states(Message.status, *sorted(GONE)),
        within(Message.sent_at, "since", "until"),
    ),
    select(_carrier.carries_id, _carrier.sent_at).where(
        _carrier.clinic_id == bindparam("clinic_id"),
        _carrier.carries_id.is_not(None),
        in_states(_carrier.status, *sorted(GONE)),
        within(_carrier.sent_at, "since", "until"),
    ),
)


# To put it together takes longer than to ask.
@cache
def _unanswered(only: tuple[str, ...]) -> Select[Any]:
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
        Message.id.label("message_id"),
        Message.rule,
        Message.due_at,
        Message.not_after,
        PREVIOUS_START.label("previous_at"),
        NEXT_START.label("next_at"),
        NEXT_PROMISED.label("next_promised_at"),
    ]
    these = [among_ids(Message.id), Message.rule.in_(ASKING), ~answered, had_form()]
    return sessions_of_recipients(columns, these, only).join(
        Message, and_(about, Message.clinic_id == bindparam("clinic_id"))
    )
