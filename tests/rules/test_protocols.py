"""How long a visit takes its chair and its patient, and how far apart visits are."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.protocols.rules import WEEKLY, Phase, Visit, VisitParts, visit_at
from scheduler.spans import Span
from tests.rules.drawn import MINUTE, utc

NINE = utc("2026-11-24 09:00")


def after(start: int, end: int) -> Span:
    return Span(NINE + start * MINUTE, NINE + end * MINUTE)


#    -15       0         40          70     80
#     | prep   | infusion | observed | turnover
#     [--------[==========)----------)
#     stay: -15 to 70               block: -15 to 80
VISITS = [
    (VisitParts(15, 40, 30, 10), (0, 40), (-15, 70), (-15, 80)),
    (VisitParts(15, 30, 20, 10), (0, 30), (-15, 50), (-15, 60)),
    (VisitParts(15, 50, 30, 15), (0, 50), (-15, 80), (-15, 95)),
    (VisitParts(0, 45, 0, 0), (0, 45), (0, 45), (0, 45)),  # a consultation
]


@pytest.mark.parametrize(("parts", "infusion", "stay", "block"), VISITS)
def test_a_visit_is_the_infusion_and_what_surrounds_it(
    parts: VisitParts, infusion: tuple[int, int], stay: tuple[int, int], block: tuple[int, int]
) -> None:
    """I7: the end is the start and the length exactly."""
    visit = visit_at(NINE, parts)
    assert visit == Visit(after(*infusion), after(*stay), after(*block))
    assert visit.starts_at == NINE


@pytest.mark.parametrize(
    ("parts", "minutes"),
    [((15, 30, 20, 10), 75), ((15, 40, 30, 10), 95), ((15, 50, 30, 15), 110)],
)
def test_a_short_infusion_takes_its_chair_far_longer(
    parts: tuple[int, int, int, int], minutes: int
) -> None:
    block = visit_at(NINE, VisitParts(*parts)).block
    assert block.end - block.start == minutes * MINUTE


lengths = st.integers(0, 24).map(lambda n: 5 * n)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
    st.builds(VisitParts, lengths, lengths, lengths, lengths),
)
def test_the_infusion_lies_in_the_stay_and_the_stay_in_the_block(
    starts_at: datetime, parts: VisitParts
) -> None:
    """I7"""
    visit = visit_at(starts_at.replace(tzinfo=NINE.tzinfo), parts)
    assert visit.stay.contains(visit.infusion)
    assert visit.block.contains(visit.stay)
    assert visit.infusion.end - visit.infusion.start == timedelta(minutes=parts.infusion)
    assert visit.infusion.start - visit.block.start == timedelta(minutes=parts.prep)
    assert visit.stay.end - visit.infusion.end == timedelta(minutes=parts.observation)
    assert visit.block.end - visit.stay.end == timedelta(minutes=parts.turnover)


@pytest.mark.parametrize(("days", "allowed"), [(4, 0), (5, 1), (7, 1), (10, 1), (11, 0)])
def test_weekly_sessions_are_five_to_ten_days_apart(days: int, allowed: int) -> None:
    assert WEEKLY.allows_every(days) is bool(allowed)
    assert Phase(None, 7, 0, 0).allows_every(days) is False
