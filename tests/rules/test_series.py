"""When a series' sessions fall (I23), and how far along it is (I20, I25)."""

from datetime import date, datetime, time, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.protocols.rules import WEEKLY, Phase
from scheduler.series.rules import (
    Wishes,
    disallowed_pattern,
    owed,
    status,
    wished_days,
    wishes_on,
)
from scheduler.sessions.rules_states import STATES
from tests.rules.drawn import CLOCK_DAYS, NEW_YORK, PHOENIX, clock_days, reached, showing, utc
from tests.rules.pictured import USUAL


def weekly_visits(first_on: date, at: time, sessions: int, every: int, in_zone: tzinfo) -> Wishes:
    """The visits of an order for a protocol with one open phase."""
    days = wished_days([WEEKLY], first_on, sessions, every)
    return wishes_on(days, at, [WEEKLY] * sessions, USUAL, in_zone)


WEEKS = [
    # zone, first, wall time → each start in UTC, and which a clock change moved
    (PHOENIX, "2024-10-29", "09:30", ["10-29 16:30", "11-05 16:30", "11-12 16:30"], []),
    (NEW_YORK, "2024-10-29", "09:30", ["10-29 13:30", "11-05 14:30", "11-12 14:30"], []),
    (NEW_YORK, "2024-03-03", "02:30", ["03-03 07:30", "03-10 07:00", "03-17 06:30"], [2]),
    (NEW_YORK, "2024-10-27", "01:30", ["10-27 05:30", "11-03 05:30", "11-10 06:30"], []),
]


@pytest.mark.parametrize(("in_zone", "first", "wall", "expected", "moved"), WEEKS)
def test_a_weekly_series_keeps_its_wall_time_over_a_clock_change(
    in_zone: tzinfo, first: str, wall: str, expected: list[str], moved: list[int]
) -> None:
    """I23; I67: a time that does not exist moves to the first after the gap and is flagged."""
    found = weekly_visits(date.fromisoformat(first), time.fromisoformat(wall), 3, 7, in_zone)
    starts = [visit.starts_at for visit in found.visits]
    assert starts == [utc(f"2024-{each}") for each in expected]
    assert found.moved == moved


@given(
    clock_days,
    st.integers(-60, 3),
    st.integers(0, 287),
    st.integers(1, 12),
    st.sampled_from([5, 7, 10]),
)
def test_each_session_starts_when_the_clock_reaches_the_wall_time_on_its_day(
    clock_day: tuple[tzinfo, date], back: int, tick: int, sessions: int, every_days: int
) -> None:
    """I7, I23, I67"""
    in_zone, near = clock_day
    first_on, at = near + timedelta(days=back), time(tick // 12, tick % 12 * 5)
    found = weekly_visits(first_on, at, sessions, every_days, in_zone)
    assert len(found.visits) == sessions
    for ordinal, visit in enumerate(found.visits, start=1):
        on = first_on + timedelta(days=every_days * (ordinal - 1))
        assert visit.starts_at == reached(on, at, in_zone, timedelta(minutes=5))
        kept = showing(visit.starts_at, in_zone) == datetime.combine(on, at)
        assert kept is (ordinal not in found.moved)
        assert visit.infusion.end - visit.infusion.start == timedelta(minutes=USUAL.infusion)


@pytest.mark.parametrize("in_zone", sorted({str(each[0]): each[0] for each in CLOCK_DAYS}.items()))
def test_a_year_of_weeks_keeps_its_weekday_in_every_zone(in_zone: tuple[str, tzinfo]) -> None:
    """I23: a Tuesday's 09:30 is one all year."""
    found = weekly_visits(date(2024, 1, 2), time(9, 30), 52, 7, in_zone[1])
    walls = [showing(visit.starts_at, in_zone[1]) for visit in found.visits]
    assert {(wall.weekday(), wall.time()) for wall in walls} == {(1, time(9, 30))}
    assert found.moved == []


MON_WED_FRI = Phase(sessions=6, weekdays=(0, 2, 4), min_gap_hours=48, max_gap_days=4)
THEN_WEEKLY = Phase(sessions=3, every_days=7, min_gap_days=5, max_gap_days=10)
TWO_PHASES = [MON_WED_FRI, THEN_WEEKLY]
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)

