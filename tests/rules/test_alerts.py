"""Who is told of an alert, and when."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.alerts.rules import Pace, Rota, Shift, Told, people_now, round_now, wait_after
from scheduler.attention.rules_alerts import Danger, of_alerts

A, B, C, D = (UUID(int=n) for n in range(1, 5))
PEOPLE = (A, B, C, D)
NEW_YORK = ZoneInfo("America/New_York")
# A Monday at noon, UTC.
RAISED = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PACE = Pace(5 * MINUTE, 15 * MINUTE)
MONDAY, FRIDAY, SUNDAY = 0, 4, 6


WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@pytest.mark.parametrize(
    ("shift", "begins", "ends"),
    [
        ((MONDAY, "08:00", "17:00"), "Mon 08:00", "Mon 16:55"),
        ((MONDAY, "17:00", "08:00"), "Mon 17:00", "Tue 07:55"),
        ((MONDAY, "17:00", "00:00"), "Mon 17:00", "Mon 23:55"),
        ((MONDAY, "08:00", "08:00"), "Mon 08:00", "Tue 07:55"),
        ((MONDAY, "00:00", "00:00"), "Mon 00:00", "Mon 23:55"),
        ((FRIDAY, "22:00", "06:00"), "Fri 22:00", "Sat 05:55"),
    ],
)
def test_a_shift_is_on_by_the_wall_and_may_end_on_the_next_day(
    shift: tuple[int, str, str], begins: str, ends: str
) -> None:
    weekday, starts, until = shift
    on_call = Shift(weekday, time.fromisoformat(starts), time.fromisoformat(until), (A,))
    monday = RAISED.replace(hour=0)
    walls = [monday + n * 5 * MINUTE for n in range(7 * 24 * 12)]
    on = [f"{WEEK[wall.weekday()]} {wall:%H:%M}" for wall in walls if on_call.covers(wall)]
    assert (on[0], on[-1]) == (begins, ends)
    assert all(on_call.covers(w) for w in walls[walls.index(_at(begins)) : walls.index(_at(ends))])


def _at(wall: str) -> datetime:
    on = RAISED.replace(hour=0) + timedelta(days=WEEK.index(wall[:3]))
    return datetime.combine(on.date(), time.fromisoformat(wall[4:]), UTC)


@pytest.mark.parametrize(
    ("utc", "named"),
    [
        # On Sunday, 1 November 2026, the clocks of New York go back at two.
        ("2026-11-01T05:30", [A, C]),
        ("2026-11-01T06:30", [A, C]),
        ("2026-11-01T07:00", [B, C]),
        # On Sunday, 14 March 2027, they go from two to three.
        ("2027-03-14T06:59", [A, C]),
        ("2027-03-14T07:00", [B, C]),
    ],
)
def test_shifts_go_by_the_wall_when_clocks_change(utc: str, named: list[UUID]) -> None:
    night = Shift(SUNDAY, time(0), time(2), (A,))
    morning = Shift(SUNDAY, time(2), time(8), (B,))
    rota = Rota((night, morning), (C,))
    assert rota.on_call(datetime.fromisoformat(utc).replace(tzinfo=UTC), NEW_YORK) == named


def test_a_rota_names_each_once_in_order() -> None:
    both = [Shift(MONDAY, time(0), time(0), who) for who in ((B, A), (A, C))]
    assert Rota(tuple(both), (D, B)).on_call(RAISED, UTC) == [B, A, C, D]


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0, [A]),
        (14.9, [A]),
        (15, [A, B]),
        (29.9, [A, B]),
        (30, [A, B, C, D]),
        (600, [A, B, C, D]),
        # The clock of the one who raised it is a little ahead, or was set back since.
        (-0.9, [A]),
        (-2, [A, B, C, D]),
    ],
)
def test_one_more_is_told_every_while_and_then_everybody(minutes: float, told: list[UUID]) -> None:
    """I54"""
    so_far = Told(RAISED, 1, RAISED, reached=True)
    found = people_now(so_far, PACE, RAISED + minutes * MINUTE, [A, B], {A, B, C, D})
    assert found == told


@pytest.mark.parametrize(
    ("named", "reachable", "reached", "minutes", "told"),
    [
        ([], {A, B}, False, 0, [A, B]),
        ([C], {A, B}, False, 0, [A, B]),
        ([C, B], {A, B}, False, 0, [B]),
        ([A], {A, B}, False, 0.9, [A]),
        ([A], {A, B}, False, 1, [A, B]),
        ([A], {A, B}, True, 1, [A]),
        ([A], set(), False, 0, []),
    ],
)
def test_where_nobody_is_reached_everybody_is_told(
    named: list[UUID], reachable: set[UUID], reached: bool, minutes: float, told: list[UUID]
) -> None:
    so_far = Told(RAISED, 1, RAISED, reached)
    assert people_now(so_far, PACE, RAISED + minutes * MINUTE, named, reachable) == told


@pytest.mark.parametrize(
    ("told", "minutes", "number"),
    [
        (Told(RAISED), 0, 1),
        # Nobody makes up for rounds that passed while no job ran.
        (Told(RAISED), 600, 1),
        (Told(RAISED, 1, RAISED), 4.9, 1),
        (Told(RAISED, 1, RAISED), 5, 2),
        (Told(RAISED, 7, RAISED), 600, 8),
        # Told by a clock that was ahead.
        (Told(RAISED, 7, RAISED), -0.9, 7),
        (Told(RAISED, 7, RAISED), -2, 8),
    ],
)
def test_rounds_are_counted_on_whatever_the_clock_did(
    told: Told, minutes: float, number: int
) -> None:
    assert round_now(told, PACE, RAISED + minutes * MINUTE) == number


@given(
    pace=st.builds(
        Pace,
        st.integers(1, 15).map(lambda n: n * MINUTE),
        st.integers(1, 60).map(lambda n: n * MINUTE),
    ),
    named=st.lists(st.sampled_from(PEOPLE), unique=True),
    reachable=st.frozensets(st.sampled_from(PEOPLE), min_size=1),
    seconds=st.lists(st.integers(1, 900), min_size=1, max_size=40),
)
def test_somebody_is_told_in_every_round_and_nobody_is_forgotten(
    pace: Pace, named: list[UUID], reachable: frozenset[UUID], seconds: list[int]
) -> None:
    """I54: whatever the rota and the pace, however seldom somebody looks."""
    told, now, before = Told(RAISED, reached=True), RAISED, set[UUID]()
    for each in seconds:
        number = round_now(told, pace, now)
        people = people_now(told, pace, now, named, reachable)
        assert people
        assert set(people) <= reachable
        assert len(set(people)) == len(people)
        # Who was told goes on being told.
        assert before <= set(people)
        assert number - told.number in (0, 1)
        if told.at is not None:
            assert (number == told.number) == (now - told.at < pace.repeat)
        if number != told.number:
            told = Told(RAISED, number, now, reached=True)
        before = set(people)
        now += timedelta(seconds=each)
    if now - RAISED >= len(named) * pace.escalate:
        assert set(people_now(told, pace, now, named, reachable)) == reachable


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (10_000, 60)]
)
def test_a_call_that_failed_is_made_again_within_the_minute(attempt: int, seconds: int) -> None:
    assert wait_after(attempt) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("heard", "told", "reachable", "minutes", "kinds"),
    [
        (False, False, True, 4.9, ["alert"]),
        (False, False, True, 5, ["alert", "alert_unheard"]),
        (False, True, True, 59.9, ["alert"]),
        (False, True, True, 60, ["alert", "alert_unheard"]),
        (False, False, False, 0, ["alert", "alert_unheard"]),
        # Told already, by an address that is gone since.
        (False, True, False, 0, ["alert", "alert_unheard"]),
        (True, False, False, 600, ["alert"]),
    ],
)
def test_an_alert_that_nobody_hears_shows(
    heard: bool, told: bool, reachable: bool, minutes: float, kinds: list[str]
) -> None:
    danger = Danger(A, B, RAISED, heard, told)
    items = list(of_alerts([danger], RAISED + minutes * MINUTE, reachable=reachable))
    assert [each.kind for each in items] == kinds
    assert {(each.patient_id, each.at) for each in items} == {(B, RAISED)}
    for each in items:
        assert each.detail.endswith(".")
