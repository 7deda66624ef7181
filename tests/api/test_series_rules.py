"""Whose series it may be, on which days, and which orders are none."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.api.booking import Json, book, fill, refuse, sessions_of, taken
from tests.builders import (
    ClinicKit,
    a_cleared_patient,
    a_clinic,
    a_patient,
    a_protocol,
    an_order,
    cleared,
    consents,
)

Travel = Callable[[Any], None]


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def test_a_clearance_holds_through_its_last_day_on_the_clinics_calendar(
    clinic: ClinicKit,
) -> None:
    """I1: each session on its own date; 22 December is the fourth."""
    patient = a_patient(clinic)
    cleared(clinic, patient, expires_on=date(2026, 12, 22))
    book(clinic, patient, sessions=4, at="15:40")
    problem = refuse(clinic, patient, 422, sessions=6, at="13:00")
    assert problem["type"] == "/problems/not_cleared"
    assert [(each["ordinal"], each["starts_at"][:10]) for each in problem["sessions"]] == [
        (5, "2026-12-29"),
        (6, "2027-01-05"),
    ]
    assert {each["missing"] for each in problem["sessions"]} == {
        "The clearance ends on Tuesday, December 22, 2026."
    }
    assert len(sessions_of(clinic)) == 4


RENEW = "For the others a provider has to renew it."
FITS = "This would fit: Tuesdays at 9:30 AM, 4 sessions from December 1 to December 22."


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"expires_on": date(2026, 12, 24)}, "it ends on Thursday, December 24"),
        ({"max_sessions": 4}, "it allows no more"),
    ],
)
def test_a_clearance_for_four_of_six_offers_the_four_as_they_would_be_booked(
    clinic: ClinicKit, terms: Json, why: str
) -> None:
    """I1, I3, I22: in one answer, whether it is planned, booked or wished for."""
    patient = a_patient(clinic)
    cleared(clinic, patient, **terms)
    wish = {"patient_id": str(patient), "sessions": 6, "minutes": 40, "weekdays": [1]}
    wish |= {"from": "2026-12-01", "between": ["09:30", "12:00"]}
    asked = {
        "/v1/series": an_order(patient),
        "/v1/series/plan": an_order(patient),
        "/v1/series/options": wish,
    }
    for path, body in asked.items():
        answer = clinic.desk.post(path, body)
        assert answer.status_code == 422, answer.get_json()
        problem = answer.get_json()
        assert (
            problem["detail"]
            == f"The clearance covers 4 of these 6 sessions: {why}. {RENEW} {FITS}"
        )
        assert [each["ordinal"] for each in problem["sessions"]] == [5, 6]
    booked = clinic.desk.post("/v1/series", problem["suggestion"])
    assert booked.status_code == 201, booked.get_json()
    assert len(booked.get_json()["sessions"]) == 4


def test_what_is_covered_and_does_not_fit_as_wished_is_moved(clinic: ClinicKit) -> None:
    """I22"""
    fill(clinic, "2026-12-08")
    patient = a_patient(clinic)
    cleared(clinic, patient, max_sessions=2)
    problem = refuse(clinic, patient, 422)
    starts = [each["starts_at"] for each in problem["suggestion"]["places"]]
    assert starts == ["2026-12-01T09:30:00-07:00", "2026-12-08T11:05:00-07:00"]
    assert clinic.desk.post("/v1/series", problem["suggestion"]).status_code == 201


def test_sessions_that_belong_together_are_not_offered_in_part(clinic: ClinicKit) -> None:
    """A protocol that says how many there are has no series of fewer."""
    phase = {"sessions": 6, "every_days": 7, "min_gap_days": 5, "max_gap_days": 10}
    protocol = {"protocol_id": str(a_protocol(clinic, phases=[phase])), "minutes": 40}
    patient = a_patient(clinic)
    cleared(clinic, patient, max_sessions=4)
    known = {"patient_id": str(patient), **protocol}
    for path, body in (
        ("/v1/series", known | {"first_on": "2026-12-01", "at": "09:30"}),
        ("/v1/series/options", known),
    ):
        problem = clinic.desk.post(path, body).get_json()
        assert problem["detail"].endswith(f"it allows no more. {RENEW}")
        assert "suggestion" not in problem


def test_a_patient_without_a_clearance_is_not_booked(clinic: ClinicKit) -> None:
    """I1"""
    problem = refuse(clinic, a_patient(clinic), 422)
    assert problem["type"] == "/problems/not_cleared"
    assert [each["ordinal"] for each in problem["sessions"]] == [1, 2, 3, 4, 5, 6]
    assert problem["sessions"][0]["missing"].startswith("No clearance")
    assert problem["detail"] == (
        "Not cleared for any of these 6 sessions. No clearance: a provider has to clear the patient"
        " in a consultation."
    )
    assert "suggestion" not in problem


def test_a_clearance_books_no_more_sessions_than_it_covers(clinic: ClinicKit) -> None:
    """I3: planning and searching say so too, and a cancelled session gives its place back."""
    patient = a_patient(clinic)
    cleared(clinic, patient, max_sessions=4)
    problem = refuse(clinic, patient, 422, sessions=6)
    assert problem["type"] == "/problems/not_cleared"
    assert [each["ordinal"] for each in problem["sessions"]] == [5, 6]
    plan = clinic.desk.post("/v1/series/plan", an_order(patient, sessions=6))
    assert plan.status_code == 422
    series = book(clinic, patient, sessions=4)
    week = {"from": "2027-01-05T00:00:00-07:00", "to": "2027-01-06T00:00:00-07:00", "minutes": 40}
    assert clinic.desk.get("/v1/slots", patient_id=str(patient), **week).get_json()["items"] == []
    refuse(clinic, patient, 422, sessions=1, first_on="2027-01-05")
    cancelled = clinic.desk.step(series["sessions"][0], "cancel", reason="Ill", by="patient")
    assert cancelled.status_code == 200
    assert clinic.desk.get("/v1/slots", patient_id=str(patient), **week).get_json()["items"] != []
    book(clinic, patient, sessions=1, first_on="2027-01-05")


def test_a_revoked_clearance_books_nothing_more(clinic: ClinicKit) -> None:
    """I1, I4"""
    patient = a_cleared_patient(clinic)
    path = f"/v1/patients/{patient}/clearances"
    (clearance,) = clinic.desk.get(path).get_json()["items"]
    revoke = f"/v1/clearances/{clearance['id']}/revoke"
    done = clinic.clinician.change("POST", revoke, {"reason": "New finding"}, version=1)
    assert done.status_code == 200
    assert refuse(clinic, patient, 422)["type"] == "/problems/not_cleared"


def test_of_two_clearances_each_session_names_the_one_that_ends_first(clinic: ClinicKit) -> None:
    """I1, I3: the second takes over when the first has ended."""
    patient = a_patient(clinic)
    cleared(clinic, patient, expires_on=date(2026, 12, 8))
    cleared(clinic, patient, expires_on=date(2027, 6, 30))
    series = book(clinic, patient, sessions=3)
    items = clinic.desk.get(f"/v1/patients/{patient}/clearances").get_json()["items"]
    ends = {each["id"]: each["expires_on"] for each in items}
    used = [ends[each["clearance_id"]] for each in series["sessions"]]
    assert used == ["2026-12-08", "2026-12-08", "2027-06-30"]


@pytest.mark.parametrize("status", ["discharged", "deceased"])
def test_a_patient_who_is_discharged_or_deceased_is_not_booked(
    clinic: ClinicKit, status: str
) -> None:
    """I6"""
    patient = a_cleared_patient(clinic)
    path = f"/v1/patients/{patient}"
    assert clinic.desk.change("PATCH", path, {"status": status}, version=1).status_code == 200
    problem = refuse(clinic, patient, 422)
    assert (problem["type"], problem["missing"]) == ("/problems/not_bookable", [status])


# Eighteen on 1 December 2026, the day of the first session.
@pytest.mark.parametrize(("born", "status"), [("2008-12-01", 201), ("2008-12-02", 422)])
def test_a_patient_is_of_age_on_the_day_of_the_first_session(
    clinic: ClinicKit, born: str, status: int
) -> None:
    """I6: the day of the visit counts, not that of the booking."""
    patient = a_cleared_patient(clinic, birth_date=date.fromisoformat(born))
    answer = clinic.desk.post("/v1/series", an_order(patient))
    assert answer.status_code == status
    if status == 422:
        assert answer.get_json()["missing"] == ["under_age"]


@pytest.mark.parametrize(
    ("zone", "first_on", "offsets"),
    [
        # The clocks go back on 1 November 2026 in New York, and never change in Phoenix.
        ("America/New_York", "2026-10-20", ["-04:00", "-04:00", "-05:00", "-05:00"]),
        ("America/Phoenix", "2026-10-20", ["-07:00", "-07:00", "-07:00", "-07:00"]),
        # And forward on 14 March 2027.
        ("America/New_York", "2027-03-02", ["-05:00", "-05:00", "-04:00", "-04:00"]),
        ("America/Phoenix", "2027-03-02", ["-07:00", "-07:00", "-07:00", "-07:00"]),
    ],
)
def test_a_series_keeps_its_wall_time_when_the_clocks_change(
    app: Flask, at: Travel, zone: str, first_on: str, offsets: list[str]
) -> None:
    """I23, I67: answered in the clinic's zone, with the offset of that day."""
    at("2026-10-12T15:00:00+00:00")
    clinic = a_clinic(app, zone=zone)
    series = book(clinic, a_cleared_patient(clinic), first_on=first_on, sessions=4)
    starts = [each["starts_at"] for each in series["sessions"]]
    assert [each[11:16] for each in starts] == ["09:30"] * 4
    assert [each[19:] for each in starts] == offsets
    ends = [each["ends_at"][11:16] for each in series["sessions"]]
    assert ends == ["10:10"] * 4


