"""The wall time is the promise (I23, I67): checked against a clock that is watched all along."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clock import zone, zone_names
from scheduler.spans import Span
from scheduler.wall_time import WallInstant, dates, day, local_date, on_wall
from tests.rules.drawn import (
    AZORES,
    BEIRUT,
    CLOCK_DAYS,
    MINUTE,
    NEW_YORK,
    PHOENIX,
    clock_days,
    phoenix,
    reached,
    showing,
    utc,
    wall_times,
)

MEANT = [
    # zone, date, wall time, instant, moved
    (PHOENIX, "2026-11-24", "09:30", "2026-11-24 16:30", False),
    (NEW_YORK, "2024-03-09", "02:30", "2024-03-09 07:30", False),
    (NEW_YORK, "2024-03-10", "01:55", "2024-03-10 06:55", False),
    (NEW_YORK, "2024-03-10", "02:00", "2024-03-10 07:00", True),  # the clock skips to 03:00
    (NEW_YORK, "2024-03-10", "02:30", "2024-03-10 07:00", True),
    (NEW_YORK, "2024-03-10", "03:00", "2024-03-10 07:00", False),
    (NEW_YORK, "2024-11-03", "00:55", "2024-11-03 04:55", False),
    (NEW_YORK, "2024-11-03", "01:30", "2024-11-03 05:30", False),  # and again an hour later
    (NEW_YORK, "2024-11-03", "02:00", "2024-11-03 07:00", False),
    (BEIRUT, "2024-03-31", "00:00", "2024-03-30 22:00", True),  # the day begins at 01:00
    (BEIRUT, "2024-10-26", "23:30", "2024-10-26 20:30", False),
    (AZORES, "2024-10-27", "00:00", "2024-10-27 00:00", False),  # the first of two midnights
    (zone("Pacific/Apia"), "2011-12-30", "12:00", "2011-12-30 10:00", True),  # no such day
]


@pytest.mark.parametrize(("in_zone", "on", "at", "expected", "moved"), MEANT)
def test_a_wall_time_is_its_first_instant_or_the_first_after_the_gap(
    in_zone: tzinfo, on: str, at: str, expected: str, moved: bool
) -> None:
    """I67"""
    found = on_wall(date.fromisoformat(on), time.fromisoformat(at), in_zone)
    assert found == WallInstant(utc(expected), moved=moved)
    assert found.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("in_zone", "on", "at", "expected"),
    [
        (NEW_YORK, "2024-11-03", "01:30", "2024-11-03 06:30"),
        (NEW_YORK, "2024-11-03", "02:00", "2024-11-03 07:00"),
        (NEW_YORK, "2024-03-10", "02:30", "2024-03-10 07:00"),
        (AZORES, "2024-10-27", "00:00", "2024-10-27 01:00"),
        (PHOENIX, "2026-11-24", "09:30", "2026-11-24 16:30"),
    ],
)
def test_of_a_wall_time_that_occurs_twice_the_last_can_be_asked_for(
    in_zone: tzinfo, on: str, at: str, expected: str
) -> None:
    found = on_wall(date.fromisoformat(on), time.fromisoformat(at), in_zone, last=True)
    assert found.at == utc(expected)


def offset_at(at: datetime, in_zone: tzinfo) -> timedelta:
    return at.astimezone(in_zone).utcoffset() or timedelta()


def clock_changes() -> Iterator[tuple[str, datetime]]:
    """Every zone's changes in four years, each by the last minute before it.

    Looked for every ten days: Morocco changes twice within five weeks.
    """
    begin = utc("2024-01-01 00:00")
    steps = [begin + timedelta(days=10 * n) for n in range(147)]
    for name in sorted(zone_names()):
        in_zone = zone(name)
        offsets = [offset_at(step, in_zone) for step in steps]
        for low, high, before, after in zip(steps, steps[1:], offsets, offsets[1:], strict=False):
            if before != after:
                yield name, last_minute_with(before, low, high, in_zone)


def last_minute_with(offset: timedelta, low: datetime, high: datetime, in_zone: tzinfo) -> datetime:
    while high - low > MINUTE:
        middle = low + (high - low) // MINUTE // 2 * MINUTE
        low, high = (middle, high) if offset_at(middle, in_zone) == offset else (low, middle)
    return low


def some_changes() -> list[tuple[str, datetime]]:
    """A change of each kind (time on the wall, and by how much), and a few more of all."""
    found = list(clock_changes())
    random.Random(67).shuffle(found)  # noqa: S311 - the same few each time
    kinds = {}
    for name, low in found:
        wall, after = showing(low, zone(name)), showing(low + MINUTE, zone(name))
        kinds[wall.time(), after - wall] = (name, low)
    assert len(kinds) > 10
    return [*kinds.values(), *found[:12]]


def test_around_every_kind_of_clock_change_each_minute_is_found_by_watching_the_clock() -> None:
    """I67, over all zones: first shown, last shown, or the first after the gap."""
    for name, low in some_changes():
        in_zone = zone(name)
        change = low + MINUTE
        walls = sorted([showing(low, in_zone), showing(change, in_zone)])
        reach = (walls[1] - walls[0]) // MINUTE + 20
        first: dict[datetime, datetime] = {}
        last: dict[datetime, datetime] = {}
        for instant in (change + n * MINUTE for n in range(-reach, reach)):
            first.setdefault(showing(instant, in_zone), instant)
            last[showing(instant, in_zone)] = instant
        for each in (walls[0] + n * MINUTE for n in range(-10, reach - 10)):
            asked = (each.date(), each.time(), in_zone)
            moved = each not in first
            assert on_wall(*asked) == WallInstant(first.get(each, change), moved), (name, each)
            assert on_wall(*asked, last=True).at == last.get(each, change), (name, each)


@pytest.mark.parametrize(("in_zone", "on", "minutes"), CLOCK_DAYS)
def test_a_local_day_is_as_long_as_the_clock_makes_it(
    in_zone: tzinfo, on: date, minutes: int
) -> None:
    whole = day(on, in_zone)
    assert (whole.end - whole.start) == minutes * MINUTE
    if minutes:
        assert local_date(whole.start, in_zone) == on
        assert local_date(whole.start - MINUTE, in_zone) == on - timedelta(days=1)
        assert local_date(whole.end - MINUTE, in_zone) == on
        assert local_date(whole.end, in_zone) == on + timedelta(days=1)


@given(clock_days, wall_times, wall_times)
def test_a_later_wall_time_is_never_an_earlier_instant(
    clock_day: tuple[tzinfo, date], one: time, other: time
) -> None:
    in_zone, on = clock_day
    earlier, later = sorted((one, other))
    assert on_wall(on, earlier, in_zone).at <= on_wall(on, later, in_zone).at
    assert on_wall(on, one, in_zone).at == reached(on, one, in_zone)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-24 00:00", "2026-11-25 00:00", [24]),  # up to midnight, and without it
        ("2026-11-24 00:00", "2026-11-25 00:01", [24, 25]),
        ("2026-11-23 23:59", "2026-11-24 00:01", [23, 24]),
        ("2026-11-24 17:00", "2026-11-24 17:05", [24]),  # the next day in UTC
    ],
)
def test_a_span_touches_the_dates_it_has_an_instant_on(
    start: str, end: str, expected: list[int]
) -> None:
    found = dates(Span(phoenix(start), phoenix(end)), PHOENIX)
    assert list(found) == [date(2026, 11, each) for each in expected]


@given(clock_days, st.integers(-3000, 3000), st.integers(1, 4000))
def test_the_dates_of_a_span_are_those_its_minutes_show(
    clock_day: tuple[tzinfo, date], offset: int, length: int
) -> None:
    in_zone, on = clock_day
    start = day(on, in_zone).start + offset * MINUTE
    found = list(dates(Span(start, start + length * MINUTE), in_zone))
    shown = {showing(start + n * MINUTE, in_zone).date() for n in range(length)}
    left_out = {date(2011, 12, 30)}  # Apia skipped it: a date without an instant may be named.
    assert set(found) - left_out == shown
    assert found == sorted(set(found))
