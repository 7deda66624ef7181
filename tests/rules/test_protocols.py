"""How long a visit takes its chair and its patient, and how far apart visits are."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scheduler.protocols.rules import (
    WEEKLY,
    Distance,
    Phase,
    Visit,
    VisitParts,
    gaps_too_long,
    on_weekday,
    phase_at,
    phases_of,
    visit_at,
)
from scheduler.protocols.rules_possible import impossible
from scheduler.spans import Span
from scheduler.wall_time import day
from tests.rules.drawn import MINUTE, NEW_YORK, PHOENIX, TICK, clock_days, showing, utc
from tests.rules.pictured import at
from tests.rules.planned import far_enough

NINE = utc("2026-11-24 09:00")


def after(start: int, end: int) -> Span:
    return Span(NINE + start * MINUTE, NINE + end * MINUTE)


#    -15       0         40          70     80
#     | prep   | infusion | observed | turnover
#     [--------[==========)----------)
#     stay: -15 to 70               block: -15 to 80
VISITS = [
    (VisitParts(15, 40, 30, 10), (0, 40), (-15, 70), (-15, 80)),
    (VisitParts(15, 30, 20, 10), (0, 30), (-15, 50), (-15, 60)),
    (VisitParts(15, 50, 30, 15), (0, 50), (-15, 80), (-15, 95)),
    (VisitParts(0, 45, 0, 0), (0, 45), (0, 45), (0, 45)),  # a consultation
]


@pytest.mark.parametrize(("parts", "infusion", "stay", "block"), VISITS)
def test_a_visit_is_the_infusion_and_what_surrounds_it(
    parts: VisitParts, infusion: tuple[int, int], stay: tuple[int, int], block: tuple[int, int]
) -> None:
    """I7: the end is the start and the length exactly."""
    visit = visit_at(NINE, parts)
    assert visit == Visit(after(*infusion), after(*stay), after(*block))
    assert visit.starts_at == NINE


@pytest.mark.parametrize(
    ("parts", "minutes"),
    [((15, 30, 20, 10), 75), ((15, 40, 30, 10), 95), ((15, 50, 30, 15), 110)],
)
def test_a_short_infusion_takes_its_chair_far_longer(
    parts: tuple[int, int, int, int], minutes: int
) -> None:
    block = visit_at(NINE, VisitParts(*parts)).block
    assert block.end - block.start == minutes * MINUTE


lengths = st.integers(0, 24).map(lambda n: 5 * n)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
    st.builds(VisitParts, lengths, lengths, lengths, lengths),
)
def test_the_infusion_lies_in_the_stay_and_the_stay_in_the_block(
    starts_at: datetime, parts: VisitParts
) -> None:
    """I7"""
    visit = visit_at(starts_at.replace(tzinfo=NINE.tzinfo), parts)
    assert visit.stay.contains(visit.infusion)
    assert visit.block.contains(visit.stay)
    assert visit.infusion.end - visit.infusion.start == timedelta(minutes=parts.infusion)
    assert visit.infusion.start - visit.block.start == timedelta(minutes=parts.prep)
    assert visit.stay.end - visit.infusion.end == timedelta(minutes=parts.observation)
    assert visit.block.end - visit.stay.end == timedelta(minutes=parts.turnover)


@pytest.mark.parametrize(("days", "allowed"), [(4, 0), (5, 1), (7, 1), (10, 1), (11, 0)])
def test_weekly_sessions_are_five_to_ten_days_apart(days: int, allowed: int) -> None:
    assert WEEKLY.allows_every(days) is bool(allowed)


# An induction: three times a week for two weeks, then every week for four.
TWO_WEEKS = Phase(sessions=6, weekdays=(0, 2, 4), min_gap_hours=44, max_gap_days=4)
FOUR_WEEKS = Phase(sessions=4, every_days=7, min_gap_days=5, max_gap_days=10)
INDUCTION = (TWO_WEEKS, FOUR_WEEKS)


@pytest.mark.parametrize(
    ("phase", "days", "allowed"),
    [
        (TWO_WEEKS, 1, 0),  # 24 hours are fewer than 44
        (TWO_WEEKS, 2, 1),
        (TWO_WEEKS, 4, 1),
        (TWO_WEEKS, 5, 0),
        (Phase(every_days=2, min_gap_hours=48, max_gap_days=2), 2, 1),
        (Phase(every_days=3, min_gap_hours=49, max_gap_days=3), 2, 0),
    ],
)
def test_a_gap_in_hours_allows_the_days_that_hold_them(
    phase: Phase, days: int, allowed: int
) -> None:
    assert phase.allows_every(days) is bool(allowed)


@pytest.mark.parametrize("ordinal", range(1, 14))
def test_each_session_has_the_phase_of_its_rank_and_the_last_one_past_the_end(
    ordinal: int,
) -> None:
    """I10: a session that makes up for a missed one goes by the last phase."""
    assert phase_at(INDUCTION, ordinal) is (TWO_WEEKS if ordinal <= 6 else FOUR_WEEKS)
    assert phase_at([WEEKLY], ordinal) is WEEKLY


def test_an_order_fills_an_open_phase_and_phases_with_counts_fill_themselves() -> None:
    assert phases_of([WEEKLY], 3) == [WEEKLY] * 3
    assert phases_of(INDUCTION, None) == [TWO_WEEKS] * 6 + [FOUR_WEEKS] * 4


MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("phase", "last", "every_days", "expected"),
    [
        (TWO_WEEKS, 0, None, 2),  # Monday, then Wednesday
        (TWO_WEEKS, 2, None, 4),
        (TWO_WEEKS, 4, None, 7),  # over the weekend
        (TWO_WEEKS, 1, None, 4),  # Tuesday to Wednesday is too near
        (TWO_WEEKS, 5, None, 7),
        (FOUR_WEEKS, 4, None, 11),
        (WEEKLY, 0, None, 7),
        (WEEKLY, 0, 9, 9),  # as the order says
        (Phase(weekdays=(3,), min_gap_days=5, max_gap_days=14), 0, None, 10),
        (Phase(weekdays=(3,), min_gap_days=3, max_gap_days=14), 0, None, 3),
        (Phase(weekdays=(0,), min_gap_hours=7 * 24, max_gap_days=7), 0, None, 7),
        (Phase(weekdays=(0,), min_gap_hours=7 * 24 - 1, max_gap_days=7), 0, None, 7),
    ],
)
def test_the_next_session_falls_on_the_phases_next_day(
    phase: Phase, last: int, every_days: int | None, expected: int
) -> None:
    found = phase.next_on(MONDAY + timedelta(days=last), every_days)
    assert found == MONDAY + timedelta(days=expected)


EVERY = {"every_days": 7, "min_gap_days": 5, "max_gap_days": 10}
DAYS = {"weekdays": (0, 2, 4), "min_gap_days": 2, "max_gap_days": 3}

TUESDAYS = {"sessions": 4, "weekdays": (1,), "min_gap_days": 7, "max_gap_days": 7}
MON_WED = {"sessions": 4, "weekdays": (0, 2), "min_gap_days": 2, "max_gap_days": 5}

POSSIBLE: list[list[dict[str, Any]]] = [
    [EVERY | {"sessions": 4}, MON_WED],
    [MON_WED, EVERY | {"sessions": 4}],
    [MON_WED, DAYS | {"sessions": 6}],
    [DAYS | {"sessions": 6}, TUESDAYS | {"min_gap_days": 1}],
    [EVERY],
    [DAYS],
    [DAYS | {"sessions": 6}, EVERY | {"sessions": 46}],
    [{"weekdays": (1,), "min_gap_days": 7, "max_gap_days": 7}],
    [{"weekdays": (0, 2, 4), "min_gap_hours": 48, "max_gap_days": 3}],
    [{"every_days": 1, "min_gap_hours": 24, "max_gap_days": 1}],
    [{"weekdays": (6, 0), "min_gap_days": 1, "max_gap_days": 6}],  # Sunday, Monday
]
IMPOSSIBLE: list[tuple[list[dict[str, Any]], str]] = [
    ([EVERY, EVERY], "one open phase"),
    ([EVERY | {"sessions": 6}, EVERY], "one open phase"),
    ([EVERY, EVERY | {"sessions": 6}], "one open phase"),
    ([EVERY | {"sessions": 6}, EVERY | {"sessions": 47}], "at most 52"),
    ([EVERY | {"weekdays": (0,)}], "either every_days or weekdays"),
    ([{"min_gap_days": 5, "max_gap_days": 10}], "either every_days or weekdays"),
    ([EVERY | {"min_gap_hours": 30}], "either min_gap_days or min_gap_hours"),
    ([{"every_days": 7, "max_gap_days": 10}], "either min_gap_days or min_gap_hours"),
    ([EVERY | {"every_days": 4}], "every_days lies outside"),
    ([EVERY | {"every_days": 11}], "every_days lies outside"),
    ([{"every_days": 1, "min_gap_hours": 25, "max_gap_days": 9}], "every_days lies outside"),
    ([DAYS | {"max_gap_days": 2}], "weekdays lie outside"),  # the weekend is longer
    ([DAYS | {"min_gap_days": 3, "max_gap_days": 7}], "weekdays lie outside"),
    ([{"weekdays": (0, 6), "min_gap_days": 2, "max_gap_days": 7}], "weekdays lie outside"),
    ([{"weekdays": (1,), "min_gap_days": 1, "max_gap_days": 6}], "weekdays lie outside"),
    ([EVERY | {"sessions": 6}, EVERY | {"sessions": 6, "every_days": 4}], "every_days lies"),
    # From a Tuesday it is one day to Wednesday, or six to Monday.
    ([TUESDAYS, MON_WED], "No day of phase 2 lies within its gaps after phase 1."),
    ([EVERY | {"sessions": 2}, TUESDAYS, MON_WED], "No day of phase 3"),
]


@pytest.mark.parametrize("phases", POSSIBLE)
def test_phases_whose_days_keep_their_own_gaps_make_a_protocol(
    phases: list[dict[str, Any]],
) -> None:
    assert impossible([Phase(**each) for each in phases]) is None


@pytest.mark.parametrize(("phases", "why"), IMPOSSIBLE)
def test_phases_that_contradict_themselves_make_none(
    phases: list[dict[str, Any]], why: str
) -> None:
    found = impossible([Phase(**each) for each in phases])
    assert found is not None
    assert why in found


@given(
    st.sets(st.integers(0, 6), min_size=1).map(tuple),
    st.sets(st.integers(0, 6), min_size=1).map(tuple),
    st.integers(1, 9),
    st.integers(1, 14),
)
def test_a_border_between_phases_that_is_possible_is_kept_from_some_day(
    first: tuple[int, ...], then: tuple[int, ...], least: int, most: int
) -> None:
    """I10, I21: else no series of the protocol could ever be booked."""
    before = Phase(sessions=1, weekdays=first, min_gap_days=1, max_gap_days=7)
    after = Phase(sessions=1, weekdays=then, min_gap_days=least, max_gap_days=most)
    if impossible([before]) or impossible([after]):
        return
    lasts = [MONDAY + timedelta(days=weekday) for weekday in first]
    kept = any((after.next_on(last) - last).days <= most for last in lasts)
    assert (impossible([before, after]) is None) is kept


@given(
    st.sets(st.integers(0, 6), min_size=1).map(tuple),
    st.integers(1, 7),
    st.integers(1, 14),
    st.integers(0, 13),
)
def test_a_possible_phase_of_weekdays_goes_on_within_its_gaps(
    weekdays: tuple[int, ...], least: int, most: int, first: int
) -> None:
    """I10, I21: whichever day it starts on, as long as it is one of them."""
    phase = Phase(weekdays=weekdays, min_gap_days=least, max_gap_days=most)
    if impossible([phase]) is None:
        on = on_weekday(MONDAY + timedelta(days=first), weekdays)
        for _ in range(8):
            following = phase.next_on(on)
            assert least <= (following - on).days <= most
            assert following.weekday() in weekdays
            on = following


# From start to start; the one is on Tuesday at 09:00.
DISTANCES = [
    # distance; the other start, as days and minutes from Tuesday 09:00; far enough?, too far?
    (Distance(), 0, 600, 0, 0),  # one infusion on a local day
    (Distance(), 1, -539, 1, 0),  # the next day from its first minute on
    (Distance(), -1, 0, 1, 0),
    (Distance(min_days=5), 4, 600, 0, 0),
    (Distance(min_days=5), 5, -500, 1, 0),
    (Distance(min_days=5), -5, 800, 1, 0),
    (Distance(min_days=5), -4, -500, 0, 0),
    (Distance(min_hours=44), 2, -245, 0, 0),
    (Distance(min_hours=44), 2, -240, 1, 0),  # exactly 44 hours are enough
    (Distance(min_hours=44), -2, 240, 1, 0),
    (Distance(min_hours=44), -2, 245, 0, 0),
    (Distance(min_hours=2), 0, 240, 0, 0),  # long enough, and still the same day
    (Distance(max_days=10), 10, 800, 1, 0),
    (Distance(max_days=10), 11, -500, 1, 1),
]


@pytest.mark.parametrize(("distance", "days", "minutes", "keeps", "far"), DISTANCES)
def test_days_are_counted_on_the_calendar_and_hours_on_a_clock(
    distance: Distance, days: int, minutes: int, keeps: int, far: int
) -> None:
    """I10, I21"""
    other = at("09:00") + timedelta(days=days, minutes=minutes)
    assert distance.keeps(other, at("09:00"), PHOENIX) is bool(keeps)
    assert distance.keeps(at("09:00"), other, PHOENIX) is bool(keeps)
    assert distance.too_long(at("09:00"), other, PHOENIX) is bool(far)


@pytest.mark.parametrize(
    ("distance", "keeps"),
    [(Distance(min_days=2), 1), (Distance(min_hours=47), 1), (Distance(min_hours=48), 0)],
)
def test_over_a_change_of_the_clocks_two_days_may_be_47_hours(
    distance: Distance, keeps: int
) -> None:
    """I10: from Saturday 09:00 to Monday 09:00 in New York, 13 to 15 March 2027."""
    saturday, monday = utc("2027-03-13 14:00"), utc("2027-03-15 13:00")
    assert distance.keeps(monday, saturday, NEW_YORK) is bool(keeps)


@given(
    clock_days,
    st.integers(0, 6),
    st.integers(0, 80),
    st.integers(-1500, 1500),
    st.integers(-1500, 1500),
)
def test_a_distance_is_kept_both_ways_and_is_what_it_says(
    clock_day: tuple[tzinfo, date], days: int, hours: int, first: int, second: int
) -> None:
    """I10: every five minutes around days on which clocks change, against the plain words."""
    in_zone, on = clock_day
    middle = day(on, in_zone).start
    one, other = middle + first * TICK, middle + second * TICK
    distance = Distance(min_days=days, min_hours=hours)
    apart = abs((showing(one, in_zone).date() - showing(other, in_zone).date()).days)
    expected = apart >= max(1, days) and abs(one - other) >= timedelta(hours=hours)
    assert distance.keeps(one, other, in_zone) is expected
    assert distance.keeps(other, one, in_zone) is expected


@given(
    clock_days,
    st.builds(
        Distance,
        min_days=st.integers(0, 3),
        min_hours=st.integers(0, 80),
        max_days=st.none() | st.integers(3, 5),
    ),
    st.integers(-1500, 1500),
    st.integers(-1500, 1500),
)
def test_what_may_follow_a_start_is_what_that_start_may_precede(
    clock_day: tuple[tzinfo, date], distance: Distance, first: int, second: int
) -> None:
    """I10, I21: and both are what is far enough, later, and not too long after."""
    in_zone, on = clock_day
    middle = day(on, in_zone).start
    earlier, later = middle + first * TICK, middle + second * TICK
    expected = (
        earlier < later
        and distance.keeps(earlier, later, in_zone)
        and not distance.too_long(earlier, later, in_zone)
    )
    following = distance.following(earlier, in_zone)
    preceding = distance.preceding(later, in_zone)
    assert (following.start <= later < following.end) is expected
    assert (preceding.start <= earlier < preceding.end) is expected


def test_the_sessions_that_start_too_late_after_the_one_before_are_named() -> None:
    """I21: each by its own phase."""
    days = [0, 2, 4, 9, 11, 13, 24, 30]  # Monday, Wednesday, Friday; then 5, and 11 days off
    starts = [NINE + timedelta(days=n) for n in days]
    assert gaps_too_long(INDUCTION, starts, PHOENIX) == [4, 7]
    assert gaps_too_long(INDUCTION, starts[:1], PHOENIX) == []


# A day later by the clock, and the same day by the calendar.
@example((NEW_YORK, date(2024, 11, 3)), Distance(), 6, 1, 0)
@given(
    clock_days,
    st.builds(
        Distance, min_days=st.sampled_from([1, 2, 5]), min_hours=st.sampled_from([0, 30, 48])
    ),
    st.integers(-24 * 12, 24 * 12),
    st.integers(-7, 7),
    st.integers(-30, 30),
)
def test_two_starts_keep_their_distance_by_the_calendar_and_by_the_clock(
    clock_day: tuple[tzinfo, date], distance: Distance, ticks: int, days: int, more: int
) -> None:
    """I10, I67: also around the days on which clocks change."""
    in_zone, on = clock_day
    other = day(on, in_zone).start + ticks * TICK
    # Near whole days apart, where a clock change decides.
    one = other + timedelta(days=days) + more * TICK
    assert distance.keeps(one, other, in_zone) == far_enough(one, other, distance, in_zone)
