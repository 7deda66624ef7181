"""The migrations: up from nothing, down to nothing, up again; and they match the models."""

import os
from collections.abc import Iterator
from typing import Any

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
