"""The bench's own PostgreSQL, and its databases: templates made once, copied for each run.

A template's name holds a digest of what made it (migrations, `standard.py`, `grown.py`), so a
change makes it anew. The server is durable, as a clinic's is: a commit waits for the disk.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import flask_migrate
import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import make_url

import config
from bench import standard
from scheduler import clock, embedded
from scheduler.app import create_app
from scheduler.databases import APP_ROLE, OWNER_ROLE, Databases
from scheduler.db import db

HOME = config.PROJECT / "var" / "bench"
DATA_DIR = HOME / "data"

_DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
_KEYS = """
CREATE SCHEMA bench;
CREATE TABLE bench.keys (number integer PRIMARY KEY, clinic_id uuid NOT NULL, secret text NOT NULL);
"""

Grow = Callable[[psycopg.Connection[Any]], None]


class Cluster:
    """The running server; `close` gives it back."""

    def __init__(self) -> None:
        self.server = embedded.start(HOME)
        # The program's clock is the standard clinic's, whatever day it is.
        state = DATA_DIR / "clock.json"
        state.unlink(missing_ok=True)
        clock.start_at(DATA_DIR, standard.NOW)

    def close(self) -> None:
        """Stop it, unless another bench still uses it."""
        self.server.close()

    def url(self, name: str, role: str = APP_ROLE) -> str:
        """The DATABASE_URL of a database, for the program's plain role."""
        return self.server.url(role, name)

    def superuser(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """A connection that row security does not bind, for making and clearing up."""
        return psycopg.connect(self.url(name, "postgres").replace("+psycopg", ""), autocommit=True)

    def template(self, kind: str, grow: Grow | None = None, origin: str = "") -> str:
        """The template of that kind, made now if need be: from `origin`, then grown."""
        name = f"{kind}_{_digest(kind + origin)}"
        with self.superuser() as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(known, [name]).fetchone() is not None:
                return name
            self._drop_old(connection, kind)
            print(f"making the {kind} clinic (once) ...", flush=True)
            half = f"{name}_half"
            self._create(connection, half, origin)
            if not origin:
                self._make_standard(half)
            if grow is not None:
                with self.superuser(half) as inside:
                    inside.execute("SET session_replication_role = replica")
                    grow(inside)
                    inside.execute("VACUUM ANALYZE")
            both = sql.Identifier(half), sql.Identifier(name)
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*both))
        return name

    @contextmanager
    def copy(self, template: str, name: str) -> Iterator[str]:
        """A database made from the template, gone at the end of the block."""
        with self.superuser() as connection:
            self._create(connection, name, template)
        try:
            yield name
        finally:
            with self.superuser() as connection:
                connection.execute(_DROP.format(sql.Identifier(name)))

    def keys(self, name: str) -> list[tuple[UUID, str]]:
        """The clinics of a database, each with a front desk's secret; the standard one first."""
        with self.superuser(name) as connection:
            return connection.execute(
                "SELECT clinic_id, secret FROM bench.keys ORDER BY number"
            ).fetchall()

    @contextmanager
    def app(self, name: str, **settings: str) -> Iterator[Flask]:
        """The program in this process, in an app context, on that database."""
        environ = {"DATA_DIR": str(DATA_DIR), "OUTBOX": "files", "LOG_LEVEL": "ERROR"} | settings
        found = Databases(make_url(self.url(name)), make_url(self.url(name, OWNER_ROLE)))
        app = create_app(config.read(environ), found)
        with app.app_context():
            try:
                yield app
            finally:
                db.engine.dispose()

    def _make_standard(self, name: str) -> None:
        with self.app(name):
            flask_migrate.upgrade()
            clinic_id, secret = standard.make()
        with self.superuser(name) as connection:
            connection.execute(_KEYS)
            connection.execute("INSERT INTO bench.keys VALUES (0, %s, %s)", [clinic_id, secret])
            connection.execute("VACUUM ANALYZE")

    @staticmethod
    def _create(connection: psycopg.Connection[Any], name: str, template: str) -> None:
        made, owner = sql.Identifier(name), sql.Identifier(OWNER_ROLE)
        connection.execute(_DROP.format(made))
        create = "CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy"
        origin = sql.Identifier(template or "template0")
        connection.execute(sql.SQL(create).format(made, owner, origin))

    @staticmethod
    def _drop_old(connection: psycopg.Connection[Any], kind: str) -> None:
        found = "SELECT datname FROM pg_database WHERE datname LIKE %s"
        for (old,) in connection.execute(found, [f"{kind}\\_%"]).fetchall():
            connection.execute(_DROP.format(sql.Identifier(old)))


def _digest(what: str) -> str:
    here = Path(__file__).parent
    made_by = sorted((config.PROJECT / "migrations" / "versions").glob("*.py"))
    made_by += [here / "standard.py", here / "grown.py"]
    return hashlib.sha256(
        what.encode() + b"".join(path.read_bytes() for path in made_by)
    ).hexdigest()[:12]
