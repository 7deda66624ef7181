"""Two processes, web and jobs, started together and stopped together.

Each is in a session of its own, so the terminal's Ctrl-C reaches the supervisor alone and the
two are stopped in good order. If one ends unasked, so does the other.
"""

import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

import config
from scheduler import clock

COMMANDS = {
    "web": ("gunicorn", "--config", "python:scheduler.gunicorn_settings", "wsgi:app"),
    "jobs": ("flask", "--app", "wsgi", "jobs"),
}
START_SECONDS = 60
# More than the web processes give requests that are under way.
STOP_SECONDS = 30
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux's prctl(2)


class Supervisor:
    """The two processes, how often it was asked to stop, and the status it will end with."""

    def __init__(self) -> None:
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.asked = 0
        self.status = 0

    def run(self, settings: config.Settings, text: str) -> int:
        """Run both to their end, showing `text` once they serve; 0 if asked to, and in time."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, self._on_signal)
        for name, command in COMMANDS.items():
            self.children[name] = _spawn(command)
        if self.asked:
            self._stop()  # The second one was not there yet.
        self._announce(settings, text)
        while self._running():
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        signal.alarm(0)
        return self.status

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Asked once: stop both in good order. Asked twice, or time is up: kill them."""
        self.asked += number != signal.SIGALRM
        if self.asked == 1 and number != signal.SIGALRM:
            self._stop()
            return
        self.status = 1
        for child in self.children.values():
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)

    def _stop(self) -> None:
        signal.alarm(STOP_SECONDS)
        for child in self.children.values():
            child.terminate()

    def _fail(self, why: str) -> None:
        print(f"{why}; stopping everything", file=sys.stderr, flush=True)
        self.status = 1
        self._stop()

    def _running(self) -> bool:
        """Whether either still runs. One that ended unasked is named and the other stopped."""
        ended = {name: child.poll() for name, child in self.children.items()}
        for name, status in ended.items():
            if status is not None and not self.asked and not self.status:
                self._fail(f"the {name} process ended with {status}")
        return None in ended.values()

    def _announce(self, settings: config.Settings, text: str) -> None:
        """Show the text once requests are answered, unless it all ends before."""
        deadline = time.monotonic() + START_SECONDS
        while not _answers(settings):
            if any(child.poll() is not None for child in self.children.values()) or self.asked:
                return
            if time.monotonic() > deadline:
                self._fail(f"no answer on port {settings.port} after {START_SECONDS} seconds")
                return
            time.sleep(0.05)
        print(f"{text}\nThe clock reads {clock.now():%Y-%m-%d %H:%M:%S} UTC.", flush=True)


def _spawn(command: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start a module in its own session; Linux tells it to stop if this process is killed."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    parent = os.getpid()

    def die_with_parent() -> None:
        if prctl:
            prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)  # It was killed before the call above.

    return subprocess.Popen(
        (sys.executable, "-m", *command),
        cwd=config.PROJECT,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


def _answers(settings: config.Settings) -> bool:
    host = EVERYWHERE.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
