"""The edge of HTTP, in the program: methods, slashes, and what a caller will take."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.everything import Everything, everything, operations
from tests.api.test_problems import is_problem


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
            assert head.headers["Content-Type"] == "application/json", each.name


def test_a_slash_too_many_leads_nowhere_and_is_no_redirect(app: Flask, ours: Everything) -> None:
    for each in operations(app):
        path = each.path(ours.ids)
        for wrong in (f"{path}/", path.replace("/v1/", "/v1//")):
            answer = ours.caller_for(each).send(each.method, wrong)
            assert is_problem(answer, 404), (each.name, wrong)