def test_a_wall_time_that_the_clock_skips_moves_to_the_first_minute_after_and_is_flagged(
    app: Flask, at: Travel
) -> None:
    """I67: 02:30 on 14 March 2027 does not exist in New York; the week after it does."""
    clinic = a_clinic(
        app, zone="America/New_York", weekdays=range(7), opens="00:00", closes="12:00"
    )
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, first_on="2027-03-07", at="02:30", sessions=3)
    assert [each["starts_at"] for each in series["sessions"]] == [
        "2027-03-07T02:30:00-05:00",
        "2027-03-14T03:00:00-04:00",
        "2027-03-21T02:30:00-04:00",
    ]
    (warning,) = series["warnings"]
    assert (warning["word"], warning["ordinal"]) == ("wall_time_moved", 2)


# It is Monday 23 November 2026, 08:00 in Phoenix.
@pytest.mark.parametrize(
    ("order", "word", "ordinals"),
    [
        ({"first_on": "2026-11-16"}, "in_the_past", [1]),
        ({"first_on": "2026-11-10", "sessions": 3}, "in_the_past", [1, 2]),
        ({"first_on": "2028-11-27", "sessions": 1}, "too_far_ahead", [1]),
        ({"first_on": "2028-11-14", "sessions": 3}, "too_far_ahead", [3]),
    ],
)
def test_nothing_is_booked_in_the_past_or_more_than_24_months_ahead(
    clinic: ClinicKit, order: Json, word: str, ordinals: list[int]
) -> None:
    problem = refuse(clinic, a_cleared_patient(clinic), 422, **order)
    assert (problem["type"], problem["ordinals"]) == (f"/problems/{word}", ordinals)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"minutes": 25}, "minutes"),  # I7: 30 to 50 here
        ({"minutes": 55}, "minutes"),
        ({"minutes": 42}, "minutes"),  # off the grid of five
        ({"at": "09:32"}, "at"),
        ({"every_days": 4}, "every_days"),  # the weekly protocol: 5 to 10 days
        ({"every_days": 11}, "every_days"),
        ({"sessions": 0}, "sessions"),
        ({"sessions": 53}, "sessions"),
    ],
)
def test_an_order_outside_the_clinics_bounds_is_refused_by_its_field(
    clinic: ClinicKit, order: Json, field: str
) -> None:
    """I7"""
    problem = refuse(clinic, a_cleared_patient(clinic), 422, **order)
    assert set(problem["errors"]) == {field}


