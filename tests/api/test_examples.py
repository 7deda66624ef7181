"""Every example in the document works, today and in years: only its ids are to be replaced."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask

from scheduler.web.documents import WRITTEN_ON
from scheduler.web.fields import EXAMPLE_ID
from tests.api.everything import everything, operations
from tests.builders import a_clinic

Json = dict[str, Any]
Travel = Callable[[datetime | str], None]


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


def test_every_body_has_an_example(app: Flask, at: Travel) -> None:
    """And each is taken: they are what `attacks/test_matrix.py` sends, every one with success."""
    clinic = a_clinic(app)
    shown = examples_in(clinic.desk.get("/openapi.json").get_json())
    found = {each.name: each for each in operations(app) if each.endpoint.takes_body}
    assert shown == {name: each.schemas["json"].example for name, each in found.items()}


def test_every_needed_parameter_of_a_query_has_an_example_that_is_taken(
    app: Flask, at: Travel
) -> None:
    ours = everything(app)
    document = ours.clinic.desk.get("/openapi.json").get_json()
    searches = 0
    for each in operations(app):
        if "query" in each.schemas and not each.writes:
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
