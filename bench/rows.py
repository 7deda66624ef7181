"""The rows that are one caller's: searches, bookings, plans. Ours against the floor."""

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count

from bench import floor_sql, servers
from bench.asked import Asked, asked_on, undo
from bench.clients import Client
from bench.databases import Cluster
from bench.measure import Figure, Size, in_turns, milliseconds
from bench.servers import Web, serving

Requests = Callable[[Asked, int], list[bytes]]

_numbers = count(1)
CREATED = 201


@dataclass
class Side:
    """A server on its own copy of a template: ours, or the floor."""

    cluster: Cluster
    database: str
    web: Web
    asked: list[Asked]

    def milliseconds(self, requests: Requests, many: int, status: int) -> float:
        """The median of so many requests by one caller; what they booked is undone."""
        client = Client(self.web.port)
        try:
            return milliseconds(client, requests(self.asked[0], many), status)
        finally:
            client.close()
            if status == CREATED:
                self.undo()

    def undo(self) -> None:
        """Take back what the callers booked."""
        undo(self.cluster, self.database)


@dataclass
class Bench:
    """What the rows are measured with."""

    cluster: Cluster
    size: Size
    stack: ExitStack
    ours: Side
    floor: Side
    sides: dict[str, Side] = field(default_factory=dict)

    def side(self, name: str, template: str) -> Side:
        """A further server of ours, on a copy of a template; it stays for the next look."""
        if name not in self.sides:
            self.sides[name] = a_side(self.cluster, self.stack, template, servers.OURS)
        return self.sides[name]


def a_side(cluster: Cluster, stack: ExitStack, template: str, app: str) -> Side:
    """A server that stays until the bench ends."""
    name = f"side_{next(_numbers)}"
    database = stack.enter_context(cluster.copy(template, name))
    if app == servers.FLOOR:
        with cluster.superuser(database) as connection:
            connection.execute(floor_sql.INSTALL)
    web = stack.enter_context(serving(app, cluster.url(database)))
    side = Side(cluster, database, web, asked_on(cluster, database))
    _warm(side)
    return side


def _warm(side: Side) -> None:
    """Let each worker have seen what will be asked."""
    for _ in range(4):
        side.milliseconds(lambda asked, _: [asked.chair_day(), asked.week()] * 4, 8, 200)
        side.milliseconds(Asked.bookings, 4, 201)


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of request, its status, and the goal as a ratio to the floor."""

    name: str
    requests: Requests
    status: int
    goal: float


CHAIR_DAY = Row("slots, 1 chair, 1 day", lambda a, n: [a.chair_day()] * n, 200, 1.0)
WEEK = Row("slots, 20 chairs, 1 week", lambda a, n: [a.week()] * n, 200, 0.6)
BOOK = Row("book one session", Asked.bookings, 201, 1.8)
SERIES = Row(
    "book 6 weekly sessions", lambda a, n: [a.series(place) for place in range(n)], 201, 1.5
)


def slots(bench: Bench) -> Iterator[Figure]:
    """Searches against the floor."""
    for row in (CHAIR_DAY, WEEK):
        yield compared(bench, row)
    size = len(Client(bench.ours.web.port).send(bench.ours.asked[0].week()).body)
    yield Figure("the week's answer", "kB", size / 1000, 8.0)


def book(bench: Bench) -> Iterator[Figure]:
    """One session against the floor."""
    yield compared(bench, BOOK)


def series(bench: Bench) -> Iterator[Figure]:
    """Six weekly sessions against the floor."""
    yield compared(bench, SERIES)


def compared(bench: Bench, row: Row) -> Figure:
    """One row, ours against the floor."""
    return interleaved(bench, row, bench.ours, bench.floor, row.name, row.goal)


def interleaved(bench: Bench, row: Row, ours: Side, other: Side, name: str, goal: float) -> Figure:
    """One row on two sides in turns, request by request: what else goes on slows both.

    The other side answers twice as often; its two halves against each other are the control.
    """
    many = bench.size.requests
    mine, theirs, ratios, control = [], [], [], []
    for _ in range(bench.size.rounds):
        clients = Client(other.web.port), Client(ours.web.port), Client(other.web.port)
        twice = row.requests(other.asked[0], 2 * many)
        asked = twice[:many], row.requests(ours.asked[0], many), twice[many:]
        before, own, after = in_turns(clients, asked, row.status)
        for client in clients:
            client.close()
        if row.status == CREATED:
            ours.undo()
            other.undo()
        mine.append(own)
        theirs += [before, after]
        ratios.append(own / statistics.fmean([before, after]))
        control.append(after / before)
    middle = statistics.median
    return Figure(name, "ms", middle(mine), goal, middle(theirs), middle(ratios), control)


PLANS: dict[str, tuple[Requests, float]] = {
    "plan 26 weekly, 12 taken, with alternatives": (lambda a, n: [a.taken_plan()] * n, 15.0),
    "plan 26 weekly that may move": (lambda a, n: [a.flexible_plan()] * n, 15.0),
}
OPTIONS: dict[str, tuple[Requests, float]] = {
    "options for six": (lambda a, n: [a.options()] * n, 40.0)
}


def plan(bench: Bench) -> Iterator[Figure]:
    """Plans, by the clock."""
    yield from timed(bench, PLANS)


def options(bench: Bench) -> Iterator[Figure]:
    """Whole series to choose from, by the clock."""
    yield from timed(bench, OPTIONS)


def timed(
    bench: Bench, rows: dict[str, tuple[Requests, float]], note: str = ""
) -> Iterator[Figure]:
    """Rows whose goal is in milliseconds."""
    many = max(4, bench.size.requests // 4)
    for name, (requests, goal) in rows.items():
        rounds = [bench.ours.milliseconds(requests, many, 200) for _ in range(bench.size.rounds)]
        yield Figure(name, "ms", statistics.median(rounds), goal, note=note)
