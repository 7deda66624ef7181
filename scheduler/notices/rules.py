"""What is a patient told of a visit, and when? Derived from the session as it is.

A booking is told three minutes after it was made, so that a slip put right at once costs no
message; until then nobody was told of the visit, and moving or cancelling it is no news.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.messages.rules_quiet import QuietHours
from scheduler.spans import Span

GRACE = timedelta(minutes=3)

# Later than this nobody is told any more that a visit was booked or missed.
OF_USE = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Promise:
    """A session as its patient sees it; `promised_at` is when its time or liveness last changed.

    `channel` is the one that the patient prefers.
    """

    status: str
    starts_at: datetime
    booked_at: datetime
    promised_at: datetime
    has_arrived: bool = False
    cancelled_by: str | None = None
    moved_by: str | None = None
    channel: str = "sms"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice: what it tells, when it is due, and until when it is of use."""

    rule: str
    due_at: datetime
    not_after: datetime


def told_at(booked_at: datetime, quiet: QuietHours) -> datetime:
    """When the patient is told of a booking: three minutes later, out of quiet hours."""
    return _after_grace(booked_at, quiet)


def booking_of(promises: list[Promise], quiet: QuietHours) -> Notice | None:
    """The one notice of all that was booked together, where something of it still lies ahead."""
    booked_at = promises[0].booked_at
    due_at = told_at(booked_at, quiet)
    starts = [each.starts_at for each in promises if each.status == "booked"]
    if not starts or max(starts) <= due_at:
        return None
    return Notice("booked", due_at, min(max(starts), due_at + OF_USE))


def change_of(seen: Promise, quiet: QuietHours) -> Notice | None:
    """What is told of a session since it was booked, as it now is: its newest change alone.

    None where the patient knows: they were not told of it yet, did it themselves, or were there.
    """
    at = seen.promised_at
    if seen.has_arrived or at <= seen.booked_at or at < told_at(seen.booked_at, quiet):
        return None
    due_at = _after_grace(at, quiet)
    if seen.status == "no_show":
        return Notice("missed", due_at, due_at + OF_USE)
    rule = {"booked": "changed", "cancelled": "cancelled"}.get(seen.status)
    if rule is None or seen.starts_at <= due_at or _own_doing(seen):
        return None
    return Notice(rule, due_at, seen.starts_at)


def _own_doing(seen: Promise) -> bool:
    """Was it the patient, who saw that it was done? Of a move a mail still puts the calendar right.

    And brings links for the new time; a text would say nothing new.
    """
    if seen.status == "booked":
        return seen.moved_by == "patient" and seen.channel == "sms"
    return seen.cancelled_by == "patient"


def changes_due_in(due: Span, quiet: QuietHours) -> Span:
    """Between which times lies every change that a patient is told of within a span.

    `quiet` are the clinic's hours, in whatever zone: they move it by less than their length.
    """
    return Span(due.start - GRACE - quiet.longest, due.end - GRACE)


def _after_grace(at: datetime, quiet: QuietHours) -> datetime:
    due_at = at + GRACE
    night = quiet.around(due_at)
    return night.end if night else due_at
