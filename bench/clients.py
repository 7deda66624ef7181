"""Callers over plain sockets, as light as can be: they share the machine with what they measure."""

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
import psutil

if TYPE_CHECKING:
    from bench.servers import Web

TIMEOUT_SECONDS = 30
# Less than the server keeps a connection that nobody uses.
KEPT_SECONDS = 3


class Gone(Exception):
    """The connection ended before the whole answer was there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return orjson.loads(self.body)


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.used_at = time.monotonic()

    @property
    def own_port(self) -> int:
        """The port at this end."""
        return int(self.socket.getsockname()[1])

    def get(self, path: str, secret: str = "") -> Answer:
        """GET, without much ado."""
        return self.send(written("GET", path, secret))

    def send(self, request: bytes) -> Answer:
        """Send a whole request and read the whole answer. Raises Gone."""
        if time.monotonic() > self.used_at + KEPT_SECONDS:
            self.close()
            self._connect()
        try:
            self.socket.sendall(request)
            return self._read()
        except OSError as error:
            raise Gone(repr(error)) from error

    def _read(self) -> Answer:
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end].lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        body = received[end + 4 :]
        while len(body) < size:
            body += self._more()
        self.used_at = time.monotonic()
        return Answer(int(head[9:12]), body)

    def _more(self) -> bytes:
        part = self.socket.recv(262144)
        if not part:
            raise Gone
        return part

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def written(
    method: str, path: str, secret: str = "", body: Any = None, version: int | None = None
) -> bytes:
    """A request as bytes; one that writes has a new Idempotency-Key, or If-Match of a version."""
    lines = [f"{method} {path} HTTP/1.1", "Host: clinic", "Accept: application/json"]
    if secret:
        lines.append(f"Authorization: Bearer {secret}")
    raw = b"" if body is None else orjson.dumps(body)
    if method != "GET":
        lines += [f"Idempotency-Key: {uuid4().hex}", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(raw)}"]
    if version is not None:
        lines.append(f'If-Match: "{version}"')
    return "\r\n".join([*lines, "", ""]).encode() + raw


def evenly(web: "Web", count: int) -> list[Client]:
    """Connections that the server's workers share evenly: left alone, all may land on one."""
    workers = web.workers
    shares: dict[int, list[Client]] = {pid: [] for pid in workers}
    most = -(-count // len(workers))
    while sum(map(len, shares.values())) < count:
        opened = [Client(web.port) for _ in range(count)]
        for client in opened:
            client.get("/healthz")
        held = {pid: _remote_ports(pid) for pid in workers}
        for client in opened:
            owner = next((pid for pid, ports in held.items() if client.own_port in ports), None)
            full = sum(map(len, shares.values())) == count
            if owner is None or full or len(shares[owner]) == most:
                client.close()
            else:
                shares[owner].append(client)
    return [client for share in shares.values() for client in share]


def _remote_ports(pid: int) -> set[int]:
    return {each.raddr.port for each in psutil.Process(pid).net_connections("tcp") if each.raddr}
