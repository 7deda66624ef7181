"""The OpenAPI document, made from what validates, and the page that shows it without a network."""

import json
import re
from datetime import date, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Flask, Response
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint

from scheduler import clock
from scheduler.access.roles import Access
from scheduler.web import problems
from scheduler.web.declared import public
from scheduler.web.schema import ProblemSchema

# Answers that any operation may give, and those that come with what it declares.
ALWAYS = (400, 401, 403, 404, 406, 422, 429, 500, 503)
WITH_BODY = (413, 415)
WITH_IF_MATCH = (409, 412, 428)
WITH_KEY = (409,)

# The Monday on which the examples were written; nothing is booked in the past.
WRITTEN_ON = date(2026, 11, 23)
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d(?=\b|T)")

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": 'The version that you saw, quoted: `"3"`. None: 428, an older one: 412.',
    "schema": {"type": "string"},
}


INTRODUCTION = """\
The schedule of an infusion clinic: patients, consultations and clearance, weekly series,
messages.

**Key.** `Authorization: Bearer <key>`. A key belongs to one clinic and one role; each operation
lists the roles it admits under `x-roles`. An admin makes keys (`POST /v1/keys`).

**Time.** Instants carry an offset (`2026-11-24T14:30:00-07:00`) and are answered in the clinic's
zone; wall times are `HH:MM`, dates `YYYY-MM-DD`, lengths whole minutes. Starts lie on five
minutes.

**Writing.** What creates or books needs an `Idempotency-Key`: a new one for each intent, the same
one when you retry. What changes needs `If-Match` with the `version` that you read.

**Refusals** are `application/problem+json`. `detail` can be read out; `type` leads to a page that
says what to do; `errors` names fields, `conflicts` names sessions with what is in the way and
what fits.

**Lists** answer `items` and `next`: the cursor of the next page, or null.
"""


class Documents(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's document; errors are answered by `problems.py`, not by it."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _openapi_json(self) -> Response:
        """The document, its examples good for today."""
        text = json.dumps(self.spec.to_dict(), indent=2)
        moved = brought_forward(text, clock.now().date())
        return Response(moved, mimetype="application/json")

    def _register_error_handlers(self) -> None:
        """Left to `problems.py`."""

    def _register_pagination_header(self) -> None:
        """None: a page's next cursor stands in its body."""

    def _register_responses(self) -> None:
        """Each status is one shared problem response."""
        content = {problems.MEDIA_TYPE: {"schema": ProblemSchema}}
        for status in {*ALWAYS, *WITH_BODY, *WITH_IF_MATCH, *WITH_KEY}:
            phrase = HTTPStatus(status).phrase
            self.spec.components.response(
                HTTPStatus(status).name, {"description": phrase, "content": content}, lazy=True
            )


def brought_forward(text: str, today: date) -> str:
    """The text with every date from `WRITTEN_ON` on as far ahead of today as it was then.

    By whole weeks, as an example's Tuesday has to stay one; dates of birth stay as they are.
    """
    weeks = (today - WRITTEN_ON) // timedelta(weeks=1)

    def moved(found: re.Match[str]) -> str:
        on = date.fromisoformat(found[0])
        return (on + timedelta(weeks=weeks) if on >= WRITTEN_ON else on).isoformat()

    return _DATE.sub(moved, text)


def init_app(app: Flask) -> Documents:
    """Serve `/openapi.json` and `/docs`; the nouns register their routes with the result."""
    app.config.update(
        API_TITLE="Infusion scheduler",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={"info": {"description": INTRODUCTION}},
    )
    documents = Documents(app)
    bearer = {"type": "http", "scheme": "bearer"}
    documents.spec.components.security_scheme("key", bearer)
    page = get_swaggerui_blueprint("/docs", "/openapi.json", {"app_name": "Infusion scheduler"})
    page.after_request(_loosened)
    app.register_blueprint(page)
    for endpoint, view in list(app.view_functions.items()):
        if endpoint == "static" or endpoint.startswith(("api-docs.", "swagger_ui.")):
            # A bound method takes no attribute; a partial of it does.
            app.view_functions[endpoint] = public(partial(view))
    return documents


def describe(
    doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_: Any
) -> dict[str, Any]:
    """Add what every operation shares: its key, its headers, its errors, and who may."""
    endpoint = doc_info["endpoint"]
    access: Access = endpoint.access
    unsafe = method not in ("get", "head")
    parameters = doc.setdefault("parameters", [])
    if unsafe:
        parameters.append(_idempotency_key(required=endpoint.idempotency == "required"))
    if endpoint.if_match:
        parameters.append(IF_MATCH)
    responses = doc.setdefault("responses", {})
    for status in _statuses(endpoint, unsafe=unsafe):
        responses[str(status)] = HTTPStatus(status).name
    for success in ("200", "201"):
        if success in responses and isinstance(responses[success], dict):
            responses[success]["headers"] = _headers(success)
    doc["security"] = [{"key": []}]
    doc["x-roles"] = sorted(access.roles)
    return doc


def _statuses(endpoint: Any, *, unsafe: bool) -> list[int]:
    statuses = {*ALWAYS}
    if endpoint.takes_body or unsafe:
        statuses |= {*WITH_BODY}
    if endpoint.if_match:
        statuses |= {*WITH_IF_MATCH}
    if unsafe:
        statuses |= {*WITH_KEY}
    return sorted(statuses)


def _idempotency_key(*, required: bool) -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": required,
        "description": "A new one for each intent; the same one when you retry (kept 72 hours).",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    }


def _headers(status: str) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    headers = {"X-Request-Id": {"description": "Name it when you ask for help.", **text}}
    if status == "201":
        headers["Location"] = {"description": "Where the new thing is.", **text}
    return headers


def _loosened(response: Response) -> Response:
    """The documents' page has scripts and styles of its own, some of them inline."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; frame-ancestors 'none'"
    )
    return response
