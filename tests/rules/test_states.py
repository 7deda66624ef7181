"""A session's way through the clinic: every state and every verb (I5, I29, I33)."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from scheduler.sessions.rules_states import (
    COUNTED,
    LIVE,
    STATES,
    STEPS,
    UNDOES,
    comes_late,
    delay_minutes,
    is_live,
    may_leave_at,
    missing_to_start,
    no_show_from,
    not_allowed,
    on_its_day,
    read_out,
    short_notice,
    spoken,
    wrong_time,
)
from tests.rules.drawn import NEW_YORK, PHOENIX, phoenix, utc

# from, verb → to and the column that keeps when: the contract's table, all other pairs refused
ALLOWED = {
    ("booked", "confirm"): ("booked", "confirmed_at"),
    ("booked", "reschedule"): (None, None),
    ("booked", "cancel"): ("cancelled", "cancelled_at"),
    ("booked", "no-show"): ("no_show", "missed_at"),
    ("booked", "arrive"): ("arrived", "arrived_at"),
    ("arrived", "turn-away"): ("cancelled", "cancelled_at"),
    ("arrived", "start"): ("infusing", "started_at"),
    ("arrived", "extend"): (None, None),
    ("infusing", "extend"): (None, None),
    ("infusing", "observe"): ("observing", "infusion_ended_at"),
    ("observing", "complete"): ("completed", "left_at"),
    ("arrived", "undo"): (None, None),
    ("no_show", "undo"): (None, None),
    ("infusing", "undo"): (None, None),
    ("observing", "undo"): (None, None),
    ("completed", "undo"): (None, None),
}
VERBS = sorted({verb for _, verb in ALLOWED})


@pytest.mark.parametrize(("state", "verb"), list(product(STATES, VERBS)))
def test_only_the_steps_of_the_table_happen(state: str, verb: str) -> None:
    """I29: another is refused in words that name the state and those that it would need."""
    why = not_allowed(verb, state)
    if (state, verb) in ALLOWED:
        assert why is None
        assert (STEPS[verb].to, STEPS[verb].stamp) == ALLOWED[state, verb]
    else:
        assert why
        assert spoken(state) in why
        assert "_" not in why
        # For an undo there has to be a step, not one of some states.
        needed = [from_ for from_, each in ALLOWED if each == verb and verb != "undo"]
        assert all(spoken(from_) in why for from_ in needed)


def test_no_other_verb_exists() -> None:
    assert set(STEPS) == set(VERBS)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("booked", "There is no step to undo: the session is booked."),
        ("cancelled", "A cancelled session stays cancelled. Book another one in its place."),
    ],
)
def test_an_undo_with_nothing_to_undo_says_so(status: str, said: str) -> None:
    """I29"""
    assert not_allowed("undo", status) == said


def test_a_step_that_is_undone_leads_back_to_where_it_came_from() -> None:
    """I29: and takes back when it was, so that it can be taken again."""
    led_to = {step.to: step for step in STEPS.values() if step.to}
    for state, undo in UNDOES.items():
        assert led_to[state].leaves == (undo.to,)
        assert led_to[state].stamp in undo.clears
        assert undo.stamp in undo.clears
    assert set(UNDOES) == {state for state, verb in ALLOWED if verb == "undo"}


@pytest.mark.parametrize(
    ("state", "live", "counted"),
    [
        ("held", True, True),
        ("booked", True, True),
        ("arrived", True, True),
        ("infusing", True, True),
        ("observing", True, True),
        ("completed", False, True),
        ("cancelled", False, False),
        ("no_show", False, False),
    ],
)
def test_live_sessions_take_their_chair_and_counted_ones_their_place(
    state: str, live: bool, counted: bool
) -> None:
    """I15, I20"""
    assert is_live(state) is live
    assert (state in LIVE, state in COUNTED) == (live, counted)
    assert state in STATES


def test_there_are_no_other_states() -> None:
    assert len(set(STATES)) == len(STATES) == 8


NOW = utc("2026-11-24 18:00")
DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
TIMES = [
    # happened, the step before → for anyone else, for a clinician
    (NOW, None, None, None),
    (NOW + INSTANT, None, "future", "future"),
    (NOW - DAY, None, None, None),
    (NOW - DAY - INSTANT, None, "24 hours", None),
    (NOW - 7 * DAY, None, "24 hours", None),
    (NOW - 7 * DAY - INSTANT, None, "24 hours", "168 hours"),
    (NOW, NOW, None, None),  # at once
    (NOW - DAY, NOW - DAY, None, None),
    (NOW - INSTANT, NOW, "before", "before"),
    (NOW - 2 * DAY, NOW - DAY, "before", "before"),
]


@pytest.mark.parametrize(("happened_at", "previous", "desk", "clinician"), TIMES)
def test_a_step_lies_between_the_one_before_and_now_and_not_too_far_back(
    happened_at: datetime, previous: datetime | None, desk: str | None, clinician: str | None
) -> None:
    for words, is_clinician in ((desk, False), (clinician, True)):
        why = wrong_time(happened_at, NOW, previous, clinician=is_clinician)
        assert why is None if words is None else words in (why or "")


@pytest.mark.parametrize(
    ("wall", "same"),
    [
        ("2026-11-24 00:00", True),
        ("2026-11-24 23:59", True),  # the next day in UTC
        ("2026-11-23 23:59", False),
        ("2026-11-25 00:00", False),
    ],
)
def test_a_session_s_day_is_the_one_on_the_clinics_calendar(wall: str, same: bool) -> None:
    starts_at = phoenix("2026-11-24 09:30")
    assert on_its_day(phoenix(wall), starts_at, PHOENIX) is same


def test_the_same_instants_are_of_two_days_elsewhere() -> None:
    late, early = phoenix("2026-11-24 22:30"), phoenix("2026-11-24 09:30")
    assert on_its_day(late, early, PHOENIX)
    assert not on_its_day(late, early, NEW_YORK)


def test_a_patient_may_leave_once_observed() -> None:
    """I33: counted from the actual end of the infusion."""
    assert may_leave_at(NOW, 30) == NOW + timedelta(minutes=30)
    assert may_leave_at(NOW, 0) == NOW


MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def test_a_no_show_is_one_from_the_end_of_the_grace_on() -> None:
    """I30"""
    assert no_show_from(NOW, 30) == NOW + 30 * MINUTE
    assert no_show_from(NOW, 0) == NOW


@pytest.mark.parametrize(
    ("after", "late"),
    [(-5 * MINUTE, False), (15 * MINUTE, False), (15 * MINUTE + SECOND, True)],
)
def test_late_is_later_than_the_policy_lets_pass(after: timedelta, late: bool) -> None:
    """I32"""
    assert comes_late(NOW + after, NOW, 15) is late


@pytest.mark.parametrize(
    ("before", "short"), [(25 * HOUR, False), (DAY, False), (DAY - SECOND, True), (-HOUR, True)]
)
def test_notice_is_short_when_less_than_the_policy_asks(before: timedelta, short: bool) -> None:
    """I32"""
    assert short_notice(NOW - before, NOW, 24) is short


@pytest.mark.parametrize(
    ("late", "minutes"),
    [
        (-10 * MINUTE, 0),
        (0 * MINUTE, 0),
        (SECOND, 5),
        (5 * MINUTE, 5),
        (5 * MINUTE + SECOND, 10),
        (3 * HOUR, 180),
    ],
)
def test_a_delay_counts_in_whole_fives(late: timedelta, minutes: int) -> None:
    """I18"""
    assert delay_minutes(NOW + late, NOW) == minutes


@pytest.mark.parametrize(
    ("status", "cleared", "consent", "stopped", "vitals", "escort", "fasting", "overridden"),
    list(product(("active", "discharged", "deceased"), *[(True, False)] * 7)),
)
def test_everything_a_session_lacks_to_start_is_named(
    status: str,
    cleared: bool,
    consent: bool,
    stopped: bool,
    vitals: bool,
    escort: bool,
    fasting: bool,
    overridden: bool,
) -> None:
    """I4, I5, I6: an override covers vitals, escort and fasting, and nothing else."""
    found = missing_to_start(
        patient_status=status,
        cleared=cleared,
        treatment_consent=consent,
        stopped=stopped,
        vitals=vitals,
        escort=escort,
        fasting=fasting,
        overridden=overridden,
    )
    expected = set()
    if status != "active":
        expected.add(f"patient_{status}")
    if not cleared:
        expected.add("clearance")
    if not consent:
        expected.add("treatment_consent")
    if stopped:
        expected.add("stopped")
    if not overridden:
        seen_to = {"vitals": vitals, "escort": escort, "fasting": fasting}
        expected |= {word for word, seen in seen_to.items() if not seen}
    assert set(found) == expected
    assert len(found) == len(expected)
    assert read_out(found).count(";") == max(0, len(found) - 1)
    assert "_" not in read_out(found)
