"""Keys: made and shown once, ended, rotated, disabled; and the log of what was done with them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event

from scheduler.access.secrets import well_formed
from scheduler.db import db
from scheduler.embedded import Server
from tests.builders import Caller, ClinicKit, a_clinic, a_patient
from tests.conftest import NOW, as_superuser


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def made(clinic: ClinicKit, **fields: Any) -> dict[str, Any]:
    body = {"name": "Desk two", "role": "front_desk"} | fields
    answer = clinic.admin.post("/v1/keys", body)
    assert answer.status_code == 201
    return answer.get_json()


def caller(clinic: ClinicKit, key: dict[str, Any]) -> Caller:
    return Caller(clinic.app.test_client(), key["secret"])


def test_a_new_key_works_and_its_secret_is_never_shown_again(clinic: ClinicKit) -> None:
    key = made(clinic)
    assert caller(clinic, key).get("/v1/clinic").status_code == 200
    shown = clinic.admin.get(f"/v1/keys/{key['id']}").get_json()
    assert "secret" not in shown
    assert shown["last_used_at"] == "2026-11-23T08:00:00-07:00"
    listed = clinic.admin.get("/v1/keys").get_data(as_text=True)
    assert key["secret"] not in listed


def test_replaying_the_making_of_a_key_shows_no_secret(clinic: ClinicKit) -> None:
    body, key = {"name": "Desk two", "role": "front_desk"}, uuid4().hex
    first = clinic.admin.post("/v1/keys", body, key=key)
    again = clinic.admin.post("/v1/keys", body, key=key)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.get_json()["type"] == "/problems/already_created"
    assert len(clinic.admin.get("/v1/keys").get_json()["items"]) == 5


def test_a_disabled_key_fails_on_the_very_next_request(clinic: ClinicKit) -> None:
    """I62"""
    key = made(clinic)
    path = f"/v1/keys/{key['id']}/disable"
    assert clinic.admin.change("POST", path, version=key["version"]).status_code == 200
    assert caller(clinic, key).get("/v1/clinic").status_code == 401


def test_an_expired_key_fails(clinic: ClinicKit, at: Callable[[Any], None]) -> None:
    key = made(clinic, expires_at=(NOW + timedelta(hours=1)).isoformat())
    at(NOW + timedelta(minutes=59))
    assert caller(clinic, key).get("/v1/clinic").status_code == 200
    at(NOW + timedelta(hours=1))
    assert caller(clinic, key).get("/v1/clinic").status_code == 401


def test_a_rotated_key_overlaps_its_successor_and_then_ends(
    clinic: ClinicKit, at: Callable[[Any], None]
) -> None:
    old = made(clinic)
    path = f"/v1/keys/{old['id']}/rotate"
    answer = clinic.admin.change("POST", path, {"overlap_hours": 2}, version=old["version"])
    new = answer.get_json()
    assert (new["name"], new["role"]) == (old["name"], old["role"])
    assert new["secret"] != old["secret"]
    assert [caller(clinic, key).get("/v1/clinic").status_code for key in (old, new)] == [200, 200]
    at(NOW + timedelta(hours=2))
    assert [caller(clinic, key).get("/v1/clinic").status_code for key in (old, new)] == [401, 200]


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"role": "clinician"}, 422, None),
        ({"provider_id": str(uuid4()), "role": "clinician"}, 404, "provider_id"),
        ({"provider_id": str(uuid4())}, 422, None),
        ({"expires_at": "2026-11-23T07:59:00-07:00"}, 422, None),
        ({"role": "owner"}, 422, "role"),
        ({"secret_hash": "00"}, 422, "secret_hash"),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    clinic: ClinicKit, fields: dict[str, Any], status: int, field: str | None
) -> None:
    """I63"""
    body = {"name": "Desk two", "role": "front_desk"} | fields
    answer = clinic.admin.post("/v1/keys", body)
    assert answer.status_code == status
    assert field is None or field in answer.get_json()["errors"]
    assert len(clinic.admin.get("/v1/keys").get_json()["items"]) == 4


def test_who_saw_this_patient_is_one_question(clinic: ClinicKit) -> None:
    """I59: reads, writes and denials too; another patient's are not in it."""
    patient, other = a_patient(clinic), a_patient(clinic)
    clinic.desk.get(f"/v1/patients/{patient}")
    clinic.desk.get(f"/v1/patients/{other}")
    clinic.desk.get("/v1/patients")
    clinic.admin.change("PATCH", f"/v1/patients/{patient}", {"language": "es"}, version=1)
    log = clinic.admin.get("/v1/audit", patient_id=str(patient)).get_json()["items"]
    assert {(each["role"], each["method"], each["route"], each["status"]) for each in log} == {
        ("front_desk", "GET", "/v1/patients/<uuid:patient_id>", 200),
        ("front_desk", "GET", "/v1/patients", 200),
        ("admin", "PATCH", "/v1/patients/<uuid:patient_id>", 403),
    }
    assert len(log) == 3
    assert all(str(patient) in each["object_ids"] for each in log)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET status = 200", "DELETE FROM audit_log", "TRUNCATE audit_log"],
)
def test_nobody_rewrites_the_audit_log(
    clinic: ClinicKit, server: Server, database: str, statement: str
) -> None:
    """I59: not even a superuser by mistake."""
    clinic.desk.get("/v1/clinic")
    with (
        as_superuser(server, database) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
    ):
        connection.execute(statement)


def test_only_an_admin_sees_keys_policies_and_the_log(clinic: ClinicKit) -> None:
    """I61"""
    for path in ("/v1/keys", "/v1/audit", "/v1/clinic/policies"):
        for role in ("front_desk", "clinician", "integration"):
            assert clinic.caller(role).get(path).status_code == 403
        assert clinic.admin.get(path).status_code == 200


def test_a_mistyped_secret_is_known_for_one_without_asking_the_database(clinic: ClinicKit) -> None:
    """Any one character another: the checksum sees it, and a guess costs no query."""
    secret = clinic.keys["front_desk"]
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for place, character in enumerate(secret):
            mistyped = secret[:place] + ("x" if character != "x" else "y") + secret[place + 1 :]
            assert not well_formed(mistyped), place
            answer = Caller(clinic.app.test_client(), mistyped).get("/v1/clinic")
            assert answer.status_code == 401
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert asked == []
