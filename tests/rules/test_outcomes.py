"""Outcomes of many series: the counts are those of the cohort, and the intervals are Wilson's."""

from datetime import timedelta
from math import isclose, sqrt
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.course.rules import Course, course_of
from scheduler.course.rules_chart import MOST_LABELS, chart
from scheduler.course.rules_outcomes import Z, outcomes_of, wilson
from tests.rules.drawn import PHOENIX
from tests.rules.test_course import BEGINS, a_run, of, totals

# count, among → the interval, as Newcombe has it (Stat Med 1998;17:857-872, table I, method 3).
NEWCOMBE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("count", "among", "low", "high"), NEWCOMBE)
def test_the_interval_is_the_published_one(count: int, among: int, low: float, high: float) -> None:
    assert [round(each, 4) for each in wilson(count, among)] == [low, high]


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rates_from_which_this_one_is_no_surprise(
    drawn: tuple[int, int],
) -> None:
    """The bounds are where this one lies 1.96 of their standard errors off."""
    count, among = drawn
    low, high = wilson(count, among)
    share = count / among
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    for bound in (low, high):
        error = sqrt(bound * (1 - bound) / among)
        assert isclose(abs(share - bound), Z * error, abs_tol=1e-6)
    other = wilson(among - count, among)
    assert isclose(low, 1 - other[1], abs_tol=1e-9)
    assert isclose(high, 1 - other[0], abs_tol=1e-9)


# A patient of a cohort: the baseline and the last score, each if there is one.
Drawn = tuple[int | None, int | None]
maybe = st.none() | st.integers(0, 27)


def a_course(baseline: int | None, last: int | None, status: str = "completed") -> Course:
    given = [] if baseline is None else [(-3.0, baseline)]
    given += [] if last is None else [(20.0, 26), (41.0, last)]
    return of(a_run(status=status), *given)


@given(st.lists(st.tuples(maybe, maybe), max_size=40))
def test_a_cohorts_outcomes_are_those_that_were_drawn(cohort: list[Drawn]) -> None:
    """I56"""
    found = outcomes_of(a_course(*each) for each in cohort)
    both = [(b, f) for b, f in cohort if b is not None and f is not None]
    assert found.series == found.completed == len(cohort)
    assert found.with_baseline == sum(b is not None for b, _ in cohort)
    assert found.with_final_score == len(cohort) - found.unanswered
    assert found.unanswered == sum(f is None for _, f in cohort)
    assert found.judged == len(both)
    assert found.response.count == sum(b > 0 and f / b <= 0.5 for b, f in both)
    assert found.remission.count == sum(f in range(5) for _, f in both)
    assert found.worse.count == sum(f - b > 4 for b, f in both)
    if not both:
        assert (found.response.rate, found.response.low) == (None, None)
    else:
        assert found.response.rate == round(found.response.count / len(both), 3)


def test_those_who_stopped_are_counted_with_those_who_finished() -> None:
    cohort = [a_course(20, 8), a_course(20, 18, "stopped"), a_course(20, None, "stopped")]
    found = outcomes_of(cohort)
    assert (found.series, found.completed, found.stopped, found.unanswered) == (3, 1, 2, 1)
    assert (found.response.count, found.response.rate) == (1, 0.5)


@given(
    st.lists(st.tuples(st.integers(-14, 400), st.integers(0, 27)), max_size=60),
    st.integers(0, 52),
)
def test_every_course_can_be_drawn(given: list[tuple[int, int]], sessions: int) -> None:
    """Well-formed, all of it inside the picture, and never so many numbers that none is read."""
    run = a_run(sessions, sessions // 2)
    course = course_of(run, sorted(totals(*given), key=lambda s: s.at), now=BEGINS)
    drawn = ElementTree.fromstring(chart(course, PHOENIX))  # noqa: S314 - our own
    marks = [each for each in drawn.iter() if each.tag.endswith(("circle", "text"))]
    for each in marks:
        x = float(each.get("cx") or each.get("x") or -1)
        y = float(each.get("cy") or each.get("y") or -1)
        assert 0 < x < 720
        assert 0 < y < 400
    labelled = [e for e in marks if e.tag.endswith("text") and e.get("class") == "total mid"]
    assert len(labelled) <= MOST_LABELS + 3
    points = [e for e in drawn.iter() if e.tag.endswith("circle") or e.get("class") == "hollow"]
    assert len(points) == len(course.points)


def test_a_series_of_one_day_is_drawn_too() -> None:
    run = a_run(1)
    assert run.begins_at is not None
    course = course_of(run, totals((0, 12)), now=run.begins_at + timedelta(days=1))
    assert "12 on December 1, 2026, after session 1." in chart(course, PHOENIX)
