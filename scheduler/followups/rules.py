"""When is the follow-up after a session due? Counted from when the patient actually left (I51)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.messages.rules_quiet import QuietHours

CHECK_IN = "check_in"

# Later than this after the visit a word about it is stale; one that falls due late has a day.
OF_USE = timedelta(hours=72)
AT_LEAST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up on one session: its rule, when it is due, and until when it is of use."""

    rule: str
    due_at: datetime
    not_after: datetime


def follow_up_of(
    left_at: datetime,
    recorded_at: datetime,
    next_session_at: datetime | None,
    hours_after: int,
    quiet: QuietHours,
) -> FollowUp:
    """The session's follow-up: so many hours after the patient left, out of quiet hours.

    A visit recorded late is followed up once it is recorded. It stops at the next session.
    """
    due_at = max(left_at + timedelta(hours=hours_after), recorded_at)
    if night := quiet.around(due_at):
        due_at = night.end
    not_after = max(left_at + OF_USE, due_at + AT_LEAST)
    if next_session_at is not None:
        not_after = min(not_after, next_session_at)
    return FollowUp(CHECK_IN, due_at, not_after)


def recorded_from(due_from: datetime, hours_after: int, quiet: QuietHours) -> datetime:
    """No session recorded before this has a follow-up that falls due after `due_from`.

    `quiet` are the clinic's hours, in whatever zone: they move it by less than their length.
    """
    return due_from - timedelta(hours=hours_after) - quiet.longest
