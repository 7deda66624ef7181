"""Taking a step back: on the day it was taken, and only where its place is still free (I29).

The session is on Tuesday 1 December, 09:30 to 10:10, on its chair until 10:50.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.api.booking import Json, book, one_session, taken
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


def day(wall: str) -> str:
    return f"2026-12-01T{wall}:00-07:00"


def step(clinic: ClinicKit, at: Travel, session: Json, wall: str, verb: str, **body: Any) -> Json:
    at(day(wall))
    return taken(clinic, session, verb, **body)


def undone(clinic: ClinicKit, session: Json) -> Json:
    return taken(clinic, session, "undo", reason="The wrong patient")


def refused(clinic: ClinicKit, session: Json, status: int, word: str) -> Json:
    """An undo that is refused, and leaves the session as it was."""
    before = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    answer = clinic.desk.step(session, "undo", reason="Came after all")
    assert (answer.status_code, answer.get_json()["type"]) == (status, f"/problems/{word}")
    assert clinic.desk.get(f"/v1/sessions/{session['id']}").get_json() == before
    return dict(answer.get_json())


STEPS = ("status", "arrived_at", "started_at", "infusion_ended_at", "left_at", "block_ends_at")


def test_every_step_is_taken_back_and_can_be_taken_again(clinic: ClinicKit, at: Travel) -> None:
    """I29, I34: each undo leads to the state before, as it was; why and when are kept."""
    stages = [one_session(clinic, a_cleared_patient(clinic))]
    way: list[tuple[str, str, Json]] = [
        ("09:20", "arrive", {"escort_confirmed": True}),
        ("09:42", "start", {"vitals_recorded": True}),
        ("10:15", "observe", {"ended_early": True}),
        ("10:50", "complete", {}),
    ]
    for wall, verb, body in way:
        stages.append(step(clinic, at, stages[-1], wall, verb, **body))
    session = stages.pop()
    at(day("11:00"))
    for before in reversed(stages):
        session = undone(clinic, session)
        assert [session[name] for name in STEPS] == [before[name] for name in STEPS]
        assert (session["undone_at"], session["undo_reason"]) == (day("11:00"), "The wrong patient")
    assert (session["escort_confirmed"], session["ended_early"]) == (False, False)
    assert (session["extra_minutes"], session["time_version"]) == (0, 3)
    assert taken(clinic, session, "arrive", happened_at=day("09:25"))["arrived_late"] is False


def test_what_was_extended_goes_with_the_arrival_and_a_delay_with_the_start(
    clinic: ClinicKit, at: Travel
) -> None:
    """I18: the block gives back what it held of it, and no more."""
    session = one_session(clinic, a_cleared_patient(clinic))
    session = step(clinic, at, session, "09:20", "arrive")
    session = taken(clinic, session, "extend", minutes=10)
    session = step(clinic, at, session, "09:42", "start", vitals_recorded=True)
    assert (session["extra_minutes"], session["block_ends_at"]) == (25, day("11:15"))
    session = undone(clinic, session)
    assert (session["extra_minutes"], session["block_ends_at"]) == (10, day("11:00"))
    session = undone(clinic, session)
    assert (session["extra_minutes"], session["block_ends_at"]) == (0, day("10:50"))


def test_a_delay_that_the_block_never_held_is_not_given_back(clinic: ClinicKit, at: Travel) -> None:
    """I18"""
    session = one_session(clinic, a_cleared_patient(clinic))
    chair = {"chair_id": session["chair_id"], "starts_at": day("11:05")}
    one_session(clinic, a_cleared_patient(clinic), **chair)
    session = step(clinic, at, session, "09:20", "arrive")
    session = step(clinic, at, session, "09:42", "start", vitals_recorded=True)
    assert (session["extra_minutes"], session["block_ends_at"]) == (15, day("10:50"))
    session = undone(clinic, session)
    assert (session["extra_minutes"], session["block_ends_at"]) == (0, day("10:50"))


def missed(clinic: ClinicKit, at: Travel, patient: UUID | None = None, **order: Any) -> Json:
    session = one_session(clinic, patient or a_cleared_patient(clinic), **order)
    return step(clinic, at, session, "10:00", "no-show")


def test_a_patient_who_came_after_all_is_booked_again(clinic: ClinicKit, at: Travel) -> None:
    """I29, I34: it lives again, which is a new promise."""
    session = undone(clinic, missed(clinic, at))
    assert (session["status"], session["missed_at"]) == ("booked", None)
    assert session["time_version"] == 3
    arrived = taken(clinic, session, "arrive", happened_at=day("09:55"))
    assert (arrived["status"], arrived["arrived_late"]) == ("arrived", True)


def test_a_missed_session_whose_chair_is_taken_stays_missed(clinic: ClinicKit, at: Travel) -> None:
    """I8: who took it is named, with what would fit today."""
    session = missed(clinic, at)
    chair = {"chair_id": session["chair_id"], "starts_at": day("10:30")}
    other = one_session(clinic, a_cleared_patient(clinic), **chair)
    (conflict,) = refused(clinic, session, 409, "does_not_fit")["conflicts"]
    assert conflict["reason"] == "chair_taken"
    assert [each["id"] for each in conflict["blockers"]] == [other["id"]]
    assert conflict["alternatives"]


def test_a_missed_session_whose_patient_comes_another_day_stays_missed(
    clinic: ClinicKit, at: Travel
) -> None:
    """I10: the other one is two days later."""
    patient = a_cleared_patient(clinic)
    session = missed(clinic, at, patient)
    one_session(clinic, patient, starts_at="2026-12-03T09:30:00-07:00")
    (conflict,) = refused(clinic, session, 409, "does_not_fit")["conflicts"]
    assert conflict["reason"] == "gap"


def test_a_missed_session_whose_clearance_is_used_up_or_over_stays_missed(
    clinic: ClinicKit, at: Travel
) -> None:
    """I1, I3"""
    patient = a_patient(clinic)
    consents(clinic, patient)
    cleared(clinic, patient, expires_on=date(2027, 3, 1), max_sessions=1)
    session = missed(clinic, at, patient)
    one_session(clinic, patient, starts_at="2026-12-10T09:30:00-07:00")
    assert "is taken" in refused(clinic, session, 422, "not_cleared")["detail"]


def test_a_missed_session_whose_place_in_the_series_is_filled_stays_missed(
    clinic: ClinicKit, at: Travel
) -> None:
    """I20: counted are at most as many as were planned."""
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, sessions=2)
    session = step(clinic, at, series["sessions"][0], "10:00", "no-show")
    fills = {"series_id": series["id"], "starts_at": "2026-12-15T09:30:00-07:00"}
    one_session(clinic, patient, **fills)
    refused(clinic, session, 409, "nothing_owed")


def completed(clinic: ClinicKit, at: Travel, patient: UUID) -> Json:
    """A visit that was over by 10:10."""
    session = one_session(clinic, patient)
    session = step(clinic, at, session, "09:15", "arrive")
    session = step(clinic, at, session, "09:20", "start", vitals_recorded=True)
    session = step(clinic, at, session, "09:40", "observe")
    return step(clinic, at, session, "10:10", "complete")


def test_a_completed_session_whose_chair_is_taken_stays_completed(
    clinic: ClinicKit, at: Travel
) -> None:
    """I8"""
    session = completed(clinic, at, a_cleared_patient(clinic))
    chair = {"chair_id": session["chair_id"], "starts_at": day("11:00")}
    other = one_session(clinic, a_cleared_patient(clinic), **chair)
    (conflict,) = refused(clinic, session, 409, "does_not_fit")["conflicts"]
    assert conflict["reason"] == "chair_taken"
    assert [each["id"] for each in conflict["blockers"]] == [other["id"]]


def test_a_completed_session_whose_patient_is_elsewhere_stays_completed(
    clinic: ClinicKit, at: Travel
) -> None:
    """I9: with the provider, at 10:30."""
    patient = a_cleared_patient(clinic)
    session = completed(clinic, at, patient)
    visit = {"patient_id": str(patient), "provider_id": str(clinic.provider_id), "minutes": 30}
    answer = clinic.desk.post("/v1/consultations", visit | {"starts_at": day("10:30")})
    (conflict,) = refused(clinic, session, 409, "does_not_fit")["conflicts"]
    assert conflict["reason"] == "patient_busy"
    assert [each["id"] for each in conflict["blockers"]] == [answer.get_json()["id"]]


def test_an_undo_is_in_the_audit_log_by_name(clinic: ClinicKit, at: Travel) -> None:
    """I29"""
    session = undone(clinic, missed(clinic, at))
    rows = clinic.admin.get("/v1/audit").get_json()["items"]
    (row,) = (each for each in rows if each["route"].endswith("/undo"))
    assert (row["status"], session["id"] in row["object_ids"]) == (200, True)


def test_a_session_missed_long_ago_keeps_its_distance_too(clinic: ClinicKit, at: Travel) -> None:
    """I10: what is booked again may lie further back than anything else is looked for."""
    patient = a_cleared_patient(clinic)
    session = one_session(clinic, patient)
    near = {"starts_at": "2026-12-03T09:30:00-07:00", "protocol_id": str(a_protocol(clinic))}
    one_session(clinic, patient, **near)
    at("2027-04-01T10:00:00-07:00")
    problem = refused(clinic, taken(clinic, session, "no-show"), 409, "does_not_fit")
    assert [each["reason"] for each in problem["conflicts"]] == ["gap"]
