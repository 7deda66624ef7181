"""A course: what is compared with what, and when nothing can be said (I56)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.course.rules import (
    STATES,
    Course,
    Form,
    Run,
    Score,
    Treatment,
    course_of,
    one_after_another,
    review_of,
    scores_of,
)
from scheduler.instruments.rules_phq import PHQ2, PHQ9
from tests.rules.drawn import phoenix

DAY = timedelta(days=1)
BEGINS = phoenix("2026-12-01 09:30")


def a_run(sessions: int = 6, done: int | None = None, **fields: Any) -> Run:
    """Weekly sessions from `BEGINS` on, the first `done` of them completed; all if not said."""
    done = sessions if done is None else done
    treated = [Treatment(uuid4(), BEGINS + 7 * n * DAY, n < done) for n in range(sessions)]
    return Run(series_id=uuid4(), patient_id=uuid4(), sessions=treated, **fields)


def totals(*given: tuple[float, int]) -> list[Score]:
    """Totals by how many days after the first session's start they were given."""
    return [Score(uuid4(), BEGINS + days * DAY, total) for days, total in given]


def judged(course: Course) -> dict[str, bool | None]:
    return {each: course.holds(each) for each in STATES}


def of(run: Run, *given: tuple[float, int], **asked: Any) -> Course:
    return course_of(run, totals(*given), now=BEGINS + 200 * DAY, **asked)


BASELINES: list[tuple[list[tuple[float, int]], int | None]] = [
    ([], None),
    ([(-1, 18)], 18),
    ([(-14, 18)], 18),  # exactly fourteen days
    ([(-14.001, 18)], None),
    ([(-10, 12), (-2, 18)], 18),  # the last one
    ([(-20, 12), (-2, 18)], 18),
    ([(0, 18)], None),  # as it begins is not before
    ([(-2, 18), (0.1, 7)], 18),
    ([(5, 18)], None),
]


@pytest.mark.parametrize(("given", "total"), BASELINES)
def test_the_baseline_is_the_last_complete_total_in_the_two_weeks_before(
    given: list[tuple[float, int]], total: int | None
) -> None:
    """I56"""
    course = of(a_run(), *given)
    assert (course.baseline.total if course.baseline else None) == total


# baseline, latest → change, percent, response, remission, worse
AGAINST = [
    (18, 9, -9, -50, True, False, False),  # exactly half
    (18, 10, -8, -44, False, False, False),
    (17, 8, -9, -53, True, False, False),
    (17, 9, -8, -47, False, False, False),
    (18, 4, -14, -78, True, True, False),
    (18, 5, -13, -72, True, False, False),
    (6, 4, -2, -33, False, True, False),  # remission without response
    (10, 15, 5, 50, False, False, True),
    (10, 14, 4, 40, False, False, False),
    (0, 0, 0, None, False, True, False),  # nowhere to go
    (0, 5, 5, None, False, False, True),
    (27, 27, 0, 0, False, False, False),
]


@pytest.mark.parametrize(
    ("before", "after", "change", "percent", "resp", "remits", "worse"), AGAINST
)
def test_the_latest_total_is_held_against_the_baseline(
    before: int,
    after: int,
    change: int,
    percent: int | None,
    resp: bool,
    remits: bool,
    worse: bool,
) -> None:
    """I56: by the published limits."""
    course = of(a_run(), (-1, before), (20, 26), (33, after))
    assert course.latest is not None
    assert (course.latest.change, course.latest.percent) == (change, percent)
    found = judged(course)
    assert [found[each] for each in ("response", "remission", "worse")] == [resp, remits, worse]


# baseline, the scores since by days, sessions done → little change by a review after the third
AT_REVIEW: list[tuple[int | None, list[tuple[float, int]], int, bool | None]] = [
    (20, [(13, 16)], 3, True),  # a fifth
    (20, [(13, 15)], 3, False),  # a quarter
    (20, [(13, 15), (20, 19)], 3, True),  # the last before the fourth session
    (20, [(20, 19), (21, 3)], 4, True),  # what comes after it comes too late
    (20, [(13, 26)], 3, True),
    (20, [(13, 16)], 2, None),  # the third is not completed
    (20, [], 3, None),
    (20, [(22, 3)], 6, None),
    (None, [(13, 16)], 3, None),
    (0, [(13, 0)], 3, False),
]


@pytest.mark.parametrize(("before", "since", "done", "little"), AT_REVIEW)
def test_little_change_is_said_at_the_protocols_review_point(
    before: int | None, since: list[tuple[float, int]], done: int, little: bool | None
) -> None:
    baseline = [] if before is None else [(-1.0, before)]
    course = of(a_run(done=done, review_after=3), *baseline, *since)
    assert course.holds("little_change") is little


def test_without_a_review_point_nothing_is_said_of_it() -> None:
    assert of(a_run(), (-1, 20), (13, 20)).holds("little_change") is None


def test_a_review_after_the_last_session_takes_what_comes_later() -> None:
    course = of(a_run(3, review_after=3), (-1, 20), (30, 4))
    assert course.holds("little_change") is False


