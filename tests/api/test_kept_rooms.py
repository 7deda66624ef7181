"""What a search keeps of a day is what is there now, whoever changes the schedule (I17)."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import event

from scheduler.db import db
from scheduler.protocols.rules import VisitParts
from scheduler.sessions import rooms
from tests.api.booking import book, one_session, taken
from tests.builders import ClinicKit, a_cleared_patient, a_clinic

DAY = {"from": "2026-12-01T00:00:00-07:00", "to": "2026-12-02T00:00:00-07:00", "minutes": 40}


@pytest.fixture
def clinic(app: Any, at: Any) -> ClinicKit:
    at("2026-11-23T08:00:00-07:00")
    return a_clinic(app, chairs=1)


def starts(clinic: ClinicKit, **query: Any) -> list[str]:
    answer = clinic.desk.get("/v1/slots", **DAY | query)
    assert answer.status_code == 200
    return [each["starts_at"][11:16] for each in answer.get_json()["items"]]


def test_a_second_search_reads_no_session(clinic: ClinicKit) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    before = starts(clinic)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert starts(clinic) == before
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert not [each for each in asked if "FROM sessions" in each]


def test_what_was_booked_moved_or_cancelled_since_is_seen(clinic: ClinicKit) -> None:
    empty = starts(clinic)
    session = one_session(clinic, a_cleared_patient(clinic))
    assert "09:30" not in starts(clinic)
    moved = taken(clinic, session, "reschedule", starts_at="2026-12-01T13:30:00-07:00")
    assert "09:30" in starts(clinic)
    assert "13:30" not in starts(clinic)
    taken(clinic, moved, "cancel", reason="Asked to", by="patient")
    assert starts(clinic) == empty


def test_a_closure_and_other_hours_since_are_seen(clinic: ClinicKit) -> None:
    assert "09:30" in starts(clinic)
    closure = {"starts_at": DAY["from"], "ends_at": "2026-12-01T12:00:00-07:00", "reason": "Flood"}
    assert clinic.admin.post("/v1/closures", closure).status_code == 201
    assert starts(clinic)[0] == "12:15"
    hours = [{"weekday": 1, "opens": "13:00", "closes": "17:00"}]
    answer = clinic.admin.change("PUT", "/v1/clinic/opening-hours", {"hours": hours}, version=2)
    assert answer.status_code == 200, answer.get_json()
    assert starts(clinic)[0] == "13:15"


def test_another_length_and_another_chair_are_other_rooms(clinic: ClinicKit) -> None:
    assert starts(clinic)[-1] == "15:40"
    assert starts(clinic, minutes=30)[-1] == "15:50"
    made = clinic.admin.post("/v1/chairs", {"label": "Chair 2"}).get_json()
    one_session(clinic, a_cleared_patient(clinic), chair_id=str(clinic.chair_ids[0]))
    assert "09:30" in starts(clinic)
    assert "09:30" not in starts(clinic, chair_id=str(clinic.chair_ids[0]))
    assert "09:30" in starts(clinic, chair_id=made["id"])


def test_a_visit_under_way_takes_longer_by_the_minute(clinic: ClinicKit, at: Any) -> None:
    """I18: a day that moves with the clock is not kept."""
    session = one_session(clinic, a_cleared_patient(clinic))
    at("2026-12-01T09:15:00-07:00")
    taken(clinic, session, "arrive")
    early = starts(clinic)
    at("2026-12-01T10:30:00-07:00")
    late = starts(clinic)
    assert "11:05" in early
    assert "11:05" not in late


def test_a_session_that_is_to_be_moved_leaves_no_trace_in_what_is_kept(clinic: ClinicKit) -> None:
    patient = a_cleared_patient(clinic)
    session = book(clinic, patient, sessions=1, first_on="2026-12-01", at="09:30")["sessions"][0]
    assert "09:30" in starts(clinic, session_id=session["id"])
    assert "09:30" not in starts(clinic)


def test_what_is_kept_of_one_schedule_has_an_end(clinic: ClinicKit) -> None:
    """Whoever asks for two years in every length gets them, and takes no more memory for it."""
    rooms._known.cache_clear()
    with clinic.work() as work:
        search = replace(work, schedule_version=0)
        for n, minutes in product(range(12), (30, 40)):
            days = [date(2026, 12, 1) + timedelta(days=60 * n + on) for on in range(60)]
            found = rooms.rooms_on(search, days, VisitParts(15, minutes, 30, 10))
            assert [each.on for each in found] == days
        assert 300 < len(rooms._known(clinic.id, 0, work.site_stamp)) <= rooms.DAYS
