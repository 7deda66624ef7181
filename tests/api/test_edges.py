"""The edge of HTTP, in the program: methods, slashes, and what a caller will take."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.api.everything import Everything, everything, operations
from tests.api.test_problems import is_problem
from tests.builders import Caller


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app)


def test_every_path_says_what_it_can_be_asked_for(app: Flask, ours: Everything) -> None:
    """OPTIONS needs no key: it tells nothing that the documents do not."""
    client = app.test_client()
    for each in operations(app):
        answer = client.options(each.path(ours.ids))
        assert (answer.status_code, answer.data) == (204, b""), each.name
        assert each.method in answer.headers["Allow"].split(", "), each.name
        assert "Content-Type" not in answer.headers


def test_a_method_that_a_path_does_not_have_is_refused_with_those_it_has(
    app: Flask, ours: Everything
) -> None:
    allowed: dict[str, set[str]] = {}
    for each in operations(app):
        allowed.setdefault(each.path(ours.ids), {"OPTIONS"}).add(each.method)
    for path, methods in allowed.items():
        methods |= {"HEAD"} if "GET" in methods else set()
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - methods:
            answer = ours.clinic.admin.send(method, path)
            assert is_problem(answer, 405), (method, path)
            assert set(answer.headers["Allow"].split(", ")) == methods, (method, path)


def test_head_is_get_without_the_body_on_every_route(app: Flask, ours: Everything) -> None:
    for each in operations(app):
        if each.method == "GET":
            got = ours.send(each)
            path, query = each.path(ours.ids), got.request.args.to_dict()
            head = ours.caller_for(each).send("HEAD", path, query=query)
            assert (head.status_code, head.data) == (200, b""), each.name
            assert head.headers.get("ETag") == got.headers.get("ETag"), each.name
            assert head.mimetype == each.endpoint.media_type, each.name


def test_a_slash_too_many_leads_nowhere_and_is_no_redirect(app: Flask, ours: Everything) -> None:
    for each in operations(app):
        path = each.path(ours.ids)
        for wrong in (f"{path}/", path.replace("/v1/", "/v1//")):
            answer = ours.caller_for(each).send(each.method, wrong)
            assert is_problem(answer, 404), (each.name, wrong)


ACCEPTED = [
    None,
    "",
    "*/*",
    "application/*",
    "application/json",
    "application/json; charset=utf-8",
    "application/problem+json",
    "text/html, application/json;q=0.1",
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "APPLICATION/JSON",
]
NOT_ACCEPTED = [
    "text/html",
    "application/xml",
    "application/json;q=0",
    "application/jsonx",
    "text/*, image/png",
    "json",
    "application/json;q=0, application/xml",
]


@pytest.mark.parametrize("accept", ACCEPTED)
def test_whoever_takes_json_is_answered(ours: Everything, accept: str | None) -> None:
    assert ours.clinic.desk.send("GET", "/v1/clinic", None, {"Accept": accept}).status_code == 200


@pytest.mark.parametrize("accept", NOT_ACCEPTED)
def test_whoever_does_not_take_json_is_told_so(ours: Everything, accept: str) -> None:
    answer = ours.clinic.desk.send("GET", "/v1/clinic", None, {"Accept": accept})
    assert is_problem(answer, 406)
    assert answer.get_json()["type"] == "/problems/not_acceptable"


def test_nothing_happens_for_a_caller_who_could_not_read_the_answer(
    app: Flask, ours: Everything
) -> None:
    """On every route, before the key is looked at: not even an audit row."""
    count = text("SELECT count(*) FROM audit_log")
    with ours.clinic.work() as work:
        audited = work.session.scalar(count)
    for each in operations(app):
        assert is_problem(ours.send(each, headers={"Accept": "text/html"}), 406), each.name
        none = Caller(app.test_client(), "no key")
        assert is_problem(ours.send(each, caller=none, headers={"Accept": "text/html"}), 406)
    with ours.clinic.work() as work:
        assert work.session.scalar(count) == audited
    for path in ("/healthz", "/openapi.json", "/docs/", "/problems/not_acceptable"):
        assert app.test_client().get(path, headers={"Accept": "text/html"}).status_code == 200
