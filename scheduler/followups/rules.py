"""When is a follow-up due, and until when is it of use? Derived from a session as it is.

One after a session counts from when the patient actually left and stops at their next session
(I51); one before a session never comes after its start.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from scheduler.messages.rules_quiet import ENOUGH_TIME, QuietHours
from scheduler.protocols.rules_follow_ups import LOOKS_BACK, NUDGE, Ask
from scheduler.spans import Span
from scheduler.wall_time import local_date

DAY = timedelta(days=1)

# Later than this after a visit a word about it is stale; one that falls due late has a day, and
# about a whole series a week.
OF_USE = timedelta(hours=72)
AT_LEAST = {"after_series": 7 * DAY}

# Who has just been told of a booking is not asked anything on the same day, if there is time.
AFTER_BOOKING = DAY


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up on one session: its rule, when it is due, and until when it is of use.

    It waits until `goes_at`, where a reminder goes later on the same day.
    """

    rule: str
    due_at: datetime
    not_after: datetime
    goes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A session that was completed: when its patient left, and when that was recorded.

    `next_at` is when their next session starts, `reminders` are when they are reminded of it.
    `ends_series`: it is the last of a series that is over.
    """

    left_at: datetime
    recorded_at: datetime
    next_at: datetime | None = None
    reminders: Sequence[datetime] = ()
    in_series: bool = True
    ends_series: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """A booked session of a series: when it starts, since when that is promised, its reminders.

    `previous_left_at` is when its patient leaves the session before, as far as is known; `is_first`
    says that no session of the series counts before it, `is_only` that none was ever to be.
    """

    starts_at: datetime
    promised_at: datetime | None = None
    reminders: Sequence[datetime] = ()
    previous_left_at: datetime | None = None
    is_first: bool = True
    is_only: bool = True


def after_session(ask: Ask, done: Done, quiet: QuietHours) -> FollowUp | None:
    """What is asked after a session, out of quiet hours; None where this rule asks nothing.

    A visit recorded late is followed up once it is recorded.
    """
    if ask.rule == "after_series" and not done.ends_series:
        return None
    if ask.rule != "check_in" and not done.in_series:
        return None
    due_at = _by_day(max(done.left_at + ask.distance, done.recorded_at), quiet)
    not_after = max(done.left_at + OF_USE, due_at + AT_LEAST.get(ask.rule, DAY))
    if done.next_at is not None:
        not_after = min(not_after, done.next_at)
    reminders = [at for at in done.reminders if at > done.recorded_at]
    return _with_reminder(FollowUp(ask.rule, due_at, not_after, due_at), reminders, quiet)


def before_session(ask: Ask, ahead: Ahead, quiet: QuietHours) -> FollowUp | None:
    """What is asked before a session, out of quiet hours; None where this rule asks nothing.

    A baseline before the first of a series. What is asked before each next one is asked before the
    first too where one before it was lost: the baseline may have gone with that. None of what
    looks two weeks back falls within a day of a session.
    """
    if ahead.is_only if ask.rule == "before_next" else not ahead.is_first:
        return None
    due_at = ahead.starts_at - ask.distance
    not_after = ahead.starts_at - ENOUGH_TIME
    if ahead.promised_at is not None and due_at < ahead.promised_at + AFTER_BOOKING:
        a_day_on = ahead.promised_at + AFTER_BOOKING
        due_at = a_day_on if a_day_on < not_after else max(due_at, ahead.promised_at)
    due_at = _moved_out(quiet, due_at, ahead.starts_at)
    left_at = ahead.previous_left_at
    if left_at is not None and ask.instrument in LOOKS_BACK and due_at < left_at + DAY:
        return None
    found = FollowUp(ask.rule, due_at, not_after, due_at)
    return _with_reminder(found, ahead.reminders, quiet)


def nudge_of(
    asked: FollowUp,
    sent_at: datetime,
    nudge_hours: int,
    quiet: QuietHours,
    reminders: Sequence[datetime] = (),
) -> FollowUp | None:
    """The one nudge for what was sent and not answered; None where it would come too late."""
    due_at = _by_day(sent_at + timedelta(hours=nudge_hours), quiet)
    if due_at >= asked.not_after:
        return None
    found = FollowUp(asked.rule + NUDGE, due_at, asked.not_after, due_at)
    return _with_reminder(found, [at for at in reminders if at > sent_at], quiet)


# Visits at one time are many, and each is looked at again at every scan.
@lru_cache(maxsize=4096)
def _moved_out(quiet: QuietHours, due_at: datetime, starts_at: datetime) -> datetime:
    return quiet.moved_out(due_at, starts_at)


@lru_cache(maxsize=4096)
def _by_day(due_at: datetime, quiet: QuietHours) -> datetime:
    night = quiet.around(due_at)
    return night.end if night else due_at


def _with_reminder(found: FollowUp, reminders: Sequence[datetime], quiet: QuietHours) -> FollowUp:
    """The same, going with the reminder of that day of the recipient's, if there is one.

    It is due no later for that: should the reminder fall away meanwhile, it goes all the same.
    """
    if not reminders:
        return found
    on = local_date(found.due_at, quiet.zone)
    at = next((at for at in reminders if local_date(at, quiet.zone) == on), found.due_at)
    return replace(found, due_at=min(found.due_at, at), goes_at=at)


def own_times(due: Span, quiet: QuietHours, ahead: timedelta = timedelta.max) -> Span:
    """What is due in a span has its rule's own time in this one, or goes earlier with a reminder.

    A night moves it to its end; what is asked less than a night `ahead` of a session it may move
    to its beginning. `quiet` are the clinic's hours, in whatever zone: they move it by less than
    their length.
    """
    back = quiet.longest if ahead < quiet.longest + ENOUGH_TIME else timedelta(0)
    return Span(due.start - quiet.longest, due.end + back)
