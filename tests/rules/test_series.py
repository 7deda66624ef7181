"""When a series' sessions fall (I23), and how far along it is (I20, I25)."""

from datetime import date, datetime, time, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.protocols.rules import WEEKLY, Phase
from scheduler.series.rules import disallowed_pattern, owed, status, weekly_visits
from scheduler.sessions.rules_states import STATES
from tests.rules.drawn import CLOCK_DAYS, NEW_YORK, PHOENIX, clock_days, reached, showing, utc
from tests.rules.pictured import USUAL

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
    found = weekly_visits(date.fromisoformat(first), time.fromisoformat(wall), 3, 7, USUAL, in_zone)
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
    found = weekly_visits(first_on, at, sessions, every_days, USUAL, in_zone)
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
    found = weekly_visits(date(2024, 1, 2), time(9, 30), 52, 7, USUAL, in_zone[1])
    walls = [showing(visit.starts_at, in_zone[1]) for visit in found.visits]
    assert {(wall.weekday(), wall.time()) for wall in walls} == {(1, time(9, 30))}
    assert found.moved == []


PATTERNS = [
    # phase, sessions, every so many days → refused?
    (WEEKLY, 6, 7, False),
    (WEEKLY, 6, 5, False),
    (WEEKLY, 6, 10, False),
    (WEEKLY, 6, 4, True),
    (WEEKLY, 6, 11, True),
    (WEEKLY, 6, 0, True),
    (WEEKLY, 1, 30, False),  # one session is no distance from another
    (Phase(4, 3, 2, 4), 4, 3, True),  # says itself how many
]


@pytest.mark.parametrize(("phase", "sessions", "every_days", "refused"), PATTERNS)
def test_an_order_stays_within_the_gaps_of_its_protocol(
    phase: Phase, sessions: int, every_days: int, refused: bool
) -> None:
    assert (disallowed_pattern(phase, sessions, every_days) is not None) is refused


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
    assert owed(planned, states) == owing
    assert status(planned, states) == progress


@given(st.integers(1, 8), st.lists(st.sampled_from(STATES), max_size=10))
def test_a_completed_series_owes_nothing_and_booking_what_is_owed_fills_it(
    planned: int, states: list[str]
) -> None:
    """I20: counted sessions reach what was planned and pass it only if they already had."""
    missing = owed(planned, states)
    assert owed(planned, [*states, *["booked"] * missing]) == 0
    assert missing == 0 or owed(planned, [*states, *["booked"] * (missing - 1)]) == 1
    if status(planned, states) == "completed":
        assert missing == 0
