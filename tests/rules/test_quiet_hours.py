"""Nothing is sent in the recipient's quiet hours (I39): minute by minute, over clock changes."""

from datetime import date, datetime, time, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.messages.rules_quiet import ENOUGH_TIME, QuietHours
from scheduler.spans import Span
from scheduler.wall_time import day
from tests.rules.drawn import (
    AZORES,
    BEIRUT,
    MINUTE,
    NEW_YORK,
    PHOENIX,
    clock_days,
    phoenix,
    showing,
    utc,
    wall_times,
)

NIGHT = (time(21), time(8))


def is_quiet(wall: time, since: time, until: time) -> bool:
    """Does a clock that shows this time show quiet hours?"""
    if since < until:
        return since <= wall < until
    return since != until and (wall >= since or wall < until)


AROUND = [
    # now in Phoenix → the quiet hours it lies in
    ("2026-11-24 20:59", None),
    ("2026-11-24 21:00", ("2026-11-24 21:00", "2026-11-25 08:00")),
    ("2026-11-25 00:00", ("2026-11-24 21:00", "2026-11-25 08:00")),
    ("2026-11-25 07:59:59", ("2026-11-24 21:00", "2026-11-25 08:00")),
    ("2026-11-25 08:00", None),
]


@pytest.mark.parametrize(("now", "expected"), AROUND)
def test_quiet_hours_begin_and_end_on_the_minute(
    now: str, expected: tuple[str, str] | None
) -> None:
    """I39: half-open, over midnight."""
    found = QuietHours(*NIGHT, PHOENIX).around(phoenix(now))
    assert found == (expected and Span(phoenix(expected[0]), phoenix(expected[1])))


@pytest.mark.parametrize(
    ("wall", "quiet"), [("12:59", 0), ("13:00", 1), ("14:59", 1), ("15:00", 0)]
)
def test_quiet_hours_may_lie_within_a_day(wall: str, quiet: int) -> None:
    siesta = QuietHours(time(13), time(15), PHOENIX)
    assert (siesta.around(phoenix(f"2026-11-24 {wall}")) is not None) is bool(quiet)


@pytest.mark.parametrize(
    ("in_zone", "ends", "midnight"),
    [
        (PHOENIX, time(8), phoenix("2026-11-24 00:00")),
        (NEW_YORK, time(1, 30), utc("2024-11-03 04:00")),  # even where the clock shows it twice
    ],
)
def test_equal_ends_mean_that_there_are_none(
    in_zone: tzinfo, ends: time, midnight: datetime
) -> None:
    none = QuietHours(ends, ends, in_zone)
    assert all(none.around(midnight + n * 10 * MINUTE) is None for n in range(150))


# A week (from its first day) in which the clock changes, and when it is quiet.
WEEKS = [
    (NEW_YORK, "2024-03-07", NIGHT, 5),
    (NEW_YORK, "2024-10-31", NIGHT, 1),
    (NEW_YORK, "2024-03-07", (time(2, 30), time(3)), 5),  # quiet only in the skipped hour
    (NEW_YORK, "2024-03-07", (time(22), time(2, 30)), 5),
    (NEW_YORK, "2024-10-31", (time(22), time(1, 30)), 5),  # the end occurs twice
    (NEW_YORK, "2024-10-31", (time(1, 30), time(5)), 5),  # the beginning does
    (BEIRUT, "2024-10-23", (time(21), time(23, 30)), 5),  # back from midnight to 23:00
    (BEIRUT, "2024-03-28", (time(0), time(8)), 5),  # no midnight
    (AZORES, "2024-10-24", NIGHT, 5),  # two midnights
]


@pytest.mark.parametrize(("in_zone", "first", "ends", "step"), WEEKS)
def test_no_minute_of_a_week_whose_clock_shows_quiet_hours_is_free(
    in_zone: tzinfo, first: str, ends: tuple[time, time], step: int
) -> None:
    """I39: what the clock repeats may be quiet twice, nothing else is quiet beyond the wall."""
    quiet = QuietHours(*ends, in_zone)
    start = day(date.fromisoformat(first), in_zone).start
    beyond = 0
    for n in range(0, 7 * 24 * 60, step):
        at = start + n * MINUTE
        span = quiet.around(at)
        if is_quiet(showing(at, in_zone).time(), *ends):
            assert span, at
        elif span:
            beyond += step
        assert span is None or span.start <= at < span.end
    assert beyond <= 60


@given(clock_days, wall_times, wall_times, st.integers(-2000, 2000))
def test_quiet_hours_end_at_the_first_instant_that_is_not_quiet(
    clock_day: tuple[tzinfo, date], since: time, until: time, offset: int
) -> None:
    """I39: their end is free, unless the clock has shown it and will again."""
    in_zone, on = clock_day
    quiet = QuietHours(since, until, in_zone)
    at = day(on, in_zone).start + offset * MINUTE
    span = quiet.around(at)
    assert span or not is_quiet(showing(at, in_zone).time(), since, until)
    if span:
        assert span.start <= at < span.end
        before = showing(span.end - MINUTE, in_zone).time()
        assert is_quiet(before, since, until) or showing(span.end, in_zone).time() == until


def moved(due: str, starts: str) -> datetime:
    return QuietHours(*NIGHT, PHOENIX).moved_out(phoenix(due), phoenix(starts))


MOVED = [
    # due, the session's start → when it goes
    ("2026-11-23 14:30", "2026-11-24 14:30", "2026-11-23 14:30"),  # by day: as it is
    ("2026-11-23 20:59", "2026-11-24 20:59", "2026-11-23 20:59"),
    ("2026-11-23 21:00", "2026-11-24 21:00", "2026-11-24 08:00"),  # to the end of the night
    ("2026-11-23 07:30", "2026-11-24 07:30", "2026-11-23 08:00"),
    ("2026-11-24 05:00", "2026-11-24 09:00", "2026-11-24 08:00"),  # sixty minutes are enough
    ("2026-11-24 05:00", "2026-11-24 08:59", "2026-11-23 20:59"),  # fifty-nine are not
    ("2026-11-24 05:00", "2026-11-24 07:00", "2026-11-23 20:59"),  # the last minute before
]


@pytest.mark.parametrize(("due", "starts", "goes"), MOVED)
def test_what_falls_due_at_night_waits_for_morning_or_goes_the_evening_before(
    due: str, starts: str, goes: str
) -> None:
    """I39"""
    assert moved(due, starts) == phoenix(goes)


@given(st.integers(0, 3 * 24 * 60), st.integers(0, 3 * 24 * 60))
def test_what_is_moved_out_of_the_night_is_free_and_leaves_an_hour_or_precedes_the_night(
    due: int, ahead: int
) -> None:
    """I39"""
    due_at = utc("2024-11-02 12:00") + due * MINUTE
    starts_at = due_at + ahead * MINUTE
    quiet = QuietHours(*NIGHT, NEW_YORK)
    goes = quiet.moved_out(due_at, starts_at)
    assert quiet.around(goes) is None
    if goes > due_at:
        assert starts_at - goes >= ENOUGH_TIME
        assert quiet.around(goes - MINUTE), "no later than it has to be"
    if goes < due_at:
        assert quiet.around(goes + MINUTE), "no earlier than it has to be"
    assert abs(goes - due_at) <= timedelta(hours=12)
