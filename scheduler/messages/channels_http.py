"""One HTTP request to a provider, and what is certain of how it ended.

Before the connection stands, nothing has gone. Once the request is on its way, only a readable
answer tells: all else may or may not have been taken. Each request has a connection of its own,
as one that was kept open may be dropped just then. A deadline holds for the whole answer, as a
provider that sends a byte now and then would never miss one for each read.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_BYTES = 65_536


class Away(Exception):
    """Nothing has gone: no name, no connection, or no TLS."""


class BrokeOff(Exception):
    """The request may have been taken; the answer did not come, or not in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A provider's answer, as far as it was read."""

    status: int
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Answer:
    """POST this, all within so many seconds. Raises Away or BrokeOff."""
    parts = urlsplit(url)
    deadline = time.monotonic() + seconds
    connection = _connected(parts.scheme, parts.hostname or "", parts.port, seconds)
    try:
        path = parts.path or "/"
        connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, headers)
        return _answer(connection.sock, deadline)
    except (OSError, http.client.HTTPException, ValueError):
        raise BrokeOff from None
    finally:
        connection.close()


def _connected(
    scheme: str, host: str, port: int | None, seconds: float
) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=seconds, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.connect()
    except (OSError, http.client.HTTPException, UnicodeError):
        connection.close()
        raise Away from None
    return connection


def _answer(connected: socket.socket, deadline: float) -> Answer:
    response = http.client.HTTPResponse(_Until(connected, deadline))  # type: ignore[arg-type]
    response.begin()
    body = response.read(MOST_BYTES)
    if response.length:
        # What was read is the beginning of an answer, not the whole of it.
        raise BrokeOff
    return Answer(response.status, body)


class _Until(io.RawIOBase):
    """A socket to read from until a deadline."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self.connected, self.deadline = connected, deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connected.settimeout(left)
        return self.connected.recv_into(buffer)
