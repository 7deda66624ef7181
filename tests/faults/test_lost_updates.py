"""Many clients read, change and write the same thing: nobody's change is overwritten."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from scheduler.embedded import Server
from tests.builders import a_clinic
from tests.conftest import Size
from tests.faults.web_client import Client
from tests.faults.web_server import a_database, building_on, serving, url_of
from tests.progress import shown

CLIENTS = 16


@pytest.mark.proof
def test_a_counter_kept_in_a_chairs_label_counts_every_success(
    server: Server, template: str, tmp_path: Path, size: Size
) -> None:
    """I34: each client adds one to what it read; what came in between makes it 412."""
    times = size(ci=15, proof=1_000)
    with a_database(server, template) as name:
        with building_on(server, name) as app:
            clinic = a_clinic(app, chairs=1)
        path, secret = f"/v1/chairs/{clinic.chair_ids[0]}", clinic.keys["admin"]

        def client(number: int) -> Counter[int]:
            statuses = Counter[int]()
            rounds = range(times)
            with closing(Client(web.port, secret)) as one:
                for _ in rounds if number else shown(rounds, "changes by one client", times):
                    seen = one.send("GET", path)
                    changed = {"label": str(int(seen.json["label"]) + 1)}
                    answer = one.send("PATCH", path, changed, if_match=seen.headers["etag"])
                    statuses[answer.status] += 1
            return statuses

        with serving(url_of(server, name), tmp_path / "web") as web:
            with closing(Client(web.port, secret)) as first:
                first.send("PATCH", path, {"label": "0"}, if_match='"1"')
            with ThreadPoolExecutor(CLIENTS) as pool:
                statuses = sum(pool.map(client, range(CLIENTS)), Counter[int]())
            with closing(Client(web.port, secret)) as last:
                chair = last.send("GET", path).json
    print(f"{CLIENTS} clients x {times:,}: {dict(statuses)}")
    assert set(statuses) <= {200, 412}
    assert statuses.total() == CLIENTS * times
    assert (int(chair["label"]), chair["version"]) == (statuses[200], statuses[200] + 2)
