"""PostgreSQL restarts under load: what was acknowledged is there, and nobody sees a 500."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest

from scheduler import embedded, embedded_cluster
from tests.conftest import Size, app_on, migrate
from tests.faults.embedded_users import kill_server
from tests.faults.intents import Ids, Intents, ids_in_tables, intents_on
from tests.faults.web_client import Answer, Client
from tests.faults.web_server import WebServer, serving, url_of
from tests.progress import shown

WRITERS = 6
# Acknowledged between two restarts, so that each meets the full load.
BETWEEN = 50
SERVES_AGAIN_SECONDS = 10
UNAVAILABLE = 503
READ = ("/v1/clinic", "/v1/patients", "/readyz", "/healthz")


def stopped_in_good_order(data_dir: Path) -> None:
    embedded_cluster.stop(data_dir)


def killed(data_dir: Path) -> None:
    kill_server(data_dir, with_its_backends=False)


def killed_with_its_backends(data_dir: Path) -> None:
    kill_server(data_dir, with_its_backends=True)


ENDS: tuple[Callable[[Path], None], ...] = (stopped_in_good_order, killed, killed_with_its_backends)


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A data folder with a short path: its server's socket stays in it over a restart.

    Where the path of a socket would be too long, each start has a new place for it.
    """
    with TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as made:
        folder = Path(made) / "data"
        folder.mkdir()
        yield folder
        embedded_cluster.stop(folder)


@pytest.mark.proof
def test_no_acknowledged_write_is_lost_over_restarts_and_nobody_sees_a_500(
    short_dir: Path, tmp_path: Path, size: Size
) -> None:
    """I65: Only 201, and 503 with Retry-After; and what is tried again then has one effect.

    Within seconds of each restart writes succeed again.
    """
    restarts, worst = size(ci=3, proof=20), 0.0
    server = embedded.start(short_dir)
    migrate(app_on(server, "scheduler"))
    intents = intents_on(server, "scheduler", restarts * 1000)
    before = ids_in_tables(server, "scheduler")
    with (
        serving(url_of(server, "scheduler"), tmp_path / "web") as web,
        load_on(web, intents) as load,
    ):
        for number in shown(range(restarts), "restarts", restarts):
            load.wait_for(BETWEEN)
            ENDS[number % len(ENDS)](short_dir)
            embedded.start(short_dir).close()
            worst = max(worst, load.wait_for(1))
        load.wait_for(BETWEEN)
    there = ids_in_tables(server, "scheduler")
    server.close()
    print(f"{restarts} restarts, {load.statuses}, served again after {worst:.1f} s at most")
    for table, ids in load.acknowledged.items():
        assert ids == there[table] - before[table], f"lost or doubled: {table}"
    assert set(load.statuses) == {200, 201, 503}
    assert worst <= SERVES_AGAIN_SECONDS


class Load:
    """Clients that write, and one that reads; what they were answered."""

    def __init__(self, web: WebServer, intents: Intents) -> None:
        self.web, self.intents, self.numbers = web, intents, count()
        self.acknowledged: Ids = {"patients": set(), "sessions": set()}
        self.statuses = Counter[int]()
        self.changed = threading.Condition()
        self.over = threading.Event()

    def write(self) -> None:
        """New patients and bookings until it is over, each tried until it is acknowledged."""
        with closing(Client(self.web.port)) as client:
            while not self.over.is_set():
                with self.changed:
                    request = self.intents.make(next(self.numbers), "patients", "sessions")
                while (answer := client.post(request)).status == UNAVAILABLE:
                    self._note(answer)
                    self.over.wait(0.05)
                self._note(answer)
                self.acknowledged[request.path.removeprefix("/v1/")].add(UUID(answer.json["id"]))

    def read(self) -> None:
        """What a front desk has on its screen, until it is over."""
        with closing(Client(self.web.port, self.intents.visits.keys["front_desk"])) as client:
            while not self.over.is_set():
                for path in READ:
                    self._note(client.send("GET", path))

    def _note(self, answer: Answer) -> None:
        assert answer.status != UNAVAILABLE or answer.headers["retry-after"] == "1"
        with self.changed:
            self.statuses[answer.status] += 1
            self.changed.notify_all()

    def wait_for(self, more: int) -> float:
        """The seconds until so many more writes were acknowledged."""
        began = time.monotonic()
        with self.changed:
            goal = self.statuses[201] + more
            assert self.changed.wait_for(lambda: self.statuses[201] >= goal, timeout=60), self
        return time.monotonic() - began


@contextmanager
def load_on(web: WebServer, intents: Intents) -> Iterator[Load]:
    """Load that ends with the block, and fails it if a client failed."""
    load = Load(web, intents)
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        clients = [pool.submit(load.write) for _ in range(WRITERS)] + [pool.submit(load.read)]
        try:
            yield load
        finally:
            load.over.set()
    for client in clients:
        client.result()