@pytest.mark.parametrize(
    "order",
    [
        {"minutes": 30},
        {"minutes": 50},
        {"every_days": 5, "first_on": "2026-12-02"},
        {"every_days": 10},
    ],
)
def test_the_bounds_themselves_are_allowed(clinic: ClinicKit, order: Json) -> None:
    """I7"""
    (first, second) = book(clinic, a_cleared_patient(clinic), sessions=2, **order)["sessions"]
    days = date.fromisoformat(second["starts_at"][:10]) - date.fromisoformat(
        first["starts_at"][:10]
    )
    assert days.days == order.get("every_days", 7)


def test_a_patient_who_cannot_be_reminded_is_booked_with_a_warning(clinic: ClinicKit) -> None:
    """I40"""
    silent, unreachable = a_patient(clinic), a_patient(clinic, email=None, phone=None)
    for patient in (silent, unreachable):
        cleared(clinic, patient)
    consents(clinic, silent, "treatment")
    words = [
        [each["word"] for each in book(clinic, patient, at=wall)["warnings"]]
        for patient, wall in ((silent, "09:30"), (unreachable, "13:00"))
    ]
    assert words == [["no_consent"], ["no_channel"]]


def owed_place(clinic: ClinicKit) -> tuple[UUID, Json]:
    """A patient whose series of two owes one, as the second was cancelled."""
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, sessions=2)
    taken(clinic, series["sessions"][1], "cancel", reason="Ill", by="patient")
    path = f"/v1/series/{series['id']}"
    return patient, dict(clinic.desk.get(path).get_json())


