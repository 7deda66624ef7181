"""When a follow-up is due: around a session, by its rule (I50, I51)."""

from dataclasses import replace
from datetime import datetime, time, timedelta, tzinfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scheduler.followups.rules import (
    Ahead,
    Done,
    FollowUp,
    after_session,
    before_session,
    nudge_of,
    own_times,
)
from scheduler.messages.rules_quiet import ENOUGH_TIME, QuietHours
from scheduler.protocols.rules_follow_ups import AFTER, BEFORE, Ask
from scheduler.spans import Span
from scheduler.wall_time import local_date
from tests.rules.drawn import BEIRUT, NEW_YORK, PHOENIX, phoenix, utc

NIGHT = QuietHours(time(21), time(8), PHOENIX)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

CHECK_IN = Ask(rule="check_in", instrument="check_in", hours=24)
TREND = Ask(rule="trend", instrument="phq2", days=3)
BASELINE = Ask(rule="baseline", instrument="phq9", days=7)
BEFORE_NEXT = Ask(rule="before_next", instrument="phq9", hours=48)
AFTER_SERIES = Ask(rule="after_series", instrument="phq9", days=30)


def at(text: str) -> datetime:
    """An instant of November 2026, or of another month of that year."""
    return phoenix(f"2026-{text}" if text[2:3] == "-" else f"2026-11-{text}")


def maybe(text: str | None) -> datetime | None:
    return None if text is None else at(text)


DUE = [
    # left, recorded, the next session, hours after → due, of use until
    ("24 11:00", "24 11:02", None, 24, "25 11:00", "27 11:00"),
    ("24 11:00", "24 18:00", None, 24, "25 11:00", "27 11:00"),  # left at eleven all the same
    ("24 11:00", "26 09:00", None, 24, "26 09:00", "27 11:00"),  # recorded late: then
    ("24 11:00", "28 09:00", None, 24, "28 09:00", "29 09:00"),  # and of use for a day
    ("24 22:00", "24 22:00", None, 24, "26 08:00", "27 22:00"),  # out of the night
    ("24 05:00", "24 05:00", None, 24, "25 08:00", "27 05:00"),
    ("24 11:00", "24 11:00", "26 09:00", 24, "25 11:00", "26 09:00"),  # stops at the next session
    ("24 11:00", "24 11:00", "25 09:00", 24, "25 11:00", "25 09:00"),  # which comes first
    ("24 11:00", "24 11:00", "30 09:00", 24, "25 11:00", "27 11:00"),
    ("24 11:00", "24 11:00", None, 1, "24 12:00", "27 11:00"),
    ("24 11:00", "24 11:00", None, 96, "28 11:00", "29 11:00"),  # later than usual, yet of use
    ("24 11:00", "27 23:00", None, 1, "28 08:00", "29 08:00"),
]


@pytest.mark.parametrize(("left", "recorded", "following", "hours", "due", "until"), DUE)
def test_a_follow_up_counts_from_when_the_patient_left(
    left: str, recorded: str, following: str | None, hours: int, due: str, until: str
) -> None:
    """I50, I51"""
    ask = Ask(rule="check_in", instrument="check_in", hours=hours)
    done = Done(left_at=at(left), recorded_at=at(recorded), next_at=maybe(following))
    assert after_session(ask, done, NIGHT) == FollowUp("check_in", at(due), at(until), at(due))


@pytest.mark.parametrize(
    ("ask", "in_series", "ends_series", "due", "until"),
    [
        (CHECK_IN, False, False, "25 11:00", "27 11:00"),
        (TREND, True, False, "27 11:00", "28 11:00"),
        (TREND, False, False, None, None),  # one visit alone is no trend
        (AFTER_SERIES, True, True, "12-24 11:00", "12-31 11:00"),
        (AFTER_SERIES, True, False, None, None),
    ],
)
def test_what_is_asked_after_a_session_hangs_on_its_series(
    ask: Ask, in_series: bool, ends_series: bool, due: str | None, until: str | None
) -> None:
    """I50"""
    left = at("24 11:00")
    done = Done(left_at=left, recorded_at=left, in_series=in_series, ends_series=ends_series)
    found = after_session(ask, done, NIGHT)
    expected = due and until and FollowUp(ask.rule, at(due), at(until), at(due))
    assert found == (expected or None)


