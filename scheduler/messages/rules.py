"""May this message go now, and what follows from how the attempt ended?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.messages.rules_asks import OPEN, REMINDED
from scheduler.messages.rules_caps import FREE, NONE_LEFT
from scheduler.messages.rules_quiet import ENOUGH_TIME
from scheduler.patients.rules import Contact
from scheduler.protocols.rules_follow_ups import AFTER, base_of
from scheduler.spans import Span

STATUSES = (
    "planned",
    "claimed",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "unknown",
    "failed",
    "skipped",
    "cancelled",
)

# Why a message is where it is. A mail server's own refusal is `smtp_` and its code, a text
# gateway's `gateway_` and its, a text provider's own word for it `twilio_` and the code.
REASONS = (
    "by_hand",
    "session_changed",
    "patient_discharged",
    "patient_deceased",
    "no_channel",
    "no_consent",
    "night",
    "superseded",
    "merged",
    "answered",
    "not_asked",
    "cap",
    "too_late",
    "interrupted",
    "restored",
    "backlog_held",
    "bad_address",
    "dead_address",
    "bounced",
    "broken",
    "forbidden_words",
    "too_long",
    "mail_server_away",
    "mail_server_broke_off",
    "gateway_away",
    "gateway_broke_off",
    "gateway_unreadable",
    "outbox_not_writable",
)

# The state that a session is in while what a rule says of it is true; booked, if not said.
SPEAKS_OF = {"cancelled": "cancelled", "missed": "no_show"} | dict.fromkeys(AFTER, "completed")

# These notices go again where nobody knows whether they went: a patient who comes for nothing
# is worse than one who is told twice.
AT_LEAST_ONCE = ("changed", "cancelled")
MOST_TRIES = 3

# So long a text waits for those before it, before it asks again for its turn.
TURN = timedelta(minutes=1)

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Situation:
    """What is true in the commit that begins the send; the derivation may be hours old.

    `told_today`: a notice told the patient of this very visit on this day of theirs. `room`: is
    there any for one more text to this number (`rules_caps`)? `of_form` says what became of what a
    follow-up asks (`rules_asks`).
    """

    kind: str
    rule: str
    not_after: datetime
    time_version: int
    session_status: str
    session_time_version: int
    session_starts_at: datetime
    next_session_at: datetime | None
    patient_status: str
    contact: Contact
    quiet: Span | None
    told_today: bool = False
    room: str = FREE
    of_form: str = OPEN


@dataclass(frozen=True, slots=True)
class Verdict:
    """`go`, or the status that the message ends in and why, or until when it waits."""

    status: str
    reason: str | None = None
    until: datetime | None = None


GO = Verdict("sending")


def verdict(now: datetime, seen: Situation) -> Verdict:
    """Decide in this order: is it still true, still wanted, still in time (I36 to I41)."""
    if not _still_true(seen):
        return Verdict("cancelled", "session_changed")
    if seen.patient_status != "active":
        return Verdict("skipped", f"patient_{seen.patient_status}")
    if seen.contact.channel is None:
        return Verdict("skipped", seen.contact.reason)
    if seen.told_today:
        return Verdict("skipped", "merged")
    if seen.of_form not in (OPEN, REMINDED):
        return Verdict("skipped", seen.of_form)
    if now >= last_moment(seen):
        return Verdict("skipped", _why_late(now, seen))
    if seen.quiet is not None:
        if seen.quiet.end < last_moment(seen):
            return Verdict("planned", until=seen.quiet.end)
        return Verdict("skipped", "night")
    turn = now + TURN
    if seen.of_form == REMINDED and turn < last_moment(seen):
        return Verdict("planned", until=turn)
    if seen.room != FREE:
        if seen.room == NONE_LEFT or turn >= last_moment(seen):
            return Verdict("skipped", "cap")
        return Verdict("planned", until=turn)
    return GO


def last_moment(seen: Situation) -> datetime:
    """After this instant the message is of no use; a follow-up stops at the next session (I51)."""
    if seen.next_session_at is None:
        return seen.not_after
    return min(seen.not_after, seen.next_session_at)


def _still_true(seen: Situation) -> bool:
    """Is the session as it was when this fell due? An undone completion is another one (I50)."""
    return (
        seen.session_status == SPEAKS_OF.get(base_of(seen.rule), "booked")
        and seen.time_version == seen.session_time_version
    )


def _why_late(now: datetime, seen: Situation) -> str:
    """`superseded` by a nearer reminder, or by the next session; else `too_late`."""
    if seen.kind == "reminder" and now < seen.session_starts_at - ENOUGH_TIME:
        return "superseded"
    if seen.next_session_at is not None and now >= seen.next_session_at:
        return "superseded"
    return "too_late"


# What a person may still do with a message in each of these states. Of one that may have gone
# nobody knows whether sending it again would double it; one on its way is out of reach.
BY_HAND = {
    "send": ("planned", "skipped", "failed"),
    "skip": ("planned",),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: `sent`, or `retry`, `failed` (both certain), or `unknown`.

    `away` says that the provider itself could not be reached: others need not try it now.
    """

    result: str
    reason: str | None = None
    provider_id: str | None = None
    away: bool = False


# It was begun, but its turn did not come in time: certainly not gone, and no attempt at all.
NOT_TRIED = Outcome("retry", "not_tried")


def may_double(kind: str, rule: str, attempts: int) -> bool:
    """May a message be sent again although it may have gone?"""
    return kind == "notice" and rule in AT_LEAST_ONCE and attempts < MOST_TRIES


def wait_before(attempt: int, jitter: float) -> timedelta:
    """How long to wait after the n-th attempt (from 1): 30 s · 2^(n-1), ±20 %, an hour at most.

    `jitter` lies in [-1, 1].
    """
    doubled: timedelta = min(FIRST_WAIT * 2 ** min(attempt - 1, 10), LONGEST_WAIT)
    return min(doubled * (1 + JITTER * jitter), LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The n-th attempt of a message, from 1.

    `repeatable` says whether the provider would know it again, so that sending it once more is as
    good as once; `ambiguous` that an earlier one may have gone, whatever became of this one.
    """

    number: int
    not_after: datetime
    repeatable: bool = False
    ambiguous: bool = False


def after_attempt(outcome: Outcome, attempt: Attempt, now: datetime, jitter: float) -> Verdict:
    """The state a message enters when its attempt ended so.

    What may have gone is tried again only where the provider would know it again (I35).
    """
    if outcome.result == "sent":
        return Verdict("sent", outcome.reason)
    in_doubt = attempt.ambiguous or outcome.result == "unknown"
    again = now + wait_before(attempt.number, jitter)
    certain_for_now = outcome.result == "retry" and not attempt.ambiguous
    may_go_again = outcome.result != "failed" and (certain_for_now or attempt.repeatable)
    if may_go_again and again < attempt.not_after:
        return Verdict("planned", outcome.reason, until=again)
    return Verdict("unknown" if in_doubt else "failed", outcome.reason)


def in_doubt(decided: Verdict, last_reason: str | None, *, same_way: bool) -> Verdict:
    """What becomes of a message that may have gone, when this is decided of it now.

    It goes again only by the same way, to a provider that still knows it (`same_way`). Whatever
    else ends it, nobody can say that it did not go.
    """
    if decided.status == "planned" or (decided is GO and same_way):
        return decided
    return Verdict("unknown", last_reason if decided is GO else decided.reason)
