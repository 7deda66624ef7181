"""When a clinic is open (I11), on ordinary days and on those when the clock changes."""

from datetime import date, datetime, time, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules import Hours, clashing_hours, open_spans
from scheduler.sessions.rules_calendar import closed
from scheduler.spans import Span, merged
from scheduler.wall_time import day
from tests.rules.drawn import (
    BEIRUT,
    MINUTE,
    NEW_YORK,
    PHOENIX,
    TICK,
    clock_days,
    reached,
    utc,
    wall_times,
)

SUNDAY = 6


def hours(weekday: int, opens: str, closes: str) -> Hours:
    return Hours(weekday, time.fromisoformat(opens), time.fromisoformat(closes))


OPEN = [
    # zone, Sunday, opens and closes, when that is in UTC
    (PHOENIX, "2026-11-29", ("08:00", "17:00"), ("15:00", "24:00")),
    (NEW_YORK, "2024-03-10", ("01:00", "04:00"), ("06:00", "08:00")),  # two hours long
    (NEW_YORK, "2024-03-10", ("02:30", "04:00"), ("07:00", "08:00")),  # opens after the gap
    (NEW_YORK, "2024-03-10", ("01:00", "02:30"), ("06:00", "07:00")),  # closes at the gap
    (NEW_YORK, "2024-03-10", ("02:00", "02:55"), None),  # lies in the gap
    (NEW_YORK, "2024-11-03", ("01:00", "04:00"), ("05:00", "09:00")),  # four hours long
    (NEW_YORK, "2024-11-03", ("01:30", "01:45"), ("05:30", "05:45")),  # the first time only
    (BEIRUT, "2024-03-31", ("00:00", "02:00"), ("-2:00", "-1:00")),  # no midnight
]


@pytest.mark.parametrize(("in_zone", "on", "wall", "expected"), OPEN)
def test_a_clinic_opens_and_closes_by_its_wall_clock(
    in_zone: tzinfo, on: str, wall: tuple[str, str], expected: tuple[str, str] | None
) -> None:
    """I11, I67"""
    found = open_spans([hours(SUNDAY, *wall)], day(date.fromisoformat(on), in_zone), in_zone)
    midnight = utc(f"{on} 00:00")
    ends = [midnight + timedelta(hours=int(each.split(":")[0]), minutes=int(each[-2:]))
            for each in expected or ()]  # fmt: skip
    assert found == ([Span(*ends)] if ends else [])


def test_openings_that_meet_are_one() -> None:
    week = [hours(SUNDAY, "08:00", "12:00"), hours(SUNDAY, "12:00", "17:00")]
    found = open_spans(week, day(date(2026, 11, 29), PHOENIX), PHOENIX)
    assert found == [Span(utc("2026-11-29 15:00"), utc("2026-11-30 00:00"))]


def test_a_clinic_without_hours_is_shut_all_day() -> None:
    whole = day(date(2026, 11, 29), PHOENIX)
    assert open_spans([], whole, PHOENIX) == []
    (blocker,) = closed([], [whole], PHOENIX)
    assert (blocker.kind, blocker.span, blocker.id) == ("opening_hours", whole, None)


def test_what_is_shut_is_named_for_each_window() -> None:
    windows = [Span(utc(f"{on} 14:30"), utc(f"{on} 16:00")) for on in ("2026-11-24", "2026-12-01")]
    found = closed([hours(1, "08:00", "17:00")], windows, PHOENIX)
    assert [each.span for each in found] == [
        Span(utc(f"{on} 14:30"), utc(f"{on} 15:00")) for on in ("2026-11-24", "2026-12-01")
    ]


weeks = st.lists(st.builds(Hours, st.integers(0, 6), wall_times, wall_times), max_size=6)


@given(clock_days, weeks, st.integers(0, 1000), st.integers(5, 1500))
def test_the_clinic_is_open_from_when_the_clock_reaches_opening_until_it_reaches_closing(
    clock_day: tuple[tzinfo, date], week: list[Hours], start: int, length: int
) -> None:
    """I11, I67: every five minutes of a span against the watched clock."""
    in_zone, first = clock_day
    low = day(first, in_zone).start + start * MINUTE
    window = Span(low, low + length * MINUTE)
    watched = []
    for on in (first + timedelta(days=n) for n in range(-1, 5)):
        for each in week:
            if each.weekday == on.weekday() and each.opens < each.closes:
                ends = (reached(on, at, in_zone, TICK) for at in (each.opens, each.closes))
                watched.append(Span(*ends))
    shut = [each.span for each in closed(week, [window], in_zone)]
    at = window.start
    while at < window.end:
        is_open = any(each.start <= at < each.end for each in watched)
        assert is_open is not any(each.start <= at < each.end for each in shut)
        at += TICK
    assert all(window.contains(each) for each in shut)


@pytest.mark.parametrize(
    ("week", "clash"),
    [
        ([], None),
        ([(0, "08:00", "12:00"), (0, "12:00", "17:00")], None),  # they may meet
        ([(0, "08:00", "12:00"), (1, "08:00", "12:00")], None),
        ([(0, "08:00", "08:00")], 0),
        ([(0, "17:00", "08:00")], 0),
        ([(0, "08:00", "12:05"), (0, "12:00", "17:00")], 1),
        ([(0, "12:00", "17:00"), (0, "08:00", "12:05")], 0),
        ([(0, "08:00", "17:00"), (0, "09:00", "10:00"), (0, "11:00", "12:00")], 1),
        ([(0, "08:00", "17:00"), (0, "08:00", "17:00")], 1),
    ],
)
def test_hours_clash_when_they_overlap_or_do_not_end_after_they_start(
    week: list[tuple[int, str, str]], clash: int | None
) -> None:
    found = clashing_hours([hours(*each) for each in week])
    assert found == (None if clash is None else hours(*week[clash]))


@given(weeks)
def test_hours_without_a_clash_never_cover_a_minute_twice(week: list[Hours]) -> None:
    def minutes(each: Hours) -> Span:
        monday = utc("2024-06-03 00:00") + timedelta(days=each.weekday)
        return Span(*(combined(monday, at) for at in (each.opens, each.closes)))

    as_spans = [minutes(each) for each in week]
    total = sum(((each.end - each.start) for each in as_spans), timedelta())
    joined = sum(((each.end - each.start) for each in merged(as_spans)), timedelta())
    sound = all(as_spans) and total == joined
    assert (clashing_hours(week) is None) is sound


def combined(on: datetime, at: time) -> datetime:
    return datetime.combine(on.date(), at, on.tzinfo)
