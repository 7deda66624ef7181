"""Asked to stop under load, the server answers whole whatever it has taken on, and ends."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from scheduler import gunicorn_settings
from scheduler.embedded import Server
from scheduler.tenancy import lock_schedule
from tests.conftest import Size, as_superuser
from tests.faults.intents import ids_in_tables, intents_on
from tests.faults.until_stopped import CLIENTS, UntilStopped
from tests.faults.web_client import Answer, Client, Request
from tests.faults.web_server import WebServer, a_database, building_on, serving, url_of
from tests.progress import shown


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
            # Booked; or 503, if the lock was held for longer than they wait on a busy machine.
            assert {each.result().status for each in answers} <= {201, 503}
            assert web.ends() == 0


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
    stops, longest = size(ci=2, proof=20), 0.0
    with a_database(server, template) as name:
        intents = intents_on(server, name, stops)
        before = ids_in_tables(server, name)["patients"]
        with serving(url_of(server, name), tmp_path / "web") as web:
            load = UntilStopped(web.port, lambda number: intents.make(number, "patients"))
            for number in shown(range(stops), "stops", stops):
                if number:
                    web.start()
                longest = max(longest, load.until_stopped(web.process))
        after = ids_in_tables(server, name)["patients"]
    print(f"{stops} stops, {dict(load.ends)}; {longest:.1f} s at most")
    assert set(load.ends) == {201, "refused"}
    assert load.acknowledged == after - before
    assert longest < gunicorn_settings.graceful_timeout
