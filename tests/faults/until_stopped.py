"""Load on a server that is asked to stop in the midst of it."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from uuid import UUID

from tests.faults.web_client import Broken, Client, NotListening, Request

CLIENTS = 12


class UntilStopped:
    """Clients that register patients until nobody takes their connections any more.

    Every other one makes a new connection for each request.
    """

    def __init__(self, port: int, make: Callable[[int], Request]) -> None:
        self.port, self.make, self.numbers = port, make, count()
        self.ends = Counter[int | str]()
        self.acknowledged: set[UUID] = set()

    def until_stopped(self, process: subprocess.Popen[bytes]) -> float:
        """Ask it to stop in the midst of it all; the seconds until it has ended."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            goal = self.ends[201] + 10 * CLIENTS
            clients = [pool.submit(self._client, bool(number % 2)) for number in range(CLIENTS)]
            while self.ends[201] < goal and not all(each.done() for each in clients):
                pass
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
            took = time.monotonic() - began
        for each in clients:
            each.result()
        return took

    def _client(self, keeps: bool) -> None:
        with closing(Client(self.port)) as client:
            while True:
                try:
                    answer = client.post(self.make(next(self.numbers)))
                except NotListening:
                    self.ends["refused"] += 1
                    return
                except Broken:
                    self.ends["broken off"] += 1
                    continue
                self.ends[answer.status] += 1
                self.acknowledged.add(UUID(answer.json["id"]))
                if not keeps:
                    client.close()
