"""The same rows with ten years of history behind them, and what an idle tick costs then."""

import statistics
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import timedelta
from io import StringIO

from bench import grown, rows
from bench.databases import Cluster
from bench.measure import Figure
from bench.rows import Bench, Row, Side
from bench.standard import NOW
from scheduler import delivery

# An afternoon in the fourth of the twelve weeks: reminders of some are due soon, of none now.
AFTERNOON = NOW + timedelta(days=21, hours=6)

PLAN = Row("plan 26 weekly", lambda a, n: [a.taken_plan()] * n, 200, 1.2)
OPTIONS = Row("options for six", lambda a, n: [a.options()] * n, 200, 1.2)


def history(bench: Bench) -> Iterator[Figure]:
    """Ours with ten years of history against ours with none, interleaved."""
    old, new = _with_a_decade(bench), bench.side("new", bench.cluster.template("one"))
    for row in (rows.CHAIR_DAY, rows.WEEK, rows.BOOK, rows.SERIES, PLAN, OPTIONS):
        name = f"{row.name}, 300,000 sessions"
        figure = rows.interleaved(bench, row, old, new, name, 1.2)
        figure.note = "in the place of the floor is ours without history"
        yield figure


def idle(bench: Bench) -> Iterator[Figure]:
    """A tick with nothing to do: one clinic with ten years of history, and a hundred clinics."""
    hundred = bench.cluster.template("hundred", grown.hundred, bench.cluster.template("one"))
    for name, template, goal in (
        ("one clinic, 300,000 sessions", _decade(bench.cluster), 5.0),
        ("100 clinics", hundred, 300.0),
    ):
        with bench.cluster.copy(template, "idle") as database:
            taken = _ticks(bench, database)
        yield Figure(f"idle tick, {name}", "ms", statistics.median(taken), goal)


def _ticks(bench: Bench, database: str) -> list[float]:
    """How long each of some ticks took, after those that had something to do."""
    taken = []
    with bench.cluster.app(database) as app:
        # They hold three weeks' messages that never went, and log a line each.
        with redirect_stderr(StringIO()):
            for _ in range(3):
                delivery.tick(app, lambda: AFTERNOON, {})
        for _ in range(3 * bench.size.rounds):
            began = time.perf_counter()
            done = delivery.tick(app, lambda: AFTERNOON, {})
            taken.append((time.perf_counter() - began) * 1000)
            if done:
                raise RuntimeError(f"not idle: {done}")
    return taken


def _with_a_decade(bench: Bench) -> Side:
    return bench.side("old", _decade(bench.cluster))


def _decade(cluster: Cluster) -> str:
    """The standard clinic with ten years behind it."""
    return cluster.template("decade", grown.decade, cluster.template("one"))
