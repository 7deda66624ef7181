"""`make bench`: measures the rows that are asked for and shows the table as it grows."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from bench import (
    grown,
    load,
    report,
    rows,
    rows_history,
    rows_jobs,
    rows_limits,
    rows_many,
    rows_process,
    servers,
)
from bench.databases import Cluster
from bench.measure import FULL, QUICK, Figure, quietest
from bench.rows import Bench, a_side
from bench.same import require_same_answers

ROWS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "slots": rows.slots,
    "book": rows.book,
    "series": rows.series,
    "plan": rows.plan,
    "options": rows.options,
    "throughput": rows_many.throughput,
    "contended": rows_many.contended,
    "history": rows_history.history,
    "idle": rows_history.idle,
    "limits": rows_limits.limits,
    "decide": rows_jobs.decide,
    "mail": rows_jobs.mail,
    "memory": rows_process.memory,
    "start": rows_process.start,
}
# A machine that is shared has slow minutes: every row is looked at in several of them.
LOOKS = 3
QUICK_ROWS = "slots book series plan options contended"


def main() -> int:
    """Measure, show, write; the exit status is 1 when a goal is missed."""
    asked = _arguments()
    began = time.monotonic()
    names = asked.rows.split() or (QUICK_ROWS.split() if asked.quick else list(ROWS))
    if unknown := sorted(set(names) - set(ROWS)):
        print(f"no such row: {' '.join(unknown)}; there are {' '.join(ROWS)}", file=sys.stderr)
        return 2
    before = report.kept()
    with ExitStack() as stack:
        cluster = Cluster()
        stack.callback(cluster.close)
        template = cluster.template("eight", grown.eight, cluster.template("one"))
        if asked.what == "load":
            hour = load.HOUR // 20 if asked.quick else load.HOUR
            ours = a_side(cluster, stack, template, servers.OURS)
            load.run(ours, 3 if asked.quick else 15, hour)
            return 0
        ours = a_side(cluster, stack, template, servers.OURS)
        floor = a_side(cluster, stack, template, servers.FLOOR)
        bench = Bench(cluster, QUICK if asked.quick else FULL, stack, ours, floor)
        require_same_answers(bench)
        print(report.line(report.HEAD), flush=True)
        looks: dict[str, list[Figure]] = {}
        for look in range(1 if asked.quick else LOOKS):
            print(f"\nlook {look + 1}", flush=True)
            for name in names:
                for figure in ROWS[name](bench):
                    looks.setdefault(figure.row, []).append(figure)
                    report.show(figure, before)
    found = [quietest(each) for each in looks.values()]
    print(f"\nthe quietest look at each row\n{report.line(report.HEAD)}")
    for figure in found:
        report.show(figure, before)
    report.write(found, keep=asked.keep)
    missed = sum(not figure.met for figure in found)
    seconds = time.monotonic() - began
    print(
        f"\n{len(found) - missed} of {len(found)} goals met, in {seconds:.0f} s: {report.WRITTEN}"
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("what", nargs="?", choices=("rows", "load"), default="rows")
    parser.add_argument("--quick", action="store_true", help="fewer rounds of the shorter rows")
    parser.add_argument("--rows", default="", help=f"only some of: {' '.join(ROWS)}")
    parser.add_argument("--keep", action="store_true", help="compare with this run from now on")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
