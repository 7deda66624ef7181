"""Clients of a server that is killed under them: they retry blindly, as integrations do."""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

TIMEOUT_SECONDS = 30
# Less than the server keeps a connection that nobody uses.
KEPT_SECONDS = 3
PATIENCE_SECONDS = 120

Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Request:
    """A write that has to happen once."""

    path: str
    body: Json
    secret: str
    key: str


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_replay(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"

    @property
    def may_be_retried(self) -> bool:
        """Whether it says to come back with the same key."""
        if self.status == http.HTTPStatus.CONFLICT:
            return bool(self.json["type"] == "/problems/still_running")
        return self.status == http.HTTPStatus.SERVICE_UNAVAILABLE


class Broken(Exception):
    """The connection ended before the whole answer was there: what became of it is not known."""


class NotListening(Broken):
    """Nobody takes connections there: nothing was sent."""


class Client:
    """One client with one connection, kept alive between requests."""

    def __init__(self, port: int, secret: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self.secret = secret
        self.retries, self.used_at = 0, time.monotonic()

    def close(self) -> None:
        self.connection.close()

    def send(self, method: str, path: str, body: Json | None = None, **headers: str) -> Answer:
        """Send once; `if_match="..."` is the header If-Match. Raises Broken, or NotListening."""
        sent = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = None if body is None else json.dumps(body)
        if time.monotonic() > self.used_at + KEPT_SECONDS:
            self.connection.close()
        try:
            self.connection.request(method, path, text, sent)
            response = self.connection.getresponse()
            self.used_at = time.monotonic()
            known = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, known, response.read())
        except ConnectionRefusedError as error:
            raise NotListening(repr(error)) from error
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise Broken(repr(error)) from error

    def create(self, path: str, body: Json) -> Answer:
        """POST with a new key, once. Raises Broken."""
        return self.send("POST", path, body, idempotency_key=uuid4().hex)

    def post(self, request: Request) -> Answer:
        """Send the request with its key, once. Raises Broken."""
        self.secret = request.secret
        return self.send("POST", request.path, request.body, idempotency_key=request.key)

    def insist(self, request: Request) -> Answer:
        """Send the request with its key until there is an answer that is not to come back."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self.post(request)
                if not answer.may_be_retried:
                    return answer
                assert answer.headers["retry-after"] == "1"
            except Broken:
                time.sleep(0.01)  # As a client does that does not want to make it worse.
            self.retries += 1
            assert time.monotonic() < deadline, f"no answer to {request}"
