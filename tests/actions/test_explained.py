"""What grows is never read whole: the plans of all that the app really sends, as its own role.

PostgreSQL itself says by which plan each statement ran, those inside functions and those that
check references included (`auto_explain`), on a clinic with years behind it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event

from scheduler import clock, delivery
from scheduler.db import db
from scheduler.embedded import Server
from scheduler.messages.channels_files import FileOutbox
from tests.api.everything import AFTER, WHEN, Everything, everything, operations
from tests.api.linked import Phone, form_link, links_of
from tests.builders import consents
from tests.conftest import NOW, app_on, as_superuser, drop_database, new_database

EXPLAINING = {
    "session_preload_libraries": "'auto_explain'",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_level": "notice",
    "auto_explain.log_format": "json",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
}

# In each of these lie so many rows of times gone by, all of the one clinic.
ROWS = 12_000
MOST_READ = ROWS // 10

TABLES = (
    "patients",
    "consents",
    "consultations",
    "clearances",
    "series",
    "sessions",
    "answers",
)
GROWING = {
    *TABLES,
    "messages",
    "links",
    "idempotent_answers",
    "audit_log",
    "attention_handled",
}
OTHERS = {"id", "patient_id", "series_id", "session_id", "clearance_id", "consultation_id"}

COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
"""
PAST = "make_interval(days => 90, hours => n)"
OVER = {
    "patients": {
        "external_id": "'OLD-' || n",
        "given_name": "md5(n::text)",
        "birth_date": "birth_date - n",
        "phone": "'+1602' || n",
        "email": "'old' || n || '@example.com'",
    },
    "consents": {"address": "'old' || n || '@example.com'"},
    "consultations": {"status": "'cancelled'", "outcome": "NULL"},
    "sessions": {
        "status": "(ARRAY['completed', 'completed', 'cancelled', 'no_show'])[n % 4 + 1]",
        "left_at": f"block_ends_at - {PAST}",
    },
}


@dataclass
class Plans:
    """Every plan so far, under what was asked for."""

    asked: str = ""
    found: list[tuple[str, Any]] = field(default_factory=list)

    def note(self, diagnostic: Any) -> None:
        """Take in a notice of the server."""
        head, told, plan = (diagnostic.message_primary or "").partition("plan:\n")
        if told and head.startswith("duration:"):
            self.found.append((self.asked, json.loads(plan)))

    def reading_whole(self) -> dict[tuple[str, str], str]:
        """What reads a growing table whole, or too much of it: why, and in which query."""
        return {
            (asked, table): f"{why}: {plan['Query Text']}"
            for asked, plan in self.found
            for table, why in _reading_whole(plan["Plan"])
        }


