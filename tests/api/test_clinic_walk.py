"""Weeks of a clinic at random never break an invariant, and what is broken later is seen."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from flask import Flask

from tests.api.clinic_walk import Walk
from tests.builders import a_clinic
from tests.conftest import Size
from tests.progress import shown

CHECKED_EVERY = 100


@pytest.mark.proof
@pytest.mark.parametrize("seed", [1, 2])
def test_no_order_of_steps_breaks_an_invariant(
    app: Flask, at: Callable[[Any], None], size: Size, seed: int
) -> None:
    """I1 to I13, I15, I18, I20 to I22, I25, I27 to I34: as `flask check` proves them.

    Two nurses, two chairs: much is refused, and whatever a refusal offers books.
    """
    clinic = a_clinic(app, chairs=3, weekdays=range(6))
    shifts = [{"weekday": n, "from": "08:00", "to": "17:00", "nurses": 2} for n in range(6)]
    body = {"shifts": shifts, "watch_ratio": 1, "setup_minutes": 15}
    put = clinic.admin.change("PUT", "/v1/clinic/staffing", body, version=1)
    assert put.status_code == 200, put.get_json()
    walk = Walk(clinic, Random(seed), at)  # noqa: S311 - a walk that can be walked again
    steps = size(ci=250, proof=2000)
    for number in shown(range(steps), "steps", steps):
        walk.step()
        if number % CHECKED_EVERY == CHECKED_EVERY - 1:
            walk.check()
    walk.check()
    succeeded = {name for name, status in walk.done if status < 300}
    assert succeeded >= {"book_series", "book_session", "move", "treat", "close"}
