"""How long a visit under way takes its chair: from 9:15 to 10:50, if all goes as planned."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from scheduler.sessions.rules_calendar import Blocker
from scheduler.sessions.rules_overruns import chair_free_at, closes_at, leaves_at, minutes_late
from scheduler.spans import Span
from tests.rules.pictured import at as on_the_wall


def at(wall: str) -> datetime:
    return on_the_wall(wall, "2026-12-01")


START, END, ARRIVAL = at("09:30"), at("10:10"), at("09:15")


@dataclass
class Row:
    """A stored session: 15 minutes before, 40 of infusion, 30 after, 10 for the chair."""

    status: str = "booked"
    extra_minutes: int = 0
    block_extra_minutes: int = 0
    infusion_ended_at: datetime | None = None
    observation_minutes: int = 30
    starts_at: datetime = START
    ends_at: datetime = END
    block_starts_at: datetime = ARRIVAL

    @property
    def block_ends_at(self) -> datetime:
        return at("10:50") + timedelta(minutes=self.block_extra_minutes)


FREE = [
    ("booked, and late", Row(), "12:00", "10:50"),
    ("here in time", Row("arrived"), "09:20", "10:50"),
    ("waits", Row("arrived"), "09:50", "11:10"),
    ("extended, and waits", Row("arrived", 15), "09:50", "11:25"),
    ("infusing", Row("infusing"), "10:05", "10:50"),
    ("started late, with room", Row("infusing", 15, 15), "10:05", "11:05"),
    ("started late, without room", Row("infusing", 15), "10:05", "11:05"),
    ("with room for a part", Row("infusing", 20, 15), "10:05", "11:10"),
    ("still infusing", Row("infusing"), "10:35", "11:15"),
    ("over early", Row("observing", infusion_ended_at=at("09:50")), "10:00", "10:50"),
    ("over late", Row("observing", infusion_ended_at=at("10:40")), "10:45", "11:20"),
    ("stays", Row("observing", infusion_ended_at=at("10:10")), "11:00", "11:10"),
    ("nobody closed it", Row("observing", infusion_ended_at=at("10:10")), "23:00", "21:15"),
]


@pytest.mark.parametrize(("what", "row", "now", "free"), FREE, ids=[each[0] for each in FREE])
def test_a_visit_under_way_takes_its_chair_for_as_long_as_it_looks_now(
    what: str, row: Row, now: str, free: str
) -> None:
    """I18: never shorter than its block, never longer than a block may be."""
    assert chair_free_at(row, at(now)) == at(free)


def test_its_patient_leaves_before_the_turnover() -> None:
    row = Row("infusing")
    assert leaves_at(row, at("10:35")) == at("11:05")
    assert leaves_at(row, at("10:05"), more=20) == at("11:00")


def test_the_clinic_closes_at_the_first_time_it_is_shut_from_then_on() -> None:
    shut = [
        Blocker("opening_hours", Span(at("17:00"), at("23:00"))),
        Blocker("closure", Span(at("15:00"), at("16:00"))),
        Blocker("opening_hours", Span(at("00:00"), at("08:00"))),
    ]
    assert closes_at(shut, at("09:00")) == at("15:00")
    assert closes_at(shut, at("15:30")) == at("17:00")
    assert closes_at(shut, at("18:00")) is None


@pytest.mark.parametrize(("until", "minutes"), [("11:00", 10), ("10:51", 1), ("10:50", 0)])
def test_a_part_of_a_minute_is_one_more(until: str, minutes: int) -> None:
    assert minutes_late(at(until), at("10:50")) == minutes
    assert minutes_late(at(until) + timedelta(seconds=1), at("10:50")) == minutes + 1