def _reading_whole(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for inner in node.get("Plans", ()):
        yield from _reading_whole(inner)
    table = node.get("Relation Name")
    if table in GROWING:
        removed = node.get("Rows Removed by Filter", 0) + node.get(
            "Rows Removed by Index Recheck", 0
        )
        read = (node.get("Actual Rows", 0) + removed) * node.get("Actual Loops", 1)
        if node["Node Type"] == "Seq Scan":
            yield table, "sequential scan"
        elif read > MOST_READ:
            yield table, f"{read:.0f} rows read"


@pytest.fixture
def grown(
    server: Server, template: str, tmp_path: Path, at: Callable[[datetime | str], None]
) -> Iterator[Everything]:
    """A clinic with one of everything and years behind it, in a database that explains itself."""
    name = f"explained_{tmp_path.name}"
    with as_superuser(server) as connection:
        new_database(connection, name, template)
        for setting, value in EXPLAINING.items():
            connection.execute(f"ALTER DATABASE {name} SET {setting} = {value}".encode())
    try:
        app = app_on(server, name, tmp_path)
        with app.app_context():
            made = everything(app)
            with as_superuser(server, name) as connection:
                grow(connection, made)
            db.engine.dispose()
            yield made
            db.engine.dispose()
    finally:
        drop_database(server, name)


def grow(connection: Any, made: Everything) -> None:
    """Copies of what there is, in hours gone by, until each table has its rows."""
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET client_min_messages = warning")
    for table in TABLES:
        values = {}
        for column, kind in connection.execute(COLUMNS, [table]).fetchall():
            values[column] = column
            if column in OTHERS:
                values[column] = f"md5({column}::text || n)::uuid"
            elif kind.startswith("timestamp"):
                values[column] = f"{column} - {PAST}"
        values |= OVER.get(table, {})
        names, chosen = ", ".join(values), ", ".join(values.values())
        origin = f"(SELECT * FROM {table} LIMIT 1) AS one, generate_series(1, {ROWS}) AS n"
        connection.execute(f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {origin}")
    connection.execute(
        """
        INSERT INTO audit_log
               (clinic_id, id, at, request_id, role, method, route, status, object_ids)
        SELECT clinic_id, id, created_at, id::text, 'front_desk', 'POST', '/', 201, ARRAY[id]
          FROM patients;
        INSERT INTO messages (clinic_id, id, kind, rule, session_id, patient_id, time_version,
                              due_at, not_after, status, next_attempt_at, created_at, version)
        SELECT clinic_id, id, 'reminder', '1d_before', id, patient_id, 1, starts_at, starts_at,
               CASE WHEN status = 'no_show' THEN 'failed' ELSE 'sent' END, starts_at, starts_at, 4
          FROM sessions WHERE status <> 'booked';
        INSERT INTO attention_handled (clinic_id, id, note, handled_at)
        SELECT clinic_id, id, 'Called', created_at FROM patients;
        INSERT INTO links (clinic_id, id, purpose, token_hash, session_id, patient_id,
                           time_version, channel, address, created_at, expires_at, version)
        SELECT clinic_id, id, 'unsubscribe', sha256(id::text::bytea), id, patient_id, 1, 'email',
               'old@example.com', starts_at, '2026-11-30', 1
          FROM sessions;
        INSERT INTO idempotent_answers
               (clinic_id, key_id, method, path, idempotency_key, fingerprint, created_at)
        SELECT clinic_id, id, 'POST', '/', id::text, '', '2026-11-30' FROM patients;
        """
    )
    connection.execute("VACUUM ANALYZE")


def test_nothing_that_grows_is_read_whole(
    grown: Everything, at: Callable[[datetime | str], None], tmp_path: Path
) -> None:
    plans = Plans()

    @event.listens_for(db.engine, "connect")
    def listen(connection: Any, _record: Any) -> None:
        connection.add_notice_handler(plans.note)

    ask_everything(grown, plans, at)
    tick(grown.clinic.app, plans, at, tmp_path)
    press_every_link(grown, plans)
    assert len(plans.found) > 500
    assert plans.reading_whole() == {}


def ask_everything(made: Everything, plans: Plans, at: Callable[[datetime | str], None]) -> None:
    """Send every operation, and take it back, but for the steps that later ones follow on."""
    dialect: Any = db.engine.dialect
    commit = dialect.do_commit
    taken: set[str] = set()
    for operation in sorted(operations(made.clinic.app), key=lambda each: steps_before(each.name)):
        for before in reversed(chain(operation.name)):
            if before not in taken:
                plans.asked = before
                method, path = before.format(**made.ids).split()
                at(WHEN[before])
                answer = made.clinic.desk.send(method, path, made.bodies[before], {"If-Match": "*"})
                assert answer.status_code == 200, answer.get_json()
                taken.add(before)
        at(WHEN.get(operation.name, NOW))
        plans.asked = operation.name
        dialect.do_commit = dialect.do_rollback
        try:
            answer = made.send(operation)
        finally:
            dialect.do_commit = commit
        assert answer.status_code < 300, (operation.name, answer.get_json())


def press_every_link(made: Everything, plans: Plans) -> None:
    """As a patient does, of the last visit of the series."""
    phone, desk = Phone(made.clinic.app), made.clinic.desk
    session = desk.get("/v1/sessions", status="booked").get_json()["items"][-1]
    patient = desk.get(f"/v1/patients/{session['patient_id']}").get_json()
    links = links_of(made.clinic, session, address=patient["email"])
    consents(made.clinic, UUID(patient["id"]), "check_ins")
    fill_in_a_form(phone, form_link(made.clinic, session), plans)
    for purpose in ("calendar", "unsubscribe", "confirm", "change"):
        plans.asked = f"a link to {purpose}"
        page = phone.read(links[purpose])
        if purpose != "calendar":
            chosen = {"start": page.starts[0]} if page.starts else {}
            assert phone.press(links[purpose], page, **chosen).status_code == 200, purpose


def fill_in_a_form(phone: Phone, path: str, plans: Plans) -> None:
    """In danger while it may be filled in, and after it was submitted."""
    plans.asked = "a link to a form"
    danger = {"item": "9", "value": "1"}
    assert phone.press(path, phone.read(path), **danger).status_code == 200
    end = f"{path}?at=end"
    assert phone.press(end, phone.read(end)).status_code == 303
    assert phone.open(path, "POST", data=danger).status_code == 200


def chain(name: str) -> list[str]:
    """The steps before an operation, the nearest first."""
    before = AFTER.get(name)
    return [] if before is None else [before, *chain(before)]


def steps_before(name: str) -> int:
    """How many steps have to come before this operation."""
    return len(chain(name))


def tick(app: Flask, plans: Plans, at: Callable[[datetime | str], None], folder: Path) -> None:
    """Tick while something is due, and again when nothing is."""
    at(NOW + timedelta(days=7))
    outbox = FileOutbox(folder, "no-reply@clinic.example")
    for plans.asked in ("a tick", "an idle tick"):
        delivery.tick(app, clock.now, {"email": outbox})
