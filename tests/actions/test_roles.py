"""The program runs under a plain role, and refuses to start as one that sees too much."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from scheduler.databases import APP_ROLE, OWNER_ROLE
from scheduler.embedded import Server
from tests.conftest import PROJECT, as_superuser

BYPASSING, MEMBER = f"bypassing_{os.getpid()}", f"member_{os.getpid()}"


@pytest.fixture
def roles(server: Server) -> Iterator[None]:
    """A role with BYPASSRLS, and one that is a member of the owner."""
    made = [
        sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS").format(sql.Identifier(BYPASSING)),
        sql.SQL("CREATE ROLE {} LOGIN IN ROLE {}").format(
            sql.Identifier(MEMBER), sql.Identifier(OWNER_ROLE)
        ),
    ]
    with as_superuser(server) as connection:
        for statement in made:
            connection.execute(statement)
    yield
    with as_superuser(server) as connection:
        for name in (BYPASSING, MEMBER):
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def started_as(server: Server, database: str, role: str, folder: Path) -> tuple[int, str]:
    """Start the program with that role's DATABASE_URL; its exit code and what it said."""
    environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder)}
    environ["DATABASE_URL"] = server.url(role, database)
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        env=environ,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


# Fixed ids: each xdist worker has a process id of its own.
@pytest.mark.parametrize(
    "role",
    [OWNER_ROLE, "postgres", BYPASSING, MEMBER],
    ids=["owner", "superuser", "bypassing", "member"],
)
@pytest.mark.usefixtures("roles")
def test_the_app_refuses_to_start_as_a_role_that_row_security_does_not_bind(
    server: Server, database: str, tmp_path: Path, role: str
) -> None:
    """I60"""
    code, said = started_as(server, database, role, tmp_path)
    assert code != 0
    assert said.startswith("cannot start: DATABASE_URL: its role"), said


def test_the_app_starts_as_its_own_role(server: Server, database: str, tmp_path: Path) -> None:
    code, said = started_as(server, database, APP_ROLE, tmp_path)
    assert code == 0, said


def test_the_apps_role_is_a_plain_one(server: Server) -> None:
    with as_superuser(server) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
            " pg_has_role(rolname, %s, 'MEMBER') FROM pg_roles WHERE rolname = %s",
            [OWNER_ROLE, APP_ROLE],
        ).fetchone()
    assert row == (False, False, False, False, False)


def test_the_apps_role_cannot_look_past_the_named_functions(server: Server, database: str) -> None:
    """I60: keys and links are found by their hash alone, of clinics only the ids are listed; the
    other two keep to the clinic that is set."""
    url = server.url(APP_ROLE, database).replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        definers = connection.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            " AND has_function_privilege(oid, 'EXECUTE') ORDER BY proname"
        ).fetchall()
        assert [name for (name,) in definers] == [
            "all_clinic_ids",
            "audit_entries_of",
            "authenticate",
            "open_link",
            "patients_named",
        ]
        assert connection.execute("SELECT * FROM api_keys").fetchall() == []


LOOKED_UP = ("api_keys", "audit_log", "clinics", "patients")


def test_what_the_apps_role_makes_for_itself_is_not_run_by_the_owner(
    server: Server, database: str
) -> None:
    """I59: a temporary view of a known name would be found before the table; whatever functions
    it calls would run as the owner, who may rewrite the audit log."""
    url = server.url(APP_ROLE, database).replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        for table in LOOKED_UP:
            connection.execute(f"CREATE TEMPORARY VIEW {table} AS SELECT gen_random_uuid() AS id")
        for call in (
            "all_clinic_ids()",
            "audit_entries_of(gen_random_uuid())",
            "authenticate('', true, now())",
            "enter_clinic(gen_random_uuid())",
            "patients_named('{}')",
        ):
            assert connection.execute(f"SELECT * FROM {call}").fetchall() == []
        connection.rollback()
