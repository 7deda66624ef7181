"""What a protocol may ask around its sessions, and how far from them."""

import pytest

from scheduler.protocols.rules_follow_ups import (
    NUDGE,
    Ask,
    asked_by,
    usual_plan,
    wrong_with_plan,
)


def test_the_usual_plan_asks_for_a_baseline_and_can_be_followed() -> None:
    """I56: with the clinic's own hours after a session, as far as a policy lets them be."""
    for hours in (1, 24, 72):
        plan = usual_plan(hours)
        assert wrong_with_plan(plan) is None
        assert [ask.rule for ask in plan] == ["baseline", "check_in", "before_next", "after_series"]
        assert plan[1].distance.total_seconds() == hours * 3600


@pytest.mark.parametrize(
    ("rule", "instrument", "far", "may"),
    [
        ("baseline", "phq9", {"days": 14}, True),
        ("baseline", "phq9", {"days": 15}, False),
        ("baseline", "phq9", {"hours": 14 * 24}, True),
        ("baseline", "phq9", {"hours": 1, "days": 1}, False),
        ("baseline", "phq9", {}, False),
        ("check_in", "check_in", {"hours": 1}, True),
        ("check_in", "check_in", {"days": 5}, True),
        ("check_in", "check_in", {"days": 6}, False),
        ("check_in", "phq9", {"hours": 24}, False),
        ("check_in", "phq9", {"hours": 25}, True),
        ("trend", "phq2", {"days": 3}, True),
        ("trend", "phq2", {"days": 1}, False),
        ("trend", "check_in", {"days": 1}, True),
        ("trend", "check_in", {"hours": 23}, False),
        ("before_next", "phq9", {"hours": 48}, True),
        ("before_next", "phq9", {"days": 8}, False),
        ("after_series", "phq9", {"days": 30}, True),
        ("after_series", "phq9", {"days": 91}, False),
    ],
)
def test_each_rule_asks_within_its_bounds(
    rule: str, instrument: str, far: dict[str, int], may: bool
) -> None:
    plan = [Ask(rule=rule, instrument=instrument, **far)]
    assert (wrong_with_plan(plan) is None) is may
    assert wrong_with_plan([*plan, *plan])


def test_a_nudge_asks_what_its_rule_asks() -> None:
    plan = usual_plan(24)
    assert asked_by(plan, "baseline" + NUDGE) is asked_by(plan, "baseline") is plan[0]
    assert asked_by(plan, "trend") is None