SOON = [
    # the rule, promised since, the one before left → due; the session is on the 24th at 10:00
    (BASELINE, "01 10:00", None, "17 10:00"),
    (BASELINE, "16 12:00", None, "17 12:00"),  # booked so late: a day after that
    (BASELINE, "20 09:00", None, "21 09:00"),
    (BASELINE, "23 12:00", None, "23 12:00"),  # or else at once
    (BASELINE, "23 22:00", None, "24 08:00"),
    (BASELINE, None, None, "17 10:00"),
    (BEFORE_NEXT, "01 10:00", "17 11:00", "22 10:00"),
    (BEFORE_NEXT, "22 12:00", "17 11:00", "23 12:00"),
    (BEFORE_NEXT, "01 10:00", "21 10:00", "22 10:00"),  # a day after the session before
    (BEFORE_NEXT, "01 10:00", "21 10:05", None),  # too soon to say anything of two weeks
    (
        Ask(rule="before_next", instrument="check_in", hours=48),
        "01 10:00",
        "21 10:05",
        "22 10:00",
    ),
]


@pytest.mark.parametrize(("ask", "promised", "left", "due"), SOON)
def test_what_is_asked_before_a_session_is_asked_so_long_before_it(
    ask: Ask, promised: str | None, left: str | None, due: str | None
) -> None:
    """I50, I56"""
    ahead = Ahead(
        starts_at=at("24 10:00"),
        promised_at=maybe(promised),
        previous_left_at=maybe(left),
        is_first=ask.rule == "baseline",
        is_only=ask.rule == "baseline",
    )
    found = before_session(ask, ahead, NIGHT)
    expected = FollowUp(ask.rule, at(due), at("24 09:00"), at(due)) if due else None
    assert found == expected


@pytest.mark.parametrize(
    ("is_first", "is_only", "rules"),
    [
        (True, True, ["baseline"]),
        (False, False, ["before_next"]),
        (True, False, ["baseline", "before_next"]),  # one before it was lost
    ],
)
def test_a_baseline_is_asked_before_the_first_session_and_the_rest_before_each_next(
    is_first: bool, is_only: bool, rules: list[str]
) -> None:
    """I56"""
    ahead = Ahead(starts_at=at("24 10:00"), is_first=is_first, is_only=is_only)
    found = [before_session(ask, ahead, NIGHT) for ask in (BASELINE, BEFORE_NEXT)]
    assert [each.rule for each in found if each] == rules


@pytest.mark.parametrize(
    ("reminder", "due", "goes"),
    [
        ("22 14:00", "22 10:00", "22 14:00"),  # later that day: it waits for it
        ("22 08:00", "22 08:00", "22 08:00"),  # earlier that day: it goes with it
        ("23 00:30", "22 10:00", "22 10:00"),
        ("21 23:30", "22 10:00", "22 10:00"),
    ],
)
def test_on_the_day_of_a_reminder_a_follow_up_goes_with_it(
    reminder: str, due: str, goes: str
) -> None:
    """I41: yet it is due no later for that, should the reminder fall away meanwhile."""
    before = Ahead(starts_at=at("24 10:00"), reminders=[at(reminder)], is_only=False)
    after = Done(
        left_at=at("21 10:00"),
        recorded_at=at("21 10:00"),
        next_at=at("24 10:00"),
        reminders=[at(reminder)],
    )
    for found in (
        before_session(BEFORE_NEXT, before, NIGHT),
        after_session(CHECK_IN, after, NIGHT),
    ):
        assert found is not None
        assert (found.due_at, found.goes_at) == (at(due), at(goes))


@pytest.mark.parametrize(
    ("sent", "hours", "due"),
    [
        ("22 10:00", 24, "23 10:00"),
        ("22 10:00", 12, "23 08:00"),  # out of the night
        ("22 10:00", 47, None),  # by then it stops
        ("23 09:30", 24, None),
    ],
)
def test_a_nudge_comes_so_long_after_what_it_is_about_was_sent(
    sent: str, hours: int, due: str | None
) -> None:
    asked = FollowUp("before_next", at("22 10:00"), at("24 09:00"), at("22 10:00"))
    expected = due and FollowUp("before_next_nudge", at(due), at("24 09:00"), at(due))
    assert nudge_of(asked, at(sent), hours, NIGHT) == (expected or None)


LEFT = utc("2024-11-02 12:00")
moments = st.integers(0, 3 * 24 * 60).map(lambda n: LEFT + timedelta(minutes=n))
hours_quiet = st.sampled_from(
    [(time(21), time(8)), (time(8), time(7, 55)), (time(1, 30), time(1, 30))]
)
zones = st.sampled_from([PHOENIX, NEW_YORK, BEIRUT])


