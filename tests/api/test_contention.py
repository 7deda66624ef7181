"""Fifty front desks want the same chair at the same time; exactly one gets it."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.serving import BaseWSGIServer, make_server

from scheduler.db import db
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, a_protocol, an_order

CLIENTS, ROUNDS, SERIES_ROUNDS = 50, 20, 10

Answer = tuple[int, dict[str, Any]]


@pytest.fixture
def served(app: Flask, at: Callable[[Any], None]) -> Iterator[BaseWSGIServer]:
    """A real server on a port of its own, with a thread for each connection."""
    serving = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield serving
    serving.shutdown()
    thread.join()
    serving.server_close()


@dataclass
class Rush:
    """So many clients, each with a connection of its own and a patient of its own."""

    port: int
    clinic: ClinicKit
    patients: list[UUID]
    protocol: str

    def post(self, path: str, body_of: Callable[[UUID], dict[str, Any]]) -> list[Answer]:
        """Everybody posts at once; the answers in the order of the patients."""
        start = threading.Barrier(len(self.patients))
        headers = {
            "Authorization": f"Bearer {self.clinic.keys['front_desk']}",
            "Content-Type": "application/json",
        }

        def client(patient: UUID) -> Answer:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.connect()
            body = json.dumps(body_of(patient))
            start.wait()
            connection.request("POST", path, body, headers | {"Idempotency-Key": uuid4().hex})
            response = connection.getresponse()
            answer = json.loads(response.read())
            connection.close()
            return response.status, answer

        with ThreadPoolExecutor(len(self.patients)) as pool:
            return list(pool.map(client, self.patients))


@pytest.fixture
def rush(app: Flask, served: BaseWSGIServer) -> Rush:
    clinic = a_clinic(app, chairs=1, weekdays=range(7), opens="06:00", closes="22:00")
    patients = [a_cleared_patient(clinic) for _ in range(CLIENTS)]
    # Whoever wins one round may win the next one too.
    return Rush(served.server_port, clinic, patients, str(a_protocol(clinic)))


def test_of_fifty_bookings_of_one_chair_and_time_exactly_one_succeeds(rush: Rush) -> None:
    """I14: the others are told which session is in the way; nobody gets an error."""
    chair = str(rush.clinic.chair_ids[0])
    for number in range(ROUNDS):
        starts_at = f"{date(2026, 12, 1) + timedelta(days=number)}T09:30:00-07:00"

        def order(patient: UUID, starts_at: str = starts_at) -> dict[str, Any]:
            visit = {"starts_at": starts_at, "minutes": 40, "chair_id": chair}
            return visit | {"patient_id": str(patient), "protocol_id": rush.protocol}

        answers = rush.post("/v1/sessions", order)
        winner = _the_only_winner(answers)
        for conflict in _conflicts(answers):
            assert conflict["reason"] == "chair_taken"
            assert _blocker_ids(conflict) == [winner["id"]]


def test_of_fifty_whole_series_that_overlap_exactly_one_succeeds(rush: Rush) -> None:
    """I14, I22: no series is booked in part, however the requests fall."""
    for number in range(SERIES_ROUNDS):
        # A week has seven days; the next ones lie behind the series of the first.
        first_on = date(2026, 12, 1) + timedelta(days=number % 7, weeks=2 * (number // 7))

        def order(patient: UUID, first_on: date = first_on) -> dict[str, Any]:
            order = {"first_on": str(first_on), "protocol_id": rush.protocol}
            return an_order(patient, sessions=2, **order)

        answers = rush.post("/v1/series", order)
        winner = _the_only_winner(answers)
        ids = [each["id"] for each in winner["sessions"]]
        for conflicts in (answer["conflicts"] for status, answer in answers if status == 409):
            assert [_blocker_ids(each) for each in conflicts] == [[each] for each in ids]
    with rush.clinic.work() as work:
        assert work.session.scalar(text("SELECT count(*) FROM sessions")) == 2 * SERIES_ROUNDS


def _the_only_winner(answers: list[Answer]) -> dict[str, Any]:
    assert Counter(status for status, _ in answers) == {201: 1, 409: CLIENTS - 1}
    (winner,) = (answer for status, answer in answers if status == 201)
    return winner


def _conflicts(answers: list[Answer]) -> list[dict[str, Any]]:
    return [each for status, answer in answers if status == 409 for each in answer["conflicts"]]


def _blocker_ids(conflict: dict[str, Any]) -> list[str]:
    assert {each["kind"] for each in conflict["blockers"]} == {"session"}
    return [each["id"] for each in conflict["blockers"]]


def test_a_rush_that_takes_every_connection_is_told_to_come_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 503 with Retry-After, not an error of ours. The clock runs: the pool waits by it."""
    clinic = a_clinic(app)
    pool = db.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    with ExitStack() as held:
        for _ in range(16):
            held.enter_context(db.engine.connect())
        answer = clinic.desk.get("/v1/clinic")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.mimetype == "application/problem+json"
    assert clinic.desk.get("/v1/clinic").status_code == 200
