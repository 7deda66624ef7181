"""A blind client's retries have one effect, whatever of the web server is killed under them."""

import os
import random
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from scheduler.embedded import Server
from tests.conftest import Size
from tests.faults.intents import SHARES, Ids, ids_in_tables, intents_on
from tests.faults.web_client import Answer, Client, Request
from tests.faults.web_server import WebServer, a_database, serving, url_of
from tests.progress import shown

SLICE = 500


@pytest.mark.proof
def test_every_key_has_one_effect_and_one_answer_while_processes_are_killed(
    server: Server, template: str, tmp_path: Path, size: Size
) -> None:
    """I65: N keys, each sent by several clients at once, and a kill for every fifty or fewer."""
    keys = size(ci=SLICE, proof=3_000)
    clients = 4 if keys <= SLICE else 8
    with a_database(server, template) as name:
        intents = intents_on(server, name, keys)
        before = ids_in_tables(server, name)
        with serving(url_of(server, name), tmp_path / "web") as web:
            killer = Killer(web, max(20, keys // 50), keys * clients)
            rush = Rush([intents.make(number) for number in range(keys)], clients, killer)
            rush.run()
        after = ids_in_tables(server, name)
    print(f"{keys:,} keys x {clients}, {killer.kills:,} kills, {rush.retries:,} retries")
    assert killer.kills >= 20
    assert rush.promised == {table: after[table] - before[table] for table in after}
    # No two keys were promised the same row; a series makes its session as well.
    rows = sum(len(ids) for ids in rush.promised.values())
    assert rows == keys + len(rush.promised["series"])


class Killer:
    """Ends workers, and now and then the whole server, at moments strewn among the answers."""

    def __init__(self, web: WebServer, kills: int, answers: int) -> None:
        self.web, self.kills, self.answered = web, 0, 0
        chance = random.Random(kills)  # noqa: S311 - the same moments each time
        self.moments = sorted(chance.sample(range(answers), kills))
        self.lock = threading.Lock()

    def count(self) -> None:
        """One more answer; if a moment has come, strike."""
        with self.lock:
            self.answered += 1
            if self.kills == len(self.moments) or self.answered <= self.moments[self.kills]:
                return
            self.kills += 1
            if self.kills % 10 == 0:
                self.web.kill()
                self.web.start()
            else:
                # One of them, or every one there is.
                for worker in self.web.workers()[: 1 + self.kills % 2]:
                    os.kill(worker, signal.SIGKILL)


class Rush:
    """Each of so many clients sends every request, all in nearly the same order."""

    def __init__(self, requests: list[Request], clients: int, killer: Killer) -> None:
        self.requests, self.clients, self.killer = requests, clients, killer
        self.answers: dict[Request, list[Answer]] = defaultdict(list)
        self.promised: Ids = {table: set() for table in SHARES}
        self.retries = 0

    def run(self) -> None:
        """Send everything, and see that all clients got the same answers."""
        with ThreadPoolExecutor(self.clients) as pool:
            self.retries = sum(pool.map(self._client, range(self.clients)))
        assert not self.answers, "some were not answered to everybody"

    def _client(self, number: int) -> int:
        mixed = random.Random(number)  # noqa: S311 - the same order each time
        order: Iterable[int] = sorted(
            range(len(self.requests)), key=lambda n: n + mixed.uniform(0, 2 * self.clients)
        )
        with closing(Client(self.killer.web.port)) as client:
            if number == 0:
                order = shown(order, "keys", len(self.requests))
            for place in order:
                self._settle(self.requests[place], client.insist(self.requests[place]))
                self.killer.count()
            return client.retries

    def _settle(self, request: Request, answer: Answer) -> None:
        """Once all clients were answered, keep only what was promised."""
        given = self.answers[request]
        given.append(answer)
        if len(given) == self.clients and self.answers.pop(request, []):
            assert_one_answer(request, given)
            table = request.path.rpartition("/")[2]
            self.promised[table].add(UUID(answer.json["id"]))
            for each in answer.json.get("sessions", ()):
                self.promised["sessions"].add(UUID(each["id"]))


def assert_one_answer(request: Request, given: list[Answer]) -> None:
    """All the same to the byte, and at most one of them not marked as a replay."""
    assert {each.status for each in given} == {201}, (request, given)
    assert len({each.body for each in given}) == 1, (request, given)
    for name in ("etag", "location", "content-type", "cache-control"):
        assert len({each.headers[name] for each in given}) == 1, (name, given)
    # None, where the first answer was lost with the process that gave it.
    assert Counter(each.is_replay for each in given)[False] <= 1, (request, given)
