"""The floor's search: what lies between the blocks that are taken."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg

from bench import floor_sql as sql
from scheduler import clock

ZONE = clock.zone("America/Phoenix")
PREP, BLOCK = timedelta(minutes=15), timedelta(minutes=95)
OPENS, CLOSES = time(8), time(17)
GRID = timedelta(minutes=5)

Row = dict[str, Any]
Cursor = psycopg.Cursor[Row]


def free(cursor: Cursor, clinic_id: UUID, query: Any) -> tuple[int, Any]:
    start, end = (datetime.fromisoformat(query[name]) for name in ("from", "to"))
    bounds = [start - timedelta(hours=12), end, start, clinic_id, query.get("chair_id")]
    chairs: dict[UUID, list[Row]] = {}
    for row in cursor.execute(sql.FREE, bounds):
        chairs.setdefault(row["id"], []).append(row)
    days = [start.date() + timedelta(days=n) for n in range((end - start).days)]
    if query.get("view") == "windows":
        return 200, {"days": [{"on": on.isoformat(), "chairs": windows(on, chairs)} for on in days]}
    found = [item for on in days for item in items(on, chairs)]
    return 200, {"items": sorted(found, key=lambda each: each["starts_at"])[:100], "next": None}


def gaps(on: date, taken: Sequence[Row]) -> Iterator[tuple[datetime, datetime]]:
    """The first and the last free start of each gap on a day."""
    if on.weekday() > 4:
        return
    at, closes = datetime.combine(on, OPENS, ZONE), datetime.combine(on, CLOSES, ZONE)
    for row in taken:
        if row["starts"] is None or at.date() != row["starts"].astimezone(ZONE).date():
            continue
        if row["starts"] - at >= BLOCK:
            yield at + PREP, row["starts"].astimezone(ZONE) - BLOCK + PREP
        at = row["ends"].astimezone(ZONE)
    if closes - at >= BLOCK:
        yield at + PREP, closes - BLOCK + PREP


def windows(on: date, chairs: dict[UUID, list[Row]]) -> list[Any]:
    found = (
        (chair, [[f"{at:%H:%M}" for at in gap] for gap in gaps(on, taken)])
        for chair, taken in chairs.items()
    )
    return [{"chair_id": str(chair), "starts": starts} for chair, starts in found if starts]


def items(on: date, chairs: dict[UUID, list[Row]]) -> Iterator[Any]:
    for chair, taken in chairs.items():
        for first, last in gaps(on, taken):
            for n in range((last - first) // GRID + 1):
                span = visit(first + n * GRID)
                shown = {name: at.isoformat() for name, at in span.items()}
                yield {"chair_id": str(chair), "chair": taken[0]["label"], **shown}


def visit(starts_at: datetime) -> dict[str, datetime]:
    return {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=40),
        "block_starts_at": starts_at - PREP,
        "block_ends_at": starts_at - PREP + BLOCK,
    }
