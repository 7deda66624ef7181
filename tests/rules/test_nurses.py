"""When all nurses are busy: counted at each change, as counting every minute finds it (I12)."""

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.protocols.rules import visit_at
from scheduler.sessions.rules_calendar import Blocker, BusyNurses
from scheduler.sessions.rules_nurses import Nurses, all_busy, depths
from scheduler.spans import Span, merged
from tests.rules.drawn import MINUTE, spans
from tests.rules.pictured import USUAL, at, calendar

NOON = at("12:00")


def span(starts: str, ends: str) -> Span:
    return Span(at(starts), at(ends))


#  09:00   09:15   09:30   09:45
#    [---------------)               one
#            [---------------)       another
#    1       2       1
DEPTHS = [
    ([], []),
    ([("09:00", "10:00")], [("09:00", "10:00", 1)]),
    ([("09:00", "09:30"), ("09:15", "09:45")],
     [("09:00", "09:15", 1), ("09:15", "09:30", 2), ("09:30", "09:45", 1)]),
    ([("09:00", "09:30"), ("09:30", "09:45")], [("09:00", "09:30", 1), ("09:30", "09:45", 1)]),
    ([("09:00", "09:30"), ("09:45", "10:00")], [("09:00", "09:30", 1), ("09:45", "10:00", 1)]),
    ([("09:00", "10:00")] * 3, [("09:00", "10:00", 3)]),
]  # fmt: skip


@pytest.mark.parametrize(("taken", "expected"), DEPTHS)
def test_spans_are_counted_where_they_lie_over_each_other(
    taken: list[tuple[str, str]], expected: list[tuple[str, str, int]]
) -> None:
    found = list(depths(span(*each) for each in taken))
    assert found == [(span(starts, ends), count) for starts, ends, count in expected]


LOADS = [("09:00", "09:30"), ("09:15", "09:45"), ("11:00", "11:30")]
BUSY = [
    # the nurses, how many patients each takes, when all are busy
    ([("08:00", "17:00", None)], 1, []),
    ([("08:00", "17:00", 3)], 1, []),
    ([("08:00", "17:00", 2)], 1, [("09:15", "09:30")]),
    ([("08:00", "17:00", 1)], 2, [("09:15", "09:30")]),
    ([("08:00", "17:00", 1)], 1, [("09:00", "09:45"), ("11:00", "11:30")]),
    ([("08:00", "17:00", 1)], 4, []),
    # one goes home, and then the other
    ([("08:00", "09:20", 2), ("09:20", "11:10", 1), ("11:10", "17:00", 0)], 1,
     [("09:15", "09:45"), ("11:00", "17:00")]),
    ([("08:00", "09:20", 0), ("09:20", "17:00", None)], 4, [("08:00", "09:20")]),
]  # fmt: skip


@pytest.mark.parametrize(("nurses", "each", "expected"), BUSY)
def test_all_are_busy_where_one_more_patient_would_be_too_many(
    nurses: list[tuple[str, str, int | None]], each: int, expected: list[tuple[str, str]]
) -> None:
    """I12: where there are no nurses, they are busy without a patient."""
    there: list[Nurses] = [(span(starts, ends), count) for starts, ends, count in nurses]
    found = all_busy([span(*load) for load in LOADS], there, each)
    assert found == [span(*busy) for busy in expected]


loads = st.lists(spans(NOON, 300, 120), max_size=12)


@st.composite
def shifts(draw: st.DrawFn) -> list[Nurses]:
    """Nurses in stretches one after the other, some of them with a gap before."""
    cuts = sorted(draw(st.sets(st.integers(-400, 500), min_size=2, max_size=8)))
    counts = draw(st.lists(st.none() | st.integers(0, 3), min_size=len(cuts) - 1))
    pieces = zip(cuts, cuts[1:], counts, strict=False)
    kept = [piece for piece in pieces if draw(st.integers(0, 4))]
    return [(Span(NOON + a * MINUTE, NOON + b * MINUTE), count) for a, b, count in kept]


def deep(taken: list[Span], minute: datetime) -> int:
    return sum(each.start <= minute < each.end for each in taken)


@given(loads)
def test_depths_are_what_counting_every_minute_finds(taken: list[Span]) -> None:
    found = list(depths(taken))
    assert all(first.end <= second.start for (first, _), (second, _) in pairwise(found))
    for n in range(-310, 430):
        minute = NOON + n * MINUTE
        here = [count for piece, count in found if piece.start <= minute < piece.end]
        assert here == ([deep(taken, minute)] if deep(taken, minute) else [])


@given(loads, shifts(), st.integers(1, 4))
def test_all_are_busy_in_the_minutes_that_counting_finds_full(
    taken: list[Span], nurses: list[Nurses], each: int
) -> None:
    """I12"""
    busy = all_busy(taken, nurses, each)
    assert busy == merged(busy)
    for n in range(-410, 510):
        minute = NOON + n * MINUTE
        there = [count for piece, count in nurses if piece.start <= minute < piece.end]
        full = bool(there) and there[0] is not None and deep(taken, minute) >= there[0] * each
        assert full is any(span.start <= minute < span.end for span in busy)


#         09:15      09:30      10:10     10:40    10:50
#           [--set-up--|=infusion=|-observed|-chair--)
#           setting up |   a nurse watches  |
@pytest.mark.parametrize(
    ("starts", "ends", "set_up", "watched"),
    [
        ("08:00", "09:15", 0, 0),
        ("09:00", "09:20", 1, 0),
        ("09:30", "09:35", 0, 1),
        ("10:35", "12:00", 0, 1),
        ("10:40", "12:00", 0, 0),  # nobody watches an empty chair
        ("09:00", "09:31", 1, 1),
    ],
)
def test_nurses_set_up_from_the_blocks_start_and_watch_until_observation_ends(
    starts: str, ends: str, set_up: int, watched: int
) -> None:
    """I12: half-open, as everything is."""
    full = (Blocker("nurse_limit", span(starts, ends)),)
    visit = visit_at(at("09:30"), USUAL)
    for nurses, expected in [
        (BusyNurses(15 * MINUTE, full, ()), set_up),
        (BusyNurses(15 * MINUTE, (), full), watched),
    ]:
        picture = calendar(nurses=nurses)
        assert picture.for_nurses(visit) == list(full) * expected
    assert calendar().for_nurses(visit) == []
