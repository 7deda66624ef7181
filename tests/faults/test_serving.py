"""What `make run` starts, and that all of it ends together, however it ends."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import config
from scheduler import embedded, embedded_cluster, gunicorn_settings
from tests.faults.embedded_users import is_alive, server_pid
from tests.faults.intents import a_registration, ids_in_tables
from tests.faults.until_stopped import UntilStopped

COMMAND = (sys.executable, "-m", "flask", "--app", "wsgi", "up")


class Running:
    """A `flask up` that serves: its process, its port and what it printed."""

    def __init__(self, data_dir: Path, port: int, **settings: str) -> None:
        self.port = port
        self.errors = data_dir.with_suffix(".errors")
        # Without DATABASE_URL, whatever this machine has set.
        environ = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
        environ |= {"DATA_DIR": str(data_dir), "PORT": str(port), **settings}
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                COMMAND, cwd=config.PROJECT, env=environ, stdout=subprocess.PIPE, stderr=errors
            )

    def serves(self) -> str:
        """What it printed, up to the clock, by when it answers."""
        assert self.process.stdout
        lines = []
        for line in iter(self.process.stdout.readline, b""):
            lines.append(line.decode())
            if lines[-1].startswith("The clock reads"):
                return "".join(lines)
        raise AssertionError(self.errors.read_text())

    def children(self) -> dict[str, int]:
        """The process ids of web and jobs."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        commands = {int(p): Path(f"/proc/{p}/cmdline").read_bytes() for p in found}
        return {("web" if b"gunicorn" in c else "jobs"): pid for pid, c in commands.items()}

    def get(self, path: str) -> int:
        """The status a GET is answered with."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def ends(self) -> int:
        """The exit status, once it and both its children have ended."""
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("served") / "var"
    yield folder
    embedded_cluster.stop(folder)


@contextmanager
def a_run(data_dir: Path, **settings: str) -> Iterator[Running]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    run = Running(data_dir, port, **settings)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.communicate()


def wait_for_the_end(*pids: int) -> None:
    deadline = time.monotonic() + 60
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process goes on"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_asked_to_stop(data_dir: Path, number: signal.Signals) -> None:
    with a_run(data_dir) as run:
        assert f"http://127.0.0.1:{run.port}" in run.serves()
        children = run.children()
        assert set(children) == {"web", "jobs"}
        assert run.get("/healthz") == 200
        assert run.get("/healthz?after=" + "a" * 8_000) != 414, "gunicorn's own refusal, in HTML"
        run.process.send_signal(number)
        assert run.ends() == 0
        assert not any(is_alive(pid) for pid in children.values())
        assert server_pid(data_dir) is None


def test_all_of_it_stops_under_load_without_breaking_a_request_off(data_dir: Path) -> None:
    """`make run`, asked to stop: web first answers, and only then the database goes."""
    with a_run(data_dir) as run:
        run.serves()
        secret = json.loads((data_dir / "demo-keys.json").read_text())["front_desk"]
        load = UntilStopped(run.port, lambda number: a_registration(number, secret))
        took = load.until_stopped(run.process)
    server = embedded.start(data_dir)
    there = ids_in_tables(server, "scheduler")["patients"]
    server.close()
    assert set(load.ends) == {201, "refused"}
    assert load.acknowledged <= there
    assert took < gunicorn_settings.graceful_timeout


def test_nothing_outlives_a_killed_supervisor_and_the_data_is_kept(data_dir: Path) -> None:
    with a_run(data_dir) as run:
        run.serves()
        keys = json.loads((data_dir / "demo-keys.json").read_text())
        children = run.children().values()
        assert all(is_alive(pid) for pid in children)
        run.process.kill()
        wait_for_the_end(*children)
    with a_run(data_dir) as again:
        again.serves()
        assert again.get("/healthz") == 200
        assert json.loads((data_dir / "demo-keys.json").read_text()) == keys


@pytest.mark.parametrize(("killed", "other"), [("web", "jobs"), ("jobs", "web")])
def test_one_that_dies_takes_the_other_along_and_is_named(
    data_dir: Path, killed: str, other: str
) -> None:
    with a_run(data_dir) as run:
        run.serves()
        children = run.children()
        os.kill(children[killed], signal.SIGKILL)
        assert run.ends() == 1
        assert f"the {killed} process ended with -9" in run.errors.read_text()
        assert not is_alive(children[other])


def test_asked_twice_it_kills_what_does_not_stop(data_dir: Path) -> None:
    with a_run(data_dir) as run:
        run.serves()
        children = run.children()
        os.kill(children["jobs"], signal.SIGSTOP)
        run.process.send_signal(signal.SIGINT)
        wait_for_the_end(children["web"])
        assert run.process.poll() is None, "it waits for the other"
        run.process.send_signal(signal.SIGINT)
        assert run.ends() == 1
        assert not is_alive(children["jobs"])


def test_a_taken_port_is_refused_by_the_name_of_its_setting(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = Running(data_dir, port)
        output, _ = run.process.communicate(timeout=60)
    assert (run.process.returncode, output) == (1, b"")
    errors = run.errors.read_text()
    assert f"cannot start: PORT: cannot listen on 127.0.0.1 port {port}" in errors
    assert "Traceback" not in errors


def test_a_started_clock_is_shown_and_goes_on_in_the_next_run(tmp_path: Path) -> None:
    with a_run(tmp_path / "var", START_CLOCK_AT="2031-05-06T23:30:00-07:00") as run:
        assert "The clock reads 2031-05-07 06:3" in run.serves()
        run.process.send_signal(signal.SIGINT)
        assert run.ends() == 0
    with a_run(tmp_path / "var") as later:
        assert "The clock reads 2031-05-07 06:3" in later.serves()
        later.process.send_signal(signal.SIGINT)
        assert later.ends() == 0
    early = Running(tmp_path / "var", later.port, START_CLOCK_AT="2031-05-06T23:29:00-07:00")
    assert early.process.communicate(timeout=60)[0] == b""
    assert early.process.returncode == 1
    assert "cannot start: START_CLOCK_AT: " in early.errors.read_text()
