"""The real web server on a database, ours or the floor; what its processes hold and use."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import config
from bench.clients import Client, Gone
from bench.databases import DATA_DIR, HOME, Cluster

COMMAND = (sys.executable, "-m", "gunicorn", "--config", "python:scheduler.gunicorn_settings")
OURS, FLOOR = "wsgi:app", "bench.floor:app"
PATIENCE_SECONDS = 60


def environ(database_url: str, **settings: str) -> dict[str, str]:
    """What a process of the program is started with; load is measured here, not its limit."""
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    known |= {"DATABASE_URL": database_url, "DATA_DIR": str(DATA_DIR), "LOG_LEVEL": "WARNING"}
    return known | {"RATE_LIMIT_PER_MINUTE": "1000000", **settings}


class Web:
    """A gunicorn with the program's own settings, its log in the bench's folder."""

    def __init__(self, app: str, database_url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self.log = HOME / f"web-{self.port}.log"
        began = time.perf_counter()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                (*COMMAND, app),
                cwd=config.PROJECT,
                env=environ(database_url, PORT=str(self.port)),
                stdout=log,
                stderr=log,
            )
        self._wait()
        self.seconds_to_start = time.perf_counter() - began

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text()[-3000:])
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            client = Client(self.port)
        except OSError:
            return False
        try:
            return client.get("/healthz").status == 200
        except Gone:
            return False
        finally:
            client.close()

    @property
    def workers(self) -> list[int]:
        """The workers' process ids."""
        return children(self.process.pid)

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(app: str, database_url: str) -> Iterator[Web]:
    """A web server that is gone at the end of the block."""
    web = Web(app, database_url)
    try:
        yield web
    finally:
        web.stop()


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def megabytes(pid: int) -> float:
    """A process's proportional share of memory: what several share is counted once (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no PSS of {pid}")


def cpu_seconds(pid: int) -> float:
    """The processor time a process and its ended children have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def postgres_processes(cluster: Cluster) -> list[int]:
    """The database server's processes, which come and go with their connections."""
    pid = int((cluster.server.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    return [pid, *children(pid)]
