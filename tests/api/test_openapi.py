"""The document tells the truth: every route, every answer, and schemas that match both."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask

from scheduler.access.roles import ROLES
from tests.api.everything import operations
from tests.builders import ClinicKit, a_clinic

Json = dict[str, Any]


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def document(clinic: ClinicKit) -> Json:
    return dict(clinic.desk.get("/openapi.json").get_json())


def each_operation(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation


def test_every_route_is_documented_and_nothing_else(app: Flask, document: Json) -> None:
    assert document["openapi"].startswith("3.1")
    documented = {name for name, _ in each_operation(document)}
    assert documented == {each.name for each in operations(app)}


def test_every_operation_says_who_may_what_it_needs_and_how_it_fails(
    app: Flask, document: Json
) -> None:
    declared = {each.name: each for each in operations(app)}
    for name, operation in each_operation(document):
        each = declared[name]
        assert operation["summary"], name
        assert operation["security"] == [{"key": []}], name
        assert operation["x-roles"] == sorted(each.endpoint.access.roles), name
        headers = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
        assert ("If-Match" in headers) is each.endpoint.if_match, name
        assert ("Idempotency-Key" in headers) is each.writes, name
        assert {"400", "401", "422", "503"} <= set(operation["responses"]), name
        admits_all = each.endpoint.access.roles == frozenset(ROLES)
        assert ("403" in operation["responses"]) is not admits_all, name
        assert ("requestBody" in operation) is each.endpoint.takes_body, name


def test_the_front_desks_page_names_what_there_is(app: Flask) -> None:
    page = (Path(__file__).parents[2] / "docs" / "front-desk.md").read_text()
    named = set(re.findall(r"`(?:GET|POST|PATCH) /v1/[\w/{}-]+", page))
    assert len(named) > 10
    assert {each.strip("`") for each in named} <= {each.name for each in operations(app)}


SAID = {
    "Wish": {"weekdays": "0 is Monday"},
    "PhaseIn": {"weekdays": "0 is Monday"},
    "PhaseOut": {"weekdays": "0 is Monday"},
    "HoursItem": {"weekday": "0 is Monday"},
    "StoredShift": {"weekday": "0 is Monday"},
    "ShiftIn": {"weekday": "0 is Monday"},
    "AttentionItem": {
        "kind": "`collision`",
        "at": "matters",
        "detail": "read out",
        "patient": "call",
        "session_version": "If-Match",
        "following": "runs into",
    },
    "PatientIn": {"time_zone": "the clinic's clock"},
    "PatientChanges": {"time_zone": "the clinic's clock"},
    "PatientOut": {"time_zone": "the clinic's clock"},
}


@pytest.mark.parametrize("schema", SAID)
def test_what_a_front_desk_asks_of_a_field_is_said_there(document: Json, schema: str) -> None:
    told = document["components"]["schemas"][schema]["properties"]
    for name, words in SAID[schema].items():
        assert words in told[name]["description"], name


def test_every_failure_is_a_problem(document: Json) -> None:
    """With members of its own for each kind, as RFC 9457 lets it."""
    assert document["components"]["schemas"]["Problem"].get("additionalProperties") is not False
    for name, operation in each_operation(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert set(response["content"]) == {"application/problem+json"}, (name, status)


def test_the_key_is_a_bearer_token(document: Json) -> None:
    assert document["components"]["securitySchemes"]["key"] == {"type": "http", "scheme": "bearer"}


def test_no_schema_stands_there_twice_under_two_names(document: Json) -> None:
    """apispec numbers a name it knows already (`Chair1`)."""
    names = document["components"]["schemas"]
    assert len(names) > 30
    assert [name for name in names if re.search(r"\d$", name)] == []


def test_every_member_of_every_schema_says_what_it_holds(document: Json) -> None:
    """Also those of a problem: `conflicts` are the conflicts of a plan."""

    def parts(schema: Json, path: str) -> Iterator[tuple[str, Json]]:
        yield path, schema
        for name, below in schema.get("properties", {}).items():
            yield from parts(below, f"{path}.{name}")
        if "items" in schema:
            yield from parts(schema["items"], f"{path}[]")

    schemas = document["components"]["schemas"]
    says = {"type", "$ref", "anyOf", "enum"}
    for name, schema in schemas.items():
        for path, part in parts(schema, name):
            assert says & set(part), path
    assert (
        schemas["Problem"]["properties"]["conflicts"]
        == schemas["PlanOut"]["properties"]["conflicts"]
    )


def test_every_reference_leads_somewhere(document: Json) -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            for each in part.values():
                yield from references(each)
        elif isinstance(part, list):
            for each in part:
                yield from references(each)

    for reference in set(references(document)):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_the_page_of_the_document_needs_no_other_host(clinic: ClinicKit) -> None:
    """It works offline: all it loads comes from here."""
    client = clinic.app.test_client()
    page = client.get("/docs/")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert not re.search(r"//[\w-]+\.", text)
    assert '"url": "/openapi.json"' in text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert len(loaded) >= 4
    for path in loaded:
        found = client.get(urljoin("/docs/", path))
        assert found.status_code == 200, path
        found.close()
    assert client.get("/docs").headers["Location"].endswith("/docs/")
