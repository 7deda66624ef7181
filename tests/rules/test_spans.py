"""Half-open spans: what overlaps, what joins, and what is left between."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.spans import Span, gaps, merged
from tests.rules.drawn import MINUTE, spans, utc

NOON = utc("2026-11-24 12:00")


def span(start: int, end: int) -> Span:
    """From so many minutes after noon to so many."""
    return Span(NOON + start * MINUTE, NOON + end * MINUTE)


OVERLAPS = [
    # 0----5----10----15
    #      [====)            the span: 5 to 10
    ((0, 4), False),  # [===)
    ((0, 5), False),  # [====)            back to back before
    ((0, 6), True),  # [=====)
    ((5, 10), True),  #      [====)
    ((6, 9), True),  #       [==)
    ((0, 15), True),  # [==============)
    ((9, 15), True),  #          [=====)
    ((10, 15), False),  #           [====)  back to back after
    ((11, 15), False),  #            [===)
    ((7, 7), False),  #        |            an empty one within
    ((5, 5), False),  #      |
    ((10, 5), False),  # one that ends before it starts
]


@pytest.mark.parametrize(("other", "expected"), OVERLAPS)
def test_spans_overlap_only_when_they_share_an_instant(
    other: tuple[int, int], expected: bool
) -> None:
    """I8: back to back is allowed."""
    assert span(5, 10).overlaps(span(*other)) is expected
    assert span(*other).overlaps(span(5, 10)) is expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((5, 10), True),
        ((5, 9), True),
        ((6, 10), True),
        ((7, 8), True),
        ((4, 10), False),
        ((5, 11), False),
        ((0, 5), False),
        ((10, 12), False),
    ],
)
def test_a_span_contains_what_does_not_reach_past_it(
    other: tuple[int, int], expected: bool
) -> None:
    assert span(5, 10).contains(span(*other)) is expected


@pytest.mark.parametrize(
    ("given_spans", "expected"),
    [
        ([], []),
        ([(3, 5), (0, 1)], [(0, 1), (3, 5)]),  # sorted
        ([(0, 2), (2, 4)], [(0, 4)]),  # touching
        ([(0, 9), (2, 4)], [(0, 9)]),  # one within another
        ([(0, 5), (3, 8), (8, 9), (11, 12)], [(0, 9), (11, 12)]),
        ([(4, 4), (6, 5)], []),  # empty ones
        ([(0, 2), (4, 4)], [(0, 2)]),
    ],
)
def test_merged_spans_neither_overlap_nor_touch(
    given_spans: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    assert merged(span(*each) for each in given_spans) == [span(*each) for each in expected]


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        # within: 0 to 10
        ([], [(0, 10)]),
        ([(0, 10)], []),
        ([(-5, 15)], []),
        ([(-5, 0), (10, 12)], [(0, 10)]),  # touching from outside
        ([(-5, 2), (8, 12)], [(2, 8)]),
        ([(3, 4), (6, 7)], [(0, 3), (4, 6), (7, 10)]),
        ([(3, 6), (6, 7)], [(0, 3), (7, 10)]),
        ([(12, 14), (16, 18)], [(0, 10)]),  # all after
        ([(-9, -7), (-6, -5)], [(0, 10)]),  # all before
    ],
)
def test_gaps_are_what_no_span_covers(
    taken: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    assert list(gaps(span(0, 10), (span(*each) for each in taken))) == [
        span(*each) for each in expected
    ]


def minutes_of(found: list[Span]) -> list[datetime]:
    """Every minute in the spans, once for each span that holds it."""
    return [
        each.start + n * MINUTE for each in found for n in range((each.end - each.start) // MINUTE)
    ]


@given(st.lists(spans(NOON, 60, 40)), spans(NOON, 60, 90))
def test_merged_and_gaps_agree_with_counting_minutes(taken: list[Span], within: Span) -> None:
    covered = set(minutes_of(taken))
    assert minutes_of(merged(taken)) == sorted(covered)
    uncovered = [each for each in minutes_of([within]) if each not in covered]
    assert minutes_of(list(gaps(within, taken))) == uncovered


@given(spans(NOON, 60, 60), spans(NOON, 60, 60))
def test_overlapping_and_containing_agree_with_counting_minutes(one: Span, other: Span) -> None:
    first, second = set(minutes_of([one])), set(minutes_of([other]))
    assert one.overlaps(other) is bool(first & second)
    assert one.contains(other) is (second <= first)


def test_a_span_is_widened_on_both_sides_and_moved_whole() -> None:
    assert span(5, 10).widened(timedelta(minutes=2)) == span(3, 12)
    assert span(5, 10).moved(timedelta(minutes=2)) == span(7, 12)
    assert span(5, 10)
    assert not span(5, 5)
