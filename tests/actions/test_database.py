"""What the database itself refuses, whatever a query of ours forgets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from psycopg import errors as pg
from sqlalchemy import MetaData, Table, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from scheduler.databases import APP_ROLE, OWNER_ROLE
from scheduler.db import Base, db
from scheduler.tenancy import unit_of_work
from tests.api.everything import Everything, everything

TABLES = [each for each in Base.metadata.sorted_tables if each.name != "clinics"]


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app, name="Ours")


@pytest.fixture
def theirs(app: Flask, ours: Everything) -> Everything:
    return everything(app, name="Theirs")


@contextmanager
def refused_by(kind: type[Exception]) -> Iterator[None]:
    """PostgreSQL itself refuses what is done inside, in this way."""
    with pytest.raises(DBAPIError) as caught:
        yield
    assert isinstance(caught.value.orig, kind), caught.value.orig


def test_a_query_that_forgets_the_clinic_still_sees_only_its_own_rows(
    ours: Everything, theirs: Everything
) -> None:
    """I60: row security stands behind every `clinic_id = …` of ours."""
    with ours.clinic.work() as work:
        for table in TABLES:
            bare = work.session.scalars(select(table.c.clinic_id).distinct()).all()
            assert set(bare) <= {ours.clinic.id}, table.name
        assert work.session.scalars(text("SELECT id FROM clinics")).all() == [ours.clinic.id]
        assert work.session.scalar(text("SELECT count(*) FROM sessions")) == 6


def test_nothing_is_visible_before_a_clinic_is_set(ours: Everything) -> None:
    """I60: also on a connection whose last transaction had one."""
    with unit_of_work() as session:
        for table in Base.metadata.sorted_tables:
            assert session.execute(select(table)).first() is None, table.name


def test_a_row_of_another_clinic_is_neither_written_nor_changed(
    ours: Everything, theirs: Everything
) -> None:
    """I60: an insert into it is refused, an update or delete of its rows finds none."""
    chairs = _table("chairs")
    row = {"id": uuid4(), "label": "Smuggled", "active": True, "version": 1}
    with refused_by(pg.InsufficientPrivilege), ours.clinic.work() as work:
        work.session.execute(insert(chairs).values(clinic_id=theirs.clinic.id, **row))
    with refused_by(pg.InsufficientPrivilege), ours.clinic.work() as work:
        work.session.execute(update(chairs).values(clinic_id=theirs.clinic.id))
    with ours.clinic.work() as work:
        theirs_only = chairs.c.clinic_id == theirs.clinic.id
        changed = work.session.execute(update(chairs).where(theirs_only).values(label="x"))
        assert changed.rowcount == 0


# (table, column): a reference that leads to a row of another clinic.
REFERENCES = [
    ("outages", "chair_id"),
    ("consents", "patient_id"),
    ("consultations", "patient_id"),
    ("consultations", "provider_id"),
    ("clearances", "consultation_id"),
    ("clearances", "provider_id"),
    ("series", "patient_id"),
    ("series", "protocol_id"),
    ("sessions", "series_id"),
    ("sessions", "patient_id"),
    ("sessions", "chair_id"),
    ("sessions", "protocol_id"),
    ("sessions", "clearance_id"),
    ("api_keys", "provider_id"),
]


@pytest.mark.parametrize(("name", "column"), REFERENCES)
def test_no_row_refers_to_another_clinics_row(
    ours: Everything, theirs: Everything, name: str, column: str
) -> None:
    """I28, I60: foreign-key checks bypass row security, so the keys carry the clinic."""
    table = _table(name)
    with refused_by(pg.ForeignKeyViolation), ours.clinic.work() as work:
        changed = update(table).where(table.c[column].is_not(None))
        work.session.execute(changed.values({column: theirs.ids[column]}))


def test_every_reference_between_tables_carries_the_clinic(app: Flask) -> None:
    """I60: read from the database, so that no new table is forgotten."""
    for table in _as_it_is().sorted_tables:
        for key in table.foreign_key_constraints:
            to_clinic = key.referred_table.name == "clinics"
            assert to_clinic or "clinic_id" in key.column_keys, f"{table.name}: {key.column_keys}"


def test_every_table_forces_row_security_for_one_clinic(app: Flask) -> None:
    """I60: reads and writes, on its owner too; only Alembic's own table is for everybody."""
    rows = db.session.execute(
        text(
            """
            SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced,
                   EXISTS (SELECT FROM pg_policies p WHERE p.tablename = c.relname
                           AND p.policyname = 'one_clinic' AND p.cmd = 'ALL'
                           AND p.qual LIKE '%app.clinic_id%') AS guarded
            FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
            """
        )
    ).all()
    assert {row.relname for row in rows if not (row.forced and row.guarded)} == {"alembic_version"}
    assert {row.relname for row in rows} == {"alembic_version"} | set(Base.metadata.tables)


# What only somebody else may do.
FORBIDDEN = [
    f"SET ROLE {OWNER_ROLE}",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "ALTER TABLE sessions DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY one_clinic ON sessions",
    "CREATE POLICY all_clinics ON sessions USING (true)",
    "CREATE TABLE mine (id integer)",
    f"ALTER ROLE {APP_ROLE} BYPASSRLS",
    "DELETE FROM sessions",
    "DELETE FROM patients",
    "DELETE FROM protocols",
    "DELETE FROM staffing",
    "UPDATE staffing_overrides SET nurses = 9",
    "UPDATE links SET purpose = 'decline'",
    "UPDATE links SET expires_at = 'infinity'",
    "UPDATE links SET session_id = id",
    "UPDATE audit_log SET status = 200",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "SET row_security = off; SELECT * FROM sessions",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_apps_role_cannot_step_over_the_walls(app: Flask, statement: str) -> None:
    """I59, I60"""
    with refused_by(pg.InsufficientPrivilege), unit_of_work() as session:
        session.execute(text(statement))


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _as_it_is() -> MetaData:
    found = MetaData()
    found.reflect(db.engine)
    return found
