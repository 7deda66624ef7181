"""How many nurses there are, when: by the wall clock, also on days when it changes (I12)."""

from datetime import date, datetime, time, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules_staffing import (
    Override,
    Shift,
    Staffing,
    clashing_overrides,
    nurses_at_work,
)
from scheduler.spans import Span
from scheduler.wall_time import dates, day
from tests.rules.drawn import (
    BEIRUT,
    MINUTE,
    NEW_YORK,
    PHOENIX,
    TICK,
    clock_days,
    reached,
    wall_times,
)

TUESDAY = date(2026, 11, 24)

At = tuple[str, str, int]


def shift(starts: str, ends: str, nurses: int, weekday: int = 1) -> Shift:
    return Shift(weekday, time.fromisoformat(starts), time.fromisoformat(ends), nurses)


def override(starts: str, ends: str, nurses: int, on: date = TUESDAY) -> Override:
    return Override(on, time.fromisoformat(starts), time.fromisoformat(ends), nurses)


def staffing(shifts: list[Shift] | None, *overrides: Override) -> Staffing:
    return Staffing(None if shifts is None else tuple(shifts), 4, 15, overrides)


def drawn(found: Staffing, on: date = TUESDAY, zone: tzinfo = PHOENIX) -> str:
    """How many nurses there are from when on, in UTC: `07:00 0 | 15:00 2`."""
    counts: list[tuple[datetime, int | None]] = []
    for span, nurses in nurses_at_work(found, day(on, zone), zone):
        if not counts or counts[-1][1] != nurses:
            counts.append((span.start, nurses))
    return " | ".join(f"{at:%H:%M} {'any' if nurses is None else nurses}" for at, nurses in counts)


#  Tuesday in Phoenix is 07:00 to 07:00 UTC.
#
#    08:00        12:00  13:00              17:00        on the wall
#    15:00        19:00  20:00              24:00        in UTC
#      [---- 2 -----)      [------- 1 --------)
WEEK = [
    ([], [], "07:00 0"),  # limited, and nobody there
    (None, [], "07:00 any"),
    ([("08:00", "17:00", 2)], [], "07:00 0 | 15:00 2 | 00:00 0"),
    ([("08:00", "12:00", 2), ("13:00", "17:00", 1)], [],
     "07:00 0 | 15:00 2 | 19:00 0 | 20:00 1 | 00:00 0"),
    # those that overlap add up, those that meet go on
    ([("08:00", "13:00", 2), ("12:00", "17:00", 1)], [],
     "07:00 0 | 15:00 2 | 19:00 3 | 20:00 1 | 00:00 0"),
    ([("08:00", "12:00", 2), ("12:00", "17:00", 2)], [], "07:00 0 | 15:00 2 | 00:00 0"),
    ([("08:00", "17:00", 1), ("08:00", "17:00", 1)], [], "07:00 0 | 15:00 2 | 00:00 0"),
    # a date of its own: in place of the shifts, for its own time only
    ([("08:00", "17:00", 2)], [("12:00", "13:00", 1)],
     "07:00 0 | 15:00 2 | 19:00 1 | 20:00 2 | 00:00 0"),
    ([("08:00", "17:00", 2)], [("12:00", "13:00", 0)],
     "07:00 0 | 15:00 2 | 19:00 0 | 20:00 2 | 00:00 0"),
    ([("08:00", "17:00", 2)], [("16:00", "18:00", 3)],
     "07:00 0 | 15:00 2 | 23:00 3 | 01:00 0"),
    ([], [("08:00", "12:00", 1)], "07:00 0 | 15:00 1 | 19:00 0"),
    (None, [("08:00", "12:00", 1)], "07:00 any | 15:00 1 | 19:00 any"),
    (None, [("08:00", "12:00", 0)], "07:00 any | 15:00 0 | 19:00 any"),
]  # fmt: skip


@pytest.mark.parametrize(("shifts", "overrides", "expected"), WEEK)
def test_there_are_as_many_nurses_as_shifts_and_single_dates_say(
    shifts: list[At] | None, overrides: list[At], expected: str
) -> None:
    """I12: time that no shift covers has no nurses."""
    week = None if shifts is None else [shift(*each) for each in shifts]
    assert drawn(staffing(week, *(override(*each) for each in overrides))) == expected


@pytest.mark.parametrize(("on", "nurses"), [(23, 2), (24, 1), (25, 2)])
def test_what_is_said_for_one_date_holds_on_that_date_only(on: int, nurses: int) -> None:
    week = [shift("00:00", "23:55", 2, weekday) for weekday in range(7)]
    found = staffing(week, override("00:00", "23:55", 1))
    assert drawn(found, date(2026, 11, on)) == f"07:00 {nurses} | 06:55 0"


