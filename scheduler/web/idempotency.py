"""Exactly once: a retried POST gets the first answer again, byte for byte (I65).

The claim is a row written in the transaction of the effect, so it is there if and only if the
effect is. A second caller in flight waits on it for the lock timeout. Refusals leave no row:
they changed nothing, and trying again may succeed.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from flask import Request, Response
from psycopg import errors as pg
from sqlalchemy import LargeBinary, Table, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base
from scheduler.tenancy import Work
from scheduler.web.problems import Problem

# Over a weekend: whoever retries blindly may be switched off until Monday.
KEPT = timedelta(hours=72)

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
_KEPT_HEADERS = ("ETag", "Location", "Cache-Control")


class IdempotentAnswer(Base):
    """The stored success of one request of one caller."""

    __tablename__ = "idempotent_answers"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[UUID] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Claim:
    """This request's right to act: the row's key."""

    clinic_id: UUID
    key_id: UUID | None
    method: str
    path: str
    idempotency_key: str


def key_of(request: Request, *, required: bool) -> str | None:
    """The request's Idempotency-Key. Raises Problem 400 when malformed, or missing and needed."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        if required:
            raise Problem(
                400, "idempotency_key_needed", "Send an Idempotency-Key: a new one for each intent."
            )
        return None
    if not _KEY.fullmatch(key):
        raise Problem(400, "malformed", "An Idempotency-Key has 1 to 255 visible characters.")
    return key


def claim(work: Work, request: Request, key: str, body: Any) -> Claim | Response:
    """Claim the key for this request, or give the stored answer of the first one.

    Raises Problem 422 when the key came with another request, 409 while the first still runs.
    """
    claimed = Claim(work.clinic_id, work.actor.key_id, request.method, request.path, key)
    fingerprint = _fingerprint(request, body)
    row = _columns(claimed) | {"fingerprint": fingerprint, "created_at": work.now}
    try:
        if work.session.connection().execute(_CLAIM, row).one_or_none():
            return claimed
    except OperationalError as error:
        if isinstance(error.orig, pg.LockNotAvailable):
            raise _still_running() from None
        raise
    stored = work.session.execute(
        select(IdempotentAnswer).filter_by(**_columns(claimed))
    ).scalar_one_or_none()
    if stored is None:
        # The first one rolled back between our insert and our look: its key is free again.
        raise _still_running()
    if stored.fingerprint != fingerprint:
        raise Problem(422, "idempotency_key_reused", "This Idempotency-Key came with another body.")
    if stored.body is None:
        detail = "That was done. Its secret was in the first answer and is never shown again."
        raise Problem(409, "already_created", detail)
    return _replay(stored)


def store(work: Work, claimed: Claim, response: Response, *, body: bool = True) -> None:
    """Keep the success that this claim led to, in the same transaction; a secret's without body."""
    answer = response.get_data(as_text=True) if body else None
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    said = {"status": response.status_code, "headers": kept, "body": answer}
    work.session.connection().execute(_STORE, _columns(claimed, "its_") | said)


def forget_old(work: Work) -> None:
    """Delete the stored answers that are older than a retry can be."""
    work.session.execute(
        delete(IdempotentAnswer)
        .where(
            IdempotentAnswer.clinic_id == work.clinic_id,
            IdempotentAnswer.created_at < work.now - KEPT,
        )
        .execution_options(synchronize_session=False)
    )


def _replay(stored: IdempotentAnswer) -> Response:
    response = Response(stored.body, stored.status, stored.headers, mimetype="application/json")
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _still_running() -> Problem:
    detail = "A request with this Idempotency-Key is still running."
    return Problem(409, "still_running", detail, {"Retry-After": "1"})


def _columns(claimed: Claim, prefix: str = "") -> dict[str, Any]:
    return {prefix + name: getattr(claimed, name) for name in Claim.__slots__}


# Built once: they are part of every write.
_TABLE: Table = IdempotentAnswer.__table__  # type: ignore[assignment]
_CLAIM = insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.key_id)
_STORE = (
    update(_TABLE)
    .where(*(_TABLE.c[name] == bindparam(f"its_{name}") for name in Claim.__slots__))
    .values({name: bindparam(name) for name in ("status", "headers", "body")})
)


def _fingerprint(request: Request, body: Any) -> bytes:
    canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    parts = (request.method.encode(), request.path.encode(), request.query_string, canonical)
    return hashlib.sha256(b"\0".join(parts)).digest()
