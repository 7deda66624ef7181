"""Plans that bend: flexibility, suggestions that book as they stand, places, and gaps."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.api.booking import book, fill, one_session, refuse
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, an_order, cleared

Json = dict[str, Any]


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def plan(clinic: ClinicKit, patient: UUID, **order: Any) -> Json:
    answer = clinic.desk.send("POST", "/v1/series/plan", an_order(patient, **order))
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def starts(shown: Json) -> list[str]:
    return [each["starts_at"] for each in shown["sessions"]]


def test_a_session_that_does_not_fit_moves_within_the_flexibility_and_the_others_stay(
    clinic: ClinicKit,
) -> None:
    """I24: the nearest start after the block that is taken; the plan says what it moved from."""
    fill(clinic, "2026-12-15")
    patient = a_cleared_patient(clinic)
    order = {"flexibility": {"days": 1, "minutes": 120}}
    planned = plan(clinic, patient, **order)
    assert planned["feasible"]
    moved = [each for each in planned["sessions"] if "moved_from" in each]
    assert [(each["starts_at"], each["moved_from"]) for each in moved] == [
        ("2026-12-15T11:05:00-07:00", "2026-12-15T09:30:00-07:00")
    ]
    assert starts(book(clinic, patient, **order)) == starts(planned)


@pytest.mark.parametrize(
    ("flexibility", "start"),
    [
        ({"minutes": 90}, None),
        ({"minutes": 95}, "2026-12-15T11:05:00-07:00"),
        ({"days": 1}, "2026-12-14T09:30:00-07:00"),
        ({"days": 1, "minutes": 90}, "2026-12-14T09:30:00-07:00"),
        ({}, None),
    ],
)
def test_flexibility_goes_as_far_as_it_says_and_no_further(
    clinic: ClinicKit, flexibility: Json, start: str | None
) -> None:
    """I24: the other day is free at the same time; the day itself from 11:05 on."""
    fill(clinic, "2026-12-15")
    planned = plan(clinic, a_cleared_patient(clinic), flexibility=flexibility)
    assert planned["feasible"] is (start is not None)
    if start:
        assert starts(planned)[2] == start


def test_a_refusal_suggests_one_whole_series_that_books_as_it_stands(clinic: ClinicKit) -> None:
    """I17, I22"""
    for on in ("2026-12-08", "2026-12-22"):
        fill(clinic, on)
    patient = a_cleared_patient(clinic)
    suggestion = refuse(clinic, patient)["suggestion"]
    walls = [each["starts_at"][11:16] for each in suggestion["places"]]
    assert walls == ["09:30", "11:05", "09:30", "11:05", "09:30", "09:30"]
    booked = clinic.desk.post("/v1/series", suggestion)
    assert booked.status_code == 201, booked.get_json()
    assert starts(booked.get_json()) == [each["starts_at"] for each in suggestion["places"]]
    assert plan(clinic, patient, first_on="2027-02-02", sessions=1)["feasible"]


def test_where_a_few_days_have_nothing_the_suggestion_looks_two_weeks_around(
    clinic: ClinicKit,
) -> None:
    """I21: the first of two moves by a week, as the second may; more than ten days lie between
    no two."""
    shut = {"starts_at": "2026-11-27T00:00:00-07:00", "ends_at": "2026-12-05T00:00:00-07:00"}
    clinic.desk.post("/v1/closures", shut | {"reason": "Holiday"})
    patient = a_cleared_patient(clinic)
    suggestion = refuse(clinic, patient, sessions=2)["suggestion"]
    days = [each["starts_at"][:10] for each in suggestion["places"]]
    assert days == ["2026-12-07", "2026-12-14"]
    assert clinic.desk.post("/v1/series", suggestion).status_code == 201


def test_no_suggestion_outlasts_the_clearance(clinic: ClinicKit) -> None:
    """I1, I3"""
    patient = a_cleared_patient(clinic)
    shut = {"starts_at": "2026-11-30T00:00:00-07:00", "ends_at": "2027-01-30T00:00:00-07:00"}
    clinic.desk.post("/v1/closures", shut | {"reason": "Rebuilding"})
    assert "suggestion" not in refuse(clinic, patient)


def test_places_are_booked_as_they_are_named_or_refused_with_what_is_in_the_way(
    clinic: ClinicKit,
) -> None:
    one, two = map(str, clinic.chair_ids)
    places = [
        {"starts_at": "2026-12-01T09:30:00-07:00", "chair_id": two},
        {"starts_at": "2026-12-09T13:00:00-07:00", "chair_id": one},
    ]
    body = {"patient_id": str(a_cleared_patient(clinic)), "minutes": 45, "places": places}
    booked = clinic.desk.post("/v1/series", body).get_json()
    taken = [{k: each[k] for k in ("starts_at", "chair_id")} for each in booked["sessions"]]
    assert (taken, booked["every_days"], booked["sessions_planned"]) == (places, None, 2)
    again = clinic.desk.post("/v1/series", body | {"patient_id": str(a_cleared_patient(clinic))})
    reasons = [each["reason"] for each in again.get_json()["conflicts"]]
    assert (again.status_code, reasons) == (409, ["chair_taken", "chair_taken"])


@pytest.mark.parametrize(
    ("days", "ordinal"), [(["01", "05"], 2), (["01", "12"], 2), (["01", "08", "10"], 3)]
)
def test_places_keep_the_protocols_gaps(
    app: Flask, at: Callable[[Any], None], days: list[str], ordinal: int
) -> None:
    """I10, I21: five to ten days between."""
    clinic = a_clinic(app, weekdays=range(7))
    chair = str(clinic.chair_ids[0])
    places = [{"starts_at": f"2026-12-{on}T09:30:00-07:00", "chair_id": chair} for on in days]
    body = {"patient_id": str(a_cleared_patient(clinic)), "minutes": 40, "places": places}
    problem = clinic.desk.post("/v1/series", body).get_json()
    assert [(each["ordinal"], each["reason"]) for each in problem["conflicts"]] == [
        (ordinal, "gap")
    ]
    assert "the patient's session on Tuesday, December" in problem["detail"]


BAD_ORDERS = [
    # what is changed in a good order → the field that is named
    ({"places": []}, "places"),
    ({"first_on": None}, "first_on"),
    ({"at": None}, "at"),
    ({"sessions": None}, "sessions"),
    ({"flexibility": {"days": 15}}, "flexibility"),
    ({"flexibility": {"hours": 1}}, "flexibility"),
    ({"flexibility": []}, "flexibility"),
]


@pytest.mark.parametrize(("changed", "field"), BAD_ORDERS)
def test_a_bad_order_is_refused_by_its_field(clinic: ClinicKit, changed: Json, field: str) -> None:
    order = an_order(a_cleared_patient(clinic)) | changed
    sent = {name: value for name, value in order.items() if value is not None}
    answer = clinic.desk.post("/v1/series", sent)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_places_come_alone_and_in_order(clinic: ClinicKit) -> None:
    patient, chair = a_cleared_patient(clinic), str(clinic.chair_ids[0])
    late, early = (
        {"starts_at": f"2026-12-{on}T09:30:00-07:00", "chair_id": chair} for on in ("08", "01")
    )
    known = {"patient_id": str(patient), "minutes": 40}
    for body, field in [
        (known | {"places": [late, early]}, "places"),
        (known | {"places": [early, early]}, "places"),
        (an_order(patient) | {"places": [early]}, "at"),
        (known | {"places": [{"starts_at": "2026-12-01T09:30:00-07:00"}]}, "places"),
    ]:
        answer = clinic.desk.post("/v1/series", body)
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


def test_one_session_keeps_its_distance_to_what_the_patient_had_and_has(clinic: ClinicKit) -> None:
    """I10: on every write, whichever series the other belongs to."""
    patient = a_cleared_patient(clinic)
    one_session(clinic, patient, starts_at="2026-12-08T09:30:00-07:00")
    for on, status in [("04", 409), ("08", 409), ("11", 409), ("03", 201), ("14", 201)]:
        body = {"patient_id": str(patient), "starts_at": f"2026-12-{on}T13:00:00-07:00"}
        answer = clinic.desk.post("/v1/sessions", body | {"minutes": 40})
        assert answer.status_code == status, (on, answer.get_json())
        if status == 409:
            (conflict,) = answer.get_json()["conflicts"]
            assert conflict["reason"] == "gap"
            assert conflict["blockers"][0]["starts_at"] == "2026-12-08T09:30:00-07:00"
            for found in conflict["alternatives"]:
                assert abs(int(found["starts_at"][8:10]) - 8) >= 5


def test_filling_an_owed_place_far_from_the_session_before_warns(clinic: ClinicKit) -> None:
    """I21, I25"""
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, sessions=2)
    clinic.desk.step(series["sessions"][1], "cancel", reason="Ill", by="patient")
    body = {"patient_id": str(patient), "series_id": series["id"]}
    booked = clinic.desk.post("/v1/sessions", body | {"starts_at": "2026-12-15T09:30:00-07:00"})
    assert [each["word"] for each in booked.get_json()["warnings"]] == ["gap_too_long"]
    assert booked.get_json()["ordinal"] == 2


def test_a_clearance_that_ends_is_named_with_the_sessions_it_does_not_cover(
    clinic: ClinicKit,
) -> None:
    """I1: a phone call: it ends after session 4."""
    patient = a_cleared_patient(clinic)
    cleared(clinic, patient, date(2026, 12, 24))
    order = an_order(patient, first_on="2027-11-02", sessions=6)
    problem = clinic.desk.post("/v1/series", order).get_json()
    assert [each["ordinal"] for each in problem["sessions"]] == [5, 6]
    assert clinic.desk.post("/v1/series", order | {"sessions": 4}).status_code == 201


def test_a_day_on_which_the_clinic_is_shut_is_not_said_to_close_too_early(
    clinic: ClinicKit,
) -> None:
    """Whoever is told "it closes at five" asks for the morning."""
    shut = {"starts_at": "2026-12-01T00:00:00-07:00", "ends_at": "2026-12-02T00:00:00-07:00"}
    clinic.desk.post("/v1/closures", shut | {"reason": "Burst pipe"})
    detail = refuse(clinic, a_cleared_patient(clinic), at="16:30", sessions=1)["detail"]
    assert detail == "Tuesday, December 1 at 4:30 PM does not fit: the clinic is closed."


def test_a_suggestion_keeps_to_days_that_were_looked_at(clinic: ClinicKit) -> None:
    """I17, I22: where the others have to move as well, so much is known of their days too."""
    closure = {"starts_at": "2026-12-06T00:00:00-07:00", "ends_at": "2026-12-11T00:00:00-07:00"}
    answer = clinic.admin.post("/v1/closures", closure | {"reason": "Flood"})
    assert answer.status_code == 201
    fill(clinic, "2026-12-16")
    suggestion = refuse(clinic, a_cleared_patient(clinic), sessions=4)["suggestion"]
    booked = clinic.desk.post("/v1/series", suggestion)
    assert booked.status_code == 201, booked.get_json()
    assert starts(booked.get_json()) == [each["starts_at"] for each in suggestion["places"]]
