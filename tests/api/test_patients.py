"""Patients as they are registered, changed and found, and what they consent to."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import Json
from tests.builders import ClinicKit, a_clinic, a_patient

EVA = {"given_name": "Eva", "family_name": "Ruiz", "birth_date": "1979-05-06"}


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def register(clinic: ClinicKit, **fields: Any) -> Json:
    answer = clinic.desk.post("/v1/patients", EVA | fields)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def test_a_registered_patient_is_where_the_answer_says_and_has_the_defaults(
    clinic: ClinicKit,
) -> None:
    answer = clinic.desk.post("/v1/patients", EVA)
    patient = answer.get_json()
    assert answer.headers["Location"] == f"/v1/patients/{patient['id']}"
    assert clinic.desk.get(answer.headers["Location"]).get_json() == patient
    expected = {"language": "en", "preferred_channel": "email", "status": "active", "version": 1}
    expected |= {"phone": None, "email": None, "time_zone": None, "external_id": None}
    assert {name: patient[name] for name in expected} == expected
    assert patient["created_at"] == "2026-11-23T08:00:00-07:00"


@pytest.mark.parametrize(
    ("field", "spelled", "stored"),
    [
        ("phone", "(602) 555-0123", "+16025550123"),
        ("phone", "602.555.0123", "+16025550123"),
        ("phone", "+44 20 7946 0018", "+442079460018"),
        ("email", "Eva@Example.COM", "Eva@example.com"),
        ("given_name", "  Eva  ", "Eva"),
        ("family_name", "Nun\u0303ez", "Nu\u00f1ez"),
        ("family_name", "O'Neill-Łuczak", "O'Neill-Łuczak"),
        ("time_zone", "America/New_York", "America/New_York"),
    ],
)
def test_a_value_is_taken_in_any_spelling_and_kept_in_one(
    clinic: ClinicKit, field: str, spelled: str, stored: str
) -> None:
    assert register(clinic, **{field: spelled})[field] == stored


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "12"),
        ("phone", "call me"),
        ("phone", "602 555 0123 ext. 4"),
        ("email", "eva"),
        ("email", "eva@"),
        ("email", "a b@example.com"),
        ("email", "eva@example.com\nBcc: x@example.com"),
        ("time_zone", "Phoenix"),
        ("time_zone", "../etc/passwd"),
        ("language", "fr"),
        ("birth_date", "06.05.1979"),
        ("birth_date", "1979-02-30"),
        ("birth_date", "1979-05-06T00:00:00Z"),
        ("given_name", ""),
        ("given_name", "   "),
        ("given_name", "x" * 101),
        ("given_name", "Eva\nRuiz"),
        ("status", "active"),
    ],
)
def test_a_value_that_is_none_is_refused_by_its_field(
    clinic: ClinicKit, field: str, value: str
) -> None:
    """I63: also one that a new patient may not be given."""
    answer = clinic.desk.post("/v1/patients", EVA | {field: value})
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})


def test_a_patient_is_found_by_the_number_another_system_knows(clinic: ClinicKit) -> None:
    a_patient(clinic)
    eva = register(clinic, external_id="MRN 7/8")
    found = clinic.desk.get("/v1/patients", external_id="MRN 7/8").get_json()
    assert found == {"items": [eva], "next": None}
    assert clinic.desk.get("/v1/patients", external_id="MRN 7").get_json()["items"] == []


def test_two_patients_do_not_share_a_number(clinic: ClinicKit) -> None:
    """When registered and when changed; the number may be given up."""
    first = register(clinic, external_id="7")
    second = register(clinic)
    path = f"/v1/patients/{second['id']}"
    for answer in (
        clinic.desk.post("/v1/patients", EVA | {"external_id": "7"}),
        clinic.desk.change("PATCH", path, {"external_id": "7"}, version=1),
    ):
        assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/already_exists")
        assert set(answer.get_json()["errors"]) == {"external_id"}
    given_up = clinic.desk.change(
        "PATCH", f"/v1/patients/{first['id']}", {"external_id": None}, version=1
    )
    assert given_up.status_code == 200
    assert clinic.desk.change("PATCH", path, {"external_id": "7"}, version=1).status_code == 200


def test_a_change_touches_only_what_it_names(clinic: ClinicKit) -> None:
    eva = register(clinic, phone="6025550123", email="eva@example.com")
    path = f"/v1/patients/{eva['id']}"
    changed = clinic.desk.change("PATCH", path, {"phone": None}, version=1).get_json()
    assert changed == eva | {"phone": None, "version": 2}


CONSENT = {"purpose": "reminders", "channel": "email", "source": "form", "wording_version": "1"}


def test_a_consent_keeps_the_address_it_was_given_for(clinic: ClinicKit) -> None:
    """I40: a later address has not been consented to."""
    eva = register(clinic, email="eva@example.com")
    path = f"/v1/patients/{eva['id']}/consents"
    given = clinic.desk.post(path, CONSENT).get_json()
    clinic.desk.change("PATCH", f"/v1/patients/{eva['id']}", {"email": "e@example.com"}, version=1)
    (listed,) = clinic.desk.get(path).get_json()["items"]
    assert listed == given == clinic.desk.get(f"{path}/{given['id']}").get_json()
    assert (given["address"], given["given_at"]) == (
        "eva@example.com",
        "2026-11-23T08:00:00-07:00",
    )


def test_a_consent_is_withdrawn_and_stays_on_record(
    clinic: ClinicKit, at: Callable[[Any], None]
) -> None:
    """I40"""
    eva = register(clinic, email="eva@example.com")
    path = f"/v1/patients/{eva['id']}/consents"
    given = clinic.desk.post(path, CONSENT).get_json()
    at("2026-11-24T09:00:00-07:00")
    gone = clinic.desk.change("POST", f"{path}/{given['id']}/withdraw", version=1).get_json()
    expected = given | {"withdrawn_at": "2026-11-24T09:00:00-07:00", "version": 2}
    assert gone == expected
    assert clinic.desk.get(path).get_json()["items"] == [expected]


@pytest.mark.parametrize(
    ("fields", "status", "what"),
    [
        ({"channel": "sms"}, 422, "/problems/no_address"),
        ({"purpose": "treatment"}, 422, "/problems/invalid"),
        ({"channel": "letter"}, 422, "/problems/invalid"),
        ({"purpose": "marketing"}, 422, "/problems/invalid"),
        ({"given_at": "2026-11-01T00:00:00Z"}, 422, "/problems/invalid"),
        ({"recorded_by": "x"}, 422, "/problems/invalid"),
    ],
)
def test_a_consent_that_cannot_be_is_refused(
    clinic: ClinicKit, fields: Json, status: int, what: str
) -> None:
    """I40, I63"""
    eva = register(clinic, email="eva@example.com")
    answer = clinic.desk.post(f"/v1/patients/{eva['id']}/consents", CONSENT | fields)
    assert (answer.status_code, answer.get_json()["type"]) == (status, what)
    assert clinic.desk.get(f"/v1/patients/{eva['id']}/consents").get_json()["items"] == []
