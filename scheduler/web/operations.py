"""What the document says of each operation: its key, its headers, and how it may refuse."""

from http import HTTPStatus
from itertools import groupby
from typing import Any

from scheduler.access.roles import ROLES
from scheduler.web import problems
from scheduler.web.calls import Endpoint
from scheduler.web.problem_pages import meaning
from scheduler.web.schema import ProblemSchema

# The words of what any operation may refuse with, and of what comes with what it declares.
ALWAYS = (
    "malformed",
    "unauthenticated",
    "not_acceptable",
    "too_many_requests",
    "too_large",
    "unsupported_media_type",
    "invalid",
    "internal_server_error",
    "busy",
)
WITH_FEWER_ROLES = ("forbidden",)
WITH_IDS = ("not_found",)
WITH_KEY = ("still_running", "idempotency_key_reused")
WITH_NEEDED_KEY = ("idempotency_key_needed",)
WITH_IF_MATCH = ("if_match_needed", "stale")
WITH_SECRET = ("already_created",)

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The version that you saw, quoted: `"3"`. None: 428, an older one: 412.',
    "schema": {"type": "string", "pattern": r'^(\*|"[1-9][0-9]*")$'},
}

_TEXT = {"schema": {"type": "string"}}
REQUEST_ID = {"X-Request-Id": {"description": "Name it when you ask for help.", **_TEXT}}
LOCATION = {"Location": {"description": "Where the new thing is.", **_TEXT}}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before trying again.", **_TEXT},
}


def refusals(endpoint: Endpoint, *, unsafe: bool) -> list[str]:
    """The word of every problem that an operation may answer."""
    words = [*ALWAYS, *endpoint.refusals]
    if len(endpoint.access.roles) < len(ROLES):
        words += WITH_FEWER_ROLES
    if endpoint.takes_ids:
        words += WITH_IDS
    if unsafe:
        words += WITH_KEY
    if endpoint.idempotency == "required":
        words += WITH_NEEDED_KEY
    if endpoint.if_match:
        words += WITH_IF_MATCH
    if endpoint.shows_secret:
        words += WITH_SECRET
    return sorted(words)


def describe(
    doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_: Any
) -> dict[str, Any]:
    """Add what every operation shares: its key, its headers, its refusals, and who may."""
    endpoint: Endpoint = doc_info["endpoint"]
    unsafe = method not in ("get", "head")
    parameters = doc.setdefault("parameters", [])
    if unsafe:
        parameters.append(_idempotency_key(required=endpoint.idempotency == "required"))
    if endpoint.if_match:
        parameters.append(IF_MATCH)
    responses = doc.setdefault("responses", {})
    responses.update(_problem_responses(refusals(endpoint, unsafe=unsafe)))
    for success in ("200", "201", "204"):
        if success in responses:
            made = LOCATION if success == "201" else {}
            responses[success]["headers"] = REQUEST_ID | made
    doc["security"] = [{"key": []}]
    doc["x-roles"] = sorted(endpoint.access.roles)
    return doc


def _problem_responses(words: list[str]) -> dict[str, Any]:
    """By status: the problems it may stand for, each with its meaning and its page."""
    by_status = sorted(words, key=lambda word: (meaning(word)[0], word))
    return {
        str(status): _problem_response(status, list(of_status))
        for status, of_status in groupby(by_status, key=lambda word: meaning(word)[0])
    }


def _problem_response(status: int, words: list[str]) -> dict[str, Any]:
    lines = [f"- [`{word}`](/problems/{word}): {meaning(word)[1]}" for word in words]
    types = {"type": "string", "enum": [f"/problems/{word}" for word in words]}
    schema = {"allOf": [ProblemSchema, {"type": "object", "properties": {"type": types}}]}
    again = RETRY_AFTER if status in (409, 429, 503) else {}
    return {
        "description": "\n".join([f"{HTTPStatus(status).phrase}.", "", *lines]),
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
        "headers": REQUEST_ID | again,
    }


def _idempotency_key(*, required: bool) -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": required,
        "description": "A new one for each intent; the same one when you retry (kept 72 hours).",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    }
