"""When too much was left lying to go without a person's word."""

import pytest

from scheduler.outreach.rules import is_backlog

TABLE = [
    # that come late, on the busiest day → is it a backlog?
    (150, 0, False),  # of a small clinic it never is
    (151, 0, True),
    (151, 50, True),
    (300, 100, False),  # three days of its busiest
    (301, 100, True),
    (10_000, 3_334, False),
    (0, 0, False),
]


@pytest.mark.parametrize(("late", "busiest_day", "held"), TABLE)
def test_more_than_three_of_the_busiest_days_is_a_backlog(
    late: int, busiest_day: int, held: bool
) -> None:
    assert is_backlog(late, busiest_day) == held
