"""Moving one session: with all the checks of a booking, at once or not at all."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event

from scheduler.db import db
from tests.api.booking import Json, book, fill, one_session, sessions_of, taken
from tests.builders import (
    ClinicKit,
    a_cleared_patient,
    a_clinic,
    a_patient,
    a_protocol,
    cleared,
    consents,
)

Travel = Callable[[Any], None]


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def on(day: int, wall: str = "09:30") -> str:
    return f"2026-12-{day:02d}T{wall}:00-07:00"


def refused(clinic: ClinicKit, session: Json, status: int = 409, **body: Any) -> Json:
    """A move that is refused, and leaves the session where it was (I31)."""
    before = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    answer = clinic.desk.step(before, "reschedule", **body)
    assert answer.status_code == status, answer.get_json()
    assert clinic.desk.get(f"/v1/sessions/{session['id']}").get_json() == before
    return dict(answer.get_json())


def conflict(clinic: ClinicKit, session: Json, **body: Any) -> Json:
    (found,) = refused(clinic, session, **body)["conflicts"]
    return dict(found)


def test_a_session_moves_and_gives_its_old_place_back(clinic: ClinicKit) -> None:
    """I15, I31, I34: a new start is a new promise, which the patient has not confirmed."""
    session = taken(clinic, one_session(clinic, a_cleared_patient(clinic)), "confirm")
    moved = taken(clinic, session, "reschedule", starts_at=on(3, "11:00"))
    times = ("starts_at", "ends_at", "block_starts_at", "block_ends_at")
    walls = ("11:00", "11:40", "10:45", "12:20")
    assert [moved[name] for name in times] == [on(3, wall) for wall in walls]
    assert (moved["status"], moved["confirmed_at"]) == ("booked", None)
    assert moved["time_version"] == session["time_version"] + 1
    assert (moved["chair_id"], moved["warnings"]) == (session["chair_id"], [])
    fill(clinic, "2026-12-01")
    assert len(sessions_of(clinic, status="booked")) == 3


def test_another_chair_at_the_same_time_is_no_news_to_the_patient(clinic: ClinicKit) -> None:
    """I34"""
    chairs = [str(each) for each in clinic.chair_ids]
    session = one_session(clinic, a_cleared_patient(clinic), chair_id=chairs[0])
    session = taken(clinic, session, "confirm")
    same = {"starts_at": session["starts_at"]}
    moved = taken(clinic, session, "reschedule", **same, chair_id=chairs[1])
    assert (moved["chair_id"], moved["version"]) == (chairs[1], session["version"] + 1)
    kept = ("starts_at", "time_version", "confirmed_at")
    assert [moved[name] for name in kept] == [session[name] for name in kept]


def test_a_move_onto_a_part_of_its_own_place_is_none_onto_another(clinic: ClinicKit) -> None:
    """I8, I9, I10: it is in its own way nowhere, on its chair, as a visit or as an infusion."""
    session = one_session(clinic, a_cleared_patient(clinic))
    moved = taken(clinic, session, "reschedule", starts_at=on(1, "10:00"))
    assert moved["chair_id"] == session["chair_id"]
    again = taken(clinic, moved, "reschedule", starts_at=on(1, "10:00"))
    assert again["time_version"] == moved["time_version"]


def test_it_keeps_its_chair_where_that_is_free_and_takes_another_where_not(
    clinic: ClinicKit,
) -> None:
    second = str(clinic.chair_ids[1])
    session = one_session(clinic, a_cleared_patient(clinic), chair_id=second)
    moved = taken(clinic, session, "reschedule", starts_at=on(2))
    assert moved["chair_id"] == second
    one_session(clinic, a_cleared_patient(clinic), starts_at=on(3), chair_id=second)
    moved = taken(clinic, moved, "reschedule", starts_at=on(3))
    assert moved["chair_id"] == str(clinic.chair_ids[0])


def test_a_move_that_does_not_fit_says_why_and_what_would(clinic: ClinicKit) -> None:
    """I22, I31: the nearest first; and what it offers can be taken."""
    session = one_session(clinic, a_cleared_patient(clinic))
    in_the_way = fill(clinic, "2026-12-02")
    found = conflict(clinic, session, starts_at=on(2))
    assert found["reason"] == "no_chair_free"
    assert {each["id"] for each in found["blockers"]} == set(in_the_way)
    wanted = conflict(clinic, session, starts_at=on(2), chair_id=session["chair_id"])
    assert wanted["reason"] == "chair_taken"
    assert len(found["alternatives"]) == 3
    assert found["alternatives"][0]["starts_at"] == on(2, "11:05")
    offered = {name: found["alternatives"][0][name] for name in ("starts_at", "chair_id")}
    moved = taken(clinic, session, "reschedule", **offered)
    assert {name: moved[name] for name in offered} == offered


def test_a_move_is_refused_for_whatever_a_booking_is(clinic: ClinicKit) -> None:
    """I6, I9, I10, I11, I13"""
    patient = a_cleared_patient(clinic)
    session = one_session(clinic, patient)
    one_session(clinic, patient, starts_at=on(8))
    visit = {"patient_id": str(patient), "provider_id": str(clinic.provider_id), "minutes": 30}
    clinic.desk.post("/v1/consultations", visit | {"starts_at": on(2)})
    reasons = {on(4): "gap", on(2): "patient_busy", on(1, "16:30"): "closed"}
    for starts_at, reason in reasons.items():
        assert conflict(clinic, session, starts_at=starts_at)["reason"] == reason
    retired = str(clinic.chair_ids[1])
    clinic.admin.change("PATCH", f"/v1/chairs/{retired}", {"active": False}, version=1)
    problem = refused(clinic, session, 422, starts_at=on(3), chair_id=retired)
    assert problem["type"] == "/problems/chair_retired"
    clinic.desk.change("PATCH", f"/v1/patients/{patient}", {"status": "discharged"}, version=1)
    problem = refused(clinic, session, 422, starts_at=on(3))
    assert problem["type"] == "/problems/not_bookable"


def test_a_session_moves_only_where_a_clearance_holds_and_names_it(clinic: ClinicKit) -> None:
    """I1, I3: its own place on a clearance that is full is its own to take again."""
    patient = a_patient(clinic)
    consents(clinic, patient)
    cleared(clinic, patient, expires_on=date(2026, 12, 4), max_sessions=1)
    session = one_session(clinic, patient)
    moved = taken(clinic, session, "reschedule", starts_at=on(4))
    assert moved["clearance_id"] == session["clearance_id"]
    problem = refused(clinic, moved, 422, starts_at=on(7))
    assert problem["type"] == "/problems/not_cleared"
    cleared(clinic, patient)
    assert (
        taken(clinic, moved, "reschedule", starts_at=on(7))["clearance_id"]
        != session["clearance_id"]
    )


def test_a_gap_that_became_too_long_is_said_and_no_hindrance(clinic: ClinicKit) -> None:
    """I21: sessions 2 and 3 lie 11 days apart then; ten are allowed."""
    series = book(clinic, a_cleared_patient(clinic), sessions=3)
    moved = taken(clinic, series["sessions"][2], "reschedule", starts_at=on(19 + 2, "09:30"))
    (warning,) = moved["warnings"]
    assert (warning["word"], warning["ordinal"]) == ("gap_too_long", 3)
    now = clinic.desk.get(f"/v1/series/{series['id']}").get_json()
    assert [each["ordinal"] for each in now["sessions"]] == [1, 2, 3]


def test_a_refused_move_says_which_session_of_the_series_it_is(clinic: ClinicKit) -> None:
    """I20: its own place, not that among the visits asked for; a single session has none."""
    series = book(clinic, a_cleared_patient(clinic), sessions=4)
    third = series["sessions"][2]
    assert conflict(clinic, third, starts_at=on(15, "16:30"))["ordinal"] == 3
    past = refused(clinic, third, 422, starts_at="2026-11-16T09:30:00-07:00")
    assert (past["type"], past["ordinals"]) == ("/problems/in_the_past", [3])
    late = refused(clinic, third, 422, starts_at="2027-12-14T09:30:00-07:00")
    assert [each["ordinal"] for each in late["sessions"]] == [3]
    single = one_session(clinic, a_cleared_patient(clinic))
    assert conflict(clinic, single, starts_at=on(1, "16:30"))["ordinal"] is None
    past = refused(clinic, single, 422, starts_at="2026-11-16T09:30:00-07:00")
    assert past["ordinals"] == []
    late = refused(clinic, single, 422, starts_at="2027-12-14T09:30:00-07:00")
    assert [each["ordinal"] for each in late["sessions"]] == [None]


def test_a_refused_place_in_a_series_has_the_ordinal_it_would_have(clinic: ClinicKit) -> None:
    series = book(clinic, a_cleared_patient(clinic), sessions=3)
    taken(clinic, series["sessions"][1], "cancel", reason="Ill", by="patient")
    body = {"series_id": series["id"], "starts_at": on(8, "16:30")}
    (found,) = clinic.desk.post("/v1/sessions", body).get_json()["conflicts"]
    assert (found["ordinal"], found["reason"]) == (2, "closed")


def test_what_would_fit_can_be_read_out(clinic: ClinicKit, at: Travel) -> None:
    session = one_session(clinic, a_cleared_patient(clinic))
    fits = conflict(clinic, session, starts_at=on(1, "16:30"))["alternatives"]
    assert fits[0]["says"] == "Tuesday, December 1 at 3:40 PM, Chair 1"
    at(on(1, "08:00"))
    fits = conflict(clinic, session, starts_at=on(1, "16:30"))["alternatives"]
    assert fits[0]["says"] == "3:40 PM, Chair 1"


def test_two_desks_that_move_one_session_do_not_both_succeed(clinic: ClinicKit) -> None:
    """I34"""
    session = one_session(clinic, a_cleared_patient(clinic))
    taken(clinic, session, "reschedule", starts_at=on(2))
    answer = clinic.desk.step(session, "reschedule", starts_at=on(3))
    assert (answer.status_code, answer.get_json()["type"]) == (412, "/problems/stale")


def test_another_clinics_chair_is_none(app: Flask, clinic: ClinicKit) -> None:
    """I60"""
    theirs: UUID = a_clinic(app, name="Theirs").chair_ids[0]
    session = one_session(clinic, a_cleared_patient(clinic))
    problem = refused(clinic, session, 404, starts_at=on(2), chair_id=str(theirs))
    assert list(problem["errors"]) == ["chair_id"]


def test_what_would_fit_keeps_the_distance_of_the_rank_it_would_have(clinic: ClinicKit) -> None:
    """I10, I17: behind the one that follows it now, it is a later session of the series."""
    phases = [
        {"sessions": 2, "every_days": 2, "min_gap_days": 1, "max_gap_days": 20},
        {"sessions": 2, "every_days": 7, "min_gap_days": 7, "max_gap_days": 40},
    ]
    protocol = a_protocol(clinic, phases=phases)
    order = {"patient_id": str(a_cleared_patient(clinic)), "protocol_id": str(protocol)}
    answer = clinic.desk.post("/v1/series", order | {"first_on": "2026-12-01", "at": "09:30"})
    first, second, *_ = answer.get_json()["sessions"]
    shut = {"starts_at": on(1, "00:00"), "ends_at": on(3, "00:00"), "reason": "Flood"}
    assert clinic.admin.post("/v1/closures", shut).status_code == 201
    assert second["starts_at"] == on(3)
    offered = conflict(clinic, first, starts_at=on(2))["alternatives"]
    assert len(offered) == 3
    for each in offered:
        place = {"starts_at": each["starts_at"], "chair_id": each["chair_id"]}
        first = taken(clinic, first, "reschedule", **place)


def test_what_would_fit_lies_ahead_of_whoever_waited_for_the_schedule(
    clinic: ClinicKit, at: Travel
) -> None:
    """I17: meanwhile the last start before the chairs are out of order went by."""
    session = one_session(clinic, a_cleared_patient(clinic))
    for chair in clinic.chair_ids:
        outage = {"starts_at": on(1, "10:50"), "ends_at": on(1, "17:00"), "reason": "Pump"}
        assert clinic.admin.post(f"/v1/chairs/{chair}/outages", outage).status_code == 201
    at(on(1, "09:29"))

    def waits(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "UPDATE clinic_schedules" in statement:
            at(on(1, "09:31"))

    event.listen(db.engine, "before_cursor_execute", waits)
    try:
        offered = conflict(clinic, session, starts_at=on(1, "12:00"))["alternatives"]
    finally:
        event.remove(db.engine, "before_cursor_execute", waits)
    assert offered
    assert min(each["starts_at"] for each in offered) > on(1, "09:31")