PATTERNS = [
    # phases, first day, sessions, every so many days → the field that is refused
    ([WEEKLY], TUESDAY, 6, 7, None),
    ([WEEKLY], TUESDAY, 6, None, None),
    ([WEEKLY], TUESDAY, 6, 5, None),
    ([WEEKLY], TUESDAY, 6, 10, None),
    ([WEEKLY], TUESDAY, 6, 4, "every_days"),
    ([WEEKLY], TUESDAY, 6, 11, "every_days"),
    ([WEEKLY], TUESDAY, 1, 30, None),  # one session is no distance from another
    ([WEEKLY], TUESDAY, None, 7, "sessions"),  # an open phase has to be told
    (TWO_PHASES, MONDAY, None, None, None),
    (TWO_PHASES, MONDAY, 9, None, "sessions"),  # it says itself how many
    (TWO_PHASES, MONDAY, None, 7, "every_days"),
    (TWO_PHASES, TUESDAY, None, None, "first_on"),
]


@pytest.mark.parametrize(("phases", "first_on", "sessions", "every_days", "field"), PATTERNS)
def test_an_order_stays_within_the_pattern_of_its_protocol(
    phases: list[Phase],
    first_on: date,
    sessions: int | None,
    every_days: int | None,
    field: str | None,
) -> None:
    why = disallowed_pattern(phases, first_on, sessions, every_days)
    assert (why and why[0]) == field


def test_phases_follow_each_other_by_weekdays_and_then_by_weeks() -> None:
    """Mon/Wed/Fri for two weeks, then weekly from the last Friday on."""
    days = wished_days(TWO_PHASES, date(2026, 11, 25), None, None)
    assert [f"{on:%a %d}" for on in days] == [
        "Wed 25", "Fri 27", "Mon 30", "Wed 02", "Fri 04", "Mon 07", "Mon 14", "Mon 21", "Mon 28",
    ]  # fmt: skip


PROGRESS = [
    # planned, the sessions' states → owed, status
    (3, ["booked", "booked", "booked"], 0, "active"),
    (3, ["completed", "booked", "booked"], 0, "active"),
    (3, ["completed", "no_show", "booked"], 1, "active"),  # missed: it owes one more
    (3, ["completed", "cancelled", "cancelled"], 2, "active"),
    (3, ["held", "arrived", "infusing"], 0, "active"),
    (3, ["completed", "no_show", "observing", "completed"], 0, "active"),
    (3, ["completed"] * 3, 0, "completed"),
    (3, ["completed", "no_show", "completed", "completed"], 0, "completed"),
    (3, [], 3, "active"),
    (1, ["completed"] * 2, 0, "completed"),  # never less than none
]


@pytest.mark.parametrize(("planned", "states", "owing", "progress"), PROGRESS)
def test_a_series_owes_what_is_neither_done_nor_to_come(
    planned: int, states: list[str], owing: int, progress: str
) -> None:
    """I20, I25"""
    assert owed(planned, states, cancelled=False) == owing
    assert status(planned, states, cancelled=False) == progress
    assert (owed(planned, states, cancelled=True), status(planned, states, cancelled=True)) == (
        0,
        "stopped",
    )


@given(st.integers(1, 8), st.lists(st.sampled_from(STATES), max_size=10))
def test_a_completed_series_owes_nothing_and_booking_what_is_owed_fills_it(
    planned: int, states: list[str]
) -> None:
    """I20: counted sessions reach what was planned and pass it only if they already had."""
    missing = owed(planned, states, cancelled=False)
    filled = [*states, *["booked"] * missing]
    assert owed(planned, filled, cancelled=False) == 0
    assert missing == 0 or owed(planned, filled[:-1], cancelled=False) == 1
    if status(planned, states, cancelled=False) == "completed":
        assert missing == 0
