"""Of what follow-ups ask of one patient, which goes now, and with what (I41)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from scheduler.messages.rules_asks import (
    ANSWERED,
    MERGED,
    NOT_ASKED,
    OPEN,
    REMINDED,
    SUPERSEDED,
    standing,
    urgency,
)
from tests.rules.drawn import phoenix

NOON = phoenix("2026-11-23 12:00")
A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({}, OPEN),
        ({"has_form": False}, NOT_ASKED),
        ({"answered": True}, ANSWERED),
        ({"answered": True, "carriers": {"sent"}}, ANSWERED),
        ({"carriers": {"sent"}}, MERGED),
        ({"carriers": {"failed", "delivered"}, "newer": True}, MERGED),
        ({"carriers": {"failed"}}, OPEN),  # it has to go by itself
        ({"carriers": {"unknown"}}, OPEN),  # asked twice is better than never
        ({"carriers": {"undelivered"}, "reminded": True}, REMINDED),
        ({"carriers": {"sending"}}, REMINDED),
        ({"reminded": True}, REMINDED),
        ({"newer": True}, SUPERSEDED),
        ({"newer": True, "reminded": True}, SUPERSEDED),
    ],
)
def test_a_form_goes_unless_something_else_does_its_work(
    seen: dict[str, object], expected: str
) -> None:
    usual: dict[str, object] = {
        "has_form": True,
        "answered": False,
        "carriers": (),
        "newer": False,
        "reminded": False,
    }
    assert standing(**usual | seen) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("goes", "waits"),
    [
        (("check_in", NOON, A), ("check_in", NOON - timedelta(days=7), B)),  # the latest
        (("check_in", NOON, A), ("before_next_nudge", NOON + timedelta(hours=1), B)),  # no nudge
        (("before_next", NOON, A), ("check_in", NOON, B)),  # it asks about danger too
        (("baseline_nudge", NOON, A), ("trend_nudge", NOON, B)),
        (("check_in", NOON, B), ("check_in", NOON, A)),  # and never both
    ],
)
def test_of_two_things_to_ask_one_goes(
    goes: tuple[str, datetime, UUID], waits: tuple[str, datetime, UUID]
) -> None:
    assert urgency(*goes) > urgency(*waits)
