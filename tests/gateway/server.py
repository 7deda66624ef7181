"""A text gateway to test against, a process of its own: `python -m tests.gateway.server '{…}'`.

It keeps a ledger of what it took, which is the truth in the fault tests, and behaves badly by
seed. It prints its port, and serves until it is killed. `GET /ledger` shows what it took.
"""

import json
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.gateway.fates import TAKEN, Fates

# Closing with this makes it a reset.
LINGER_NOT = struct.pack("ii", 1, 0)
DRIP_SECONDS = 0.05


class Gateway(ThreadingHTTPServer):
    """What was asked of it and what it took; `keyed` says whether it knows a key again."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, fates: Fates, *, keyed: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.fates, self.keyed = fates, keyed
        self.lock = threading.Lock()
        self.asked = 0
        # When each key was first asked for, in seconds since 1970.
        self.first: dict[str, float] = {}
        self.taken: list[dict[str, Any]] = []
        self.ids: dict[str, str] = {}

    def fate(self, key: str) -> str:
        with self.lock:
            self.asked += 1
            self.first.setdefault(key, time.time())
            return self.fates.of(self.asked)

    def take(self, key: str, text: dict[str, Any]) -> str:
        """Enter a text in the ledger, unless its key is known; the text's id here."""
        with self.lock:
            if self.keyed and key in self.ids:
                return self.ids[key]
            taken_id = f"text-{len(self.taken) + 1}"
            self.taken.append({"id": taken_id, "key": key, **text})
            self.ids[key] = taken_id
            return taken_id


class Handler(BaseHTTPRequestHandler):
    """One request, to its fate."""

    server: Gateway

    def do_GET(self) -> None:
        with self.server.lock:
            ledger = {"asked": self.server.asked, "taken": self.server.taken}
            self._answer(200, ledger | {"first": self.server.first})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path.startswith("/2010-04-01/"):
            # As Twilio's: a form, and only the callback's address says which message it is.
            text = dict(parse_qsl(body))
            key = parse_qs(urlsplit(text["StatusCallback"]).query)["message"][0]
            text["path"] = self.path
        else:
            text, key = json.loads(body), self.headers["Idempotency-Key"]
        text["authorization"] = self.headers["Authorization"]
        fate = self.server.fate(key)
        taken_id = self.server.take(key, text) if fate in TAKEN else ""
        getattr(self, f"_{fate}")(taken_id)

    def _taken(self, taken_id: str) -> None:
        self._answer(201, {"id": taken_id, "sid": taken_id, "status": "queued"})

    def _error_after(self, _taken_id: str) -> None:
        self._answer(500, {"error": "it was taken all the same"})

    def _error_before(self, _: str) -> None:
        self._answer(503, {"error": "it was not taken"})

    def _too_many(self, _: str) -> None:
        self._answer(429, {"error": "too many"})

    def _garbles(self, _taken_id: str) -> None:
        self._answer(200, ["a proxy's word"])

    def _hangs_after(self, _taken_id: str) -> None:
        # Until the caller has enough of it.
        self.connection.recv(1)

    def _resets_after(self, _taken_id: str) -> None:
        self._resets_before("")

    def _resets_before(self, _: str) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        self.connection.close()

    def _drips(self, taken_id: str) -> None:
        body = json.dumps({"id": taken_id}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        try:
            for byte in head + body:
                self.connection.sendall(bytes([byte]))
                # The caller hangs up meanwhile, or waits for the next byte.
                self.connection.settimeout(DRIP_SECONDS)
                try:
                    if not self.connection.recv(1):
                        return
                except TimeoutError:
                    continue
        except OSError:
            return

    def _answer(self, status: int, body: Any) -> None:
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_: object) -> None:
        """It keeps its ledger, and no other log."""

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            # Its caller was killed in the midst of a request, or was reset by us.
            return

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return


def main() -> None:
    asked = json.loads(sys.argv[1])
    gateway = Gateway(Fates(asked["seed"], asked["well"]), keyed=asked["keyed"])
    print(gateway.server_port, flush=True)
    gateway.serve_forever()


if __name__ == "__main__":
    main()
