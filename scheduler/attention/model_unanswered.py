"""The nudges that nobody answered."""

from datetime import timedelta

from sqlalchemy import and_, select, union_all
from sqlalchemy.orm import aliased

from scheduler.attention.rules_unanswered import Unanswered
from scheduler.clinics.model import policy_of
from scheduler.db import in_states
from scheduler.messages.model import Message
from scheduler.messages.model_asks import asks_of
from scheduler.messages.model_chunks import entries_of
from scheduler.messages.rules_asks import GONE
from scheduler.patients.model import Patient
from scheduler.protocols.rules_follow_ups import ASKING, NUDGE
from scheduler.tenancy import Work

# What was asked so long ago is asked anew in the meantime.
ASKS_MATTER = timedelta(days=14)

_NUDGES = tuple(rule + NUDGE for rule in ASKING)
_carrier = aliased(Message)


def unanswered(work: Work) -> list[Unanswered]:
    """The nudges of late that went, themselves or carried, and had as long again for an answer."""
    wait = timedelta(hours=policy_of(work).nudge_hours)
    since, until = work.now - ASKS_MATTER, work.now - wait
    by_itself = select(Message.id, Message.sent_at).where(
        Message.clinic_id == work.clinic_id,
        in_states(Message.kind, "follow_up"),
        in_states(Message.status, *sorted(GONE)),
        Message.sent_at.between(since, until),
    )
    carried = select(_carrier.carries_id, _carrier.sent_at).where(
        _carrier.clinic_id == work.clinic_id,
        _carrier.carries_id.is_not(None),
        in_states(_carrier.status, *sorted(GONE)),
        _carrier.sent_at.between(since, until),
    )
    gone = union_all(by_itself, carried).subquery("gone")
    theirs = and_(Patient.clinic_id == Message.clinic_id, Patient.id == Message.patient_id)
    nudges = (
        select(Message.id, gone.c.sent_at)
        .join(gone, gone.c.id == Message.id)
        .join(Patient, theirs)
        .where(
            Message.clinic_id == work.clinic_id,
            Message.rule.in_(_NUDGES),
            in_states(Patient.status, "active"),
        )
    )
    sent = {row[0]: row[1] for row in work.session.execute(nudges)}
    if not sent:
        return []
    entries = entries_of(work, sent)
    answered = asks_of(work, entries, merged=False).answered
    return [
        Unanswered(each.id, each.session_id, each.patient_id, sent[each.id] + wait)
        for each in entries
        if each.id not in answered
    ]
