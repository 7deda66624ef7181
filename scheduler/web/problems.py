"""Every answer that is not a success: RFC 9457 `application/problem+json`, one shape for all."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, g, request
from psycopg import errors as pg
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from scheduler.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Stale

MEDIA_TYPE = "application/problem+json"

# Nothing here is to be framed, sniffed or to load anything; pages loosen it for themselves.
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# What Flask itself refuses has a name of ours where it means the same.
OUR_WORDS = {400: "malformed", 413: "too_large"}

# The one table that turns a refusal into a status code.
STATUS: dict[type[Refused], int] = {
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    Forbidden: 403,
    Invalid: 422,
    Refused: 422,
}


class Problem(Exception):
    """A refusal that is about HTTP itself: the key, the headers, the shape of the body."""

    def __init__(
        self, status: int, word: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(word)
        self.status, self.word, self.detail = status, word, detail
        self.headers = dict(headers or {})


def request_id() -> str:
    """This request's id, on every answer and in the audit log."""
    if "request_id" not in g:
        g.request_id = uuid.uuid4().hex
    return str(g.request_id)


def problem(
    status: int,
    word: str,
    detail: str,
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer itself. `type` is stable; `/problems/<word>` is explained in the docs."""
    text = document(status, word, detail, request_id(), facts)
    response = Response(text, status, headers, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def document(
    status: int, word: str, detail: str, asked: str, facts: Mapping[str, Any] | None = None
) -> bytes:
    """The body of a problem, for the request with the id `asked`."""
    body = {
        "type": f"/problems/{word}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": asked,
        **(facts or {}),
    }
    # The errors of a list are under its places, which are numbers.
    return orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)


def refused(refusal: Refused, facts: Mapping[str, Any]) -> Response:
    """The answer to a refusal by a rule of the clinic."""
    status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    detail, told = facts.get("detail", refusal.detail), {**facts}
    told.pop("detail", None)
    return problem(status, refusal.word, detail, told)


def from_database(error: SQLAlchemyError) -> Refused | Problem | None:
    """What an error of the database means to the caller, or None when it is our own fault."""
    if isinstance(error, StaleDataError):
        return Stale()
    if isinstance(error, IntegrityError):
        return _broken_constraint(error)
    # A standby that has not taken over yet reads, and refuses to write.
    reads_only = isinstance(getattr(error, "orig", None), pg.ReadOnlySqlTransaction)
    if reads_only or isinstance(error, OperationalError | PoolTimeoutError):
        return Problem(
            503, "busy", "The schedule is busy or away. Try again.", {"Retry-After": "1"}
        )
    return None


def _broken_constraint(error: IntegrityError) -> Refused | None:
    """A unique constraint is named `<table>__<field>__taken`; an exclusion is a lost race."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    if isinstance(error.orig, pg.ExclusionViolation):
        return Conflict("taken", "That time was just taken.")
    if isinstance(error.orig, pg.UniqueViolation) and name.endswith("__taken"):
        field = name.split("__")[1]
        return Conflict("already_exists", f"This {field} is in use.", errors={field: ["In use."]})
    if isinstance(error.orig, pg.ForeignKeyViolation):
        # "<table>_clinic_id_<field>_fkey": the one way left to name what is not there.
        field = name.partition("_clinic_id_")[2].removesuffix("_fkey")
        return NotFound(field.removesuffix("_id"), field)
    return None


def init_app(app: Flask) -> None:
    """Answer the errors raised outside a call (no route, wrong method) in the same shape."""

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        status = error.code or 500
        word = OUR_WORDS.get(status) or error.name.lower().replace(" ", "_")
        headers = {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}
        return problem(status, word, HTTPStatus(status).description or error.name, None, headers)

    @app.errorhandler(Problem)
    def of_problem(error: Problem) -> Response:
        return problem(error.status, error.word, error.detail, None, error.headers)

    # A doubled slash leads nowhere, as any other path that is no route; not to a redirect.
    app.url_map.merge_slashes = False

    @app.after_request
    def identify(response: Response) -> Response:
        if response.status_code == HTTPStatus.PERMANENT_REDIRECT:
            # The routing's own, to a page's final slash: its HTML and its host are the caller's.
            response.set_data(b"")
            del response.headers["Content-Type"]
            response.headers["Location"] = f"{request.path}/"
        response.headers["X-Request-Id"] = request_id()
        for name, value in SAFE_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
