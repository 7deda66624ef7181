"""Answers by phone: stored as they were said, and read by clinicians alone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.api.answered import Json, alerts_of, correct, read, submit, whole
from tests.api.booking import one_session
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, a_patient


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def patient(clinic: ClinicKit) -> UUID:
    return a_patient(clinic)


def test_what_was_said_is_read_as_it_was_said_with_what_it_adds_up_to(
    clinic: ClinicKit, patient: UUID
) -> None:
    taken = submit(clinic.desk, patient, whole(1, i9=0))
    assert taken == {
        "id": taken["id"],
        "version": 1,
        "received_at": "2026-11-23T08:00:00-07:00",
        "complete": True,
        "alert": False,
        "crisis_text": None,
    }
    found = read(clinic, taken["id"])
    assert found == {
        "id": taken["id"],
        "version": 1,
        "patient_id": str(patient),
        "session_id": None,
        "rule": None,
        "instrument": "phq9",
        "instrument_version": 1,
        "language": "en",
        "source": "phone",
        "items": whole(1, i9=0),
        "complete": True,
        "total": 8,
        "band": "mild",
        "started_at": taken["received_at"],
        "answered_at": taken["received_at"],
        "submitted_at": taken["received_at"],
        "recorded_by": found["recorded_by"],
        "corrects_id": None,
        "correction_reason": None,
        "corrected_by_id": None,
    }
    listed = clinic.clinician.get(f"/v1/patients/{patient}/answers").get_json()
    assert listed == {"items": [found], "next": None}


def test_what_was_made_is_where_the_answer_says(clinic: ClinicKit, patient: UUID) -> None:
    body = {"instrument": "phq2", "items": {"1": 3, "2": 3}}
    made = clinic.clinician.post(f"/v1/patients/{patient}/answers", body)
    assert (made.get_json()["total"], made.get_json()["band"]) == (6, "positive")
    found = clinic.clinician.get(made.headers["Location"])
    assert found.get_json()["id"] == made.get_json()["id"]
    corrected = correct(clinic, made.get_json()["id"], {"1": 0, "2": 0})
    found = clinic.clinician.get(corrected.headers["Location"]).get_json()
    assert (found["id"], found["band"]) == (corrected.get_json()["id"], "negative")


def test_a_part_of_the_answers_is_kept_and_has_no_total(clinic: ClinicKit, patient: UUID) -> None:
    """I52: eight of nine are no score, and nobody fills in a zero."""
    items = whole(3)
    del items["5"]
    taken = submit(clinic.clinician, patient, items)
    assert (taken["complete"], taken["total"], taken["band"]) == (False, None, None)
    assert read(clinic, taken["id"])["items"] == items


def test_what_the_instrument_does_not_ask_is_refused_by_its_name_and_nothing_is_stored(
    clinic: ClinicKit, patient: UUID
) -> None:
    items = {"9": 3, "10": 1, "1": 4}
    body = {"instrument": "phq9", "items": items}
    refused = clinic.desk.post(f"/v1/patients/{patient}/answers", body)
    assert refused.status_code == 422
    assert refused.get_json()["errors"] == {
        "items": {"1": ["One of 0, 1, 2, 3."], "10": ["This instrument has no such item."]}
    }
    assert alerts_of(clinic, patient) == ([], [], False)
    assert clinic.clinician.get(f"/v1/patients/{patient}/answers").get_json()["items"] == []


# (the body, the field that is wrong)
REFUSED: list[tuple[Json, str]] = [
    ({"instrument": "madrs", "items": {"1": 0}}, "instrument"),
    ({"instrument": "phq9", "items": {}}, "items"),
    ({"instrument": "phq9", "items": [1]}, "items"),
    ({"instrument": "phq9", "items": {"1": None}}, "items"),
    ({"instrument": "phq9"}, "items"),
    ({"instrument": "phq9", "items": {"1": 0}, "language": "fr"}, "language"),
    ({"instrument": "phq9", "items": {"1": 0}, "rule": "trend"}, "session_id"),
    ({"instrument": "phq9", "items": {"1": 0}, "session_id": str(uuid4())}, "rule"),
    (
        {
            "instrument": "phq9",
            "items": {"1": 0},
            "session_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "rule": "daily",
        },
        "rule",
    ),
]


@pytest.mark.parametrize(("body", "field"), REFUSED)
def test_a_form_that_makes_no_sense_is_refused(
    clinic: ClinicKit, patient: UUID, body: Json, field: str
) -> None:
    refused = clinic.desk.post(f"/v1/patients/{patient}/answers", body)
    assert (refused.status_code, set(refused.get_json()["errors"])) == (422, {field})


def test_answers_name_what_asked_for_them(clinic: ClinicKit) -> None:
    ana, ben = a_cleared_patient(clinic), a_cleared_patient(clinic)
    session = one_session(clinic, ana)["id"]
    asked = {"session_id": session, "rule": "check_in"}
    found = read(clinic, submit(clinic.desk, ana, {"call": 0}, "check_in", **asked)["id"])
    assert (found["session_id"], found["rule"]) == (session, "check_in")
    body = {"instrument": "check_in", "items": {"call": 0}, **asked}
    others = clinic.desk.post(f"/v1/patients/{ben}/answers", body)
    assert others.get_json()["errors"] == {"session_id": ["It is another patient's session."]}
    nobodys = clinic.desk.post(f"/v1/patients/{ana}/answers", body | {"session_id": str(uuid4())})
    assert nobodys.status_code == 404


SECRET_WORDS = ("items", "total", "band", "words")


@pytest.mark.parametrize("role", ["front_desk", "integration", "admin"])
def test_no_role_but_a_clinicians_reads_an_answer_or_a_score(
    clinic: ClinicKit, patient: UUID, role: str
) -> None:
    """I61"""
    taken = submit(clinic.desk, patient, whole(2))
    caller = clinic.caller(role)
    for path in (f"/v1/patients/{patient}/answers", f"/v1/answers/{taken['id']}"):
        assert caller.get(path).status_code == 403
    body = {"items": {}, "reason": "Mine"}
    assert caller.post(f"/v1/answers/{taken['id']}/correct", body).status_code == 403
    assert not set(SECRET_WORDS) & set(taken)


@pytest.mark.parametrize("role", ["integration", "admin"])
def test_only_who_speaks_with_patients_submits_their_answers(
    clinic: ClinicKit, patient: UUID, role: str
) -> None:
    """I61"""
    body = {"instrument": "phq9", "items": {"9": 0}}
    refused = clinic.caller(role).post(f"/v1/patients/{patient}/answers", body)
    assert refused.status_code == 403


def test_another_clinics_clinician_finds_nothing(
    app: Flask, clinic: ClinicKit, patient: UUID
) -> None:
    """I60, I61"""
    taken = submit(clinic.desk, patient, whole(2))
    theirs = a_clinic(app).clinician
    assert theirs.get(f"/v1/patients/{patient}/answers").status_code == 404
    assert theirs.get(f"/v1/answers/{taken['id']}").status_code == 404
    body = {"items": {}, "reason": "Mine"}
    assert theirs.post(f"/v1/answers/{taken['id']}/correct", body).status_code == 404
    body = {"instrument": "phq9", "items": {"9": 0}}
    assert theirs.post(f"/v1/patients/{patient}/answers", body).status_code == 404


def test_the_instruments_are_read_by_everyone(clinic: ClinicKit) -> None:
    listed = clinic.desk.get("/v1/instruments").get_json()["items"]
    assert [each["code"] for each in listed] == ["check_in", "gad7", "phq2", "phq9"]
    for each in listed:
        assert (
            clinic.caller("integration").get(f"/v1/instruments/{each['code']}").get_json() == each
        )
    phq2 = listed[2]
    assert [item["code"] for item in phq2["items"]] == ["1", "2"]
    assert phq2["items"][0]["choices"][3] == {
        "value": 3,
        "says": {"en": "Nearly every day", "es": "Casi todos los días"},
        "loinc": "LA6571-9",
    }
    assert phq2["bands"] == [{"least": 0, "name": "negative"}, {"least": 3, "name": "positive"}]
    assert clinic.desk.get("/v1/instruments/madrs").status_code == 404
