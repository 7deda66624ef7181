"""When a follow-up is due: from when the patient actually left (I50, I51)."""

from datetime import datetime, time, timedelta, tzinfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scheduler.followups.rules import FollowUp, follow_up_of, recorded_from
from scheduler.messages.rules_quiet import QuietHours
from tests.rules.drawn import BEIRUT, NEW_YORK, PHOENIX, phoenix, utc

NIGHT = QuietHours(time(21), time(8), PHOENIX)
HOUR = timedelta(hours=1)

DUE = [
    # left, recorded, the next session, hours after → due, of use until
    ("24 11:00", "24 11:02", None, 24, "25 11:00", "27 11:00"),
    ("24 11:00", "24 18:00", None, 24, "25 11:00", "27 11:00"),  # left at eleven all the same
    ("24 11:00", "26 09:00", None, 24, "26 09:00", "27 11:00"),  # recorded late: then
    ("24 11:00", "28 09:00", None, 24, "28 09:00", "29 09:00"),  # and of use for a day
    ("24 22:00", "24 22:00", None, 24, "26 08:00", "27 22:00"),  # out of the night
    ("24 05:00", "24 05:00", None, 24, "25 08:00", "27 05:00"),
    ("24 11:00", "24 11:00", "26 09:00", 24, "25 11:00", "26 09:00"),  # stops at the next session
    ("24 11:00", "24 11:00", "25 09:00", 24, "25 11:00", "25 09:00"),  # which comes first
    ("24 11:00", "24 11:00", "30 09:00", 24, "25 11:00", "27 11:00"),
    ("24 11:00", "24 11:00", None, 1, "24 12:00", "27 11:00"),
    ("24 11:00", "24 11:00", None, 96, "28 11:00", "29 11:00"),  # later than usual, yet of use
    ("24 11:00", "27 23:00", None, 1, "28 08:00", "29 08:00"),
]


@pytest.mark.parametrize(("left", "recorded", "following", "hours", "due", "until"), DUE)
def test_a_follow_up_counts_from_when_the_patient_left(
    left: str, recorded: str, following: str | None, hours: int, due: str, until: str
) -> None:
    """I50, I51"""

    def at(text: str) -> datetime:
        return phoenix(f"2026-11-{text}")

    next_at = at(following) if following else None
    found = follow_up_of(at(left), at(recorded), next_at, hours, NIGHT)
    assert found == FollowUp("check_in", at(due), at(until))


LEFT = utc("2024-11-02 12:00")


@example(
    LEFT - 24 * HOUR, 0, None, 24, (time(8), time(7, 55)), NEW_YORK
)  # quiet for 25 hours all but five
@given(
    st.integers(0, 3 * 24 * 60).map(lambda n: LEFT + timedelta(minutes=n)),
    st.integers(0, 7 * 24),
    st.none() | st.integers(1, 14 * 24),
    st.integers(1, 120),
    st.sampled_from([(time(21), time(8)), (time(8), time(7, 55)), (time(1, 30), time(1, 30))]),
    st.sampled_from([PHOENIX, NEW_YORK, BEIRUT]),
)
def test_a_follow_up_is_due_by_day_in_time_to_be_of_use_and_found_by_its_scan(
    left_at: datetime,
    late: int,
    until_next: int | None,
    hours: int,
    ends: tuple[time, time],
    in_zone: tzinfo,
) -> None:
    """I38, I39, I50, I51"""
    quiet = QuietHours(*ends, in_zone)
    recorded_at = left_at + late * HOUR
    next_at = None if until_next is None else left_at + until_next * HOUR
    found = follow_up_of(left_at, recorded_at, next_at, hours, quiet)
    earliest = max(left_at + hours * HOUR, recorded_at)
    assert found.due_at >= earliest
    assert found.due_at == earliest or quiet.around(earliest)
    assert quiet.around(found.due_at) is None
    assert next_at is None or found.not_after <= next_at
    if next_at is None or next_at > found.due_at:
        assert found.due_at < found.not_after
    assert recorded_from(found.due_at, hours, quiet) <= recorded_at <= found.due_at