@example(
    LEFT - 24 * HOUR, 0, None, 24, [], (time(8), time(7, 55)), NEW_YORK
)  # quiet for 25 hours all but five
@given(
    moments,
    st.integers(0, 7 * 24),
    st.none() | st.integers(1, 14 * 24),
    st.integers(1, 120),
    st.lists(st.integers(0, 14 * 24 * 60), max_size=3),
    hours_quiet,
    zones,
)
def test_a_follow_up_is_due_by_day_in_time_to_be_of_use_and_found_by_its_scan(
    left_at: datetime,
    late: int,
    until_next: int | None,
    hours: int,
    reminded: list[int],
    ends: tuple[time, time],
    in_zone: tzinfo,
) -> None:
    """I38, I39, I50, I51"""
    quiet = QuietHours(*ends, in_zone)
    recorded_at = left_at + late * HOUR
    next_at = None if until_next is None else left_at + until_next * HOUR
    moved = [left_at + timedelta(minutes=n) for n in reminded]
    reminders = [quiet_end(quiet, each) for each in moved]
    done = Done(left_at=left_at, recorded_at=recorded_at, next_at=next_at, reminders=reminders)
    ask = Ask(rule="check_in", instrument="check_in", hours=hours)
    found = after_session(ask, done, quiet)
    assert found is not None
    assert quiet.around(found.due_at) is None
    assert quiet.around(found.goes_at) is None
    assert recorded_at <= found.due_at <= found.goes_at
    assert next_at is None or found.not_after <= next_at
    if next_at is None or next_at > found.due_at:
        assert found.due_at < found.not_after
    if not reminders:
        earliest = max(left_at + hours * HOUR, recorded_at)
        assert found.due_at >= earliest
        assert found.due_at == earliest or quiet.around(earliest)
    alone = after_session(ask, replace(done, reminders=[]), quiet)
    assert alone is not None
    own = own_times(Span(alone.due_at, alone.due_at), quiet)
    by_leaving = own.start <= left_at + hours * HOUR <= own.end
    assert by_leaving or own.start <= recorded_at <= own.end
    # Whom a reminder takes along is looked at a day further on.
    assert found.due_at <= alone.due_at < found.due_at + 26 * HOUR


@given(
    moments,
    st.integers(0, 16 * 24),
    st.integers(1, 14 * 24),
    st.lists(st.integers(0, 14 * 24 * 60), max_size=3),
    hours_quiet,
    zones,
)
def test_what_is_asked_before_a_session_comes_before_it_by_day_and_is_found_by_its_scan(
    starts_at: datetime,
    promised: int,
    hours: int,
    reminded: list[int],
    ends: tuple[time, time],
    in_zone: tzinfo,
) -> None:
    """I38, I39, I50: found by when it starts, or by when that was promised."""
    quiet = QuietHours(*ends, in_zone)
    promised_at = starts_at - (promised + 1) * HOUR
    moved = [starts_at - timedelta(minutes=n) for n in reminded]
    reminders = [each for each in moved if each > promised_at and quiet.around(each) is None]
    ask = Ask(rule="baseline", instrument="phq9", hours=hours)
    ahead = Ahead(starts_at=starts_at, promised_at=promised_at, reminders=reminders)
    found = before_session(ask, ahead, quiet)
    assert found is not None
    assert found.due_at <= max(starts_at - ENOUGH_TIME, promised_at)
    assert found.due_at <= found.goes_at
    assert found.goes_at == found.due_at or local_date(found.goes_at, in_zone) == local_date(
        found.due_at, in_zone
    )
    alone = before_session(ask, replace(ahead, reminders=[]), quiet)
    assert alone is not None
    own = own_times(Span(alone.due_at, alone.due_at), quiet, hours * HOUR)
    by_start = own.start <= starts_at - hours * HOUR <= own.end
    assert by_start or own.start - DAY <= promised_at <= own.end
    assert found.due_at <= alone.due_at < found.due_at + 26 * HOUR


def quiet_end(quiet: QuietHours, moment: datetime) -> datetime:
    """That moment out of quiet hours: reminders go in none."""
    night = quiet.around(moment)
    return night.end if night else moment


def test_each_rule_is_either_before_or_after_a_session() -> None:
    done = Done(left_at=LEFT, recorded_at=LEFT, ends_series=True)
    ahead = Ahead(starts_at=LEFT, is_only=False)
    by_rule = {ask.rule: ask for ask in (CHECK_IN, TREND, BASELINE, BEFORE_NEXT, AFTER_SERIES)}
    assert all(after_session(by_rule[rule], done, NIGHT) for rule in AFTER)
    assert all(before_session(by_rule[rule], ahead, NIGHT) for rule in BEFORE)
