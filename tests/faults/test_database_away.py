"""The database goes, hangs, or is held up: 503 with Retry-After, in time, and back by itself.

A PostgreSQL of its own, to be stopped and frozen, and a real gunicorn with four threads on it.
"""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from scheduler import embedded, embedded_cluster
from scheduler.connections import CONNECT_SECONDS, SPARE_SECONDS, STATEMENT_SECONDS
from scheduler.databases import APP_ROLE
from scheduler.db import db
from tests.api.everything import Everything, everything, operations
from tests.conftest import app_on, as_superuser, migrate
from tests.faults.embedded_users import server_pid
from tests.faults.served import Answer, Web, a_web

THREADS = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with a running, migrated server; nobody but the test brings it up again."""
    data_dir = tmp_path_factory.mktemp("away")
    server = embedded.start(data_dir, durable=False)
    migrate(app_on(server, "scheduler", data_dir))
    yield data_dir
    server.close()
    embedded_cluster.stop(data_dir)


@pytest.fixture(scope="module")
def ours(folder: Path) -> Iterator[Everything]:
    app = app_on(embedded.start(folder, durable=False), "scheduler", folder)
    with app.app_context():
        yield everything(app)
        db.engine.dispose()


@pytest.fixture(scope="module")
def web(folder: Path, ours: Everything) -> Iterator[Web]:
    url = embedded.start(folder, durable=False).url(APP_ROLE)
    with a_web(url, folder, WEB_THREADS=str(THREADS)) as running:
        yield running


def chairs(web: Web, ours: Everything, times: int = THREADS) -> list[Answer]:
    """The chairs, read by that many at once."""
    with ThreadPoolExecutor(times) as pool:
        secret = ours.clinic.keys["front_desk"]
        return list(pool.map(lambda _: web.get("/v1/chairs", secret), range(times)))


def is_away(answer: Answer) -> bool:
    return (
        answer.status == answer.json["status"] == 503
        and answer.headers["Content-Type"] == "application/problem+json"
        and int(answer.headers["Retry-After"]) > 0
    )


def test_without_a_database_every_route_says_so_and_the_first_request_after_it_is_served(
    web: Web, ours: Everything, folder: Path
) -> None:
    """Reads and writes; every pooled connection is dead, and not one request pays for that."""
    assert {each.status for each in chairs(web, ours)} == {200}
    embedded_cluster.stop(folder)
    try:
        assert all(is_away(each) for each in chairs(web, ours))
        for each in operations(ours.clinic.app):
            answer = ours.send(each)
            assert answer.status_code == 503, each.name
            assert int(answer.headers["Retry-After"]) > 0, each.name
            assert answer.get_json()["type"] == "/problems/busy", each.name
        assert is_away(web.get("/readyz"))
        for path in ("/healthz", "/docs/", "/openapi.json", "/problems/busy"):
            assert web.get(path).status == 200, path
    finally:
        embedded_cluster.bring_up(folder, durable=False)
    assert {each.status for each in chairs(web, ours)} == {200}
    assert web.get("/readyz").status == 200
    assert "Traceback" not in web.log


def test_after_a_quick_restart_no_request_fails(web: Web, ours: Everything, folder: Path) -> None:
    for _ in range(2):
        assert {each.status for each in chairs(web, ours)} == {200}
        embedded_cluster.stop(folder)
        embedded_cluster.bring_up(folder, durable=False)
        assert web.get("/readyz").status == 200
        assert {each.status for each in chairs(web, ours)} == {200}


def test_a_standby_that_only_reads_is_not_there_yet(
    web: Web, ours: Everything, folder: Path
) -> None:
    """Every request writes its audit row."""
    server = embedded.start(folder, durable=False)
    for setting, served in (("on", False), ("off", True)):
        with as_superuser(server) as connection:
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {setting}")
            connection.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 10
        while (answer := chairs(web, ours, 1)[0]).status != (200 if served else 503):
            assert time.monotonic() < deadline, answer
        assert served or is_away(answer)


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Every process of the server stands still: it accepts, and does not answer."""
    pid = server_pid(folder)
    assert pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pids = [pid, *map(int, children)]
    for each in pids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in pids:
            os.kill(each, signal.SIGCONT)


def test_a_database_that_does_not_answer_holds_a_request_up_only_so_long(
    web: Web, ours: Everything, folder: Path
) -> None:
    """On the connections there are, and where a new one is needed; then all is as before."""
    assert {each.status for each in chairs(web, ours)} == {200}
    with frozen(folder):
        for longest in (STATEMENT_SECONDS + SPARE_SECONDS, CONNECT_SECONDS):
            began = time.monotonic()
            assert all(is_away(each) for each in chairs(web, ours))
            assert time.monotonic() - began < longest + 3
        assert web.get("/healthz").status == 200
    assert {each.status for each in chairs(web, ours)} == {200}
