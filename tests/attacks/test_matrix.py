"""The authorization matrix, made from the routes: every operation, role, id and state of a key.

A route added next year is in it the day it appears; what it needs to succeed stands in
`tests/api/everything.py`, and a test here says so when it does not.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

from flask import Flask

from scheduler.access.roles import ROLES
from tests.api.everything import Everything, Operation, operations
from tests.attacks.stored import Stored
from tests.builders import Caller, ClinicKit
from tests.conftest import NOW

At = Callable[[Any], None]

LATER = NOW + timedelta(hours=1)


def test_every_operation_that_takes_a_body_has_one_to_be_attacked_with(
    app: Flask, ours: Everything
) -> None:
    """If this fails: put the new operation in `bodies` of tests/api/everything.py."""
    taking = {each.name for each in operations(app) if each.endpoint.takes_body}
    assert taking - set(ours.bodies) == set(), "operations without a body in everything.bodies"
    assert set(ours.bodies) - taking == set(), "bodies of operations that are gone"


def test_every_id_in_a_path_or_a_body_is_one_of_everything(app: Flask, ours: Everything) -> None:
    """If this fails: make one of the new noun in `everything`."""
    named = {name for each in operations(app) for name in (*each.path_ids, *each.ids_in("json"))}
    assert named - set(ours.ids) == set()


def dead_keys(clinic: ClinicKit, at: At) -> dict[str, dict[str, Caller]]:
    """For each way a key can end, a caller of each role whose key worked until it did."""
    at(NOW)
    admin, dead = clinic.admin, {}
    for how in ("disabled", "expired", "rotated out"):
        callers = {}
        for role in ROLES:
            body: dict[str, Any] = {"name": how, "role": role}
            if role == "clinician":
                body["provider_id"] = str(clinic.provider_id)
            if how == "expired":
                body["expires_at"] = LATER.isoformat()
            key = admin.post("/v1/keys", body).get_json()
            callers[role] = Caller(clinic.app.test_client(), key["secret"])
            assert callers[role].get("/v1/key").status_code == 200
            path = f"/v1/keys/{key['id']}"
            if how == "disabled":
                admin.change("POST", f"{path}/disable", version=1)
            if how == "rotated out":
                admin.change("POST", f"{path}/rotate", {"overlap_hours": 0}, version=1)
        dead[how] = callers
    at(LATER)
    return dead


def answers(
    ours: Everything, theirs: Everything, each: Operation, caller: Caller, method: str
) -> dict[str, int]:
    """How the operation answers a valid key: for another clinic's ids, for nobody's, for its own.

    Its own comes last, as it may change what is there.
    """
    ids = {"another clinic's id": theirs.ids, "nobody's id": {name: uuid4() for name in ours.ids}}
    asked = {**(ids if each.path_ids else {}), "own": ours.ids}
    return {
        what: ours.send(each, caller=caller, ids=known, method=method).status_code
        for what, known in asked.items()
    }


def expected(each: Operation, role: str, what: str) -> int:
    """What the table of roles says."""
    if role not in each.endpoint.access.roles:
        return 403
    return each.success if what == "own" else 404


def methods(each: Operation) -> list[str]:
    return ["GET", "HEAD"] if each.method == "GET" else [each.method]


def test_every_role_gets_exactly_what_the_table_says(
    app: Flask, ours: Everything, theirs: Everything, stored: Stored, at: At
) -> None:
    """I60, I61: success, 403 or 404, and nothing else; HEAD as its GET."""
    stored.keep()
    wrong = []
    for each, role in product(operations(app), ROLES):
        at(NOW)
        ours.ready_for(each.name, at)
        for method in methods(each):
            got = answers(ours, theirs, each, ours.clinic.caller(role), method)
            deviations = {w: s for w, s in got.items() if s != expected(each, role, w)}
            wrong += [(method, each.rule, role, deviations)] if deviations else []
        if each.writes:
            stored.put_back()
    assert wrong == []


def test_no_key_and_a_dead_key_of_any_role_open_nothing(
    app: Flask, ours: Everything, stored: Stored, at: At
) -> None:
    """I62: disabled, expired and rotated out, whatever the role could do."""
    dead = dead_keys(ours.clinic, at)
    before, wrong = stored.fingerprints(), []
    for each in operations(app):
        for method in methods(each):
            got = {("no key", ""): ours.send(each, method=method, headers={"Authorization": None})}
            for how, role in product(dead, ROLES):
                got[how, role] = ours.send(each, method=method, caller=dead[how][role])
            wrong += [(method, each.rule, w) for w, a in got.items() if a.status_code != 401]
    assert wrong == []
    assert stored.fingerprints() == before


# Spellings by which frameworks let a caller say "I mean another method".
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def test_a_method_that_is_not_declared_is_405_even_if_a_header_says_otherwise(
    app: Flask, ours: Everything, stored: Stored
) -> None:
    declared: dict[str, set[str]] = {}
    for each in operations(app):
        declared.setdefault(each.rule, set()).update(methods(each))
    before, wrong = stored.fingerprints(), []
    for each in operations(app):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"}:
            if method not in declared[each.rule]:
                headers = dict.fromkeys(OVERRIDES, each.method)
                answer = ours.send(each, method=method, headers=headers)
                wrong += [(method, each.rule)] if answer.status_code != 405 else []
    assert wrong == []
    assert stored.fingerprints() == before


def test_options_says_which_methods_there_are_and_nothing_else(
    app: Flask, ours: Everything, stored: Stored
) -> None:
    """To anyone: it is what the document says, too."""
    before = stored.fingerprints()
    for each in operations(app):
        answer = ours.send(each, method="OPTIONS", headers={"Authorization": None})
        assert (answer.status_code, answer.get_data()) == (204, b""), each.name
        assert each.method in answer.headers["Allow"], each.name
        assert "Access-Control-Allow-Origin" not in answer.headers, each.name
    assert stored.fingerprints() == before
