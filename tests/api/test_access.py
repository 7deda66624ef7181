"""Who may do what, as people would say it; the whole matrix is in tests/attacks/test_matrix.py."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, jsonify
from sqlalchemy import select

from scheduler.access.actions import make_key
from scheduler.access.model import AuditEntry
from scheduler.access.secrets import new_secret
from scheduler.app import create_app
from scheduler.consults.actions import add_provider
from scheduler.db import db
from scheduler.web import health
from scheduler.web.declared import declared_access, require_declared_access
from tests.api.everything import Everything, everything, operations
from tests.builders import Caller


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app)


# What the routes declare, said once more from the side of the people.
MATRIX = [
    ("front_desk", "POST /v1/series", True),
    ("integration", "POST /v1/series", True),
    ("admin", "POST /v1/series", False),
    ("admin", "GET /v1/series", True),
    ("front_desk", "POST /v1/consultations/{consultation_id}/complete", False),
    ("integration", "POST /v1/consultations/{consultation_id}/complete", False),
    ("admin", "POST /v1/consultations/{consultation_id}/complete", False),
    ("clinician", "POST /v1/consultations/{consultation_id}/complete", True),
    ("front_desk", "POST /v1/clearances/{clearance_id}/revoke", False),
    ("clinician", "POST /v1/clearances/{clearance_id}/revoke", True),
    ("front_desk", "PATCH /v1/clinic", False),
    ("clinician", "PATCH /v1/clinic", False),
    ("admin", "PATCH /v1/clinic", True),
    ("front_desk", "POST /v1/chairs", False),
    ("admin", "POST /v1/chairs", True),
    ("front_desk", "POST /v1/closures", True),
    ("integration", "POST /v1/closures", False),
    ("integration", "GET /v1/closures", True),
    ("front_desk", "POST /v1/chairs/{chair_id}/outages", True),
    ("front_desk", "GET /v1/clinic/staffing", True),
    ("front_desk", "PUT /v1/clinic/staffing", False),
    ("clinician", "PUT /v1/clinic/staffing", False),
    ("admin", "PUT /v1/clinic/staffing", True),
    ("front_desk", "POST /v1/clinic/staffing/overrides", True),
    ("clinician", "DELETE /v1/clinic/staffing/overrides/{override_id}", True),
    ("integration", "POST /v1/clinic/staffing/overrides", False),
    ("integration", "GET /v1/clinic/staffing/overrides", True),
    ("clinician", "POST /v1/protocols", False),
    ("admin", "POST /v1/protocols", True),
    ("front_desk", "PATCH /v1/protocols/{protocol_id}", False),
    ("integration", "GET /v1/protocols", True),
    ("admin", "PATCH /v1/patients/{patient_id}", False),
    ("admin", "GET /v1/messages", True),
    ("front_desk", "GET /v1/series/{series_id}/course", False),
    ("admin", "GET /v1/series/{series_id}/course.svg", False),
    ("integration", "GET /v1/patients/{patient_id}/course", False),
    ("admin", "GET /v1/clinic/outcomes", False),
    ("clinician", "GET /v1/reviews", True),
]


@pytest.mark.parametrize(("role", "name", "may"), MATRIX)
def test_the_roles_may_what_the_contract_says(app: Flask, role: str, name: str, may: bool) -> None:
    (found,) = (each for each in operations(app) if each.name == name)
    assert (role in found.endpoint.access.roles) is may


# What may stand in the header of somebody who has no key of ours.
STRANGERS = {
    "nothing": None,
    "an empty one": "",
    "no scheme": new_secret(),
    "another scheme": f"Basic {new_secret()}",
    "no secret": "Bearer ",
    "not one of ours": "Bearer abc",
    "mistyped": f"Bearer {new_secret()[:-1]}x",
    "well-formed and unknown": f"Bearer {new_secret()}",
    "two": f"Bearer {new_secret()} {new_secret()}",
    "not ASCII": "Bearer isk_ÿ_00000000",
    "very long": "Bearer isk_" + "a" * 5000,
}


@pytest.mark.parametrize("what", STRANGERS)
def test_without_a_valid_key_every_route_is_401_and_says_the_same(
    app: Flask, ours: Everything, what: str
) -> None:
    header = STRANGERS[what]
    details = set()
    for each in operations(app):
        answer = ours.send(each, headers={"Authorization": header})
        assert answer.status_code == 401, each.name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        details.add(answer.get_json()["detail"])
    assert len(details) == 1


def test_a_key_is_taken_from_its_header_only(ours: Everything) -> None:
    """A query string ends in logs."""
    secret = ours.clinic.keys["front_desk"]
    with ours.clinic.app.app_context():
        client = ours.clinic.app.test_client()
        for query in ({"key": secret}, {"access_token": secret}, {"Authorization": secret}):
            assert client.get("/v1/clinic", query_string=query).status_code == 401


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    undeclared = [n for n, view in app.view_functions.items() if declared_access(view) is None]
    assert undeclared == []
    assert len(operations(app)) > 40


def test_a_route_that_does_not_say_who_may_call_it_stops_the_start() -> None:
    app = Flask("careless")
    app.add_url_rule("/v1/everything", "everything", lambda: jsonify(all=True))
    del app.view_functions["static"]
    with pytest.raises(RuntimeError, match="everything"):
        require_declared_access(app)


def test_create_app_asks_every_route(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start itself fails, not only the look at the routes."""
    added, begun = health.init_app, []

    def careless(made: Flask) -> None:
        begun.append(made)
        added(made)
        made.add_url_rule("/v1/everything", "everything", lambda: jsonify(all=True))

    monkeypatch.setattr(health, "init_app", careless)
    with pytest.raises(RuntimeError, match="everything"):
        create_app(app.extensions["settings"], app.extensions["databases"])
    with begun[0].app_context():
        db.engine.dispose()