SUNDAY = 6
CLOCKS = [
    # zone, Sunday, from and to, when that is in UTC
    (NEW_YORK, "2024-03-10", ("01:00", "04:00"), "05:00 0 | 06:00 1 | 08:00 0"),  # two hours long
    (NEW_YORK, "2024-03-10", ("02:30", "04:00"), "05:00 0 | 07:00 1 | 08:00 0"),
    (NEW_YORK, "2024-03-10", ("02:00", "02:55"), "05:00 0"),  # lies in the gap
    (NEW_YORK, "2024-11-03", ("01:00", "04:00"), "04:00 0 | 05:00 1 | 09:00 0"),  # four hours long
    (NEW_YORK, "2024-11-03", ("01:30", "01:45"), "04:00 0 | 05:30 1 | 05:45 0"),  # the first time
    (BEIRUT, "2024-03-31", ("00:00", "02:00"), "22:00 1 | 23:00 0"),  # no midnight
]


@pytest.mark.parametrize(("in_zone", "on", "wall", "expected"), CLOCKS)
def test_a_shift_begins_and_ends_by_the_wall_clock(
    in_zone: tzinfo, on: str, wall: tuple[str, str], expected: str
) -> None:
    """I12, I67"""
    found = staffing([shift(*wall, 1, SUNDAY)])
    assert drawn(found, date.fromisoformat(on), in_zone) == expected
    of_date = staffing([], override(*wall, 1, date.fromisoformat(on)))
    assert drawn(of_date, date.fromisoformat(on), in_zone) == expected


counts = st.integers(0, 3)
some_shifts = st.lists(st.builds(Shift, st.integers(0, 6), wall_times, wall_times, counts))


@given(clock_days, st.none() | some_shifts, st.data())
def test_the_nurses_are_those_whose_time_the_clock_has_reached_and_not_passed(
    clock_day: tuple[tzinfo, date], shifts: list[Shift] | None, data: st.DataObject
) -> None:
    """I12, I67: every five minutes of three days against the watched clock."""
    in_zone, first = clock_day
    days = st.sampled_from([first + timedelta(days=n) for n in range(-1, 3)])
    overrides = data.draw(st.lists(st.builds(Override, days, wall_times, wall_times, counts)))
    overrides = [each for each in overrides if each.starts < each.ends]
    shifts = shifts and [each for each in shifts if each.starts < each.ends]
    low = day(first, in_zone).start + data.draw(st.integers(-60, 60)) * MINUTE
    within = Span(low, low + timedelta(minutes=data.draw(st.integers(5, 1500))))
    found = list(nurses_at_work(staffing(shifts, *overrides), within, in_zone))

    assert [one.end for one, _ in found[:-1]] == [span.start for span, _ in found[1:]]
    touched = [day(on, in_zone) for on in dates(within, in_zone)]
    assert [found[0][0].start, found[-1][0].end] == [touched[0].start, touched[-1].end]
    for span, nurses in found:
        at = span.start
        while at < span.end:
            assert nurses == slowly(shifts, overrides, at, in_zone)
            at += TICK


def slowly(
    shifts: list[Shift] | None, overrides: list[Override], at: datetime, in_zone: tzinfo
) -> int | None:
    """The nurses at one instant, each shift and each date watched by itself."""
    on = at.astimezone(in_zone).date()

    def at_work(each: Shift | Override) -> bool:
        begun = reached(on, each.starts, in_zone, TICK) <= at
        return begun and at < reached(on, each.ends, in_zone, TICK)

    said = [each.nurses for each in overrides if each.on == on and at_work(each)]
    usual = [each.nurses for each in shifts or () if each.weekday == on.weekday() and at_work(each)]
    if said:
        return sum(said)
    return None if shifts is None else sum(usual)


@pytest.mark.parametrize(
    ("overrides", "clash"),
    [
        ([], None),
        ([("08:00", "12:00", 1), ("12:00", "17:00", 1)], None),  # they may meet
        ([("08:00", "12:05", 1), ("12:00", "17:00", 1)], 1),
        ([("12:00", "17:00", 1), ("08:00", "12:05", 1)], 0),
        ([("08:00", "17:00", 1), ("09:00", "10:00", 2)], 1),
        ([("08:00", "17:00", 1), ("08:00", "17:00", 1)], 1),
    ],
)
def test_the_numbers_of_one_date_do_not_overlap(overrides: list[At], clash: int | None) -> None:
    found = clashing_overrides([override(*each) for each in overrides])
    assert found == (None if clash is None else override(*overrides[clash]))


def test_the_same_time_of_two_dates_is_no_clash() -> None:
    tomorrow = override("08:00", "17:00", 1, TUESDAY + timedelta(days=1))
    assert clashing_overrides([override("08:00", "17:00", 1), tomorrow]) is None


@pytest.mark.parametrize(
    ("found", "limited"),
    [
        (staffing(None), False),
        (staffing([]), True),
        (staffing([shift("08:00", "17:00", 2)]), True),
        (staffing(None, override("08:00", "12:00", 1)), True),
    ],
)
def test_nurses_are_limited_where_anything_is_said_about_them(
    found: Staffing, limited: bool
) -> None:
    assert found.limited is limited
