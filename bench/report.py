"""The table, the file with all figures, and the comparison with the last run that was kept."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.databases import HOME
from bench.measure import Figure

KEPT = Path(__file__).parent / "last.json"
WRITTEN = HOME / "bench.json"
# A change below this is noise on a shared machine.
TOLERANCE = 1.15

HEAD = ("", "ours", "floor", "ratio", "control", "goal", "", "before")
WIDTHS = (52, 16, 9, 7, 13, 8, 7, 8)


def line(cells: Sequence[str]) -> str:
    """One line of the table."""
    first, *others = (cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))
    return " ".join([first, *others]).rstrip()


def cells(figure: Figure, before: dict[str, Any]) -> list[str]:
    """A figure as it is shown."""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}x"
    control = ""
    if figure.control:
        control = f"{min(figure.control):.2f}-{max(figure.control):.2f}"
    sign = ">=" if figure.at_least else "<="
    goal = f"{sign}{figure.goal:g}" + ("x" if figure.ratio is not None else "")
    floor = "" if figure.floor is None else f"{figure.floor:.1f}"
    met = "met" if figure.met else "MISSED"
    return [
        figure.row, f"{figure.value:.1f} {figure.unit}", floor, ratio, control, goal, met,
        _before(figure, before),
    ]  # fmt: skip


def show(figure: Figure, before: dict[str, Any]) -> None:
    """Print a figure as it comes."""
    print(line(cells(figure, before)), flush=True)
    if figure.note:
        print(f"    {figure.note}", flush=True)


def _before(figure: Figure, before: dict[str, Any]) -> str:
    """The last kept figure, and whether this one is worse by more than noise."""
    last = before.get(figure.row)
    if last is None:
        return ""
    was, now = (last["ratio"], figure.ratio) if figure.ratio else (last["value"], figure.value)
    if not was or not now:
        return ""
    worse = was / now if figure.at_least else now / was
    mark = " worse" if worse > TOLERANCE else " better" if worse < 1 / TOLERANCE else ""
    return f"{was:.2f}{mark}"


def kept() -> dict[str, Any]:
    """The last committed run's figures by row."""
    if not KEPT.exists():
        return {}
    return {each["row"]: each for each in json.loads(KEPT.read_text())["figures"]}


def write(figures: Iterable[Figure], *, keep: bool) -> None:
    """Write all figures to the file, and where asked over those that are compared with."""
    rows = [asdict(each) | {"met": each.met} for each in figures]
    for row in rows:
        for name in ("value", "floor", "ratio"):
            row[name] = None if row[name] is None else round(row[name], 3)
        row["control"] = [round(each, 3) for each in row["control"]]
    WRITTEN.write_text(_text(rows))
    if keep:
        # Rows that were not measured this time stay as they were.
        KEPT.write_text(_text((kept() | {row["row"]: row for row in rows}).values()))


def _text(rows: Iterable[dict[str, Any]]) -> str:
    figures = list(rows)
    return json.dumps({"machine": platform.machine(), "figures": figures}, indent=1) + "\n"