def test_a_cancelled_session_leaves_a_place_that_is_filled_once(clinic: ClinicKit) -> None:
    """I20, I25"""
    patient, series = owed_place(clinic)
    assert series["owed"] == 1
    body = {"patient_id": str(patient), "minutes": 40, "series_id": series["id"]}
    filled = clinic.desk.post("/v1/sessions", body | {"starts_at": "2026-12-08T13:00:00-07:00"})
    assert (filled.status_code, filled.get_json()["ordinal"]) == (201, 2)
    again = clinic.desk.post("/v1/sessions", body | {"starts_at": "2026-12-15T13:00:00-07:00"})
    assert (again.status_code, again.get_json()["type"]) == (409, "/problems/nothing_owed")
    now = clinic.desk.get(f"/v1/series/{series['id']}").get_json()
    assert (now["owed"], len(now["sessions"])) == (0, 3)


def test_a_series_place_is_not_filled_by_another_patient(clinic: ClinicKit) -> None:
    """I28"""
    _, series = owed_place(clinic)
    body = {"patient_id": str(a_cleared_patient(clinic)), "series_id": series["id"]}
    body |= {"starts_at": "2026-12-08T13:00:00-07:00"}
    answer = clinic.desk.post("/v1/sessions", {**body, "minutes": 40})
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {"series_id"})


def test_a_series_says_itself_whose_place_is_filled(clinic: ClinicKit) -> None:
    """Without a series somebody has to be named."""
    patient, series = owed_place(clinic)
    body = {"minutes": 40, "starts_at": "2026-12-08T13:00:00-07:00"}
    filled = clinic.desk.post("/v1/sessions", body | {"series_id": series["id"]})
    assert (filled.status_code, filled.get_json()["patient_id"]) == (201, str(patient))
    nobodys = clinic.desk.post("/v1/sessions", body)
    assert (nobodys.status_code, set(nobodys.get_json()["errors"])) == (422, {"patient_id"})


def test_a_retired_chair_takes_no_new_session(clinic: ClinicKit) -> None:
    """I13"""
    chair = str(clinic.chair_ids[0])
    clinic.admin.change("PATCH", f"/v1/chairs/{chair}", {"active": False}, version=1)
    patient = a_cleared_patient(clinic)
    assert refuse(clinic, patient, 422, chair_id=chair)["type"] == "/problems/chair_retired"
    sessions = book(clinic, patient)["sessions"]
    assert {each["chair_id"] for each in sessions} == {str(clinic.chair_ids[1])}
