"""What is kept of a clinic's site is what is there now, whoever changes it (I17, I11 to I13)."""

import gc
import importlib
import pkgutil
import re
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import event, inspect, select, text

import scheduler
from scheduler import embedded, site
from scheduler.chairs.model import active_chairs
from scheduler.clinics.actions import add_closure
from scheduler.clinics.model import closures_in, policy_of
from scheduler.db import Base, db
from scheduler.spans import Span
from scheduler.tenancy import Work
from tests.builders import ClinicKit, a_clinic
from tests.conftest import NOW, as_superuser

SOON = Span(NOW, NOW + timedelta(days=1))

# One row of each table that a site is read from, changed in place.
CHANGES = {
    "chairs": "UPDATE chairs SET active = NOT active",
    "clinics": "UPDATE clinics SET session_minutes_max = session_minutes_max + 5",
    "closures": "INSERT INTO closures VALUES (:clinic, :id, now(), now() + interval '1 h', 'x', 1)",
    "message_templates": "INSERT INTO message_templates VALUES"
    " (:clinic, 'missed', 'en', 's', 'b', 't', 1)",
    "opening_hours": "UPDATE opening_hours SET hours = '[]'",
    "outages": "INSERT INTO outages SELECT :clinic, :id, id, now(), now() + interval '1 h', 'x', 1"
    " FROM chairs LIMIT 1",
    "policies": "UPDATE policies SET late_minutes = 5",
    "protocols": "UPDATE protocols SET prep_minutes = 20",
    "staffing": "UPDATE staffing SET watch_ratio = 2",
    "staffing_overrides": "INSERT INTO staffing_overrides"
    " VALUES (:clinic, :id, current_date, '08:00', '12:00', 1, 1)",
}


def stamp_of(clinic: ClinicKit) -> UUID:
    with clinic.work() as work:
        return work.site_stamp


def modules() -> Iterator[ModuleType]:
    for each in pkgutil.walk_packages(scheduler.__path__, "scheduler."):
        if each.name.rpartition(".")[2].startswith("model"):
            yield importlib.import_module(each.name)


def all_kept() -> list[Callable[[Work], Any]]:
    code = site.kept(len).__code__  # type: ignore[arg-type]
    found = {
        value: None
        for module in modules()
        for value in vars(module).values()
        if getattr(value, "__code__", None) is code
    }
    return list(found)


@pytest.mark.parametrize("table", CHANGES)
def test_every_change_of_the_site_changes_its_stamp(app: Flask, table: str) -> None:
    clinic, other = a_clinic(app), a_clinic(app, name="Second")
    before, of_other = stamp_of(clinic), stamp_of(other)
    with clinic.work() as work:
        work.session.execute(text(CHANGES[table]), {"clinic": clinic.id, "id": uuid4()})
    assert stamp_of(clinic) != before
    assert stamp_of(other) == of_other


def test_whatever_is_kept_is_read_from_tables_that_change_the_stamp(app: Flask) -> None:
    clinic = a_clinic(app)
    tables: set[str] = set()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        tables.update(re.findall(r"(?:FROM|JOIN) (\w+)", statement))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        with clinic.work() as work:
            for read in all_kept():
                read(work)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(all_kept()) >= 7
    assert tables - {"clinic_schedules", "enter_clinic"} == set(CHANGES)


def test_a_site_is_read_once_for_each_stamp(app: Flask) -> None:
    clinic = a_clinic(app)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with clinic.work() as work:
        chairs = active_chairs(work)
        event.listen(db.engine, "before_cursor_execute", note)
        assert active_chairs(work) == chairs
    event.remove(db.engine, "before_cursor_execute", note)
    assert statements == []


def test_what_was_kept_under_another_stamp_is_let_go(app: Flask) -> None:
    """A clinic whose site changes every day for years takes no more memory than another."""
    clinic = a_clinic(app)
    policies: list[weakref.ref[Any]] = []
    for n in range(3):
        with clinic.work() as work:
            add_closure(work, SOON.start, SOON.end, f"Flood {n}")
        with clinic.work() as work:
            policies.append(weakref.ref(policy_of(work)))
    gc.collect()
    assert [each() is None for each in policies] == [True, True, False]


def test_another_process_change_is_seen_at_once(
    app: Flask, server: embedded.Server, database: str
) -> None:
    """I17: a search after the change does not offer what was just closed."""
    clinic = a_clinic(app)
    with clinic.work() as work:
        assert closures_in(work, SOON) == []
    with as_superuser(server, database) as elsewhere:
        closed = "INSERT INTO closures VALUES (%s, %s, %s, %s, 'Flood', 1)"
        elsewhere.execute(closed, [clinic.id, uuid4(), SOON.start, SOON.end])
    with clinic.work() as work:
        assert len(closures_in(work, SOON)) == 1


def test_nothing_is_kept_of_a_change_that_is_taken_back(app: Flask) -> None:
    clinic = a_clinic(app)

    def half_done() -> None:
        with clinic.work() as work:
            add_closure(work, SOON.start, SOON.end, "Flood")
            work.session.flush()
            assert len(closures_in(work, SOON)) == 1
            raise LookupError

    with pytest.raises(LookupError):
        half_done()
    with clinic.work() as work:
        assert closures_in(work, SOON) == []


CHANGED = {
    "chairs": lambda row: setattr(row, "active", False),
    "clinics": lambda row: setattr(row, "session_minutes_max", 45),
    "opening_hours": lambda row: setattr(row, "hours", []),
    "policies": lambda row: setattr(row, "late_minutes", 5),
    "protocols": lambda row: setattr(row, "prep_minutes", 20),
    "staffing": lambda row: setattr(row, "watch_ratio", 2),
}


def test_what_is_kept_is_what_the_database_has_and_no_row_of_the_session(app: Flask) -> None:
    """What was changed and not sent yet is neither kept nor lost."""
    clinic = a_clinic(app)
    models = {each.class_.__tablename__: each.class_ for each in Base.registry.mappers}
    with clinic.work() as work:
        for table, change in CHANGED.items():
            for row in work.session.scalars(select(models[table])):
                change(row)
        before = [shown(read(work)) for read in all_kept()]
        work.session.flush()
    with clinic.work() as work:
        after = [shown(read(work)) for read in all_kept()]
    same = [one == other for one, other in zip(before, after, strict=True)]
    assert same.count(False) == len(CHANGED)


def shown(value: Any) -> str:
    """What is kept, with its values, to be compared."""
    if isinstance(value, dict):
        return str({key: shown(each) for key, each in value.items()})
    columns = inspect(value, raiseerr=False)
    return repr(value if columns is None else [each.value for each in columns.attrs])


def test_a_change_while_the_site_is_read_is_not_missed(
    app: Flask, server: embedded.Server, database: str
) -> None:
    """Read under a stamp that is no longer the last one, it is not kept for the next."""
    clinic = a_clinic(app, chairs=2)
    with clinic.work() as early:
        with as_superuser(server, database) as elsewhere:
            elsewhere.execute(
                "INSERT INTO chairs VALUES (%s, %s, 'Late', true, 1)",
                [clinic.id, uuid4()],
            )
        assert len(active_chairs(early)) == 3
        assert site._known(early.clinic_id, early.site_stamp) == {}
    with clinic.work() as work:
        assert len(active_chairs(work)) == 3
        assert work.site_stamp != early.site_stamp
