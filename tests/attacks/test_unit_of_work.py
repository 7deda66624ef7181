"""A transaction is the unit of work's: nothing else in the program begins, commits or ends one."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

import scheduler
from scheduler.access.model import AuditEntry
from scheduler.db import db
from tests.api.everything import Everything, operations
from tests.attacks.stored import Stored
from tests.conftest import NOW

PACKAGE = Path(scheduler.__file__).parent

# What begins, ends or goes around a transaction, called as a method.
METHODS = frozenset(
    {
        "commit",
        "rollback",
        "begin",
        "begin_nested",
        "begin_twophase",
        "connect",
        "raw_connection",
    }
    | {"set_autocommit", "set_isolation_level", "savepoint", "release"}
)
MAKERS = frozenset(
    {"create_engine", "sessionmaker", "scoped_session", "Session", "SQLAlchemy", "Connection"}
)
WORDS = ("COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT", "START TRANSACTION", "AUTOCOMMIT")
ARGUMENTS = frozenset({"autocommit", "isolation_level"})

ALLOWED = {
    ("tenancy.py", "commit"): "the unit of work itself: once, at its end",
    ("tenancy.py", "rollback"): "the unit of work itself: on any error",
    ("db.py", "SQLAlchemy"): "makes the sessions that units of work take",
    ("databases.py", "connect"): "looks at the role before anything is served",
    ("databases.py", "rollback"): "ends that look",
    ("embedded_process.py", "connect"): "is the laptop's server up? Reads nothing",
    ("web/health.py", "connect"): "/readyz reads the schema's version, and only reads",
    ("connections.py", "connect"): "opens what the pool hands out, again if it just broke",
    ("messages/channels_http.py", "connect"): "a provider's server, no database",
    ("messages/channels_http.py", "begin"): "reads the beginning of its answer",
    ("jobs.py", "release"): "a lock of this process: a loop does not run twice at once",
    ("delivery.py", "rollback"): "`tick --dry-run` counts what would fall due, and undoes it",
    (
        "demo/timeline.py",
        "begin_nested",
    ): "a visit of the demo that does not fit is left out, the rest stays",
}


def of_transactions(path: Path) -> Iterator[str]:
    """What a file says about transactions: calls by their name, statements by their word."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in METHODS:
                yield called.attr
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in MAKERS:
                yield name
            yield from (each.arg for each in node.keywords if each.arg in ARGUMENTS)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (word for word in WORDS if is_statement(word, node.value))


def is_statement(word: str, text: str) -> bool:
    """Is it all that is said? A docstring may begin with "Begin" too."""
    more = r"(\s+(WORK|TRANSACTION|ISOLATION|READ|TO|\w+_\w+)\b.*)?;?\s*"
    return re.fullmatch(rf"\s*{word}{more}", text, re.IGNORECASE) is not None


def test_nothing_commits_outside_the_unit_of_work() -> None:
    """If this fails: let the unit of work do it, or say in ALLOWED why it cannot."""
    found = {
        (str(path.relative_to(PACKAGE)), what)
        for path in PACKAGE.rglob("*.py")
        for what in of_transactions(path)
    }
    assert found - set(ALLOWED) == set()
    assert set(ALLOWED) - found == set(), "allowed, and no longer there"


@pytest.mark.parametrize(
    "line",
    [
        "work.session.commit()",
        "db.session.rollback()",
        "with db.engine.begin() as connection: pass",
        "with session.begin_nested(): pass",
        "session.execute(text(' commit'))",
        "engine.connect().execution_options(isolation_level='AUTOCOMMIT')",
        "psycopg.connect(url, autocommit=True)",
        "session.execute(text('BEGIN ISOLATION LEVEL SERIALIZABLE'))",
        "Session(engine)",
    ],
)
def test_that_look_finds_what_it_is_for(tmp_path: Path, line: str) -> None:
    written = tmp_path / "careless.py"
    written.write_text(line)
    assert list(of_transactions(written))


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How many transactions the program's engine commits and rolls back."""
    ends: Counter[str] = Counter()

    def committed(_: Any) -> None:
        ends["commits"] += 1

    def rolled_back(_: Any) -> None:
        ends["rollbacks"] += 1

    event.listen(db.engine, "commit", committed)
    event.listen(db.engine, "rollback", rolled_back)
    yield ends
    event.remove(db.engine, "commit", committed)
    event.remove(db.engine, "rollback", rolled_back)


def audited(ours: Everything) -> int:
    with ours.clinic.work() as work:
        return int(work.session.scalar(select(func.count()).select_from(AuditEntry)) or 0)


def test_a_success_is_one_transaction_and_its_audit_row_is_in_it(
    app: Flask, ours: Everything, stored: Stored, at: Callable[[Any], None]
) -> None:
    """I59: for every operation; what is done and what is said of it are there, or neither is."""
    stored.keep()
    wrong = []
    for each in operations(app):
        at(NOW)
        ours.ready_for(each.name, at)
        before = audited(ours)
        with counted() as ends:
            answer = ours.send(each)
        assert answer.status_code == each.success, (each.name, answer.get_json())
        if ends != {"commits": 1} or audited(ours) != before + 1:
            wrong.append((each.name, dict(ends)))
        if each.writes:
            stored.put_back()
    assert wrong == []


def test_a_refusal_is_rolled_back_and_then_audited_in_one_transaction_of_its_own(
    app: Flask, ours: Everything
) -> None:
    """I59: a wrong role, a field too many; each is one rollback and one commit."""
    wrong = []
    for each in operations(app):
        ways: list[dict[str, Any]] = [{"query": {"unknown": "1"}}]
        outsiders = {"front_desk", "clinician", "integration", "admin"} - each.endpoint.access.roles
        ways += [{"caller": ours.clinic.caller(role)} for role in outsiders]
        for way in ways:
            before = audited(ours)
            with counted() as ends:
                answer = ours.send(each, **way)
            assert answer.status_code in (403, 422), each.name
            if ends != {"commits": 1, "rollbacks": 1} or audited(ours) != before + 1:
                wrong.append((each.name, dict(ends)))
    assert wrong == []


def test_without_a_key_there_is_nothing_to_commit(app: Flask, ours: Everything) -> None:
    """A stranger costs no write: not even an audit row, which would be a clinic's."""
    before = audited(ours)
    for each in operations(app):
        with counted() as ends:
            ours.send(each, headers={"Authorization": None})
        assert not ends["commits"], each.name
    assert audited(ours) == before
