"""Attacks dealt out round by round: any number of them holds every name and every operation.

One of five is a mutation of a valid body; when all names have been on every operation, all are.
"""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from itertools import chain
from typing import Any

from tests.api.everything import Everything, Operation, operations
from tests.attacks.hostile import UNKNOWN, Attack, Json, named


def attacks(ours: Everything, number: int, *, part: int = 0, parts: int = 1) -> Iterator[Attack]:
    """So many attacks (of this part of all): four of five by name, if there are so many."""
    writes = [each for each in operations(ours.clinic.app) if each.writes]
    holders: dict[str, list[Attack]] = {}
    for each in chain.from_iterable(named(ours, each) for each in writes):
        holders.setdefault(each.name, []).append(each)
    dealt = sorted(holders)[part::parts]
    rounds = max(len(each) for each in holders.values())
    by_name = (
        holders[name][(index + turn) % len(holders[name])]
        for turn in range(rounds)
        for index, name in enumerate(dealt)
        if turn < len(holders[name])
    )
    left = number
    for each in by_name:
        if left <= number // 5:
            break
        left -= 1
        yield each
    strange = mutated(ours, writes, seed=part)
    for _ in range(left):
        yield next(strange)


def mutated(ours: Everything, writes: list[Operation], seed: int) -> Iterator[Attack]:
    """Valid bodies, changed at random, without end; they may still be valid."""
    chance = random.Random(seed)
    ids = [str(value) for value in ours.ids.values()]
    strewn = [value for each in writes for value in ours.bodies.get(each.name, {}).values()]
    while True:
        each = chance.choice(writes)
        body = deepcopy(ours.bodies.get(each.name, {}))
        for _ in range(chance.randint(1, 3)):
            _mutate(chance, body, strewn + ids)
        raw = json.dumps(body).encode()
        if chance.random() < 0.3:
            raw = _torn(chance, raw)
        yield Attack(f"mutation of {each.name}", each, raw, frozenset())


def _mutate(chance: random.Random, body: Json, strewn: list[Any]) -> None:
    """Delete, retarget, swap, wrap or copy one value."""
    if not body:
        body[chance.choice(UNKNOWN)] = chance.choice(strewn)
        return
    name, other = chance.choice(list(body)), chance.choice(list(body))
    what = chance.randrange(6)
    if what == 0:
        del body[name]
    elif what == 1:
        body[name] = chance.choice(strewn)
    elif what == 2:
        body[name], body[other] = body[other], body[name]
    elif what == 3:
        body[name] = chance.choice([[body[name]], {"a": body[name]}, [body[name]] * 300])
    elif what == 4:
        body[name] = chance.choice([None, -1, 0, 2**53, 1.5, "", "0", True, "\u200d", "x" * 300])
    else:
        body[f"{name}{chance.choice(['', '_', ' ', '[]'])}"] = body[other]


def _torn(chance: random.Random, raw: bytes) -> bytes:
    """Bytes cut out, doubled, turned or strewn in."""
    start = chance.randrange(len(raw) + 1)
    end = min(len(raw), start + chance.randint(0, 8))
    piece = chance.choice(
        [b"", raw[start:end] * 2, chance.randbytes(2), b"\\u0000", b'"', b",", b"}"]
    )
    return raw[:start] + piece + raw[end:]
