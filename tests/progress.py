"""How far a long proof is, told now and then on standard error."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

EVERY_SECONDS = 5


def shown(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """The items as they come, with a line every few seconds: `booked: 1,200 of 20,000, 31 s`."""
    began = told = time.monotonic()
    for count, item in enumerate(items):
        now = time.monotonic()
        if now - told >= EVERY_SECONDS:
            print(f"{what}: {count:,} of {total:,}, {now - began:.0f} s", file=sys.stderr)
            told = now
        yield item
