"""Processes that use an embedded server, to be asked to leave or killed at will."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

import config

PROGRAM = """
import sys
from pathlib import Path
from scheduler import embedded

server = embedded.start(Path(sys.argv[1]))
print(server.url("postgres"), flush=True)
sys.stdin.read()
"""


class User:
    """A process of its own that starts the server and keeps using it."""

    def __init__(self, data_dir: Path, program: str = PROGRAM, prefix: tuple[str, ...] = ()):
        self.process = subprocess.Popen(
            (*prefix, sys.executable, "-c", program, str(data_dir)),
            cwd=config.PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        """The address it printed once the server answered it."""
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line, self.process.communicate()[1]
        return line

    def leave(self) -> tuple[str, str]:
        """Let it end in good order; what it wrote to its output and errors meanwhile."""
        return self.process.communicate("", timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def a_user(data_dir: Path, *arguments: object, **options: object) -> Iterator[User]:
    """A user that is gone at the end of the block, whatever happens in it."""
    user = User(data_dir, *arguments, **options)  # type: ignore[arg-type]
    try:
        yield user
    finally:
        user.kill()


def ask(url: str, *statements: str) -> object:
    """The single value the last statement gives, over a connection of its own."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for sql in statements:
            cursor = connection.execute(sql.encode())
        row = cursor.fetchone()
        assert row
        return row[0]


def server_pid(data_dir: Path) -> int | None:
    """The process the folder's server runs as, or None when it was stopped in good order."""
    try:
        return int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    except FileNotFoundError:
        return None


def kill_server(data_dir: Path, *, with_its_backends: bool) -> None:
    """End the server as a crash does: nothing is written, nothing cleaned up."""
    pid = server_pid(data_dir)
    assert pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(pid, signal.SIGKILL)
    for child in children if with_its_backends else ():
        # It may have gone by itself, as its server did.
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """Whether the process still does something: one that is dead but not reaped does not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False
