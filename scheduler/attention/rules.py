"""What needs a person: of the sessions, the series and the messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from scheduler.attention.rules_broken import broken_rules
from scheduler.attention.rules_items import Item, of_session
from scheduler.attention.rules_overruns import collisions
from scheduler.attention.rules_picture import Broken, Picture, Planned, spoken
from scheduler.protocols.rules import Phase
from scheduler.series.rules import owed, status
from scheduler.sessions.rules_states import is_live

# A session is to be closed this long after its block.
TO_CLOSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Losses:
    """A series with sessions that were cancelled or missed: all its states, and which were lost.

    `lost` are the starts of these in order, each with its state; `last_at` is that of the last one
    that counts, if there is any.
    """

    series_id: UUID
    patient_id: UUID
    planned: int
    states: Sequence[str]
    missed_limit: int
    lost: Sequence[tuple[datetime, str]]
    last_at: datetime | None = None
    phases: Sequence[Phase] = ()


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that failed, did not arrive, or of which nobody knows whether it did."""

    id: UUID
    session_id: UUID
    patient_id: UUID
    kind: str
    status: str
    reason: str | None
    due_at: datetime


def of_sessions(picture: Picture) -> Iterator[Item]:
    """Sessions that break a rule, that were never closed, or that overrun into the next."""
    sessions = {each.id: each for each in picture.sessions}
    for session_id, broken in broken_rules(picture).items():
        yield _breaks_rule(sessions[session_id], broken)
    for each in picture.sessions:
        if is_live(each.status) and each.visit.block.end + TO_CLOSE <= picture.now:
            yield _not_closed(each, picture.zone)
    yield from collisions(picture)


def _breaks_rule(each: Planned, broken: Sequence[Broken]) -> Item:
    return of_session(
        "breaks_rule",
        each,
        each.starts_at,
        " ".join(found.detail for found in broken),
        each.chair_id,
        *((found.rule, *found.facts) for found in broken),
        rules=broken,
    )


def _not_closed(each: Planned, zone: tzinfo) -> Item:
    ended = spoken(each.visit.block.end, zone)
    detail = f"The visit was to be over on {ended}, and is still {each.status}."
    if each.status == "booked":
        detail = f"The visit was to be over on {ended}, and nobody said whether the patient came."
    return of_session("not_closed", each, each.visit.block.end, detail, each.status)


def of_series(losses: Sequence[Losses], zone: tzinfo) -> Iterator[Item]:
    """Active series that owe a session, or that missed as many as the protocol lets pass."""
    for each in losses:
        if status(each.planned, each.states, cancelled=False) != "active":
            continue
        count = owed(each.planned, each.states, cancelled=False)
        missed = each.states.count("no_show")
        if count:
            detail = _owes(count, each.lost[-count:], zone)
            yield _of_losses("owed", each, detail, count, len(each.lost))
        if missed >= each.missed_limit:
            detail = f"The patient missed {missed} of the {each.planned} sessions of the series."
            yield _of_losses("missed_limit", each, detail, missed)


def _owes(count: int, lost: Sequence[tuple[datetime, str]], zone: tzinfo) -> str:
    """What a series owes, and the latest days that were lost, as many as it owes."""
    what = "1 session" if count == 1 else f"{count} sessions"
    days = [
        f"{at.astimezone(zone):%A, %B %-d} was {'missed' if state == 'no_show' else state}"
        for at, state in lost
    ]
    return f"The series still owes {what}: {'; '.join(days)}."


def _of_losses(kind: str, each: Losses, detail: str, *facts: object) -> Item:
    return Item(
        kind=kind,
        subject=each.series_id,
        series_id=each.series_id,
        patient_id=each.patient_id,
        at=each.lost[-1][0],
        detail=detail,
        facts=facts,
    )


WHAT = {"reminder": "The reminder", "follow_up": "The follow-up", "notice": "The notice"}

HOW_IT_ENDED = {
    "failed": ("message_failed", "was not sent"),
    "undelivered": ("message_failed", "did not arrive"),
    "unknown": ("message_unknown", "may or may not have been sent"),
}


def of_messages(unsent: Sequence[Unsent]) -> Iterator[Item]:
    """Messages that a person should know did not arrive, or may not have."""
    for each in unsent:
        what = WHAT[each.kind]
        kind, how = HOW_IT_ENDED[each.status]
        yield Item(
            kind=kind,
            subject=each.id,
            message_id=each.id,
            session_id=each.session_id,
            patient_id=each.patient_id,
            at=each.due_at,
            detail=f"{what} {how} ({each.reason or 'no reason given'}).",
            facts=(each.reason,),
        )
