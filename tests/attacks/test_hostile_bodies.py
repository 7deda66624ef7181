"""Hostile bodies, by name and by mutation, on every write: refused as documented, or harmless."""

import json
import time

import pytest
from flask import Flask

from scheduler import clock
from scheduler.check import report
from tests.api.everything import Everything, operations
from tests.attacks.hostile import Attack, named
from tests.attacks.hostile_dealt import attacks
from tests.attacks.judged import echoes, faults
from tests.attacks.stored import Stored
from tests.conftest import Size
from tests.progress import shown

PARTS = 10
# However long a body, saying no to it must not hold a thread.
SECONDS = 3
# How many requests go by between two looks at all the rows.
STRETCH = 500


def test_a_thousand_hostile_bodies_have_names(app: Flask, ours: Everything) -> None:
    writes = [each for each in operations(app) if each.writes]
    names = {attack.name for each in writes for attack in named(ours, each)}
    assert len(names) > 1_000


@pytest.mark.proof
@pytest.mark.parametrize("part", range(PARTS))
def test_no_hostile_body_is_taken_or_breaks_anything(
    app: Flask, ours: Everything, stored: Stored, size: Size, part: int
) -> None:
    """Never a 5xx, never an effect of what is invalid, and every refusal a documented problem."""
    number = size(ci=10_000, proof=20_000) // PARTS
    wrong = []
    stored.keep()
    before = stored.fingerprints()
    hostile = attacks(ours, number, part=part, parts=PARTS)
    for count, attack in enumerate(shown(hostile, f"hostile bodies, part {part + 1}", number), 1):
        if found := judge(ours, attack):
            wrong.append((attack.operation.name, attack.name, *found))
        if count % STRETCH == 0 or count == number:
            if not attack.refusals:
                # A mutation may be valid: then what it made has to be sound.
                assert report.check(clock.now(), list).violations == 0
                stored.put_back()
            assert stored.fingerprints() == before, f"{wrong}; changed before {attack}"
    assert wrong == []


def judge(ours: Everything, attack: Attack) -> list[str]:
    """What is wrong with the answer to one attack."""
    began = time.perf_counter()
    answer = ours.send(attack.operation, body=None, raw=attack.raw, headers=dict(attack.headers))
    found = faults(answer)
    if time.perf_counter() - began > SECONDS:
        found.append("slow")
    if attack.refusals and answer.status_code not in attack.refusals:
        found.append(f"status {answer.status_code}")
    if attack.field and answer.status_code in (404, 422):
        said = answer.get_json().get("errors", {})
        if attack.field not in said:
            found.append(f"names {sorted(said)} and not {attack.field}")
    if attack.refusals and echoes(answer, attack.value):
        found.append(f"echoes {json.dumps(attack.value)[:80]}")
    return found
