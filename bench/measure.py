"""Rounds, medians and the control: what one figure is made of."""

import statistics
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.clients import Answer, Client, Gone

# What a note begins with when not only the time was amiss.
WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Size:
    """How much to measure: rounds, and requests a round and side."""

    rounds: int
    requests: int


FULL, QUICK = Size(5, 40), Size(3, 16)


@dataclass
class Figure:
    """One line of the table. `value` is in `unit`; the goal is for `ratio` where there is one.

    `control` are the floor's rounds against the floor's own rounds beside them: the noise.
    """

    row: str
    unit: str
    value: float
    goal: float
    floor: float | None = None
    ratio: float | None = None
    control: Sequence[float] = field(default_factory=list)
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """Is the goal reached?"""
        reached = self.value if self.ratio is None else self.ratio
        return reached >= self.goal if self.at_least else reached <= self.goal


def quietest(looks: Sequence[Figure]) -> Figure:
    """Of several looks at one row the one at which the machine did least else.

    The floor's own speed says which that was, or ours where there is no floor. One that is wrong
    is never hidden by others.
    """
    wrong = [each for each in looks if each.note.startswith(WRONG)]
    if wrong:
        return wrong[0]

    def speed(each: Figure) -> float:
        return each.value if each.floor is None else each.floor

    return (max if looks[0].at_least else min)(looks, key=speed)


Batch = Callable[[], float]


def against(ours: Batch, floor: Batch, rounds: int) -> tuple[float, float, float, list[float]]:
    """Both, interleaved: ours and the floor's median, the ratio's, and the floor against itself.

    A round is floor, ours, floor; what drifts within it touches both sides alike.
    """
    mine, theirs, ratios, control = [], [], [], []
    for _ in range(rounds):
        before, own, after = floor(), ours(), floor()
        mine.append(own)
        theirs += [before, after]
        ratios.append(own / statistics.fmean([before, after]))
        control.append(after / before)
    median = statistics.median
    return median(mine), median(theirs), median(ratios), control


def milliseconds(client: Client, requests: Iterable[bytes], expected: int) -> float:
    """The median of requests sent one after the other. Raises for another status."""
    return in_turns([client], [list(requests)], expected)[0]


def in_turns(
    clients: Sequence[Client], asked: Sequence[Sequence[bytes]], expected: int
) -> list[float]:
    """The median of each client's requests, where they take turns. Raises for another status."""
    taken: list[list[float]] = [[] for _ in clients]
    for turn in zip(*asked, strict=True):
        for client, request, own in zip(clients, turn, taken, strict=True):
            began = time.perf_counter()
            answer = client.send(request)
            own.append((time.perf_counter() - began) * 1000)
            check(answer, expected)
    return [statistics.median(own) for own in taken]


def check(answer: Answer, expected: int) -> None:
    """Raises RuntimeError for an answer of another status."""
    if answer.status != expected:
        raise RuntimeError(f"{answer.status} instead of {expected}: {answer.body[:600]!r}")


def a_second(clients: Sequence[Client], requests: Sequence[bytes], expected: int) -> float:
    """How many requests a second so many clients get done, each its share one by one."""
    share = -(-len(requests) // len(clients))
    shares = [requests[at : at + share] for at in range(0, len(requests), share)]
    answers, seconds = at_once(clients, shares)
    for answer in answers:
        check(answer, expected)
    return len(requests) / seconds


def at_once(
    clients: Sequence[Client], shares: Sequence[Sequence[bytes]]
) -> tuple[list[Answer], float]:
    """Send all shares at the same moment; the answers, and the seconds until the last."""
    start = threading.Barrier(len(shares) + 1)
    answers: list[Answer] = []
    ended: list[float] = []
    failures: list[Gone] = []

    def work(client: Client, requests: Sequence[bytes]) -> None:
        start.wait()
        try:
            answers.extend([client.send(request) for request in requests])
        except Gone as gone:
            failures.append(gone)
        ended.append(time.perf_counter())

    pairs: list[Any] = list(zip(clients, shares, strict=False))
    threads = [threading.Thread(target=work, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    start.wait()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return answers, max(ended) - began
