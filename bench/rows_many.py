"""The rows that are many callers' at once: bookings a second, and all for one place."""

import statistics
from collections import Counter
from collections.abc import Iterator

from bench.asked import undo
from bench.clients import evenly
from bench.measure import WRONG, Figure, a_second, against, at_once
from bench.rows import Bench, Side

CLIENTS, CLINICS, RIVALS = 8, 8, 50


def throughput(bench: Bench) -> Iterator[Figure]:
    """Bookings a second by eight clients, in one clinic and in eight."""
    each = max(12, bench.size.requests)
    for clinics, goal in ((1, 0.45), (CLINICS, 0.6)):
        mine, theirs, ratio, control = against(
            lambda: _rate(bench.ours, clinics, each),  # noqa: B023 - called at once
            lambda: _rate(bench.floor, clinics, each),  # noqa: B023
            max(3, bench.size.rounds // 2),
        )
        row = f"8 clients, {clinics} clinic{'s' * (clinics > 1)}"
        yield Figure(row, "bookings/s", mine, goal, theirs, ratio, control, at_least=True)


def _rate(side: Side, clinics: int, each: int) -> float:
    """Each client's bookings are in its own clinic, or all in the one."""
    clients = evenly(side.web, CLIENTS)
    requests = [
        request
        for number in range(CLIENTS)
        for request in side.asked[number % clinics].bookings(
            each, 0 if clinics > 1 else number * each
        )
    ]
    try:
        return a_second(clients, requests, 201)
    finally:
        for client in clients:
            client.close()
        undo(side.cluster, side.database)


def contended(bench: Bench) -> Iterator[Figure]:
    """Fifty clients want one chair at one time: one gets it, whichever is asked of the two."""
    for what in ("single", "series"):
        slowest, statuses = [], []
        for number in range(max(3, bench.size.rounds)):
            counted, seconds = _all_at_once(bench.ours, what, number)
            statuses.append(counted)
            slowest.append(seconds * 1000)
        right = all(each == {201: 1, 409: RIVALS - 1} for each in statuses)
        note = "1 won, 49 had 409, each round" if right else f"{WRONG}: {statuses}"
        goal = 500.0 if right else 0.0
        name = f"50 clients, one place, {what}: the slowest round"
        yield Figure(
            name, "ms", max(slowest), goal, note=f"{note}; median {statistics.median(slowest):.0f}"
        )


def _all_at_once(side: Side, what: str, number: int) -> tuple[dict[int, int], float]:
    clients = evenly(side.web, RIVALS)
    asked = side.asked[0]
    shares = [
        [asked.booking(0, number, patient) if what == "single" else asked.series(number, patient)]
        for patient in range(RIVALS)
    ]
    try:
        answers, seconds = at_once(clients, shares)
    finally:
        for client in clients:
            client.close()
        undo(side.cluster, side.database)
    return dict(Counter(answer.status for answer in answers)), seconds
