"""Strict in what it takes: unknown fields, wrong types, hostile bodies; one shape of refusal."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from marshmallow import fields
from werkzeug.test import TestResponse

from scheduler.web import strict_json
from tests.api.everything import NEEDED_QUERIES, Everything, Operation, everything, operations
from tests.builders import ClinicKit, a_clinic


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app)


def is_problem(answer: TestResponse, status: int) -> bool:
    """An RFC 9457 problem with that status, which says who to ask about it."""
    body = answer.get_json()
    return (
        answer.status_code == body["status"] == status
        and answer.mimetype == "application/problem+json"
        and {"type", "title", "detail", "request_id"} <= set(body)
        and body["type"].startswith("/problems/")
        and body["request_id"] == answer.headers["X-Request-Id"]
    )


def test_an_unknown_field_inside_a_list_is_refused_at_its_place(ours: Everything) -> None:
    """I63"""
    item = {"weekday": 0, "opens": "08:00", "closes": "16:00"}
    body = {"hours": [item, item | {"weekday": 1, "nurses": 2}]}
    headers: dict[str, str | None] = {"If-Match": "*"}
    answer = ours.clinic.admin.send("PUT", "/v1/clinic/opening-hours", body, headers)
    assert is_problem(answer, 422)
    assert answer.get_json()["errors"] == {"hours": {"1": {"nurses": ["Unknown field."]}}}


def test_a_field_of_the_wrong_type_is_refused_by_its_name_on_every_write(
    app: Flask, ours: Everything
) -> None:
    """What merely looks like the right type is not."""
    wrong = []
    for each in operations(app):
        if each.endpoint.takes_body:
            for name, kind in fields_of(each):
                for value in _not_of(kind):
                    answer = ours.send(each, body=ours.bodies[each.name] | {name: value})
                    errors = answer.get_json().get("errors", {})
                    if not is_problem(answer, 422) or name not in errors:
                        wrong.append((each.name, name, value, answer.get_json()))
    assert wrong == []


def fields_of(operation: Operation) -> list[tuple[str, Any]]:
    """The fields of a body by the names that they have in it."""
    known = operation.schemas["json"].fields
    return [(kind.data_key or name, kind) for name, kind in known.items()]


def _not_of(kind: Any) -> list[Any]:
    """Values of other types than the field's."""
    values: list[Any] = [{}, {"a": 1}, 1.5, [[]], True, 7]
    if isinstance(kind, fields.Dict):
        return ["", 1.5, [[]], True, 7, None]
    if isinstance(kind, fields.Boolean):
        return [0, 1, "true", "yes", None, *values[:4]]
    if isinstance(kind, fields.Integer):
        return ["7", "", 7.5, -1, 2**53, *values[:5]]
    if isinstance(kind, fields.List):
        values = ["", "a", {}, None, [None], [{"unknown": 1}], 7, [[]]]
        return [value for value in values if value is not None or not kind.allow_none]
    if isinstance(kind, fields.Nested):
        return ["", "a", [], *values[1:]]  # all that it holds may be left out
    return ["" if kind.required else [], *values]


def test_a_missing_field_is_refused_by_its_name_on_every_write(
    app: Flask, ours: Everything
) -> None:
    for each in operations(app):
        if each.endpoint.takes_body:
            for name, kind in fields_of(each):
                if kind.required:
                    body = {n: v for n, v in ours.bodies[each.name].items() if n != name}
                    answer = ours.send(each, body=body)
                    assert is_problem(answer, 422), each.name
                    assert name in answer.get_json()["errors"], each.name


def test_an_unknown_parameter_is_refused_on_every_route(app: Flask, ours: Everything) -> None:
    for each in operations(app):
        query = NEEDED_QUERIES.get(each.rule, {}) | {"unknown": "1"}
        answer = ours.send(each, query=query)
        assert is_problem(answer, 422), each.name
        assert set(answer.get_json()["errors"]) == {"unknown"}, each.name


def test_a_parameter_of_the_wrong_kind_or_twice_is_refused(app: Flask, ours: Everything) -> None:
    for each in operations(app):
        if "query" in each.schemas:
            for name, kind in each.schemas["query"].fields.items():
                name = kind.data_key or name
                query = NEEDED_QUERIES.get(each.rule, {})
                twice = ours.send(each, query=query | {name: ["1", "1"]})
                assert is_problem(twice, 400), (each.name, name)
                for value in ("\x00", "", "x" * 600):
                    answer = ours.send(each, query=query | {name: value})
                    assert 400 <= answer.status_code < 500, (each.name, name, value)


