"""When reminders are due: on the wall, out of the night, and each until the next (I36 to I39)."""

from datetime import date, time, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.messages.rules_quiet import QuietHours
from scheduler.reminders.rules import Reminder, reminders_of, rule_name, starts_due_in
from scheduler.spans import Span
from scheduler.wall_time import on_wall
from tests.rules.drawn import (
    NEW_YORK,
    PHOENIX,
    phoenix,
    showing,
    utc,
    wall_times,
    whole_days,
)

NIGHT = QuietHours(time(21), time(8), PHOENIX)
INSTANT = timedelta(microseconds=1)

DUE = [
    # start, the session before, days → (rule, due, of use until)
    ("2026-11-24 14:30", None, (3, 1), [
        ("3d_before", "2026-11-21 14:30", "2026-11-23 14:30"),
        ("1d_before", "2026-11-23 14:30", "2026-11-24 13:30"),
    ]),
    ("2026-11-24 14:30", None, (1, 3, 1), [  # in any order, each once
        ("3d_before", "2026-11-21 14:30", "2026-11-23 14:30"),
        ("1d_before", "2026-11-23 14:30", "2026-11-24 13:30"),
    ]),
    ("2026-11-24 14:30", None, (), []),
    ("2026-11-24 07:00", None, (3, 1), [  # out of the night
        ("3d_before", "2026-11-21 08:00", "2026-11-23 08:00"),
        ("1d_before", "2026-11-23 08:00", "2026-11-24 06:00"),
    ]),
    ("2026-11-24 21:30", None, (1,), [("1d_before", "2026-11-24 08:00", "2026-11-24 20:30")]),
    # The session before is two days earlier: only the nearer one applies.
    ("2026-11-24 14:30", "2026-11-22 14:30", (3, 1), [
        ("1d_before", "2026-11-23 14:30", "2026-11-24 13:30"),
    ]),
    ("2026-11-24 14:30", "2026-11-21 14:29", (3, 1), [
        ("3d_before", "2026-11-21 14:30", "2026-11-23 14:30"),
        ("1d_before", "2026-11-23 14:30", "2026-11-24 13:30"),
    ]),
    ("2026-11-24 14:30", "2026-11-23 14:30", (3, 1), []),
    ("2026-11-24 14:30", "2026-11-24 08:00", (3, 1), []),  # twice on a day
]  # fmt: skip


@pytest.mark.parametrize(("starts", "before", "days", "expected"), DUE)
def test_reminders_fall_due_days_before_and_each_is_of_use_until_the_next(
    starts: str, before: str | None, days: tuple[int, ...], expected: list[tuple[str, str, str]]
) -> None:
    previous_at = phoenix(before) if before else None
    found = reminders_of(phoenix(starts), previous_at, days, PHOENIX, NIGHT)
    assert found == [Reminder(rule, phoenix(due), phoenix(until)) for rule, due, until in expected]


def test_a_day_before_is_the_same_wall_time_over_a_clock_change() -> None:
    """I23: 25 hours before, where the clock goes back in between."""
    starts_at = utc("2024-11-03 19:00")  # 14:00 in New York
    (found,) = reminders_of(starts_at, None, [1], NEW_YORK, QuietHours(time(21), time(8), NEW_YORK))
    assert found.due_at == utc("2024-11-02 18:00")
    assert starts_at - found.due_at == timedelta(hours=25)


def test_the_night_is_the_patients_and_the_day_before_the_clinics() -> None:
    """I39: half past eight in the evening in Phoenix is half past ten in New York."""
    asleep = QuietHours(time(21), time(8), NEW_YORK)
    (found,) = reminders_of(phoenix("2026-11-24 20:30"), None, [1], PHOENIX, asleep)
    assert found.due_at == utc("2026-11-24 13:00"), "08:00 in New York, not 20:30 in Phoenix"


quiet_ends = st.sampled_from(
    [(time(21), time(8)), (time(22), time(7)), (time(0), time(9, 30)), (time(13), time(15))]
)
rules = st.sets(st.integers(1, 7), max_size=4)


@given(
    whole_days,
    st.integers(-2, 5),
    wall_times,
    st.none() | st.integers(1, 9 * 24),
    rules,
    quiet_ends,
    whole_days,
)
def test_reminders_come_in_order_by_day_and_after_the_session_before(
    clinic: tuple[tzinfo, date],
    shift: int,
    at: time,
    hours_since: int | None,
    days_before: set[int],
    ends: tuple[time, time],
    patient: tuple[tzinfo, date],
) -> None:
    """I36, I38, I39, over clock changes at the clinic's and at the patient's."""
    in_zone, near = clinic
    on = near + timedelta(days=shift)
    starts_at = on_wall(on, at, in_zone).at
    previous_at = None if hours_since is None else starts_at - timedelta(hours=hours_since)
    quiet = QuietHours(*ends, patient[0])
    found = reminders_of(starts_at, previous_at, days_before, in_zone, quiet)

    expected = []
    for days in sorted(days_before, reverse=True):
        wall = showing(starts_at, in_zone)
        base = on_wall(wall.date() - timedelta(days=days), wall.time(), in_zone).at
        due_at = quiet.moved_out(base, starts_at)
        if previous_at is None or due_at > previous_at:
            expected.append((rule_name(days), due_at))
    assert [(each.rule, each.due_at) for each in found] == expected
    last_calls = [*(each.due_at for each in found[1:]), starts_at - timedelta(hours=1)]
    for each, not_after in zip(found, last_calls[-len(found) :] if found else [], strict=True):
        assert each.not_after == not_after
        assert each.due_at < each.not_after < starts_at
        assert quiet.around(each.due_at) is None
        assert previous_at is None or each.due_at > previous_at


@given(whole_days, st.integers(-3, 9), wall_times, st.integers(1, 30), quiet_ends, whole_days)
def test_a_scan_of_the_instant_at_which_it_is_due_looks_at_its_session(
    clinic: tuple[tzinfo, date],
    shift: int,
    at: time,
    days: int,
    ends: tuple[time, time],
    patient: tuple[tzinfo, date],
) -> None:
    """I38: none is lost by looking at too few sessions."""
    in_zone, near = clinic
    starts_at = on_wall(near + timedelta(days=shift), at, in_zone).at
    quiet = QuietHours(*ends, patient[0])
    (found,) = reminders_of(starts_at, None, [days], in_zone, quiet)
    of_clinic = QuietHours(*ends, in_zone)
    due = Span(found.due_at - INSTANT, found.due_at)
    looked_at = starts_due_in(due, days, in_zone, of_clinic)
    assert looked_at.start <= starts_at < looked_at.end


@pytest.mark.parametrize(("days", "name"), [(1, "1d_before"), (3, "3d_before")])
def test_a_rule_is_named_after_its_days(days: int, name: str) -> None:
    assert rule_name(days) == name
