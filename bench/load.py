"""A busy morning: searches, the day's list, bookings and moves, by more and more clients.

It says how many requests a second are done and how long they take, what the processors were used
for when more clients gave no more, and whether the workers hold more memory at the end.
"""

import random
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from bench import standard
from bench.asked import Asked, undo
from bench.clients import Client, Gone, evenly, written
from bench.rows import Side
from bench.servers import Web, cpu_seconds, megabytes, postgres_processes

CLIENTS = (1, 8, 32)
# What a desk does, in hundredths: it looks far more often than it books.
MIX = (("week", 25), ("chair-day", 25), ("day's list", 30), ("book", 12), ("move", 8))
# A request every three seconds at each of 20 desks: an hour of a large clinic.
HOUR = 24_000
LONGEST_SECONDS = 600
# Refusals of what another client was faster at.
EXPECTED = {200, 201, 409, 412}


@dataclass
class Desk:
    """One client, with the free places and patients that are its own."""

    client: Client
    asked: Asked
    places: list[tuple[int, int]]
    chance: random.Random
    booked: list[tuple[str, str, int]] = field(default_factory=list)
    taken: list[tuple[str, float]] = field(default_factory=list)
    refused: int = 0

    def work(self, until: float, most: int) -> None:
        """Ask for one thing after the other until it is time, or enough."""
        names, weights = [name for name, _ in MIX], [weight for _, weight in MIX]
        while time.monotonic() < until and len(self.taken) < most:
            self.once(self.chance.choices(names, weights)[0])

    def once(self, what: str) -> None:
        """Ask for this, and note how long it took."""
        if (what == "move" and not self.booked) or (what == "book" and not self.places):
            what = "day's list"
        request = self._request(what)
        began = time.perf_counter()
        answer = self.client.send(request)
        self.taken.append((what, (time.perf_counter() - began) * 1000))
        if answer.status not in EXPECTED:
            raise Gone(f"{what}: {answer.status} {answer.body[:300]!r}")
        self.refused += answer.status in (409, 412)
        if what == "book" and answer.status == 201:
            booked = answer.json
            self.booked.append((booked["id"], booked["starts_at"], booked["version"]))

    def _request(self, what: str) -> bytes:
        if what == "week":
            return self.asked.week()
        if what == "chair-day":
            return self.asked.chair_day()
        if what == "day's list":
            return self._days_list()
        if what == "book":
            return self.asked.booking(*self.places.pop())
        return self._move()

    def _days_list(self) -> bytes:
        on = standard.day_of(self.chance.randrange(12), self.chance.randrange(5))
        from_, to = (quote(f"{on}T{wall}:00-07:00") for wall in ("00:00", "23:55"))
        path = f"/v1/sessions?from={from_}&to={to}&limit=100"
        return written("GET", path, self.asked.secret)

    def _move(self) -> bytes:
        """Five minutes later or back; nobody else wants that chair then."""
        session_id, at, version = self.booked.pop(0)
        self.booked.append((session_id, at, version + 1))
        later = datetime.fromisoformat(at) + timedelta(minutes=5 if version % 2 else 0)
        path, body = f"/v1/sessions/{session_id}/reschedule", {"starts_at": later.isoformat()}
        return written("POST", path, self.asked.secret, body, version)


def run(side: Side, seconds: float, hour: int = HOUR) -> None:
    """The morning with each number of clients; then an hour's requests, for the memory."""
    used = "processors: web, database, clients"
    print(f"clients {'req/s':>15} {'p50 ms':>7} {'p99 ms':>8} {'409':>5}  {used}")
    for count in CLIENTS:
        _morning(side, count, seconds)
    before, began = _held(side.web), time.monotonic()
    print(f"\n{hour:,} requests by 8 clients ...", flush=True)
    _morning(side, 8, LONGEST_SECONDS, hour // 8)
    took, after = time.monotonic() - began, _held(side.web)
    print(f"memory of the workers: {before:.0f} MB, after it {after:.0f} MB ({took:.0f} s)")


def _morning(side: Side, count: int, seconds: float, most: int = 10**9) -> None:
    desks = _desks(side, count)
    used, began = _used(side), time.monotonic()
    threads = [threading.Thread(target=desk.work, args=(began + seconds, most)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.monotonic() - began
    shares = [(now - then) / lasted for now, then in zip(_used(side), used, strict=True)]
    for desk in desks:
        desk.client.close()
    undo(side.cluster, side.database)
    _tell(count, desks, lasted, shares)


def _tell(count: int, desks: Sequence[Desk], lasted: float, shares: Sequence[float]) -> None:
    taken = [each for desk in desks for _, each in desk.taken]
    p99 = statistics.quantiles(taken, n=100)[98]
    refused = sum(desk.refused for desk in desks)
    used = ", ".join(f"{share:.2f}" for share in shares)
    head = f"{count:7} {len(taken) / lasted:15.0f}"
    print(f"{head} {statistics.median(taken):7.1f} {p99:8.1f} {refused:5}  {used}", flush=True)
    for what, _ in MIX:
        own = [ms for desk in desks for name, ms in desk.taken if name == what]
        if len(own) > 1:
            p99 = statistics.quantiles(own, n=100)[98]
            print(f"{what:>23} {statistics.median(own):7.1f} {p99:8.1f} {len(own):5} times")


def _desks(side: Side, count: int) -> list[Desk]:
    places = [(week, place) for week in range(standard.WEEKS) for place in range(100)]
    return [
        Desk(client, side.asked[0], places[number::count], random.Random(number))  # noqa: S311
        for number, client in enumerate(evenly(side.web, count))
    ]


def _used(side: Side) -> tuple[float, float, float]:
    """Processor seconds so far: the web's, the database's, the clients' own."""
    web = sum(map(cpu_seconds, side.web.workers))
    database = sum(map(cpu_seconds, postgres_processes(side.cluster)))
    return web, database, time.process_time()


def _held(web: Web) -> float:
    return sum(map(megabytes, web.workers))