def consultation_of(ours: Everything, role: str, **query: Any) -> list[str]:
    """Every answer in which a role reads the completed consultation, as text."""
    caller, ids = ours.clinic.caller(role), ours.ids
    path = f"/v1/consultations/{ids['consultation_id']}"
    listed = caller.get("/v1/consultations", **query)
    return [caller.get(path).get_data(as_text=True), listed.get_data(as_text=True)]


def complete(ours: Everything) -> None:
    path = f"/v1/consultations/{ours.ids['consultation_id']}/complete"
    body = {"outcome": "undecided", "history_reviewed": True, "symptoms": ["suicidal_thoughts"]}
    done = ours.clinic.clinician.change("POST", path, body, version=1)
    assert done.status_code == 200, done.get_json()
    assert done.get_json()["symptoms"] == ["suicidal_thoughts"]


def test_symptoms_are_shown_to_clinicians_only(
    app: Flask, ours: Everything, at: Callable[[Any], None]
) -> None:
    """I61: alone and in a list."""
    at("2026-11-25T09:30:00-07:00")
    complete(ours)
    for shown in consultation_of(ours, "clinician"):
        assert "suicidal_thoughts" in shown
    for role in ("front_desk", "integration", "admin"):
        for shown in consultation_of(ours, role):
            assert "completed" in shown
            assert "symptoms" not in shown
            assert "suicidal" not in shown


def test_no_answer_to_a_front_desk_ever_speaks_of_symptoms(
    app: Flask, ours: Everything, at: Callable[[Any], None]
) -> None:
    """I61: on any route, nor to an integration or an admin."""
    at("2026-11-25T09:30:00-07:00")
    complete(ours)
    leaks = [
        (each.name, role)
        for each in operations(app)
        for role in ("front_desk", "integration", "admin")
        if "symptoms" in ours.send(each, caller=ours.clinic.caller(role)).get_data(as_text=True)
    ]
    assert leaks == []


def another_clinician(ours: Everything) -> Caller:
    with ours.clinic.work() as work:
        provider = add_provider(work, name="Dr. Chen")
        work.session.flush()
        _, secret = make_key(work, "other", "clinician", provider.id)
    return Caller(ours.clinic.app.test_client(), secret)


def test_only_the_provider_who_holds_the_consultation_completes_it(
    ours: Everything, at: Callable[[Any], None]
) -> None:
    """I2, I61: not another clinician of the clinic."""
    at("2026-11-25T09:30:00-07:00")
    path = f"/v1/consultations/{ours.ids['consultation_id']}/complete"
    body = {"outcome": "suitable", "history_reviewed": True, "symptoms": []}
    body |= {"expires_on": "2027-06-30"}
    refused = another_clinician(ours).change("POST", path, body, version=1)
    assert (refused.status_code, refused.get_json()["type"]) == (403, "/problems/forbidden")
    assert ours.clinic.clinician.change("POST", path, body, version=1).status_code == 200


def test_an_inactive_provider_clears_nobody(ours: Everything, at: Callable[[Any], None]) -> None:
    """I2"""
    at("2026-11-25T09:30:00-07:00")
    provider = f"/v1/providers/{ours.ids['provider_id']}"
    ours.clinic.admin.change("PATCH", provider, {"active": False}, version=1)
    path = f"/v1/consultations/{ours.ids['consultation_id']}/complete"
    body = {"outcome": "unsuitable", "history_reviewed": True, "symptoms": []}
    assert ours.clinic.clinician.change("POST", path, body, version=1).status_code == 403


def test_every_call_leaves_a_row_in_the_audit_log_denials_too(ours: Everything) -> None:
    """I59: who, what, which objects, the outcome; a read that shows the patient too."""
    patient, desk = ours.ids["patient_id"], ours.clinic.desk
    calls = [
        (desk.get(f"/v1/patients/{patient}"), "front_desk", 200),
        (desk.post("/v1/chairs", {"label": "x"}), "front_desk", 403),
        (desk.get("/v1/sessions"), "front_desk", 200),
        (ours.clinic.admin.change("PATCH", "/v1/clinic", {}, version=99), "admin", 412),
    ]
    for answer, role, status in calls:
        with ours.clinic.work() as work:
            found = AuditEntry.request_id == answer.headers["X-Request-Id"]
            (row,) = work.session.scalars(select(AuditEntry).where(found))
        assert (row.role, row.status, answer.status_code) == (role, status, status)
        shown = answer.get_data(as_text=True)
        assert (str(patient) in shown) == (patient in row.object_ids)
