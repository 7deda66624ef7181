"""What enters the ledger: what fell due since the last tick, and what a person does by hand."""

from datetime import timedelta
from uuid import UUID

from scheduler.errors import Conflict, NotFound
from scheduler.messages.model import Message, enter_in_ledger
from scheduler.messages.rules import BY_HAND
from scheduler.messages.rules_quiet import ENOUGH_TIME
from scheduler.outreach.model import OVERLAP, falling_due, locked_mark, locked_message
from scheduler.sessions.model import InfusionSession
from scheduler.spans import Span
from scheduler.tenancy import Work

# A scan that found nothing moves the mark only when it is this old, and so writes nothing.
IDLE = timedelta(minutes=10)

# Before any reminder of a session is due.
LONG_BEFORE = timedelta(days=400)

HOW_FAR = {
    "planned": "It may have gone; it is being found out.",
    "unknown": "It may have gone: call the patient.",
    "skipped": "It was skipped already.",
    "failed": "It was tried, and failed.",
    "cancelled": "It was of a time that has changed.",
}


def scan(work: Work, *, move_mark: bool = True) -> int:
    """Enter what fell due up to now in the ledger, once; how many were new (I35, I38).

    With `move_mark` false the next scan looks at the same stretch again: for trying a time out.
    """
    mark = locked_mark(work)
    due = Span(min(mark.scanned_until, work.now) - OVERLAP, work.now)
    new = enter_in_ledger(work, list(falling_due(work, due)))
    ahead = work.now - mark.scanned_until
    if move_mark and ahead > (timedelta(0) if new else IDLE):
        mark.scanned_until = work.now
    return new


def send_reminder(work: Work, session_id: UUID, rule: str, reason: str) -> Message:
    """Let a booked session's reminder go with the next tick, whenever it would be due.

    Consent and quiet hours bind it all the same (I39, I40), and it never goes after the start.
    """
    message = _by_hand(work, session_id, rule, "send")
    starts_at = work.load(InfusionSession, session_id).starts_at
    message.status, message.reason, message.note = "planned", None, reason
    message.next_attempt_at, message.not_after = work.now, starts_at - ENOUGH_TIME
    return message


def skip_reminder(work: Work, session_id: UUID, rule: str, reason: str) -> Message:
    """Let a booked session's reminder not go at all."""
    message = _by_hand(work, session_id, rule, "skip")
    message.status, message.reason, message.note = "skipped", "by_hand", reason
    if message.address is None:
        message.channel = None
    return message


def _by_hand(work: Work, session_id: UUID, rule: str, verb: str) -> Message:
    """The session's message of that rule, entered in the ledger if it is not there yet."""
    infusion_session = work.load(InfusionSession, session_id)
    if infusion_session.status != "booked":
        detail = "Only a booked session is reminded of."
        state = infusion_session.status
        raise Conflict("not_allowed", detail, state=state, missing=["booked"])
    starts_at = infusion_session.starts_at
    before = Span(starts_at - LONG_BEFORE, starts_at)
    coming = falling_due(work, before, "reminder", id=session_id)
    enter_in_ledger(work, [each for each in coming if each.rule == rule])
    message = locked_message(work, infusion_session, rule)
    if message is None:
        raise NotFound("reminder of this rule")
    if message.ambiguous or message.status not in BY_HAND[verb]:
        detail = HOW_FAR.get(message.status, "It has gone already, or is on its way.")
        allowed = list(BY_HAND[verb])
        raise Conflict("not_allowed", detail, state=message.status, missing=allowed)
    return message
