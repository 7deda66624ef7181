"""The OpenAPI document, made from what validates, and the page that shows it without a network."""

import json
import re
from datetime import date, timedelta
from functools import partial

from flask import Flask, Response
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint

from scheduler import clock
from scheduler.web.declared import public

# The Monday on which the examples were written; nothing is booked in the past.
WRITTEN_ON = date(2026, 11, 23)
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d(?=\b|T)")

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

**To begin with**, `docs/integrate.md` walks from a key to a booked series in ten minutes.
"""


class Documents(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's document; errors are answered by `problems.py`, not by it."""

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
        """None shared: each operation says which problems each status may stand for."""


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


def _loosened(response: Response) -> Response:
    """The documents' page has scripts and styles of its own, some of them inline."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data:; frame-ancestors 'none'"
    )
    return response
