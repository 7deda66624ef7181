"""The rows about processes: what they hold after load, and how soon they serve."""

import subprocess
import sys
import time
from collections.abc import Iterator

import config
from bench.clients import evenly
from bench.measure import Figure, at_once
from bench.rows import Bench
from bench.servers import OURS, environ, megabytes, serving

PATIENCE_SECONDS = 60


def memory(bench: Bench) -> Iterator[Figure]:
    """What two web workers hold once they were busy."""
    web, asked = bench.ours.web, bench.ours.asked[0]
    clients = evenly(web, 8)
    share = [asked.chair_day(), asked.week(), asked.taken_plan(), asked.options()]
    at_once(clients, [share * bench.size.requests] * len(clients))
    held = sum(megabytes(pid) for pid in web.workers)
    parent = megabytes(web.process.pid)
    for client in clients:
        client.close()
    note = f"and the process that starts them {parent:.0f} MB"
    yield Figure("memory of two web workers after load", "MB", held, 180.0, note=note)


def start(bench: Bench) -> Iterator[Figure]:
    """From nothing to the first answer, and to the end of the first tick; the database is up."""
    template = bench.cluster.template("one")
    with bench.cluster.copy(template, "start") as database:
        url = bench.cluster.url(database)
        with serving(OURS, url) as web:
            yield Figure("start web", "s", web.seconds_to_start, 3.0)
        yield Figure("start jobs", "s", _first_tick(bench, database, url), 2.0)


def _first_tick(bench: Bench, database: str, url: str) -> float:
    """The seconds until the jobs process has ended its first tick."""
    began = time.perf_counter()
    command = (sys.executable, "-m", "flask", "--app", "wsgi", "jobs")
    with bench.cluster.superuser(database) as connection:
        jobs = subprocess.Popen(command, cwd=config.PROJECT, env=environ(url))
        try:
            beat = "SELECT is_called FROM last_tick"
            while connection.execute(beat).fetchone() != (True,):
                if time.perf_counter() > began + PATIENCE_SECONDS:
                    raise RuntimeError("the jobs do not tick")
                time.sleep(0.005)
            return time.perf_counter() - began
        finally:
            jobs.terminate()
            jobs.wait(PATIENCE_SECONDS)
