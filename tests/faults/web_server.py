"""The real web server on a port and a database of its own, to be killed, stopped and started."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

import config
from scheduler.databases import APP_ROLE
from scheduler.db import db
from scheduler.embedded import Server
from tests.conftest import app_on, as_superuser, drop_database, new_database
from tests.faults.embedded_users import is_alive

COMMAND = ("gunicorn", "--config", "python:scheduler.gunicorn_settings", "wsgi:app")
PATIENCE_SECONDS = 60


class WebServer:
    """gunicorn with the program's own settings. Its log goes to a file beside its data."""

    def __init__(self, database_url: str, data_dir: Path, **settings: str) -> None:
        self.port = free_port()
        self.log = data_dir.with_suffix(".web.log")
        self.environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environ |= {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir)}
        self.environ |= {"PORT": str(self.port), "LOG_LEVEL": "WARNING"}
        # Load from one key is what is tried here, not its limit.
        self.environ |= {"RATE_LIMIT_PER_MINUTE": "1000000", **settings}
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                (sys.executable, "-m", *COMMAND),
                cwd=config.PROJECT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not answers(self.port):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "it does not answer"

    def workers(self) -> list[int]:
        """The process ids of the workers there are at this moment."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in found if is_alive(int(child))]

    def kill(self) -> None:
        """End all of it at once, as a machine that goes down does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ends(self) -> int:
        """The exit status once it has ended by itself."""
        return self.process.wait(timeout=PATIENCE_SECONDS)


@contextmanager
def serving(database_url: str, data_dir: Path, **settings: str) -> Iterator[WebServer]:
    """A web server that is gone at the end of the block; its log is shown if that fails."""
    web = WebServer(database_url, data_dir, **settings)
    try:
        yield web
    except BaseException:
        print(web.log.read_text()[-5000:])
        raise
    finally:
        web.kill()


@contextmanager
def a_database(server: Server, template: str) -> Iterator[str]:
    """The name of a new database on the tests' server, migrated, for one test."""
    name = f"web_{os.getpid()}_{time.monotonic_ns()}"
    with as_superuser(server) as connection:
        new_database(connection, name, template)
    try:
        yield name
    finally:
        drop_database(server, name)


@contextmanager
def building_on(server: Server, name: str) -> Iterator[Flask]:
    """The app in this process, on that database, for the builders."""
    app = app_on(server, name)
    with app.app_context():
        try:
            yield app
        finally:
            db.engine.dispose()


def url_of(server: Server, name: str) -> str:
    """The DATABASE_URL of a database of that server."""
    return server.url(APP_ROLE, name)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether `/healthz` is answered there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
