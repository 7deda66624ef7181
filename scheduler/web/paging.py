"""Keyset pages: a cursor is the place of the last row seen, so no row repeats (I70)."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from typing import Any, TypedDict, cast

import orjson
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from scheduler.db import OfClinic
from scheduler.tenancy import Work
from scheduler.web.problems import Problem


class Page(TypedDict):
    """A page of anything: its items, and the cursor of the next page or None."""

    items: Sequence[Any]
    next: str | None


def encode(place: Iterable[Any]) -> str:
    """An opaque cursor for a place in an order."""
    return base64.urlsafe_b64encode(orjson.dumps(list(place))).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[Any]:
    """The place in a cursor: one value of each kind. Raises Problem 400 if it is not ours."""
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(raw) != len(kinds):
            raise ValueError
        return [_parsed(value, kind) for value, kind in zip(raw, kinds, strict=True)]
    except (ValueError, TypeError, binascii.Error):
        raise not_ours() from None


def not_ours() -> Problem:
    """The refusal of a cursor that no page of ours had."""
    return Problem(400, "malformed", "This cursor is not one of ours.")


def _parsed(value: Any, kind: type) -> Any:
    if not isinstance(value, int if kind is int else str):
        raise ValueError
    if kind is datetime:
        instant = datetime.fromisoformat(str(value))
        if instant.tzinfo is None:
            raise ValueError
        return instant
    if kind is date:
        return date.fromisoformat(str(value))
    if kind is time:
        wall = time.fromisoformat(str(value))
        if wall.tzinfo is not None:
            raise ValueError
        return wall
    return kind(value) if kind is not int else value


def page(
    work: Work,
    query: Select[Any],
    order: Sequence[InstrumentedAttribute[Any]],
    *,
    limit: int,
    cursor: str | None,
) -> Page:
    """A page of `query` in the ascending `order`, whose columns together are unique.

    The first column's class is the one listed; only its rows of this clinic are.
    """
    query = query.where(order[0].class_.clinic_id == work.clinic_id)
    if cursor is not None:
        kinds = [column.type.python_type for column in order]
        query = query.where(tuple_(*order) > tuple_(*decode(cursor, *kinds)))
    rows = work.session.scalars(query.order_by(*order).limit(limit + 1)).all()
    return sliced(rows, limit, lambda row: [getattr(row, column.key) for column in order])


def page_by_id(
    work: Work, query: Select[Any], model: type[OfClinic], *, limit: int, cursor: str | None
) -> Page:
    """A page in the order of the ids, for short lists that have no better one."""
    order = [cast("InstrumentedAttribute[Any]", model.id)]
    return page(work, query, order, limit=limit, cursor=cursor)


def sliced(rows: Sequence[Any], limit: int, place: Callable[[Any], list[Any]]) -> Page:
    """The first `limit` rows; if there are more, the cursor is the place of the last one."""
    items = rows[:limit]
    return {"items": items, "next": encode(place(items[-1])) if len(rows) > limit else None}
