"""The log names routes and outcomes, never a person (I64)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from scheduler import logs
from scheduler.tenancy import unit_of_work
from tests.builders import a_clinic, a_patient

CANARIES = ("Xanthippe", "Quillfeather", "quill@example.com", "6025550199", "1980-02-03", "EXT-77")


def test_a_request_is_one_line_without_anything_of_the_patient(
    app: Flask, at: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """I64: not in the path, the query, the body, a refusal or a driver's message."""
    clinic = a_clinic(app)
    known = {"given_name": CANARIES[0], "family_name": CANARIES[1], "email": CANARIES[2]}
    patient = a_patient(clinic, **known, phone="+16025550199", external_id="EXT-77")
    capsys.readouterr()
    desk = clinic.desk
    desk.get("/v1/patients", external_id="EXT-77")
    desk.get(f"/v1/patients/{patient}")
    desk.get("/v1/Xanthippe", name="Quillfeather")
    desk.post("/v1/patients/search", {"name": CANARIES[1], "phone": CANARIES[3]})
    again = known | {"birth_date": "1980-02-03", "external_id": "EXT-77"}
    assert desk.post("/v1/patients", again).status_code == 409
    logged = capsys.readouterr().err
    lines = [json.loads(line) for line in logged.splitlines()]
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/v1/patients", 200),
        ("/v1/patients/<uuid:patient_id>", 200),
        (None, 404),
        ("/v1/patients/search", 200),
        ("/v1/patients", 409),
    ]
    assert all(set(line) <= logs.ALLOWED for line in lines)
    assert lines[0]["clinic_id"] == str(clinic.id)
    assert not [canary for canary in CANARIES if canary in logged]


def test_what_a_patient_says_is_in_no_log_and_in_no_refusal(
    app: Flask, at: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """I64: neither taken nor refused, nor why an alert was raised."""
    clinic = a_clinic(app)
    answers = f"/v1/patients/{a_patient(clinic)}/answers"
    said = {"words": "Quillfeather", "self_harm": 1}
    capsys.readouterr()
    refusals = [
        {**said, "words": "Quillfeather" * 100},
        {**said, "call": "Quillfeather"},
        {**said, "feeling": 11},
    ]
    for items in (said, *refusals):
        answer = clinic.desk.post(answers, {"instrument": "check_in", "items": items})
        assert answer.status_code == (201 if items is said else 422)
        assert "Quillfeather" not in answer.get_data(as_text=True)
    logged = capsys.readouterr().err
    assert logged.count('"route":"/v1/patients/<uuid:patient_id>/answers"') == 4
    assert not [each for each in ("Quillfeather", "self_harm") if each in logged]


def test_a_field_that_is_not_on_the_list_does_not_get_out(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.log.info("request", route="/v1/patients", name="Xanthippe", body={"a": 1})
    line = json.loads(capsys.readouterr().err)
    assert set(line) == {"event", "level", "timestamp", "route"}


def test_what_is_not_caught_is_logged_by_its_kind_and_place_and_answered_as_a_problem(
    app: Flask, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure's text may quote a patient."""

    def fails() -> None:
        raise ValueError("Xanthippe Quillfeather")

    monkeypatch.setitem(app.view_functions, "healthz", fails)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = app.test_client().get("/healthz")
    logged = capsys.readouterr().err
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert '"error":"ValueError"' in logged
    assert "test_logs.py" in logged
    assert "Xanthippe" not in logged + answer.get_data(as_text=True)


def test_an_error_of_the_database_does_not_carry_the_values_of_its_statement(app: Flask) -> None:
    """I64: whoever prints one some day prints no patient."""
    divided = text("SELECT 1 / :zero, CAST(:name AS text)")
    with pytest.raises(DBAPIError) as caught, unit_of_work() as session:
        session.execute(divided, {"zero": 0, "name": "Xanthippe"})
    assert "SELECT" in str(caught.value)
    assert "Xanthippe" not in str(caught.value)