@pytest.mark.parametrize(("done", "of_it"), [(2, False), (3, True), (6, True)])
def test_the_review_is_due_once_its_session_is_completed(done: int, of_it: bool) -> None:
    run = a_run(done=done, review_after=3)
    assert (review_of(run) == run.sessions[2]) is of_it
    assert review_of(a_run(done=6)) is None
    assert review_of(a_run(2, review_after=3)) is None


def test_a_point_says_after_how_many_sessions_it_was_given() -> None:
    course = of(a_run(3), (-3, 20), (0, 19), (6, 18), (8, 17), (40, 5))
    assert [each.after_sessions for each in course.points] == [0, 1, 1, 2, 3]
    assert [each.band for each in course.points][::4] == ["severe", "mild"]


def test_points_end_where_the_next_series_begins_and_long_after_the_last_session() -> None:
    run = a_run(2)
    assert [each.total for each in of(run, (126.9, 5), (127, 6)).points] == [5]
    begun = one_after_another([a_run(0), replaced(run, 60), run])
    assert [len(each.sessions) for each in begun] == [2, 2, 0]
    course = course_of(begun[0], totals((-1, 20), (59, 9), (60, 1)), now=BEGINS)
    assert [each.total for each in course.points] == [20, 9]
    # The same answers are the next one's baseline.
    following = course_of(begun[1], totals((-1, 20), (59, 9), (60, 1)), now=BEGINS)
    assert following.baseline is not None
    assert following.baseline.total == 9


def replaced(run: Run, days: int) -> Run:
    later = [Treatment(uuid4(), each.at + days * DAY, each.completed) for each in run.sessions]
    return Run(series_id=uuid4(), patient_id=run.patient_id, sessions=later)


def test_a_series_without_sessions_has_no_course() -> None:
    course = of(a_run(0, review_after=1), (-1, 20), (3, 5))
    assert (course.points, course.baseline, course.latest) == ([], None, None)
    assert set(judged(course).values()) == {None}


def test_no_answer_is_none_until_asked_and_gone_with_an_answer() -> None:
    run = a_run()
    assert of(run, (-1, 20)).holds("no_answer") is None
    asked_at = BEGINS + 5 * DAY
    assert of(run, (-1, 20), (4.9, 18), asked_at=asked_at).holds("no_answer") is True
    assert of(run, (-1, 20), (5.5, 18), asked_at=asked_at).holds("no_answer") is False


def test_the_trend_is_no_measure_of_response() -> None:
    """A PHQ-2 stands beside the points, never among them."""
    course = of(a_run(), trend=totals((-1, 6), (3, 0), (200, 1)))
    assert [each.total for each in course.trend] == [6, 0]
    assert (course.points, course.baseline) == ([], None)


def a_form(
    at: datetime = BEGINS, total: int = 0, corrects: UUID | None = None, left_out: int = 0
) -> Form:
    """PHQ-9 answers that add up to a total, with so many left out."""
    shares = [min(3, max(0, total - 3 * n)) for n in range(9)]
    items = {str(n): share for n, share in enumerate(shares, start=1)}
    return Form(uuid4(), at, dict(list(items.items())[left_out:]), corrects)


def test_a_correction_stands_for_what_it_corrects_even_without_a_total() -> None:
    """I57: and a correction's correction for that."""
    first, other = a_form(total=20), a_form(BEGINS + DAY, 11)
    second = a_form(total=12, corrects=first.id)
    third = a_form(total=9, corrects=second.id, left_out=1)
    assert found([first, other]) == [20, 11]
    assert found([second, other, first]) == [12, 11]
    assert found([first, second, third, other]) == [11]


def found(forms: Sequence[Form]) -> list[int]:
    return [each.total for each in scores_of(PHQ9, forms)]


@given(st.integers(0, 27), st.integers(1, 9))
def test_answers_in_part_have_no_total(total: int, left_out: int) -> None:
    """I52"""
    assert found([a_form(total=total, left_out=left_out)]) == []
    assert found([a_form(total=total)]) == [total]
    assert scores_of(PHQ2, [Form(uuid4(), BEGINS, {"1": 3})]) == []


given_totals = st.lists(st.tuples(st.integers(-30, 200), st.integers(0, 27)), max_size=12)


@given(given_totals, st.integers(1, 8), st.integers(0, 8))
def test_what_is_said_is_what_an_independent_reading_says(
    given: list[tuple[int, int]], sessions: int, done: int
) -> None:
    """I56: with no baseline every comparison is None, never no and never zero."""
    given = sorted(given, key=lambda each: each[0])
    course = of(a_run(sessions, min(done, sessions), review_after=3), *given)
    before = [total for days, total in given if -14 <= days < 0]
    end = 7 * (sessions - 1) + 120
    since = [total for days, total in given if 0 <= days < end]
    said = judged(course)
    if not before:
        assert {each.change for each in course.points} <= {None}
        assert {each.percent for each in course.points} <= {None}
    if not before or not since:
        assert [said[each] for each in STATES] == [None] * 5
        return
    drop = (before[-1] - since[-1]) / before[-1] if before[-1] else 0
    assert said["response"] is (drop >= 0.5)
    assert said["remission"] is (since[-1] <= 4)
    assert said["worse"] is (since[-1] >= before[-1] + 5)
    assert [each.total for each in course.points] == before + since
