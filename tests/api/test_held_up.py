"""Another session holds the clinic's schedule: writers are told in time, readers do not notice."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from scheduler import connections
from scheduler.connections import Connection, allow
from scheduler.embedded import Server
from scheduler.tenancy import unit_of_work
from tests.api.everything import Everything, everything, operations
from tests.api.test_problems import is_problem
from tests.conftest import as_superuser


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app)


@contextmanager
def held(server: Server, database: str, ours: Everything) -> Iterator[None]:
    """The row of the clinic's schedule, in the hands of somebody who is in no hurry."""
    with as_superuser(server, database) as connection, connection.transaction():
        take = "SELECT FROM clinic_schedules WHERE clinic_id = %s FOR UPDATE"
        connection.execute(take, [ours.clinic.id])
        yield


def test_a_writer_waits_two_seconds_and_is_told_to_come_back(
    ours: Everything, server: Server, database: str
) -> None:
    """I65: the same request with the same key is carried out once the schedule is free."""
    order = ours.bodies["POST /v1/series"]
    with held(server, database, ours):
        began = time.monotonic()
        answer = ours.clinic.desk.post("/v1/series", order, key="one")
        assert 1.9 < time.monotonic() - began < 4.9
    assert is_problem(answer, 503)
    assert answer.get_json()["type"] == "/problems/busy"
    assert answer.headers["Retry-After"] == "1"
    assert ours.clinic.desk.post("/v1/series", order, key="one").status_code == 201


def test_a_reader_does_not_wait(
    app: Flask, ours: Everything, server: Server, database: str
) -> None:
    with held(server, database, ours):
        for each in operations(app):
            if not each.writes:
                assert ours.send(each).status_code == 200, each.name


def test_a_server_that_says_nothing_is_given_up_but_where_it_is_given_more_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`flask check` looks through years of sessions; the next to use its connection does not."""
    monkeypatch.setattr(Connection, "patience", 0.2)
    monkeypatch.setattr(connections, "SPARE_SECONDS", 0)
    slow = text("SELECT pg_sleep(0.6)")
    for _ in range(2):
        with unit_of_work() as session:
            allow(session, 2)
            session.execute(slow)
        with pytest.raises(OperationalError) as given_up, unit_of_work() as session:
            session.execute(slow)
        assert given_up.value.connection_invalidated
