"""`/metrics`: closed by default, and nothing in it is of a patient, a clinic or a key (I64)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from scheduler.app import create_app
from scheduler.db import db
from scheduler.heartbeat import beat, last_beat
from scheduler.tenancy import unit_of_work
from tests.alarms import an_alert, heard
from tests.api.everything import everything, operations
from tests.api.test_logs import CANARIES
from tests.api.test_problems import is_problem
from tests.builders import Caller, a_clinic, a_patient

TOKEN = "a-token-for-metrics"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def opened(app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """The same program, with a token for its metrics."""
    settings = replace(app.extensions["settings"], metrics_token=TOKEN, data_dir=tmp_path)
    made = create_app(settings, app.extensions["databases"])
    with made.app_context():
        yield made
        db.engine.dispose()


def samples(client: FlaskClient) -> Samples:
    """Every sample, by its name and labels."""
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def requests(found: Samples, route: str, method: str, status: str) -> float:
    labels = (("method", method), ("route", route), ("status", status))
    return found.get(("scheduler_request_seconds_count", labels), 0)


def test_without_a_token_there_are_no_metrics(app: Flask) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = app.test_client().open("/metrics", method=method, headers=BEARER)
        assert is_problem(answer, 404), method


@pytest.mark.parametrize(
    "given", [None, "", TOKEN, "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", "Bearer \xff"]
)
def test_only_the_token_opens_them(opened: Flask, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    answer = opened.test_client().get("/metrics", headers=headers)
    assert is_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_of_a_clinic_does_not_open_them(opened: Flask, at: Callable[[Any], None]) -> None:
    clinic = a_clinic(opened)
    assert is_problem(clinic.admin.get("/metrics"), 401)


def test_they_are_plain_text_that_nobody_keeps(opened: Flask) -> None:
    answer = opened.test_client().get("/metrics", headers=BEARER)
    assert answer.mimetype == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_requests_are_counted_by_route_method_and_kind_of_status(
    opened: Flask, at: Callable[[Any], None]
) -> None:
    clinic, client = a_clinic(opened), opened.test_client()
    before = samples(client)
    clinic.desk.get("/v1/chairs")
    clinic.desk.get("/v1/chairs")
    clinic.desk.get(f"/v1/chairs/{clinic.id}")
    clinic.desk.change("POST", "/nowhere")
    after = samples(client)
    for counted, times in (
        (("/v1/chairs", "GET", "2xx"), 2),
        (("/v1/chairs/<uuid:chair_id>", "GET", "4xx"), 1),
        (("none", "POST", "4xx"), 1),
        (("/metrics", "GET", "2xx"), 1),
    ):
        assert requests(after, *counted) - requests(before, *counted) == times, counted


def test_they_show_the_database_its_connections_and_when_the_jobs_last_ticked(
    opened: Flask,
) -> None:
    client = opened.test_client()
    with unit_of_work() as session:
        beat(session)
    with unit_of_work() as session:
        last = last_beat(session)
        found = samples(client)
    assert last
    assert 0 <= last.seconds_ago < 5
    assert found["scheduler_jobs_ticked_at_seconds", ()] == pytest.approx(last.at, abs=0.001)
    assert found["scheduler_database_up", ()] == 1
    assert found["scheduler_messages_held", ()] == 0
    in_use = found["scheduler_database_connections", (("state", "in_use"),)]
    still_open = found["scheduler_database_connections", (("state", "open"),)]
    db.engine.dispose()
    assert (in_use, still_open >= in_use) == (1, True)
    after = samples(client)
    assert after["scheduler_database_connections", (("state", "in_use"),)] == 0


def test_they_count_the_alerts_that_nobody_has_heard_of(
    opened: Flask, at: Callable[[Any], None]
) -> None:
    """I54: those of all clinics, and how long the oldest has waited."""

    def unheard() -> tuple[float, float]:
        found = samples(opened.test_client())
        return found["scheduler_alerts_unheard", ()], found["scheduler_alerts_unheard_seconds", ()]

    assert unheard() == (0, 0)
    clinic = a_clinic(opened)
    alert_id = an_alert(clinic)
    at("2026-11-23T08:02:00-07:00")
    an_alert(a_clinic(opened))
    assert unheard() == (2, 120)
    heard(clinic, alert_id, clinic.provider_id)
    assert unheard() == (1, 0)


def test_nothing_of_a_request_is_ever_a_label(opened: Flask, at: Callable[[Any], None]) -> None:
    """I64: not of its path, its query, its method, its headers or its body, on any route."""
    ours = everything(opened, name=CANARIES[0])
    a_patient(ours.clinic, given_name=CANARIES[0], family_name=CANARIES[1], email=CANARIES[2])
    for each in operations(opened):
        ours.send(each)
        ours.send(each, query={"name": CANARIES[1]}, headers={"X-Request-Id": CANARIES[0]})
        ours.clinic.desk.send(each.method, f"{each.rule}/{CANARIES[1]}", {"name": CANARIES[0]})
    Caller(opened.test_client(), CANARIES[5]).get(f"/problems/{CANARIES[0]}")
    ours.clinic.desk.send(CANARIES[0].upper(), "/v1/patients")
    text = opened.test_client().get("/metrics", headers=BEARER).get_data(as_text=True)
    for canary in (*CANARIES, *map(str, ours.ids.values()), *ours.clinic.keys.values()):
        assert canary.lower() not in text.lower()
    known = {str(rule) for rule in opened.url_map.iter_rules()} | {"none"}
    assert set(re.findall('route="([^"]*)"', text)) <= known
    assert set(re.findall('method="([^"]*)"', text)) <= {"GET", "POST", "other"} | {
        each.method for each in operations(opened)
    } | {"OPTIONS", "HEAD", "TRACE"}
    assert set(re.findall('status="([^"]*)"', text)) <= {"2xx", "3xx", "4xx", "5xx"}
