"""How many texts a number gets that nobody there asked for, and which of them (I41)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules import NOTICES
from scheduler.messages.rules_caps import (
    FREE,
    NONE_LEFT,
    RANKS,
    ROOMS,
    TAKEN,
    Caps,
    is_capped,
    rank_of,
    room_for_text,
)
from tests.rules.drawn import phoenix

TODAY = phoenix("2026-11-23 00:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
USUAL = Caps(a_day=1, a_week=5)


def daily(count: int) -> list[datetime]:
    """One on each of so many days before today."""
    return [TODAY - n * DAY + 9 * HOUR for n in range(1, count + 1)]


TABLE = [
    # what went this week, how many wait before it, caps → is there room?
    ([], 0, USUAL, FREE),
    ([TODAY], 0, USUAL, NONE_LEFT),  # at midnight it was today already
    ([TODAY - HOUR], 0, USUAL, FREE),
    (daily(4), 0, USUAL, FREE),
    (daily(5), 0, USUAL, NONE_LEFT),
    (daily(6), 0, USUAL, NONE_LEFT),
    ([], 1, USUAL, TAKEN),  # unless that one turns out not to go
    ([TODAY], 1, USUAL, NONE_LEFT),
    ([TODAY], 0, Caps(2, 5), FREE),
    ([TODAY], 1, Caps(2, 5), TAKEN),
    ([], 1, Caps(2, 5), FREE),
    ([], 2, Caps(2, 5), TAKEN),
    (daily(4), 1, Caps(2, 5), TAKEN),  # the week has one left, whatever the day has
    ([*daily(4), TODAY], 0, Caps(2, 5), NONE_LEFT),
]


@pytest.mark.parametrize(("went", "ahead", "caps", "room"), TABLE)
def test_a_number_has_room_for_one_text_a_day_and_five_a_week(
    went: list[datetime], ahead: int, caps: Caps, room: str
) -> None:
    """I41"""
    assert room_for_text(went, ahead, TODAY, caps) == room


def test_a_change_goes_before_a_reminder_and_that_of_the_day_before_before_the_others() -> None:
    """I41"""
    order = ["changed", "1d_before", "check_in", "3d_before", "missed"]
    assert sorted(order, key=rank_of) == order
    assert len({rank_of(each) for each in order}) == len(order)
    assert rank_of("cancelled") == rank_of("changed")
    assert rank_of("booked") == rank_of("1d_before")
    assert rank_of("14d_before") == rank_of("2d_before") == rank_of("3d_before")
    assert set(NOTICES) <= set(RANKS)


def test_there_is_always_room_for_word_of_a_change_and_for_nothing_else() -> None:
    """I41"""
    assert {each for each in (*RULES, "14d_before") if not is_capped(each)} == {
        "changed",
        "cancelled",
    }


RULES = ["changed", "cancelled", "1d_before", "check_in", "3d_before", "booked", "missed"]
# When it falls due in three weeks, by the hour; its rule.
dues = st.lists(st.tuples(st.integers(0, 21 * 24 - 1), st.sampled_from(RULES)), max_size=60)


@given(dues, st.builds(Caps, st.integers(1, 3), st.integers(1, 9)))
def test_no_number_ever_gets_more_and_whoever_waits_longest_of_the_first_rank_goes_first(
    due: list[tuple[int, str]], caps: Caps
) -> None:
    """I41: each hour, all that wait are asked for in any order until nothing changes."""
    went: list[tuple[datetime, int]] = []
    capped: list[tuple[datetime, int]] = []
    for hour in range(21 * 24):
        now = TODAY + hour * HOUR
        today = now - timedelta(hours=hour % 24)
        waiting = [rank_of(rule) for at, rule in due if at == hour]
        while waiting:
            before = len(waiting)
            for rank in reversed(waiting):  # whoever is asked for first
                week = [at for at, _ in went if at >= today - 6 * DAY]
                ahead = sum(1 for other in waiting if other < rank)
                room = room_for_text(week, ahead, today, caps)
                assert room in ROOMS
                if room != TAKEN:
                    (went if room == FREE else capped).append((now, rank))
                    waiting.remove(rank)
            assert len(waiting) < before
    assert len(went) + len(capped) == len(due)
    for day in range(21):
        start = TODAY + day * DAY
        assert sum(1 for at, _ in went if start <= at < start + DAY) <= caps.a_day
        assert sum(1 for at, _ in went if start <= at < start + 7 * DAY) <= caps.a_week
    for at, rank in capped:
        assert all(other <= rank for when, other in went if when == at)
