"""A real gunicorn on a database, spoken to byte by byte."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import config

COMMAND = (sys.executable, "-m", "gunicorn", "--config", "python:scheduler.gunicorn_settings")


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class Web:
    """A gunicorn of its own; `log` is what it wrote to standard error."""

    def __init__(self, url: str, data_dir: Path, **settings: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.errors = data_dir / "gunicorn.log"
        environ = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
        environ |= {"DATABASE_URL": url, "DATA_DIR": str(data_dir), "PORT": str(self.port)}
        environ |= {"WEB_WORKERS": "1", **settings}
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                (*COMMAND, "wsgi:app"), cwd=config.PROJECT, env=environ, stderr=errors
            )

    @property
    def log(self) -> str:
        return self.errors.read_text()

    def serves(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                assert self.get("/healthz").status == 200
                return
            except OSError:
                assert time.monotonic() < deadline, self.log
                assert self.process.poll() is None, self.log

    def get(self, path: str, secret: str | None = None) -> Answer:
        return self.send("GET", path, secret)

    def send(
        self, method: str, path: str, secret: str | None = None, body: bytes = b"", *lines: str
    ) -> Answer:
        """One request as it should be; `lines` are more headers."""
        head = [f"{method} {path} HTTP/1.1", "Host: clinic", "Connection: close", *lines]
        if secret:
            head.append(f"Authorization: Bearer {secret}")
        if body:
            head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        (answer,) = self.raw("\r\n".join([*head, "", ""]).encode() + body, method)
        return answer

    def raw(self, sent: bytes, method: str = "GET") -> list[Answer]:
        """Send these bytes; the answers that came until it closed the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(sent)
            received = b""
            while part := connection.recv(65536):
                received += part
        return list(_answers(received, method))


def _answers(received: bytes, method: str) -> Iterator[Answer]:
    """One after the other: a second answer to one request is not overlooked."""
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = line.split(" ", 2)
        assert version in ("HTTP/1.0", "HTTP/1.1"), line
        headers = dict(each.split(": ", 1) for each in lines if each)
        size = 0 if method == "HEAD" else int(headers.get("Content-Length", 0))
        assert len(rest) >= size, received
        yield Answer(int(status), headers, rest[:size])
        received = rest[size:]


@contextmanager
def a_web(url: str, data_dir: Path, **settings: str) -> Iterator[Web]:
    """A gunicorn that serves, and is gone at the end of the block."""
    web = Web(url, data_dir, **settings)
    try:
        web.serves()
        yield web
    finally:
        web.process.send_signal(signal.SIGTERM)
        try:
            web.process.wait(timeout=30)
        finally:
            web.process.kill()
            web.process.wait()
