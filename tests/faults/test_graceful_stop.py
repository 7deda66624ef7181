"""Asked to stop under load, the server answers whole whatever it has taken on, and ends."""

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from scheduler import embedded, gunicorn_settings
from scheduler.embedded import Server
from scheduler.tenancy import lock_schedule
from tests.conftest import Size, as_superuser
from tests.faults.intents import a_registration, ids_in_tables, intents_on
from tests.faults.test_serving import a_run
from tests.faults.web_client import Answer, Broken, Client, NotListening, Request
from tests.faults.web_server import WebServer, a_database, building_on, serving, url_of
from tests.progress import shown

CLIENTS = 12


def test_what_waits_when_it_is_asked_to_stop_is_still_answered(
    server: Server, template: str, tmp_path: Path
) -> None:
    """More bookings than threads, all held up by the schedule's lock until after the signal."""
    with a_database(server, template) as name:
        intents = intents_on(server, name, 100)
        bookings = [intents.make(number, "sessions") for number in range(CLIENTS)]
        with (
            serving(url_of(server, name), tmp_path / "web", WEB_WORKERS="1") as web,
            building_on(server, name),
            ThreadPoolExecutor(CLIENTS) as pool,
        ):
            with intents.visits.work() as work:
                lock_schedule(work)
                answers = [pool.submit(posted, a_connection(web), each) for each in bookings]
                wait_for_the_lock(server, name)
                web.process.send_signal(signal.SIGTERM)
            statuses = [each.result().status for each in answers]
            assert (statuses, web.ends()) == ([201] * CLIENTS, 0)


def a_connection(web: WebServer) -> Client:
    """A client who is connected."""
    client = Client(web.port)
    client.connection.connect()
    return client


def posted(client: Client, request: Request) -> Answer:
    """The answer to the client's only request."""
    with closing(client):
        return client.post(request)


def wait_for_the_lock(server: Server, name: str) -> None:
    """Until every thread of the server waits in the database."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    )
    with as_superuser(server) as connection:
        deadline = time.monotonic() + 30
        while connection.execute(waiting, [name]).fetchone() != (gunicorn_settings.threads,):
            assert time.monotonic() < deadline


@pytest.mark.proof
def test_a_stop_at_any_moment_breaks_no_request_off(
    server: Server, template: str, tmp_path: Path, size: Size
) -> None:
    """Each request is answered whole or its connection refused; what was answered is there."""
    stops, longest = size(ci=3, proof=20), 0.0
    with a_database(server, template) as name:
        intents = intents_on(server, name, stops)
        before = ids_in_tables(server, name)["patients"]
        with serving(url_of(server, name), tmp_path / "web") as web:
            load = Load(web.port, lambda number: intents.make(number, "patients"))
            for number in shown(range(stops), "stops", stops):
                if number:
                    web.start()
                longest = max(longest, load.until_stopped(web.process))
        after = ids_in_tables(server, name)["patients"]
    print(f"{stops} stops, {dict(load.ends)}; {longest:.1f} s at most")
    assert set(load.ends) == {201, "refused"}
    assert load.acknowledged == after - before
    assert longest < gunicorn_settings.graceful_timeout


def test_all_of_it_stops_under_load_without_breaking_a_request_off(data_dir: Path) -> None:
    """`make run`, asked to stop: web first answers, and only then the database goes."""
    with a_run(data_dir) as run:
        run.serves()
        secret = json.loads((data_dir / "demo-keys.json").read_text())["front_desk"]
        load = Load(run.port, lambda number: a_registration(number, secret))
        took = load.until_stopped(run.process)
    server = embedded.start(data_dir)
    there = ids_in_tables(server, "scheduler")["patients"]
    server.close()
    assert set(load.ends) == {201, "refused"}
    assert load.acknowledged <= there
    assert took < gunicorn_settings.graceful_timeout


class Load:
    """Clients that register patients until nobody takes their connections any more.

    Every other one makes a new connection for each request.
    """

    def __init__(self, port: int, make: Callable[[int], Request]) -> None:
        self.port, self.make, self.numbers = port, make, count()
        self.ends = Counter[int | str]()
        self.acknowledged: set[UUID] = set()

    def until_stopped(self, process: subprocess.Popen[bytes]) -> float:
        """Ask it to stop in the midst of it all; the seconds until it has ended."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            goal = self.ends[201] + 10 * CLIENTS
            clients = [pool.submit(self._client, bool(number % 2)) for number in range(CLIENTS)]
            while self.ends[201] < goal and not all(each.done() for each in clients):
                pass
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
            took = time.monotonic() - began
        for each in clients:
            each.result()
        return took

    def _client(self, keeps: bool) -> None:
        with closing(Client(self.port)) as client:
            while True:
                try:
                    answer = client.post(self.make(next(self.numbers)))
                except NotListening:
                    self.ends["refused"] += 1
                    return
                except Broken:
                    self.ends["broken off"] += 1
                    continue
                self.ends[answer.status] += 1
                self.acknowledged.add(UUID(answer.json["id"]))
                if not keeps:
                    client.close()
