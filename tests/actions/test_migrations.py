"""The migrations: up from nothing, down to nothing, up again; and they match the models."""

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from psycopg import sql
from sqlalchemy import create_engine, inspect

from scheduler.db import Base, db
from scheduler.embedded import Server
from tests.conftest import app_on, as_superuser, new_database


@pytest.fixture
def fresh(server: Server) -> Iterator[Flask]:
    """The app on a database without a table."""
    name = f"fresh_{os.getpid()}"
    with as_superuser(server) as connection:
        new_database(connection, name)
    made = app_on(server, name)
    with made.app_context():
        yield made
        db.engine.dispose()
    with as_superuser(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def shape(app: Flask) -> dict[str, Any]:
    """Every table with its columns, constraints, indexes, policies, grants; and functions."""
    questions = {
        "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'",
        "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "policies": "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies",
        "grants": "SELECT table_name, grantee, privilege_type"
        " FROM information_schema.role_table_grants WHERE table_schema = 'public'",
        "functions": "SELECT proname, proacl::text FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND prosecdef",
    }
    engine = create_engine(app.extensions["databases"].owner_url)
    with engine.connect() as connection:
        found = {
            name: sorted(tuple(map(str, row)) for row in connection.exec_driver_sql(question))
            for name, question in questions.items()
        }
    engine.dispose()
    return found


def test_the_migrations_go_up_and_down_and_up_again(fresh: Flask) -> None:
    flask_migrate.upgrade()
    first = shape(fresh)
    assert {row[0] for row in first["columns"]} >= set(Base.metadata.tables)
    flask_migrate.downgrade(revision="base")
    assert {row[0] for row in shape(fresh)["columns"]} == {"alembic_version"}
    assert shape(fresh)["functions"] == []
    flask_migrate.upgrade()
    assert shape(fresh) == first


# A clinic as the version before knew it, with one series.
OLDER_CLINIC = [
    "INSERT INTO clinics VALUES (%(id)s, 'Old', 'Old', NULL, 'America/Phoenix', 30, 50, now(), 1)",
    "INSERT INTO policies VALUES (%(id)s, 21, '20:00', '09:00', '{2}', 48, '{insomnia}', 5)",
    "INSERT INTO protocols VALUES (%(id)s, %(id)s, 'weekly', 15, 40, 30, 10, '[]', 1)",
    "INSERT INTO patients VALUES (%(id)s, %(id)s, 'Ana', 'Lopez', '1980-02-03', NULL, NULL, NULL,"
    " 'en', 'email', NULL, 'active', now(), 1)",
    "INSERT INTO series VALUES (%(id)s, %(id)s, %(id)s, %(id)s, 6, 40, 7, now(), 1)",
]


def test_clinics_of_the_version_before_get_what_every_new_one_has(
    fresh: Flask, server: Server
) -> None:
    """Row security binds the owner too: a careless INSERT … SELECT would make nothing."""
    flask_migrate.upgrade(revision="0003")
    before, clinics = shape(fresh), [uuid4() for _ in range(3)]
    with as_superuser(server, str(db.engine.url.database)) as connection:
        for clinic in clinics:
            for statement in OLDER_CLINIC:
                connection.execute(statement, {"id": clinic})

        for _ in range(2):
            flask_migrate.upgrade(revision="0004")
            staffing = "SELECT shifts, watch_ratio, setup_minutes, version FROM staffing"
            assert connection.execute(staffing).fetchall() == [(None, 4, 15, 1)] * 3
            policies = (
                "SELECT minimum_age, late_minutes, no_show_grace_minutes, notice_hours,"
                " escort_asked, fasting_asked, version FROM policies"
            )
            known = [(21, 15, 30, 24, False, False, 5)]
            assert connection.execute(policies).fetchall() == known * 3
            protocols = "SELECT name, review_after, missed_limit FROM protocols"
            assert connection.execute(protocols).fetchall() == [("weekly", None, 2)] * 3
            # A series of the new kind says nothing of days; the version before needs a number.
            connection.execute("UPDATE series SET every_days = NULL")

            flask_migrate.downgrade(revision="0003")
            assert shape(fresh) == before
            series = connection.execute("SELECT every_days FROM series").fetchall()
            assert series == [(7,)] * 3


def test_the_models_have_the_columns_that_the_migrations_make(app: Flask) -> None:
    """Names, and whether a column may be null; constraints are the migrations' own."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, Base.metadata)
        names = set(inspect(connection).get_table_names())
    ignored = {"add_constraint", "remove_constraint", "remove_index", "remove_fk", "add_fk"}
    assert names == {"alembic_version"} | set(Base.metadata.tables)
    left = [each for each in differences if _kind(each) not in ignored]
    # Made by the database, and read by its own function only.
    assert [each[3].name for each in left] == ["search_name"]


def _kind(difference: Any) -> str:
    head = difference[0] if isinstance(difference, list) else difference
    return str(head[0])
