"""How attempts ended: noted a chunk at a time, as they were begun."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from scheduler.messages.model_chunks import Entry, database_clock, entries_of, write
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import NOT_TRIED, Attempt, Outcome, Verdict, after_attempt
from scheduler.tenancy import Work


def settle_all(
    work: Work, ended: Sequence[tuple[Outgoing, Outcome]], jitter: Callable[[], float]
) -> list[str]:
    """Note how these attempts ended; returns the statuses that they led to.

    Where the lease had run out meanwhile the attempt is no longer ours to judge; only that it was
    sent after all is still worth knowing.
    """
    entries = {each.id: each for each in entries_of(work, (s.id for s, _ in ended), held=True)}
    moment = database_clock(work)
    changed = [
        entries[sent.id]
        for sent, outcome in ended
        if _settled(work, entries[sent.id], sent, outcome, moment, jitter())
    ]
    if changed:
        write(work, changed)
    return [entries[sent.id].status for sent, _ in ended]


def _settled(
    work: Work, entry: Entry, sent: Outgoing, outcome: Outcome, moment: datetime, jitter: float
) -> bool:
    """Does the message change by how its attempt ended?"""
    ours = entry.status == "sending" and entry.attempts == sent.attempt
    late = entry.status in ("unknown", "planned", "claimed") and outcome.result == "sent"
    if not (ours or (late and entry.ambiguous)):
        return False
    if outcome is NOT_TRIED:
        _take_back(entry)
        return True
    attempt = _attempt(entry, sent.attempt, moment)
    entry.ambiguous |= outcome.result == "unknown"
    entry.enter(after_attempt(outcome, attempt, work.now, jitter))
    if entry.status == "sent":
        entry.sent_at, entry.provider_id = work.now, outcome.provider_id
        entry.ambiguous = False
    return True


def _attempt(entry: Entry, number: int, moment: datetime) -> Attempt:
    return Attempt(
        number,
        entry.not_after,
        repeatable=entry.is_repeatable(moment),
        ambiguous=entry.ambiguous,
    )


def _take_back(entry: Entry) -> None:
    """The attempt that was begun never was; an earlier one may still have gone."""
    entry.attempts -= 1
    entry.enter(Verdict("planned", "interrupted" if entry.ambiguous else None))
    if entry.attempts == 0:
        entry.address = None


def give_back(work: Work, message_id: UUID, jitter: float) -> None:
    """Put a claimed message that broke before its send back, later each time, until its end."""
    (entry,) = entries_of(work, [message_id], held=True)
    if entry.status == "claimed":
        entry.attempts += 1
        attempt = _attempt(entry, entry.attempts, database_clock(work))
        entry.enter(after_attempt(Outcome("retry", "broken"), attempt, work.now, jitter))
        write(work, [entry])
