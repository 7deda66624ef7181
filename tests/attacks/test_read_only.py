"""A read only reads: every GET works for a database role that may write the audit log alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from marshmallow import fields, validate
from psycopg import sql
from sqlalchemy import make_url

import config
from scheduler.access.roles import ROLES
from scheduler.app import create_app
from scheduler.databases import APP_ROLE, OWNER_ROLE, Databases
from scheduler.db import db
from scheduler.embedded import Server
from scheduler.web.fields import Id, Instant, QueryMinutes
from tests.api.everything import NEEDED_QUERIES, Everything, Operation, operations
from tests.attacks.stored import Stored
from tests.builders import Caller
from tests.jobs.ticking import Outbox, tick

START = "2026-12-01T00:00:00-07:00"

# What the app's role may read and call, this one may, too; but of writing, one row a request.
READER = """
CREATE ROLE {role} LOGIN;
DO $$ DECLARE each record; BEGIN
    FOR each IN SELECT table_name FROM information_schema.role_table_grants
        WHERE grantee = '{app}' AND privilege_type = 'SELECT' LOOP
        EXECUTE format('GRANT SELECT ON %I TO {role}', each.table_name);
    END LOOP;
    FOR each IN SELECT routine_name FROM information_schema.role_routine_grants
        WHERE grantee = '{app}' AND routine_schema = 'public' LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %I TO {role}', each.routine_name);
    END LOOP;
END $$;
GRANT INSERT ON audit_log TO {role};
"""


@pytest.fixture
def reader(
    app: Flask, server: Server, database: str, stored: Stored, tmp_path: Path
) -> Iterator[Flask]:
    """The app under a role that may write nothing but the audit log."""
    role = f"reader_of_{database}"
    stored.connection.execute(READER.format(role=role, app=APP_ROLE))
    environ = {"OUTBOX": "files", "DATA_DIR": str(tmp_path)}
    found = Databases(
        make_url(server.url(role, database)), make_url(server.url(OWNER_ROLE, database))
    )
    made = create_app(config.read(environ), found)
    yield made
    with made.app_context():
        db.engine.dispose()
    name = sql.Identifier(role)
    stored.connection.execute(sql.SQL("DROP OWNED BY {}").format(name))
    stored.connection.execute(sql.SQL("DROP ROLE {}").format(name))


def under(app: Flask, ours: Everything) -> Everything:
    """The same clinic and keys, asked through another app."""
    callers = {role: Caller(app.test_client(), ours.clinic.keys[role]) for role in ROLES}
    return replace(ours, clinic=replace(ours.clinic, app=app, callers=callers))


def values(name: str, kind: Any, ours: Everything) -> list[str]:
    """What a query's parameter may be, for each of its kinds at least one."""
    if isinstance(kind, Id):
        return [str(ours.ids[name])]
    if isinstance(kind, Instant):
        return [START if name == "from_" else "2026-12-09T00:00:00Z"]
    if isinstance(kind, QueryMinutes):
        return ["40"]
    if isinstance(kind.validate, validate.OneOf):
        return [str(choice) for choice in kind.validate.choices]
    if name == "limit":
        return ["1", "200"]
    if isinstance(kind, fields.String) and name != "cursor":
        return ["EXT-1"]
    return []


def queries(each: Operation, ours: Everything) -> Iterator[dict[str, Any]]:
    """The operation's parameters: as few as it takes, each one alone, and all at once."""
    needed: dict[str, Any] = NEEDED_QUERIES.get(each.rule, {})
    yield needed
    everything_at_once = dict(needed)
    if "query" in each.schemas:
        for name, kind in each.schemas["query"].fields.items():
            for value in values(name, kind, ours):
                # Some windows may not stay open at their start.
                alone = {"from": START, "to": value} if name == "to" else {}
                yield needed | {kind.data_key or name: value} | alone
                everything_at_once[kind.data_key or name] = value
        yield everything_at_once


def lived_in(ours: Everything, app: Flask, tmp_path: Path, at: Callable[[Any], None]) -> None:
    """Messages were sent, and one session is over: lists have something to show."""
    outbox = Outbox(tmp_path / "outbox")
    at("2026-12-01T09:00:00-07:00")
    tick(app, "2026-11-28T16:00:00Z", outbox.channels)
    tick(app, "2026-12-01T09:00:00-07:00", outbox.channels)
    ours.ready_for("POST /v1/sessions/{session_id}/complete", at)


def test_every_read_works_for_a_role_that_may_write_nothing_but_the_audit_log(
    app: Flask,
    reader: Flask,
    ours: Everything,
    stored: Stored,
    at: Callable[[Any], None],
    tmp_path: Path,
) -> None:
    """GET and HEAD, by every role that may, with every parameter; they change nothing."""
    lived_in(ours, app, tmp_path, at)
    before, asked, wrong = stored.fingerprints(), 0, []
    looked_at = under(reader, ours)
    # Free starts are looked for only for a session that can still be moved.
    booked = ours.clinic.desk.get("/v1/sessions", status="booked").get_json()["items"][-1]["id"]
    movable = replace(ours, ids=ours.ids | {"session_id": UUID(booked)})
    for each in operations(app):
        if each.method == "GET":
            roles = sorted(each.endpoint.access.roles)
            ways = [("HEAD", roles[0]), *product(["GET"], roles)]
            for query in queries(each, movable):
                for method, role in ways:
                    caller = looked_at.clinic.caller(role)
                    answer = looked_at.send(each, caller=caller, query=query, method=method)
                    asked += 1
                    if answer.status_code != 200 or (method == "HEAD" and answer.get_data()):
                        wrong.append((method, each.rule, query, role, answer.status_code))
    assert wrong == []
    assert asked > 500
    assert stored.fingerprints() == before


def test_a_read_by_post_changes_nothing_either(
    app: Flask, reader: Flask, ours: Everything, stored: Stored
) -> None:
    """A plan, a search, a preview: patient data stays out of URLs; all of them only look."""
    looked_at = under(reader, ours)
    preview = "/v1/clinic/templates/<word:message>/<word:language>/preview"
    known = {"/v1/series/plan", "/v1/series/options", "/v1/patients/search", preview}
    reads = [
        e for e in operations(app) if e.writes and e.success == 200 and not e.endpoint.if_match
    ]
    # To handle an item writes its note, though the item itself has no version; a reminder that is
    # coming has none either, until a person sends or skips it.
    reminder = "/v1/sessions/<uuid:session_id>/reminders/<word:rule>"
    writes = {"/v1/attention/<uuid:item_id>/handle", f"{reminder}/send", f"{reminder}/skip"}
    writes |= {"/v1/messages/release"}
    assert {each.rule for each in reads} == known | writes
    reads = [each for each in reads if each.rule in known]
    before = stored.fingerprints()
    for each in reads:
        assert looked_at.send(each).status_code == 200, each.name
    assert stored.fingerprints() == before


def test_that_role_really_cannot_write(app: Flask, reader: Flask, ours: Everything) -> None:
    """Or the tests above would prove nothing."""
    reader.config["PROPAGATE_EXCEPTIONS"] = False
    (each,) = (each for each in operations(app) if each.name == "POST /v1/chairs")
    assert under(reader, ours).send(each).status_code == 500
