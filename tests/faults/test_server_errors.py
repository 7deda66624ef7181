"""What the server refuses before the program sees it is a problem as every other refusal is.

Bytes over a real socket to a real gunicorn: most of these no HTTP client would send.
"""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from flask import Flask
from psycopg import sql

from scheduler.databases import APP_ROLE
from scheduler.embedded import Server
from scheduler.web.problem_pages import FOLDER
from tests.builders import a_clinic
from tests.conftest import as_superuser
from tests.faults.served import Answer, Web, a_web


@pytest.fixture(scope="module")
def web(server: Server, database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with a_web(server.url(APP_ROLE, database), tmp_path_factory.mktemp("web")) as running:
        yield running


def is_problem(answer: Answer, status: int) -> bool:
    """A problem with its page, which nothing caches, frames or sniffs, and with a request id."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    page = FOLDER / f"{answer.json['type'].removeprefix('/problems/')}.md"
    return page.read_text().splitlines()[2] == f"Status {status}."


def asking(line: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([line, b"Host: clinic", *headers, b"", body])


GET = b"GET /healthz HTTP/1.1"
POST = b"POST /v1/patients/search HTTP/1.1"
CHUNKED = b"Transfer-Encoding: chunked"
CANARY = b"Xanthippe"

UNREADABLE = {
    "no request line": (400, b"Xanthippe Quillfeather\r\n\r\n"),
    "HTTP/0.9": (400, b"GET /healthz\r\n\r\n"),
    "HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "HTTP/3.0": (505, asking(b"GET /healthz HTTP/3.0")),
    "no version": (505, asking(b"GET /healthz HTTP/x")),
    "a method in small letters": (400, asking(b"get /healthz HTTP/1.1")),
    "a method with a colon": (400, asking(b"GE:T /healthz HTTP/1.1")),
    "a path of 9 kB": (414, asking(b"GET /" + CANARY * 1000 + b" HTTP/1.1")),
    "a path without end": (414, b"GET /" + CANARY * 100_000),
    "a path that is not ASCII": (400, asking("GET /Größe HTTP/1.1".encode())),
    "NUL in the path": (400, asking(b"GET /\0 HTTP/1.1")),
    "nothing but NUL": (400, b"\0" * 100 + b"\r\n\r\n"),
    "an address that is none": (400, asking(b"GET http://[::1/healthz HTTP/1.1")),
    "line ends without return": (400, b"GET /healthz HTTP/1.1\nHost: x\n\n"),
    "a header of 70 kB": (431, asking(GET, b"X-Name: " + CANARY * 8_000)),
    "200 headers": (431, asking(GET, *[b"X-%d: Xanthippe" % n for n in range(200)])),
    "a name with a space": (400, asking(GET, b"X Name: Xanthippe")),
    "a name with NUL": (400, asking(GET, b"X\0Name: Xanthippe")),
    "a header without a colon": (400, asking(GET, b"Xanthippe")),
    "a header over two lines": (400, asking(GET, b"X-Name: Xanthippe\r\n Quillfeather")),
    "NUL in a header": (400, asking(GET, b"X-Name: Xan\0thippe")),
    "two hosts": (400, asking(GET, b"Host: elsewhere")),
    "two lengths": (400, asking(POST, b"Content-Length: 2", b"Content-Length: 3", body=b"{} ")),
    "a length below zero": (400, asking(POST, b"Content-Length: -1")),
    "a length with a sign": (400, asking(POST, b"Content-Length: +2", body=b"{}")),
    "a length and chunks": (400, asking(POST, b"Content-Length: 4", CHUNKED, body=b"0\r\n\r\n")),
    "chunks twice": (400, asking(POST, b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n")),
    "chunks in HTTP/1.0": (400, asking(b"POST /v1/keys HTTP/1.0", CHUNKED, body=b"0\r\n\r\n")),
    "another coding": (501, asking(POST, b"Transfer-Encoding: brotli, chunked")),
    "another expectation": (417, asking(POST, b"Expect: coffee", b"Content-Length: 0")),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_not_http_is_refused_as_a_problem_and_the_connection_ends(
    web: Web, what: str
) -> None:
    """I64: and neither the answer nor the log quotes it."""
    status, sent = UNREADABLE[what]
    told = len(web.log)
    # Whatever follows on the connection is never taken for a request of its own.
    (answer,) = web.raw(sent + asking(GET))
    assert is_problem(answer, status)
    assert answer.headers["Connection"] == "close"
    assert answer.headers["X-Request-Id"] in web.log
    assert CANARY not in answer.body
    assert CANARY.decode() not in web.log[told:]
    assert "Traceback" not in web.log[told:]


BROKEN_BODIES = {
    "a size that is no number": b"XYZ\r\n{}\r\n0\r\n\r\n",
    "a size below zero": b"-2\r\n{}\r\n0\r\n\r\n",
    "a size without end": b"f" * 20_000,
    "a chunk longer than it says": b"2\r\n{      }\r\n0\r\n\r\n",
    "a host in the trailer": b"2\r\n{}\r\n0\r\nHost: elsewhere\r\n\r\n",
}


@pytest.mark.parametrize("path", ["/v1/patients/search", "/healthz", "/nowhere"])
@pytest.mark.parametrize("what", BROKEN_BODIES)
def test_a_body_that_makes_no_sense_is_refused_once(web: Web, what: str, path: str) -> None:
    """Where it is not read either: the request has one answer, and the connection ends."""
    line = f"POST {path} HTTP/1.1".encode()
    (answer,) = web.raw(asking(line, CHUNKED, body=BROKEN_BODIES[what]) + asking(GET))
    assert is_problem(answer, {"/healthz": 405, "/nowhere": 404}.get(path, 400))


def test_a_body_that_breaks_off_is_refused(web: Web) -> None:
    with closing(socket.create_connection(("127.0.0.1", web.port), timeout=20)) as connection:
        connection.sendall(asking(POST, b"Content-Length: 200", body=b"{}"))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def alone(line: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    return asking(line, b"Connection: close", *headers, body=body)


UNUSUAL = {
    "a whole address": (200, alone(b"GET http://elsewhere/healthz HTTP/1.1")),
    "no host": (200, GET + b"\r\nConnection: close\r\n\r\n"),
    "HTTP/1.0": (200, b"GET /healthz HTTP/1.0\r\n\r\n"),
    "a header with an underline": (200, alone(GET, b"X_Forwarded_For: 1.2.3.4")),
    "an empty line before it": (200, b"\r\n" + alone(GET)),
    "a method of nobody": (405, alone(b"BREW /healthz HTTP/1.1")),
    "TRACE": (405, alone(b"TRACE /healthz HTTP/1.1", b"Cookie: secret")),
    "CONNECT": (404, alone(b"CONNECT example.org:443 HTTP/1.1")),
    "OPTIONS of everything": (404, alone(b"OPTIONS * HTTP/1.1")),
    "half a character": (404, alone(b"GET /v1/%ff%00 HTTP/1.1")),
    "up and out": (404, alone(b"GET /v1/../../etc/passwd HTTP/1.1")),
    "two slashes": (404, alone(b"GET //v1//clinic HTTP/1.1")),
    "a header of 8 kB": (200, alone(GET, b"X-Name: " + b"x" * 8_000)),
    "a query of 8 kB": (200, alone(b"GET /healthz?" + b"x" * 8_000 + b" HTTP/1.1")),
    "an upgrade": (200, alone(GET, b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")),
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_unusual_http_is_answered_as_what_it_is(web: Web, what: str) -> None:
    status, sent = UNUSUAL[what]
    (answer,) = web.raw(sent)
    assert answer.status == 200 == status or is_problem(answer, status)
    assert b"secret" not in answer.body
    assert "html" not in answer.headers["Content-Type"]


def test_a_body_that_waits_to_be_asked_for_is_asked_for(web: Web) -> None:
    waiting = alone(POST, b"Expect: 100-continue", b"Content-Length: 2", body=b"{}")
    first, answer = web.raw(waiting)
    assert (first.status, first.headers, first.body) == (100, {}, b"")
    assert is_problem(answer, 401)


def test_what_breaks_inside_is_a_problem_without_a_word_of_why(
    web: Web, app: Flask, server: Server, database: str
) -> None:
    """I64: the log has the kind of the error and the place, by the answer's request id."""
    clinic = a_clinic(app)
    rename = "ALTER TABLE {} RENAME TO {}"
    names = sql.Identifier("chairs"), sql.Identifier("chairs_gone")
    told = len(web.log)
    with as_superuser(server, database) as connection:
        connection.execute(sql.SQL(rename).format(*names))
        try:
            answer = web.get("/v1/chairs", clinic.keys["front_desk"])
        finally:
            connection.execute(sql.SQL(rename).format(*reversed(names)))
    assert is_problem(answer, 500)
    assert answer.json["type"] == "/problems/internal_server_error"
    assert b"chairs" not in answer.body
    log = web.log[told:]
    assert answer.json["request_id"] in log
    assert '"error":"ProgrammingError"' in log
    assert "Traceback" not in log
    assert "SELECT" not in log
    assert web.get("/v1/chairs", clinic.keys["front_desk"]).status == 200


@pytest.mark.parametrize("path", ["/docs", "/docs?name=Xanthippe"])
def test_the_one_redirect_is_empty_and_stays_on_this_host(web: Web, path: str) -> None:
    answer = web.get(path)
    assert (answer.status, answer.headers["Location"], answer.body) == (308, "/docs/", b"")
    assert "Content-Type" not in answer.headers
