"""Courses as clinicians read them: of a series, of a patient, as a picture, and of the clinic."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.alerts.model import Alert
from scheduler.sessions.model import InfusionSession
from tests.api.booking import book
from tests.builders import (
    ClinicKit,
    a_cleared_patient,
    a_clinic,
    a_protocol,
    answered,
)

Json = dict[str, Any]
Travel = Callable[[datetime | str], None]

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    """One that asks what is usual."""
    return a_clinic(app, follow_ups=None)


def completed(clinic: ClinicKit, sessions: list[Json]) -> None:
    """These sessions took place as they were planned."""
    with clinic.work() as work:
        for each in sessions:
            over = work.load(InfusionSession, UUID(each["id"]))
            over.status, over.started_at = "completed", over.starts_at
            over.left_at = over.completed_at = over.leaves_at


def in_series(clinic: ClinicKit, done: int = 6, **order: Any) -> tuple[UUID, Json]:
    """A patient in a series on six Tuesdays from December 1 on, so many of which are over."""
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, **order)
    completed(clinic, series["sessions"][:done])
    return patient, series


def course(clinic: ClinicKit, series: Json) -> Json:
    answer = clinic.clinician.get(f"/v1/series/{series['id']}/course")
    assert answer.status_code == 200, answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.get_json())


def holding(found: Json) -> dict[str, bool | None]:
    return {each["state"]: each["holds"] for each in found["states"]}


def test_a_course_tells_the_baseline_the_points_and_what_they_say(
    clinic: ClinicKit, at: Travel
) -> None:
    """I56"""
    patient, series = in_series(clinic)
    for on, total in (("11-20", 12), ("11-30", 18), ("12-07", 15), ("12-28", 9)):
        answered(clinic, patient, f"2026-{on}T12:00:00-07:00", total)
    answered(clinic, patient, "2027-01-06T12:00:00-07:00", 4, left_out=2)
    at("2027-01-07T12:00:00-07:00")
    found = course(clinic, series)
    assert (found["series_id"], found["patient_id"]) == (series["id"], str(patient))
    assert found["series_status"] == "completed"
    assert (found["baseline"]["total"], found["baseline"]["at"]) == (
        18,
        "2026-11-30T12:00:00-07:00",
    )
    read = [(p["total"], p["after_sessions"], p["change"], p["percent"]) for p in found["points"]]
    assert read == [(12, 0, -6, -33), (18, 0, 0, 0), (15, 1, -3, -17), (9, 4, -9, -50)]
    assert found["latest"] == found["points"][-1]
    assert found["latest"]["band"] == "mild"
    assert holding(found) == {
        "response": True,
        "remission": False,
        "worse": False,
        "little_change": None,
        "no_answer": None,
    }
    assert found["states"][0]["reason"] == "The latest total is 9, the baseline 18."


def test_without_a_baseline_nothing_is_compared(clinic: ClinicKit, at: Travel) -> None:
    """I56: null, never zero and never no."""
    patient, series = in_series(clinic)
    answered(clinic, patient, "2026-11-16T12:00:00-07:00", 20)
    answered(clinic, patient, "2026-12-20T12:00:00-07:00", 3)
    at("2027-01-07T12:00:00-07:00")
    found = course(clinic, series)
    assert found["baseline"] is None
    assert [(p["total"], p["change"], p["percent"]) for p in found["points"]] == [(3, None, None)]
    assert set(holding(found).values()) == {None}
    assert "There is no baseline" in found["states"][1]["reason"]


def test_a_series_that_began_late_has_its_baseline_from_before_it_really_began(
    clinic: ClinicKit, at: Travel
) -> None:
    patient, series = in_series(clinic, sessions=2)
    with clinic.work() as work:
        first = work.load(InfusionSession, UUID(series["sessions"][0]["id"]))
        first.started_at = datetime.fromisoformat("2026-12-01T09:50:00-07:00")
    answered(clinic, patient, "2026-12-01T09:40:00-07:00", 14)
    assert course(clinic, series)["baseline"]["total"] == 14


def test_a_correction_counts_in_place_of_what_it_corrects(clinic: ClinicKit, at: Travel) -> None:
    """I57"""
    patient, series = in_series(clinic)
    first = answered(clinic, patient, "2026-11-30T12:00:00-07:00", 18)
    fields: Json = {"corrects_id": first, "correction_reason": "Misheard"}
    answered(clinic, patient, "2026-11-30T12:00:00-07:00", 16, **fields)
    assert course(clinic, series)["baseline"]["total"] == 16


def test_who_was_asked_a_day_ago_and_did_not_answer_is_said(clinic: ClinicKit, at: Travel) -> None:
    patient, series = in_series(clinic, done=2)
    answered(clinic, patient, "2026-11-30T12:00:00-07:00", 18)
    third = series["sessions"][2]
    asked(clinic, third, "2026-12-13T09:30:00-07:00")
    at("2026-12-14T09:29:00-07:00")
    assert holding(course(clinic, series))["no_answer"] is None
    at("2026-12-14T09:30:00-07:00")
    assert holding(course(clinic, series))["no_answer"] is True
    answered(clinic, patient, "2026-12-14T10:00:00-07:00", 5, left_out=1)
    assert holding(course(clinic, series))["no_answer"] is True
    answered(clinic, patient, "2026-12-14T11:00:00-07:00", 5)
    assert holding(course(clinic, series))["no_answer"] is False


def test_what_a_reminder_carried_was_asked_too_and_a_short_check_in_is_not_awaited(
    clinic: ClinicKit, at: Travel
) -> None:
    patient, series = in_series(clinic, done=2)
    answered(clinic, patient, "2026-11-30T12:00:00-07:00", 18)
    third = series["sessions"][2]
    asked(clinic, third, "2026-12-13T09:30:00-07:00")
    at("2026-12-15T07:00:00-07:00")
    with clinic.work() as work:
        work.session.execute(text("UPDATE messages SET rule = 'check_in'"))
    assert holding(course(clinic, series))["no_answer"] is None
    with clinic.work() as work:
        skipped = "SET rule = 'before_next', status = 'skipped', reason = 'carried', sent_at = NULL"
        work.session.execute(text(f"UPDATE messages {skipped}"))
    assert holding(course(clinic, series))["no_answer"] is None
    with clinic.work() as work:
        carrying = text(
            "INSERT INTO messages (clinic_id, id, kind, rule, session_id, patient_id, time_version,"
            " due_at, not_after, status, next_attempt_at, sent_at, created_at, version, carries_id)"
            " SELECT clinic_id, gen_random_uuid(), 'reminder', '1d_before', session_id, patient_id,"
            " 1, due_at, due_at, 'delivered', due_at, due_at, due_at, 1, id FROM messages"
        )
        work.session.execute(carrying)
    assert holding(course(clinic, series))["no_answer"] is True


ASKED = """
    INSERT INTO messages (clinic_id, id, kind, rule, session_id, patient_id, time_version, due_at,
                          not_after, status, next_attempt_at, sent_at, created_at, version)
    SELECT clinic_id, gen_random_uuid(), 'follow_up', 'before_next', id, patient_id, 1, :at, :at,
           'sent', :at, :at, :at, 1
      FROM sessions WHERE id = :session_id
