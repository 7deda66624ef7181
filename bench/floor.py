"""The floor: a bare app that sends the same statements and answers the same JSON.

Key look-up and the clinic's setting, idempotency row, schedule lock, a read of what is taken, the
insert under the exclusion constraint, the audit row, one transaction. No schema, no ORM, no rules:
it knows the standard clinic's hours and lengths by heart, and that its patients are cleared.
"""

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
from flask import Flask, Response, request
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

import config
from bench import floor_sql as sql
from bench.floor_free import ZONE, Cursor, Row, free, visit
from scheduler import clock

SETTINGS = config.read()
clock.load(SETTINGS.data_dir)
OBSERVATION_MINUTES = 30

Connection = psycopg.Connection[Row]
View = Callable[[Cursor, UUID, Any], tuple[int, Any]]

app = Flask(__name__)
_own = threading.local()


def connection() -> Connection:
    """This thread's connection."""
    if not hasattr(_own, "connection"):
        url = (SETTINGS.database_url or "").replace("+psycopg", "")
        options = "-c TimeZone=UTC -c plan_cache_mode=force_generic_plan"
        _own.connection = psycopg.connect(url, options=options, row_factory=dict_row)
    return _own.connection  # type: ignore[no-any-return]


def answered(view: View) -> Response:
    """One transaction: the caller, the view, the audit row, the stored answer; or none of it."""
    open_ = connection()
    try:
        with open_.cursor() as cursor:
            status, dumped = _carried_out(cursor, view)
    except BaseException:
        open_.rollback()
        raise
    if status < 400:
        open_.commit()
    else:
        open_.rollback()
    return Response(dumped, status, mimetype="application/json")


def _carried_out(cursor: Cursor, view: View) -> tuple[int, bytes]:
    reads = request.method == "GET"
    secret = request.headers["Authorization"].partition(" ")[2]
    hashed = hashlib.sha256(secret.encode()).digest()
    clinic_id, key_id = cursor.execute(sql.AUTHENTICATE, [hashed, reads]).fetchall()[0].values()
    now, method, route = clock.now(), request.method, str(request.url_rule)
    claim = (clinic_id, key_id, request.headers.get("Idempotency-Key"), method, request.path)
    asked: Any = request.args
    if not reads:
        raw = request.get_data()
        asked = orjson.loads(raw)
        cursor.execute(sql.CLAIM, [*claim, hashlib.sha256(raw).digest(), now])
    status, body = view(cursor, clinic_id, asked)
    dumped = orjson.dumps(body)
    if status < 400:
        shown = [UUID(body[name]) for name in ("id", "patient_id") if name in body]
        told = [clinic_id, uuid4(), now, uuid4().hex, key_id, method, route, status, shown]
        cursor.execute(sql.AUDIT, told)
        if not reads:
            kept = Jsonb({"Cache-Control": "no-store"})
            cursor.execute(sql.STORE, [status, kept, dumped.decode(), *claim])
    return status, dumped


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Up."""
    return {"status": "ok"}


@app.get("/v1/slots")
def slots() -> Response:
    """Free starts, from what is taken."""
    return answered(free)


@app.post("/v1/sessions")
def book() -> Response:
    """Book one session."""
    return answered(book_one)


@app.post("/v1/series")
def book_series() -> Response:
    """Book a weekly series, all or none."""
    return answered(book_weekly)


def book_one(cursor: Cursor, clinic_id: UUID, body: Row) -> tuple[int, Any]:
    rows = taken_and_booked(cursor, clinic_id, body, [datetime.fromisoformat(body["starts_at"])])
    return (201, shown(rows[0], None) | {"warnings": []}) if rows else (409, {"type": "taken"})


def book_weekly(cursor: Cursor, clinic_id: UUID, body: Row) -> tuple[int, Any]:
    first = datetime.fromisoformat(f"{body['first_on']}T{body['at']}").replace(tzinfo=ZONE)
    starts = [first + timedelta(days=n * body["every_days"]) for n in range(body["sessions"])]
    series = [uuid4(), body["sessions"], body["minutes"], body["every_days"], clock.now()]
    rows = taken_and_booked(cursor, clinic_id, body, starts, series)
    if not rows:
        return 409, {"type": "taken"}
    sessions = [shown(row, ordinal) for ordinal, row in enumerate(rows, 1)]
    head = {"id": str(series[0]), "version": 1 + len(rows), "patient_id": body["patient_id"]}
    said = {"sessions_planned": len(rows), "minutes": body["minutes"], "owed": 0}
    said |= {"every_days": body["every_days"], "status": "active", "cancelled_at": None}
    said |= {"cancelled_by": None, "cancel_reason": None, "warnings": [], "sessions": sessions}
    return 201, head | said | {"protocol_id": sessions[0]["protocol_id"]}


def taken_and_booked(
    cursor: Cursor,
    clinic_id: UUID,
    body: Row,
    starts: list[datetime],
    series: list[Any] | None = None,
) -> list[Row]:
    """The new rows; none where the chair is taken."""
    cursor.execute(sql.LOCK, [clinic_id])
    spans = [visit(at) for at in starts]
    blocks = [(each["block_starts_at"], each["block_ends_at"]) for each in spans]
    bounds = [
        [low - timedelta(hours=12) for low, _ in blocks],
        *map(list, zip(*blocks, strict=True)),
    ]
    taken = cursor.execute(sql.TAKEN, [*bounds, clinic_id]).fetchall()
    if any(str(row["chair_id"]) == body["chair_id"] for row in taken):
        return []
    if series:
        cursor.execute(sql.ADD_SERIES, [clinic_id, *series, body["patient_id"]])
    series_id = series[0] if series else None
    columns = [list(each) for each in zip(*(each.values() for each in spans), strict=True)]
    ids = [uuid4() for _ in spans]
    known = [series_id, body["chair_id"], OBSERVATION_MINUTES, ids, *columns]
    found = cursor.execute(sql.ADD_SESSIONS, [*known, clinic_id, body["patient_id"]]).fetchall()
    return sorted(found, key=lambda row: row["starts_at"])


LEFT_OUT = {
    "clinic_id",
    "observation_minutes",
    "completed_at",
    "block_extra_minutes",
    "booked_at",
    "promised_at",
    "moved_by",
}


def shown(row: Row, ordinal: int | None) -> Row:
    """A session's row as it is answered."""
    answer: Row = {"ordinal": ordinal}
    for name, value in row.items():
        if name not in LEFT_OUT:
            if isinstance(value, datetime):
                value = value.astimezone(ZONE).isoformat()
            answer[name] = str(value) if isinstance(value, UUID) else value
    return answer
