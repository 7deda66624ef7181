"""A series as it is read out."""

from datetime import time

import pytest

from scheduler.protocols.rules import visit_at
from scheduler.series.rules_says import read_out
from scheduler.sessions.rules_slots import Slot
from tests.rules.drawn import NEW_YORK, PHOENIX, phoenix
from tests.rules.pictured import LANES, USUAL

FOUR = ["2026-12-01 14:15", "2026-12-08 14:15", "2026-12-15 14:15", "2026-12-22 14:15"]
SAID = [
    (FOUR, [0, 0, 0, 0], "Tuesdays at 2:15 PM, 4 sessions from December 1 to December 22, Chair 1"),
    (
        [*FOUR[:2], "2026-12-15 09:00"],
        [1, 1, 0],
        "Tuesdays at 2:15 PM, 3 sessions from December 1 to December 15, Chair 1 and Chair 2, but"
        " December 15 at 9:00 AM",
    ),
    (
        ["2026-12-01 09:00", "2026-12-03 09:00"],
        [0, 0],
        "Tuesdays and Thursdays at 9:00 AM, 2 sessions from December 1 to December 3, Chair 1",
    ),
    (FOUR[:1], [2], "Tuesday, December 1 at 2:15 PM, Chair 3"),
]


def slots(starts: list[str], lanes: list[int]) -> list[Slot]:
    return [
        Slot(LANES[lane], visit_at(phoenix(start), USUAL))
        for start, lane in zip(starts, lanes, strict=True)
    ]


@pytest.mark.parametrize(("starts", "lanes", "said"), SAID, ids=[each[2] for each in SAID])
def test_a_series_is_read_out_with_its_days_and_what_lies_off_them(
    starts: list[str], lanes: list[int], said: str
) -> None:
    assert read_out(slots(starts, lanes), PHOENIX) == said


def test_the_chairs_may_be_left_out() -> None:
    assert read_out(slots(FOUR[:1], [2]), PHOENIX, chairs=False) == (
        "Tuesday, December 1 at 2:15 PM"
    )
    said = read_out(slots(FOUR, [0, 0, 1, 1]), PHOENIX, chairs=False)
    assert said == "Tuesdays at 2:15 PM, 4 sessions from December 1 to December 22"


def test_the_usual_time_is_the_one_that_is_named_and_on_the_clinics_wall() -> None:
    said = read_out(slots(FOUR[:2], [0, 0]), NEW_YORK, time(16, 0))
    assert said == (
        "Tuesdays at 4:00 PM, 2 sessions from December 1 to December 8, Chair 1, but December 1 at"
        " 4:15 PM and December 8 at 4:15 PM"
    )
