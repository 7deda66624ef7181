"""Requests made from the document itself, with every check that schemathesis has."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from schemathesis.checks import CHECKS
from schemathesis.engine import Status
from schemathesis.python import wsgi

from tests.api.everything import everything, operations
from tests.api.promises import InProcess, scenarios
from tests.conftest import Size
from tests.progress import shown


@pytest.mark.proof
def test_what_the_document_promises_is_what_is_answered(
    app: Flask,
    at: Callable[[Any], None],
    size: Size,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No 5xx, every answer as described; what is valid is taken, and what is not is refused."""
    monkeypatch.setattr(wsgi, "get_client", InProcess)
    ours = everything(app)
    asked, ran, failures = 0, set(), set()
    # One of each boundary are 4,000 already; the rest is drawn, some 65 for each example.
    wanted = size(ci=2_000, proof=4_000)
    drawn = scenarios(ours, examples=max(1, (wanted - 4_000) // 65), seed=20261123)
    for scenario in shown(drawn, "operations in all phases", 3 * len(operations(app))):
        asked += len(scenario.recorder.interactions)
        for case_id, nodes in scenario.recorder.checks.items():
            ran |= {node.name for node in nodes}
            failed = [node for node in nodes if node.status == Status.FAILURE]
            failures |= {_told(node, scenario.recorder.interactions[case_id]) for node in failed}
    assert not failures, "\n\n".join(sorted(failures))
    assert asked >= wanted
    assert ran == {*CHECKS.get_all_names(), "max_response_time"}


def _told(node: Any, interaction: Any) -> str:
    sent, answer = interaction.request, interaction.response
    return "\n".join(
        [
            f"{node.name}: {node.failure_info.failure.message}",
            f"{sent.method} {sent.uri} {sent.body!r}",
            f"{answer.status_code} {answer.text}" if answer else "no answer",
        ]
    )
