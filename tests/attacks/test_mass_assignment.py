"""Mass assignment: no write takes a field that it does not declare, whatever its name (I63)."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from flask import Flask
from marshmallow import Schema, fields

from scheduler.db import Base
from tests.api.everything import Everything, Operation, operations
from tests.attacks.stored import Stored

Json = dict[str, Any]

# Every column there is, and what a row has besides.
COLUMNS = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
HIDDEN = {
    "__class__",
    "_sa_instance_state",
    "metadata",
    "registry",
    "session",
    "is_admin",
    "secret",
}
NAMES = sorted(COLUMNS | HIDDEN)

# Columns that decide whose a row is, who may, or what was; and the few bodies that may set one.
PRIVILEGED = {
    "clinic_id": set(),
    "id": set(),
    "version": set(),
    "time_version": set(),
    "secret_hash": set(),
    "recorded_by": set(),
    "created_at": set(),
    "disabled_at": set(),
    "clearance_id": set(),
    "consultation_id": set(),
    "address": set(),
    "role": {"POST /v1/keys"},
    "status": {"PATCH /v1/patients/{patient_id}"},
    "expires_at": {"POST /v1/keys", "PATCH /v1/keys/{key_id}"},
    "provider_id": {
        "POST /v1/keys",
        "POST /v1/consultations",
        "POST /v1/consultations/{consultation_id}/reschedule",
    },
}


def writes(app: Flask) -> list[Operation]:
    return [each for each in operations(app) if each.endpoint.takes_body]


def declared(schema: Schema) -> set[str]:
    return {field.data_key or name for name, field in schema.fields.items()}


def objects(schema: Schema, body: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every object in a body, and what it may hold; the body's own first."""
    yield path, declared(schema)
    for name, field in schema.fields.items():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested) and name in body:
            items = (
                enumerate(body[name]) if isinstance(field, fields.List) else [(None, body[name])]
            )
            for place, item in items:
                step = (name,) if place is None else (name, place)
                yield from objects(inner.schema, item, (*path, *step))


def at_path(body: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        body = (
            body[step] if not isinstance(body, dict) else body[step if step in body else str(step)]
        )
    return body


def test_no_column_of_any_table_is_taken_where_it_is_not_declared(
    app: Flask, ours: Everything, stored: Stored
) -> None:
    """I63: all of them at once, in every object of every body; each is refused by its name."""
    before, wrong = stored.fingerprints(), []
    assert len(NAMES) > 80
    for each in writes(app):
        for path, known in objects(each.schemas["json"], ours.bodies[each.name]):
            injected = {name: "x" for name in NAMES if name not in known}
            body = deepcopy(ours.bodies[each.name])
            at_path(body, path).update(injected)
            answer = ours.send(each, body=body)
            errors = at_path(answer.get_json().get("errors", {}), path)
            refused = {n for n, said in errors.items() if said == ["Unknown field."]}
            if answer.status_code != 422 or refused != set(injected):
                wrong.append((each.name, path, answer.status_code, set(injected) - refused))
    assert wrong == []
    assert stored.fingerprints() == before


def test_a_value_of_the_right_kind_makes_no_difference(
    app: Flask, ours: Everything, theirs: Everything, stored: Stored
) -> None:
    """I63: one at a time, with what an attacker would send."""
    tempting: Json = {name: str(value) for name, value in theirs.ids.items()}
    tempting |= {"clinic_id": str(theirs.clinic.id), "id": str(ours.ids["patient_id"])}
    tempting |= {"version": 1, "role": "admin", "status": "active", "active": True}
    tempting |= {"secret_hash": "00" * 32, "recorded_by": None, "is_admin": True}
    tempting |= {"created_at": "2026-01-01T00:00:00Z", "__class__": {"role": "admin"}}
    before, wrong = stored.fingerprints(), []
    for each in writes(app):
        for name in tempting.keys() - declared(each.schemas["json"]):
            answer = ours.send(each, body=ours.bodies[each.name] | {name: tempting[name]})
            if answer.status_code != 422 or set(answer.get_json()["errors"]) != {name}:
                wrong.append((each.name, name, answer.status_code))
    assert wrong == []
    assert stored.fingerprints() == before


def test_a_privileged_column_is_declared_only_where_the_table_says(app: Flask) -> None:
    """I63: a body that may set one of them is a decision, and stands in PRIVILEGED."""
    found = {
        name: {each.name for each in writes(app) if name in declared(each.schemas["json"])}
        for name in PRIVILEGED
    }
    assert found == PRIVILEGED


def test_a_write_that_takes_no_body_takes_none(
    app: Flask, ours: Everything, stored: Stored
) -> None:
    """I63: not even a field that would mean something elsewhere."""
    before = stored.fingerprints()
    for each in operations(app):
        if each.writes and not each.endpoint.takes_body:
            answer = ours.send(each, body={"status": "active"})
            assert answer.status_code == 400, each.name
    assert stored.fingerprints() == before
