"""Nobody overwrites what they have not seen: ETag, If-Match, and versions that only rise."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import book, taken
from tests.api.everything import Everything, everything, operations
from tests.builders import ClinicKit, a_cleared_patient, a_clinic


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app)


# POSTs that change nothing.
ASKS = {"POST /v1/series/options", "POST /v1/series/plan", "POST /v1/patients/search"}
ASKS |= {"POST /v1/clinic/templates/{message}/{language}/preview"}
# What is handled is derived: it has no version.
ASKS |= {"POST /v1/attention/{item_id}/handle"}


def test_every_write_but_those_that_create_or_plan_needs_the_version_that_was_seen(
    app: Flask, ours: Everything
) -> None:
    """I34: 428 without, 412 with another; generated from the routes."""
    writes = [each for each in operations(app) if each.writes]
    makes = {each.name for each in writes if each.endpoint.idempotency == "required"}
    needing = [each for each in writes if each.name not in makes | ASKS]
    assert len(needing) >= 15
    for each in needing:
        without = ours.send(each, headers={"If-Match": None})
        assert (without.status_code, without.get_json()["type"]) == (
            428,
            "/problems/if_match_needed",
        ), each.name
        for seen in ('"999"', "999", "", '"abc"', 'W/"1"', '"01"'):
            stale = ours.send(each, headers={"If-Match": seen})
            assert (stale.status_code, stale.get_json()["type"]) == (412, "/problems/stale"), (
                each.name,
                seen,
            )


def test_the_etag_is_the_version_in_the_body(app: Flask, ours: Everything) -> None:
    """I34: of whatever is read, made or changed; a list has none, its items have versions."""
    stored = 0
    for each in operations(app):
        answer = ours.send(each)
        if answer.status_code >= 300 or answer.status_code == 204:
            continue
        body = answer.get_json(silent=True) or {}
        if "version" in body:
            assert answer.headers["ETag"] == f'"{body["version"]}"', each.name
            stored += 1
        else:
            assert "ETag" not in answer.headers, each.name
    assert stored >= 25


# (what is made, how it is changed): each change is one write, and raises the version by one.
CHANGES: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("PATCH", "/v1/clinic", "admin", {"name": "Another name"}),
    ("PUT", "/v1/clinic/opening-hours", "admin", {"hours": []}),
    ("PATCH", "/v1/chairs/{chair_id}", "admin", {"label": "Window", "active": False}),
    ("PATCH", "/v1/providers/{provider_id}", "admin", {"name": "Dr. Chen", "phone": None}),
    ("PATCH", "/v1/patients/{patient_id}", "front_desk", {"status": "discharged"}),
    ("POST", "/v1/patients/{patient_id}/consents/{consent_id}/withdraw", "front_desk", None),
    ("PATCH", "/v1/clearances/{clearance_id}", "clinician", {"expires_on": "2027-01-31"}),
    ("POST", "/v1/clearances/{clearance_id}/revoke", "clinician", {"reason": "New finding"}),
    ("POST", "/v1/consultations/{consultation_id}/cancel", "front_desk", {"reason": "Ill"}),
    ("POST", "/v1/sessions/{session_id}/confirm", "front_desk", {}),
    ("POST", "/v1/sessions/{session_id}/cancel", "front_desk", {"reason": "Ill", "by": "clinic"}),
]
VERBS = ("withdraw", "revoke", "cancel", "confirm")


@pytest.mark.parametrize(("method", "path", "role", "body"), CHANGES, ids=[e[1] for e in CHANGES])
def test_each_change_raises_the_version_by_one_and_the_old_one_no_longer_passes(
    ours: Everything, method: str, path: str, role: str, body: dict[str, Any] | None
) -> None:
    """I34"""
    path = path.format(**ours.ids)
    thing = path.rpartition("/")[0] if path.endswith(VERBS) else path
    caller = ours.clinic.caller(role)
    seen = caller.get(thing).get_json()["version"]
    changed = caller.change(method, path, body, version=seen)
    assert changed.status_code == 200, changed.get_json()
    assert changed.get_json()["version"] == seen + 1
    assert caller.get(thing).get_json() == changed.get_json()
    assert caller.change(method, path, body, version=seen).status_code == 412


@pytest.mark.parametrize("name", ["closure_id", "outage_id"])
def test_what_is_gone_is_gone(ours: Everything, name: str) -> None:
    path = "/v1/closures/{closure_id}"
    if name == "outage_id":
        path = "/v1/chairs/{chair_id}/outages/{outage_id}"
    path = path.format(**ours.ids)
    desk = ours.clinic.desk
    assert desk.change("DELETE", path, version=2).status_code == 412
    gone = desk.change("DELETE", path, version=1)
    assert (gone.status_code, gone.get_data()) == (204, b"")
    assert desk.get(path).status_code == 404
    assert desk.change("DELETE", path, version=1).status_code == 404


def test_doing_again_what_is_done_raises_nothing(ours: Everything) -> None:
    """A second withdrawal or revocation changes nothing; neither does a change to the same."""
    clinic, ids = ours.clinic, ours.ids
    consent = f"/v1/patients/{ids['patient_id']}/consents/{ids['consent_id']}/withdraw"
    assert clinic.desk.change("POST", consent, version=1).get_json()["version"] == 2
    assert clinic.desk.change("POST", consent, version=2).get_json()["version"] == 2
    patient, same = f"/v1/patients/{ids['patient_id']}", {"given_name": "Ana"}
    assert clinic.desk.change("PATCH", patient, same, version=1).get_json()["version"] == 1


def test_a_series_version_changes_with_each_of_its_sessions(clinic: ClinicKit) -> None:
    """I34: it only grows, and reads the same alone and in a list."""
    series = book(clinic, a_cleared_patient(clinic), sessions=2)
    path, seen = f"/v1/series/{series['id']}", [series["version"]]
    second = taken(clinic, series["sessions"][1], "confirm")
    for session, verb, body in (
        (series["sessions"][0], "confirm", {}),
        (second, "cancel", {"reason": "Ill", "by": "patient"}),
    ):
        answer = clinic.desk.get(path)
        seen.append(answer.get_json()["version"])
        assert answer.headers["ETag"] == f'"{seen[-1]}"'
        taken(clinic, session, verb, **body)
    (listed,) = clinic.desk.get("/v1/series").get_json()["items"]
    seen.append(listed["version"])
    assert seen == [seen[0] + n for n in range(4)]


def test_a_filled_place_raises_its_series_version(clinic: ClinicKit) -> None:
    """I34"""
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, sessions=1)
    taken(clinic, series["sessions"][0], "cancel", reason="Ill", by="patient")
    path = f"/v1/series/{series['id']}"
    before = clinic.desk.get(path).get_json()["version"]
    body = {"patient_id": str(patient), "minutes": 40, "series_id": series["id"]}
    clinic.desk.post("/v1/sessions", body | {"starts_at": "2026-12-08T13:00:00-07:00"})
    assert clinic.desk.get(path).get_json()["version"] > before
