"""The metrics of several real workers are one whole, and nothing is left when they are gone."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.databases import APP_ROLE
from scheduler.embedded import Server
from tests.faults.served import Web, a_web

TOKEN = "a-token-for-metrics"
HEALTHY = 'scheduler_request_seconds_count{method="GET",route="/healthz",status="2xx"}'
OPEN = 'scheduler_database_connections{state="open"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a folder"


@pytest.fixture
def web(server: Server, database: str, folder: Path) -> Iterator[Web]:
    folder.mkdir()
    url = server.url(APP_ROLE, database)
    with a_web(url, folder, WEB_WORKERS="3", METRICS_TOKEN=TOKEN) as running:
        yield running
    assert list((folder / "metrics").iterdir()) == []


def metrics(web: Web) -> dict[str, float]:
    answer = web.get("/metrics", TOKEN)
    assert answer.status == 200
    lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def workers(web: Web) -> set[int]:
    pid = web.process.pid
    return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_what_the_workers_count_adds_up_and_outlives_one_of_them(web: Web, folder: Path) -> None:
    while len(workers(web)) < 3 or metrics(web).get(OPEN, 0) < 3:
        web.get("/readyz")
    before = metrics(web)[HEALTHY]
    for _ in range(30):
        assert web.get("/healthz").status == 200
    assert metrics(web)[HEALTHY] == before + 30
    files = len(list(folder.glob("metrics/*/*.db")))
    assert files == 6
    killed = min(workers(web))
    opened = metrics(web)[OPEN]
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while list(folder.glob(f"metrics/*/gauge_*_{killed}.db")):
        assert time.monotonic() < deadline, "what it had open goes on being counted"
    after = metrics(web)
    assert after[HEALTHY] == before + 30
    assert after[OPEN] <= opened
