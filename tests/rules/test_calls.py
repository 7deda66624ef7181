"""Whom to call about a visit to come."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from scheduler.attention.rules_calls import ToCall, of_calls

ZONE = ZoneInfo("America/Phoenix")
STARTS_AT = datetime(2026, 12, 1, 16, 30, tzinfo=UTC)
SESSION, PATIENT, CLINIC = (UUID(int=n) for n in (1, 2, 3))
LONG_AGO = STARTS_AT - timedelta(days=30)


def visit(
    *, unsent: str | None = None, promised_at: datetime | None = LONG_AGO, days_later: int = 0
) -> ToCall:
    starts_at = STARTS_AT + timedelta(days=days_later)
    return ToCall(SESSION, PATIENT, None, starts_at, promised_at, unsent)


@pytest.mark.parametrize(
    ("each", "hours_before", "kinds"),
    [
        (visit(), 25, []),
        (visit(), 24, ["unconfirmed"]),
        (visit(promised_at=None), 2, ["unconfirmed"]),
        # Whoever agreed to it this morning has said that they come.
        (visit(promised_at=STARTS_AT - timedelta(hours=24)), 2, ["unconfirmed"]),
        (visit(promised_at=STARTS_AT - timedelta(hours=23)), 2, []),
        (visit(unsent="no_consent"), 70, ["unreachable"]),
        (visit(unsent="no_channel"), 20, ["unreachable", "unconfirmed"]),
        # Skipped for another reason says nothing of the patient.
        (visit(unsent="by_hand"), 70, []),
        (visit(unsent="night"), 70, []),
    ],
)
def test_a_call_is_due_where_nobody_said_they_come_or_nothing_could_be_sent(
    each: ToCall, hours_before: int, kinds: list[str]
) -> None:
    """I46."""
    items = list(of_calls([each], STARTS_AT - timedelta(hours=hours_before), ZONE))
    assert [item.kind for item in items] == kinds


def test_a_patient_out_of_reach_is_one_call_about_the_first_visit() -> None:
    visits = [visit(unsent="no_consent"), visit(unsent="no_consent", days_later=7)]
    (item,) = of_calls(visits, STARTS_AT - timedelta(days=3), ZONE)
    assert (item.kind, item.starts_at) == ("unreachable", STARTS_AT)
    assert item.detail == (
        "Nothing was sent about the visit of Tuesday, December 1 at 9:30 AM:"
        " the patient has not consented to messages, or does not any more."
    )


def test_an_item_stays_the_same_as_time_goes_on_and_says_when() -> None:
    hours = [timedelta(hours=20), timedelta(hours=2)]
    found = [item for before in hours for item in of_calls([visit()], STARTS_AT - before, ZONE)]
    assert len({item.id_in(CLINIC) for item in found}) == 1
    assert found[0].detail == ("Nobody has confirmed the visit of Tuesday, December 1 at 9:30 AM.")
