"""Hostile paths, parameters and headers on every operation: refused or harmless, and in time."""

import random
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.api.everything import Everything, Operation, operations
from tests.attacks.hostile_requests import MARKED, Request, in_headers, in_paths, in_queries
from tests.attacks.judged import faults
from tests.attacks.stored import Stored
from tests.conftest import Size
from tests.progress import shown

# `pg_sleep(9)` that is run ends only with the statement's time limit, at 5 seconds.
SECONDS = 3

Making = Callable[[Everything, Operation], Iterator[Request]]


def judge(ours: Everything, request: Request) -> list[str]:
    """What is wrong with the answer to one request."""
    began = time.perf_counter()
    answer = ours.send(request.operation, **request.how)
    found = faults(answer)
    if time.perf_counter() - began > SECONDS:
        found.append("slow")
    if any(MARKED in value or "evil" in value for value in answer.headers.values()):
        found.append("a header of the answer is the attacker's")
    if "path" in request.how and answer.status_code not in (404, 405):
        found.append(f"status {answer.status_code}")
    sent = request.how.get("headers", {}).get("X-Request-Id")
    if sent and sent == answer.headers["X-Request-Id"]:
        found.append("the request id is the attacker's")
    return found


@pytest.mark.proof
@pytest.mark.parametrize("making", [in_paths, in_queries, in_headers], ids=lambda m: m.__name__)
def test_no_hostile_path_parameter_or_header_changes_or_breaks_anything(
    app: Flask, ours: Everything, stored: Stored, size: Size, making: Making
) -> None:
    """Never a 5xx, a header of the caller's making, or an effect; another id is another id."""
    hostile = [each for operation in operations(app) for each in making(ours, operation)]
    assert len(hostile) > 3_000
    random.Random(64).shuffle(hostile)  # noqa: S311 - the same few each time
    number = min(size(ci=1_000, proof=4_000), len(hostile))
    before, wrong = stored.fingerprints(), []
    for request in shown(hostile[:number], making.__name__, number):
        if found := judge(ours, request):
            wrong.append((request.operation.name, request.name, *found))
    assert wrong == []
    assert stored.fingerprints() == before
