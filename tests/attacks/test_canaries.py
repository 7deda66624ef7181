"""Five hundred canaries through everything there is: none in any sink (I64).

By design a stored success (`idempotent_answers.body`) is what was answered, patient data and
all, for 72 hours and behind row security; and the caller's own refusal names the caller's own
field. Nothing else may know one.
"""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask

import config
from scheduler.databases import APP_ROLE
from scheduler.embedded import Server
from scheduler.messages.channels_mail import SmtpMail
from tests.api.everything import NEEDED_QUERIES, Everything, Operation, operations
from tests.attacks.canaries import Aviary, seen_in
from tests.attacks.stored import Stored
from tests.builders import Caller
from tests.conftest import NOW, PROJECT, as_superuser
from tests.jobs.ticking import FROM, Outbox, tick

At = Callable[[Any], None]


@pytest.fixture
def aviary() -> Aviary:
    return Aviary()


class Walk:
    """Requests with canaries in them; `leaks` are the answers that repeat one to a stranger."""

    def __init__(self, ours: Everything, aviary: Aviary) -> None:
        self.ours, self.aviary = ours, aviary
        self.leaks: list[tuple[str, int, list[str]]] = []

    def send(self, each: Operation, **changed: Any) -> Any:
        headers = self.aviary.headers() | changed.pop("headers", {})
        answer = self.ours.send(each, headers=headers, **changed)
        told = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        if answer.status_code >= 400:
            # What would fit instead names a chair by its label; that is no patient's.
            told += re.sub(r'"(chair|says)":"[^"]*"', "", answer.get_data(as_text=True))
        if found := seen_in(told):
            self.leaks.append((each.name, answer.status_code, found))
        return answer

    def all_of(self, each: Operation, stranger: Caller) -> None:
        """Every way to put a text into one operation; the valid one comes last."""
        ours, aviary, text = self.ours, self.aviary, self.aviary.text
        needed = NEEDED_QUERIES.get(each.rule, {})
        for name, field in getattr(each.schemas.get("query"), "fields", {}).items():
            self.send(each, query=needed | {field.data_key or name: text()})
        for place in each.path_ids:
            path = each.rule.replace(f"<uuid:{place}>", text())
            self.send(each, path=path, query={text(): text()})
        self.send(each, headers={"Authorization": f"Bearer {text()}"})
        self.send(each, headers={"If-Match": f'"{text()}"', "Accept-Language": text()})
        if each.endpoint.takes_body:
            body = aviary.body(each, ours.bodies[each.name])
            self.send(each, body=body, caller=stranger)
            for spoilt in aviary.spoilt(each, ours.bodies[each.name]):
                self.send(each, body=spoilt)
            for raw in (f'{{"name": "{text()}', f'{{"a": "{text()}\\u0000"}}', f'["{text()}"]'):
                self.send(each, body=None, raw=raw.encode())
            self.send(each, body=aviary.body(each, ours.bodies[each.name]))
            # A second time: what is unique is taken, what was done is done.
            self.send(each, body=body)
            self.send(each, body=body)


def walk(app: Flask, ours: Everything, theirs: Everything, aviary: Aviary, at: At) -> Walk:
    """Everything there is, in an order in which most of it succeeds."""
    walking = Walk(ours, aviary)
    destructive = ("cancel", "disable", "withdraw", "revoke", "hours")
    order = sorted(operations(app), key=lambda each: each.rule.endswith(destructive))
    at(NOW)
    for each in order:
        role = sorted(each.endpoint.access.roles)[-1]
        walking.all_of(each, theirs.clinic.caller(role))
    return walking


