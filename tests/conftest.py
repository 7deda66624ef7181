"""One real PostgreSQL for all tests, one database a worker, emptied after each test.

A test states its instant with `at(...)`: nothing depends on today. What is built stays small
and readable through `builders.py`.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
import pytest
import time_machine
from flask import Flask
from psycopg import sql
from sqlalchemy import make_url

import config
from scheduler import embedded
from scheduler.app import create_app
from scheduler.databases import APP_ROLE, OWNER_ROLE, Databases
from scheduler.db import Base, db
from tests import promised
from tests.builders import PATIENT_DATA

PROJECT = Path(config.__file__).parent
# A Monday, 08:00 in Phoenix.
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

Size = Callable[..., int]

_DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make proof` runs what is marked `proof` at another size than `make test` does."""
    parser.addoption("--proof", action="store_true", help="proofs take their long size")
    parser.addoption("--n", type=int, help="proofs take this size")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A proof of any size goes on to its end: a test's own limit is for the size of `make test`."""
    if config.getoption("--proof"):
        for item in items:
            item.own_markers = [mark for mark in item.own_markers if mark.name != "timeout"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """I64: a test in whose log stands a patient of the builders fails."""
    report: Any = yield
    logged = "".join(text for name, text in report.sections if "stderr" in name or "log" in name)
    if report.passed and (found := PATIENT_DATA.search(logged)):
        report.outcome = "failed"
        report.longrepr = f"patient data was logged: {found[0]}"
    return report


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    """How much of a proof to do: `size(ci=500, proof=20_000)`, or what `--n` says."""

    def choose(*, ci: int, proof: int) -> int:
        asked: int | None = request.config.getoption("--n")
        return asked or (proof if request.config.getoption("--proof") else ci)

    return choose


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The tests' PostgreSQL, kept between runs; not durable, as nothing in it is worth keeping."""
    running = embedded.start(PROJECT / "var" / "tests", durable=False)
    yield running
    running.close()


@pytest.fixture(scope="session")
def template(server: embedded.Server) -> str:
    """A database with the migrations applied, made once for their present text."""
    migrations = sorted((PROJECT / "migrations" / "versions").glob("*.py"))
    text = b"".join(path.read_bytes() for path in migrations)
    name = f"template_{hashlib.sha256(text).hexdigest()[:16]}"
    with (PROJECT / "var" / "tests" / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with as_superuser(server) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(known, [name]).fetchone() is None:
                half = f"{name}_half"
                new_database(connection, half)
                migrate(app_on(server, half))
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(rename.format(sql.Identifier(half), sql.Identifier(name)))
    return name


@pytest.fixture(scope="session")
def database(server: embedded.Server, template: str) -> Iterator[str]:
    """This process's own database, so that several runs may go on at once."""
    name = f"test_{os.getpid()}"
    with as_superuser(server) as connection:
        new_database(connection, name, template)
    yield name
    drop_database(server, name)


@pytest.fixture(scope="session")
def application(
    server: embedded.Server, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The app on this worker's database; its outbox is in a folder of its own."""
    made = app_on(server, database, tmp_path_factory.mktemp("data"))
    # Before its first request, whichever test sends it.
    made.extensions["broken_promises"] = promised.watch(made)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def broken_promises(application: Flask) -> list[str]:
    """What the app answered and its document does not name."""
    found: list[str] = application.extensions["broken_promises"]
    return found


@pytest.fixture
def app(
    application: Flask, server: embedded.Server, database: str, broken_promises: list[str]
) -> Iterator[Flask]:
    """The app, in an app context, on an empty database; it answers no undocumented problem."""
    with application.app_context():
        yield application
        db.session.remove()
    empty(server, database)
    broken, broken_promises[:] = sorted(set(broken_promises)), []
    assert broken == []


@pytest.fixture
def at() -> Iterator[Callable[[datetime | str], None]]:
    """Travel: `at("2026-12-01T08:55:00-07:00")` makes it that instant, and it stays so."""
    travels: list[Any] = []

    def travel(instant: datetime | str) -> None:
        moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        while travels:
            travels.pop().stop()
        travels.append(time_machine.travel(moment, tick=False))
        travels[-1].start()

    travel(NOW)
    yield travel
    while travels:
        travels.pop().stop()


def app_on(server: embedded.Server, name: str, data_dir: Path | None = None) -> Flask:
    """The app on one database of the tests' server."""
    environ = {"OUTBOX": "files", "DATA_DIR": str(data_dir or PROJECT / "var" / "tests")}
    # A test is a hundred callers at once.
    environ |= {"RATE_LIMIT_PER_MINUTE": "1000000", "FAILED_KEYS_PER_MINUTE": "1000000"}
    environ["LOG_LEVEL"] = os.environ.get("LOG_LEVEL", "INFO")
    found = Databases(make_url(server.url(APP_ROLE, name)), make_url(server.url(OWNER_ROLE, name)))
    # Messages carry links where a test gives it a public name.
    return create_app(replace(config.read(environ), public_url=None), found)


def migrate(app: Flask) -> None:
    """Apply the migrations, and let go of the database."""
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()


def as_superuser(server: embedded.Server, name: str = "postgres") -> psycopg.Connection[Any]:
    """A connection that row security does not bind, for setting up and for looking past it."""
    url = server.url("postgres", name).replace("+psycopg", "")
    return psycopg.connect(url, autocommit=True)


def new_database(connection: psycopg.Connection[Any], name: str, template: str = "") -> None:
    """Make a database anew, owned by the owner of the tables."""
    made, owner = sql.Identifier(name), sql.Identifier(OWNER_ROLE)
    connection.execute(_DROP.format(made))
    origin = sql.Identifier(template or "template0")
    create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(made, owner, origin)
    connection.execute(create)


def drop_database(server: embedded.Server, name: str) -> None:
    """Remove a database, whoever is still connected to it."""
    with as_superuser(server) as connection:
        connection.execute(_DROP.format(sql.Identifier(name)))


def empty(server: embedded.Server, name: str) -> None:
    """Delete every row, in one round trip and without looking at references."""
    tables = Base.metadata.sorted_tables
    deletes = sql.SQL("; ").join(
        sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)) for table in tables
    )
    with as_superuser(server, name) as connection:
        connection.execute(sql.SQL("SET session_replication_role = replica; ") + deletes)
