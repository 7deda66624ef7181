"""Every example in the document works, today and in years: only its ids are to be replaced."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask

from scheduler.web.documents import WRITTEN_ON
from scheduler.web.fields import EXAMPLE_ID
from tests.api.everything import Everything, Operation, everything, operations, with_ids
from tests.builders import a_clinic

Json = dict[str, Any]
Travel = Callable[[datetime | str], None]

CONSULTATION, SESSION = "/v1/consultations/<uuid:consultation_id>", "/v1/sessions/<uuid:session_id>"
# What a session has been through before it can take a step.
BEFORE = {"start": ["arrive"], "observe": ["arrive", "start"]}
BEFORE["complete"] = [*BEFORE["observe"], "observe"]
# After these the others would be refused.
LAST = {"/v1/clinic/opening-hours", "/v1/clearances/<uuid:clearance_id>/revoke"}


def examples_in(document: Json) -> dict[str, Json]:
    """The example of every request body, by its operation's name."""
    return {
        f"{method.upper()} {path}": operation["requestBody"]["content"]["application/json"][
            "example"
        ]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "requestBody" in operation
    }


def test_every_example_of_a_body_is_taken(app: Flask, at: Travel) -> None:
    """Each where it belongs: sessions on their day, what ends things last."""
    ours = everything(app)
    shown = examples_in(ours.clinic.desk.get("/openapi.json").get_json())
    found = [each for each in operations(app) if each.endpoint.takes_body]
    assert {each.name for each in found} == set(shown)
    refused = []
    for each in sorted(found, key=lambda each: each.rule in LAST):
        ids = _brought_there(ours, each, at, shown)
        answer = ours.send(each, body=with_ids(shown[each.name], ours.ids), ids=ids)
        if answer.status_code not in (200, 201):
            refused.append((each.name, answer.get_json()))
    assert refused == []


def _brought_there(
    ours: Everything, operation: Operation, at: Travel, shown: dict[str, Json]
) -> Json:
    """Bring what the operation is about to where it can take it; its id."""
    desk, verb = ours.clinic.desk, operation.rule.rpartition("/")[2]
    if operation.rule == f"{CONSULTATION}/cancel":
        booked = desk.get("/v1/consultations").get_json()["items"][-1]
        return {"consultation_id": booked["id"]}
    if operation.rule == f"{CONSULTATION}/complete":
        at(desk.get(f"/v1/consultations/{ours.ids['consultation_id']}").get_json()["starts_at"])
    if not operation.rule.startswith(SESSION):
        return {}
    session = next(
        each
        for each in desk.get("/v1/sessions").get_json()["items"]
        if (each["series_id"], each["version"]) == (str(ours.ids["series_id"]), 1)
    )
    at(session["starts_at"])
    for step in BEFORE.get(verb, []):
        body = shown[f"POST /v1/sessions/{{session_id}}/{step}"]
        answer = desk.step(session, step, **body)
        assert answer.status_code == 200, (verb, step, answer.get_json())
        session = answer.get_json()
    at(session["block_ends_at"])
    return {"session_id": session["id"]}


def test_every_needed_parameter_of_a_query_has_an_example_that_is_taken(
    app: Flask, at: Travel
) -> None:
    ours = everything(app)
    document = ours.clinic.desk.get("/openapi.json").get_json()
    searches = 0
    for each in operations(app):
        if "query" in each.schemas:
            parameters = document["paths"][each.name.partition(" ")[2]]["get"]["parameters"]
            needed = [p for p in parameters if p["in"] == "query" and p["required"]]
            query = {p["name"]: p["schema"]["example"] for p in needed}
            searches += bool(query)
            assert ours.send(each, query=query).status_code == 200, each.name
    assert searches == 2


def test_the_dates_of_the_examples_keep_ahead_of_today(app: Flask, at: Travel) -> None:
    """By whole weeks, so that a Tuesday stays one; nobody is born later for it."""
    clinic = a_clinic(app)
    written = clinic.desk.get("/openapi.json").get_data(as_text=True)
    at("2029-03-01T12:00:00Z")
    moved = clinic.desk.get("/openapi.json").get_data(as_text=True)
    pairs = list(zip(_dates(written), _dates(moved), strict=True))
    assert len(pairs) > 15
    weeks = timedelta(weeks=(date(2029, 3, 1) - WRITTEN_ON).days // 7)
    for before, after in pairs:
        assert after == (before + weeks if before >= WRITTEN_ON else before)
    assert "1988-04-17" in moved


def _dates(text: str) -> list[date]:
    return [date.fromisoformat(each) for each in re.findall(r"\d{4}-\d\d-\d\d", text)]


def test_an_id_in_an_example_is_named_as_it_is_to_be_replaced(app: Flask) -> None:
    for each in operations(app):
        if each.endpoint.takes_body:
            example = each.schemas["json"].example
            ids = {name for name, value in example.items() if value == EXAMPLE_ID}
            assert ids <= set(each.ids_in("json")), each.name