def test_everything_that_is_no_route_or_method_is_a_problem_too(clinic: ClinicKit) -> None:
    desk = clinic.desk
    for path in ("/", "/v1", "/v2/series", "/v1/series/", "/v1/sessions/1", "/v1/sessions/%00"):
        assert is_problem(desk.get(path), 404), path
    wrong = desk.change("DELETE", "/v1/series")
    assert is_problem(wrong, 405)
    assert set(wrong.headers["Allow"].split(", ")) >= {"GET", "POST"}
    assert is_problem(desk.change("PUT", "/healthz"), 405)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
        ("application/json; charset=utf-8", 422),
        ("application/JSON", 422),
    ],
)
def test_a_body_is_json_and_says_so(clinic: ClinicKit, kind: str, status: int) -> None:
    headers: dict[str, str | None] = {"Content-Type": kind, "Idempotency-Key": "k"}
    answer = clinic.desk.send("POST", "/v1/patients", None, headers, raw=b'{"unknown": 1}')
    assert is_problem(answer, status)


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 422), (256 * 1024 + 1, 413)])
def test_a_body_has_at_most_256_kilobytes(clinic: ClinicKit, size: int, status: int) -> None:
    body = b'{"given_name": "' + b"x" * (size - 18) + b'"}'
    assert len(body) == size
    headers: dict[str, str | None] = {"Idempotency-Key": "k"}
    assert is_problem(clinic.desk.send("POST", "/v1/patients", None, headers, raw=body), status)


# None of them is a cursor of ours.
CURSORS = [
    "x",
    "é",
    "====",
    "bnVsbA",
    "W10",
    "WzFd",
    "e30",
    "WyIiLCIiXQ",
    "a" * 501,
    "\x00",
    "LTE",
    # a time with an offset, where a wall time belongs
    "WyIyMDI2LTExLTI0IiwiMDg6MDArMDE6MDAiLCIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiXQ",
]


def test_a_malformed_cursor_is_refused_on_every_list(app: Flask, ours: Everything) -> None:
    """I70"""
    for each in operations(app):
        if "query" in each.schemas and "cursor" in each.schemas["query"].fields:
            for cursor in CURSORS:
                query = NEEDED_QUERIES.get(each.rule, {}) | {"cursor": cursor}
                answer = ours.send(each, query=query)
                assert answer.status_code in (400, 422), (each.name, cursor)


def test_a_refusal_holds_nothing_of_the_patient(ours: Everything) -> None:
    """I64: neither a name nor an address nor a number."""
    patient = ours.clinic.desk.get(f"/v1/patients/{ours.ids['patient_id']}").get_json()
    order = ours.bodies["POST /v1/series"] | {"first_on": "2026-12-01", "at": "09:30"}
    refusal = ours.clinic.desk.post("/v1/series", order).get_data(as_text=True)
    for name in ("given_name", "family_name", "birth_date", "phone", "email", "external_id"):
        assert patient[name] not in refusal


def test_patient_data_is_never_cached(app: Flask, ours: Everything) -> None:
    """I64"""
    for each in operations(app):
        answer = ours.send(each)
        assert answer.headers.get("Cache-Control") == "no-store", (each.name, answer.status_code)


@pytest.mark.parametrize(("spaces", "status"), [(strict_json.MAX_BYTES, 413), (100, 201)])
def test_a_body_that_does_not_say_its_length_is_not_cut_off_and_then_taken(
    app: Flask, at: Callable[[Any], None], spaces: int, status: int
) -> None:
    """What stands behind the limit counts, too: it may be anything."""
    clinic = a_clinic(app)
    person = b'{"given_name": "Eva", "family_name": "Ruiz", "birth_date": "1979-05-06"}'
    answer = app.test_client().post(
        "/v1/patients",
        input_stream=BytesIO(person + b" " * spaces),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
        headers={
            "Authorization": f"Bearer {clinic.keys['front_desk']}",
            "Idempotency-Key": "one",
            "Transfer-Encoding": "chunked",
        },
    )
    assert answer.status_code == status