def test_what_is_planted_is_in_no_log_answer_header_or_audit_row(
    app: Flask,
    ours: Everything,
    theirs: Everything,
    stored: Stored,
    at: At,
    aviary: Aviary,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """I64: five hundred of them, by every operation, in every place, taken and refused."""
    walking = walk(app, ours, theirs, aviary, at)
    assert aviary.planted > 500
    assert walking.leaks == []
    for table in ("patients", "consents", "providers", "chairs", "closures"):
        assert seen_in(stored.text(table)), f"none got as far as {table}"
    written = capfd.readouterr()
    assert '"route":' in written.err
    assert seen_in(written.err + written.out) == []
    assert seen_in(stored.text("audit_log")) == []
    kept = "SELECT concat(method, path, headers) FROM idempotent_answers"
    assert seen_in(str(stored.connection.execute(kept).fetchall())) == []
    assert (
        seen_in(str(stored.connection.execute("SELECT query FROM pg_stat_activity").fetchall()))
        == []
    )
    assert seen_in(server_log()) == []
    for path in {"/metrics", "/readyz"} & {rule.rule for rule in app.url_map.iter_rules()}:
        assert seen_in(app.test_client().get(path).get_data(as_text=True)) == []


def server_log() -> str:
    """What PostgreSQL itself has written: by default an error there quotes values."""
    return (PROJECT / "var" / "tests" / "postgres" / "server.log").read_text(errors="replace")


DOCUMENTED = [PROJECT / "docs" / "operations.md", PROJECT / "docker-compose.yml"]


@pytest.mark.parametrize("document", DOCUMENTED, ids=lambda path: path.name)
def test_what_the_documents_set_for_the_role_keeps_values_out_of_postgresqls_log(
    server: Server, database: str, document: Path
) -> None:
    """I64: as the laptop's server does by itself; and without, they would be in it.

    Row security makes PostgreSQL leave out the values of the app's rows, so a superuser asks here.
    """
    settings = re.findall(r"ALTER ROLE scheduler_app SET (\w+ = '\w+');", document.read_text())
    usual = ["log_min_messages = 'warning'", "log_min_error_statement = 'error'"]
    bird, seen = uuid4().hex, []
    for case, chosen in (("usual", usual), ("documented", settings), ("as it is", [])):
        with as_superuser(server, database) as connection:
            for setting in chosen:
                connection.execute(f"SET {setting}")
            connection.execute("CREATE TEMP TABLE birds (name text UNIQUE)")
            for _ in range(2):
                with suppress(psycopg.errors.UniqueViolation):
                    connection.execute(f"INSERT INTO birds VALUES ('{case}-{bird}')")
        seen.append(f"{case}-{bird}" in server_log())
    assert seen == [True, False, False]


def test_a_failure_of_our_own_tells_no_log_what_it_was_about(
    app: Flask,
    ours: Everything,
    stored: Stored,
    aviary: Aviary,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """I64: a statement that the database refuses for a reason nobody thought of."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    (each,) = (each for each in operations(app) if each.name == "POST /v1/patients")
    stored.connection.execute(f"REVOKE INSERT ON patients FROM {APP_ROLE}")
    try:
        answer = ours.send(each, body=aviary.body(each, ours.bodies[each.name]))
    finally:
        stored.connection.execute(f"GRANT INSERT ON patients TO {APP_ROLE}")
    written = capfd.readouterr()
    assert answer.status_code == 500
    assert "a request failed" in written.err
    assert seen_in(written.err + written.out + answer.get_data(as_text=True)) == []
    assert seen_in(server_log()) == []


def with_patient(ours: Everything, aviary: Aviary) -> None:
    """The patient of everything is one nobody may hear of."""
    patient = f"/v1/patients/{ours.ids['patient_id']}"
    named = {"given_name": aviary.text(), "family_name": aviary.text(), "email": aviary.email()}
    named |= {"phone": aviary.phone(), "external_id": aviary.text()}
    changed = ours.clinic.desk.change("PATCH", patient, named, version=1)
    assert changed.status_code == 200, changed.get_json()


def test_the_background_job_names_nobody(
    app: Flask,
    ours: Everything,
    stored: Stored,
    aviary: Aviary,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """I64: what it logs, and the names of its files; when mail goes out and when it cannot."""
    with_patient(ours, aviary)
    outbox = Outbox(tmp_path / "outbox")
    nobody_listens = SmtpMail("smtp://127.0.0.1:9", FROM)
    done = tick(app, "2026-11-28T17:00:00Z", {"email": nobody_listens})
    done |= tick(app, "2026-11-28T18:00:00Z", outbox.channels)
    assert any(what.endswith("sent") for what in done), done
    assert any(seen_in(str(mail["To"])) for mail in outbox.mails)
    written = capfd.readouterr()
    assert seen_in(f"{done}{[file.name for file in outbox.files]}{written.err}{written.out}") == []


@pytest.fixture
def environ(server: Server, database: str, tmp_path: Path) -> dict[str, str]:
    """What a process of its own needs to work on this test's database."""
    known = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    url = server.url(APP_ROLE, database).replace("+psycopg", "")
    return known | {
        "DATABASE_URL": url,
        "DATA_DIR": str(tmp_path),
        "SMTP_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": FROM,
    }


@pytest.mark.parametrize("command", [("tick",), ("check",)])
def test_a_command_names_nobody(
    ours: Everything, aviary: Aviary, environ: dict[str, str], command: tuple[str, ...]
) -> None:
    """I64: neither what it prints nor what it logs."""
    with_patient(ours, aviary)
    called = (sys.executable, "-m", "flask", "--app", "wsgi", *command)
    ended = subprocess.run(
        called, cwd=config.PROJECT, env=environ, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout, ended.stderr
    assert seen_in(ended.stdout + ended.stderr) == []


@contextmanager
def gunicorn(environ: dict[str, str], log: Path) -> Iterator[http.client.HTTPConnection]:
    """A real server on this test's database, and a connection to it; it logs to a file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ("gunicorn", "--config", "python:scheduler.gunicorn_settings", "wsgi:app")
    with log.open("wb") as written:
        process = subprocess.Popen(
            (sys.executable, "-m", *command),
            cwd=config.PROJECT,
            env=environ | {"PORT": str(port), "WEB_WORKERS": "1", "LOG_LEVEL": "DEBUG"},
            stdout=written,
            stderr=written,
        )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    deadline = time.monotonic() + 30
    try:
        while True:
            try:
                connection.connect()
                break
            except ConnectionRefusedError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        yield connection
    finally:
        connection.close()
        process.terminate()
        process.wait(timeout=30)


def test_a_real_server_logs_no_address_header_or_body(
    ours: Everything, aviary: Aviary, environ: dict[str, str], tmp_path: Path
) -> None:
    """I64: at its most talkative; a request line is the first thing that a server logs."""
    with_patient(ours, aviary)
    key, text = ours.clinic.keys["front_desk"], aviary.text
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = [
        ("GET", f"/v1/patients?external_id={text()}", b""),
        ("GET", f"/v1/{text()}?{text()}={text()}", b""),
        ("GET", f"/v1/patients/{ours.ids['patient_id']}", b""),
        ("POST", "/v1/patients/search", f'{{"name": "{text()}"}}'.encode()),
        ("POST", "/v1/patients", f'{{"given_name": "{text()}", "phone": 1}}'.encode()),
        ("POST", "/v1/patients", f'{{"given_name": "{text()}'.encode()),
        ("DELETE", f"/v1/{text()}", text().encode()),
    ]
    with gunicorn(environ, tmp_path / "server.log") as connection:
        statuses = []
        for method, path, body in asked:
            sent = {name: text() for name in ("User-Agent", "Referer", "X-Request-Id")}
            connection.request(method, path, body, {"Idempotency-Key": text()} | sent | headers)
            answer = connection.getresponse()
            statuses.append(answer.status)
            answer.read()
    assert statuses == [200, 404, 200, 200, 422, 400, 404]
    written = (tmp_path / "server.log").read_text()
    assert written.count('"route":') == len(asked)
    assert seen_in(written) == []
    assert seen_in(server_log()) == []