"""


def asked(clinic: ClinicKit, session: Json, at: str) -> None:
    """A PHQ-9 was asked for before this session."""
    sent = {"session_id": UUID(session["id"]), "at": datetime.fromisoformat(at)}
    with clinic.work() as work:
        work.session.execute(text(ASKED), sent)


def test_a_patients_courses_come_by_when_their_series_begin(clinic: ClinicKit, at: Travel) -> None:
    patient, first = in_series(clinic, sessions=2)
    second = book(clinic, patient, first_on="2026-12-22", sessions=2)
    answered(clinic, patient, "2026-11-30T12:00:00-07:00", 20)
    answered(clinic, patient, "2026-12-20T12:00:00-07:00", 10)
    found = clinic.clinician.get(f"/v1/patients/{patient}/course").get_json()
    assert found["patient_id"] == str(patient)
    assert [each["series_id"] for each in found["series"]] == [first["id"], second["id"]]
    assert [each["baseline"]["total"] for each in found["series"]] == [20, 10]
    assert [holding(each)["response"] for each in found["series"]] == [True, None]
    assert found["series"][0] == course(clinic, first)


def test_the_picture_says_all_in_words_and_names_nobody(clinic: ClinicKit, at: Travel) -> None:
    patient, series = in_series(clinic, done=3)
    answered(clinic, patient, "2026-11-30T12:00:00-07:00", 18)
    answered(clinic, patient, "2026-12-20T12:00:00-07:00", 9)
    answer = clinic.clinician.get(f"/v1/series/{series['id']}/course.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "no-store"
    drawn = ElementTree.fromstring(answer.get_data(as_text=True))  # noqa: S314 - our own
    assert drawn.get("role") == "img"
    titles = {each.get("id"): each.text for each in drawn if each.get("id")}
    assert drawn.get("aria-labelledby", "").split() == list(titles)
    assert titles["title"] == "PHQ-9 over a series of 6 sessions"
    assert titles["desc"] == (
        "18 on November 30, 2026, the baseline. 9 on December 20, 2026, after session 3. Totals go"
        " from 0 to 27; lower is better."
    )
    shown = [each.text for each in drawn.iter(f"{SVG}text")]
    assert {"18", "9", "moderately severe 15-19", "dashed: baseline 18; dotted: half of it"} <= {
        *shown
    }
    assert not re.search(r"Lopez|Ana|Rivera|Sonoran", answer.get_data(as_text=True))


def test_whoever_takes_no_picture_is_told_so(clinic: ClinicKit, at: Travel) -> None:
    _, series = in_series(clinic)
    path = f"/v1/series/{series['id']}/course.svg"
    for accept, status in (
        ("image/*", 200),
        ("image/svg+xml", 200),
        ("*/*", 200),
        ("application/json", 406),
        ("image/png", 406),
    ):
        answer = clinic.clinician.send("GET", path, None, {"Accept": accept})
        assert answer.status_code == status, accept


CLINICIANS_ONLY = (
    "/v1/patients/{patient}/course",
    "/v1/series/{series}/course",
    "/v1/series/{series}/course.svg",
    "/v1/clinic/outcomes",
    "/v1/reviews",
)


def test_nobody_but_a_clinician_of_the_clinic_reads_a_course(
    clinic: ClinicKit, app: Flask, at: Travel
) -> None:
    """I60, I61"""
    patient, series = in_series(clinic, done=5)
    answered(clinic, patient, "2026-11-30T12:00:00-07:00", 18)
    at("2027-01-05T08:00:00-07:00")
    other = a_clinic(app, name="Second").clinician
    for each in CLINICIANS_ONLY:
        path = each.format(patient=patient, series=series["id"])
        for role in ("front_desk", "integration", "admin"):
            assert clinic.caller(role).get(path).status_code == 403, (each, role)
        assert clinic.clinician.get(path).status_code == 200
        theirs = other.get(path)
        if "{" in each:
            assert theirs.status_code == 404, each
        else:
            assert "18" not in str(theirs.get_json()), each
            assert theirs.get_json().get("items", []) == []
            assert theirs.get_json().get("series", 0) == 0


def alerted(clinic: ClinicKit, patient: UUID, on: str) -> None:
    """An alert is open."""
    raised = dict.fromkeys(("raised_at", "clock_from"), datetime.fromisoformat(on))
    with clinic.work() as work:
        work.session.add(Alert(clinic_id=clinic.id, patient_id=patient, **raised))


def reviews(clinic: ClinicKit) -> list[tuple[str, list[str]]]:
    """Of whom, and why."""
    found = clinic.clinician.get("/v1/reviews").get_json()
    return [(i["patient_id"], [r["reason"] for r in i["reasons"]]) for i in found["items"]]


def test_who_comes_today_and_needs_a_look_is_listed_by_urgency(
    clinic: ClinicKit, at: Travel
) -> None:
    # Everyone comes for the fourth time on December 22.
    protocol = a_protocol(clinic, review_after=3, follow_ups=None)
    order = {"protocol_id": str(protocol), "every_days": 7}
    walls = ("08:15", "08:15", "09:55", "09:55", "11:35", "11:35")
    people = [in_series(clinic, 3, at=wall, **order) for wall in walls]
    well, none, worse, stuck, silent, danger = (patient for patient, _ in people)
    for patient, _ in people:
        if patient != none:
            answered(clinic, patient, "2026-11-30T12:00:00-07:00", 16)
        if patient not in (worse, stuck):
            answered(clinic, patient, "2026-12-14T12:00:00-07:00", 6)
    answered(clinic, worse, "2026-12-14T12:00:00-07:00", 21)
    answered(clinic, stuck, "2026-12-14T12:00:00-07:00", 13)
    asked(clinic, people[4][1]["sessions"][3], "2026-12-20T12:00:00-07:00")
    alerted(clinic, danger, "2026-12-21T12:00:00-07:00")
    at("2026-12-21T17:00:00-07:00")
    assert reviews(clinic) == []
    at("2026-12-22T07:00:00-07:00")
    assert reviews(clinic) == [
        (str(danger), ["alert"]),
        (str(worse), ["worse", "little_change"]),
        (str(stuck), ["little_change"]),
        (str(silent), ["no_answer"]),
        (str(none), ["no_baseline"]),
    ]
    assert str(well) not in str(reviews(clinic))
    shown = clinic.clinician.get("/v1/reviews").get_json()
    assert shown["on"] == "2026-12-22"
    assert shown["items"][0]["patient"]["given_name"] == "Ana"
    # Once it is over, there is nothing to look at before it.
    completed(clinic, [people[5][1]["sessions"][3]])
    assert str(danger) not in str(reviews(clinic))


def test_a_clearance_that_ends_before_the_series_is_a_reason_to_look(
    clinic: ClinicKit, at: Travel
) -> None:
    patient, series = in_series(clinic, done=4)
    answered(clinic, patient, "2026-11-30T12:00:00-07:00", 16)
    at("2026-12-29T08:00:00-07:00")
    clearance = f"/v1/clearances/{series['sessions'][0]['clearance_id']}"
    clinic.clinician.change("PATCH", clearance, {"expires_on": "2027-01-05"}, version=1)
    assert reviews(clinic) == []
    clinic.clinician.change("PATCH", clearance, {"expires_on": "2027-01-04"}, version=2)
    assert reviews(clinic) == [(str(patient), ["clearance_ending"])]


def test_the_time_of_outcomes_is_a_year_at_most(clinic: ClinicKit, at: Travel) -> None:
    first, last = "2026-01-01T00:00:00-07:00", "2027-01-02T00:00:00-07:00"
    found = clinic.clinician.get("/v1/clinic/outcomes", **{"from": first, "to": last}).get_json()
    assert (found["from"], found["to"], found["series"]) == (first, last, 0)
    assert found["response"] == {"count": 0, "rate": None, "low": None, "high": None}
    wrong: list[Json] = [{"from": first}, {"to": last}, {"from": last, "to": first}]
    wrong.append({"from": first, "to": "2027-01-02T00:00:01-07:00"})
    for query in wrong:
        assert clinic.clinician.get("/v1/clinic/outcomes", **query).status_code == 422, query
