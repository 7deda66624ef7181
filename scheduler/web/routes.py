"""How a noun declares its routes: one decorator that says who may, what goes in, what comes out.

    routes = Routes("series", "Weekly series")

    @routes.post("/series", access=WRITE_CARE, body=SeriesOrder(), answer=SeriesOut(), status=201)
    def book_series(work, order):
        '''Book a whole weekly series, or nothing.'''
        return actions.book_series(work, order)

A view gets the unit of work, then the parsed query, the parsed body, the path's ids, and `match`
where it needs If-Match. A route without `access` does not exist. `refusals` are the words of
the clinic's own rules that may stand in the way; the document lists them, and a test that meets
another one fails.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, NoReturn, TypeVar

from flask import Request, Response, g
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from scheduler.access.roles import Access
from scheduler.errors import Invalid
from scheduler.tenancy import Work
from scheduler.web import operations, strict_json
from scheduler.web.calls import JSON, Call, Endpoint
from scheduler.web.fields import Id
from scheduler.web.problems import Problem
from scheduler.web.schema import Strict

View = TypeVar("View", bound=Callable[..., Any])

PREFIX = "/v1"


class StrictParser(FlaskParser):
    """webargs over our own decoder; every refusal is an `Invalid` with its fields."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}  # noqa: RUF012 - webargs' way

    def load_json(self, _req: Request, _schema: Schema) -> Any:
        # Decoded once, in `calls.py`, as the idempotency key's fingerprint needs it too.
        return g.body

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        if any(len(values) > 1 for _, values in req.args.lists()):
            raise Problem(400, "malformed", "A query parameter stands there twice.")
        query = {strict_json.clean(k): strict_json.clean(v) for k, v in req.args.items()}
        return MultiDictProxy(MultiDict(query), schema)

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        # webargs puts the fields' messages under the place they came from.
        assert isinstance(error.messages, dict)  # noqa: S101 - a schema's errors are by field
        (messages,) = error.messages.values()
        raise Invalid(messages)


class Routes(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A noun's routes under `/v1`."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, f"scheduler.{name}", url_prefix=PREFIX, description=description)
        self._prepare_doc_cbks.append(operations.describe)

    def get(
        self,
        rule: str,
        *,
        access: Access,
        answer: Schema | None,
        query: Schema | None = None,
        media_type: str = JSON,
        refusals: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """Read; several things when `query` is given.

        Of another `media_type` than JSON there is no schema: the view itself makes the response.
        """
        endpoint = Endpoint(
            access, takes_query=query is not None, media_type=media_type, refusals=refusals
        )
        return self._endpoint("GET", rule, endpoint, 200, answer, query=query)

    def post(
        self,
        rule: str,
        *,
        access: Access,
        answer: Schema,
        body: Strict | None = None,
        status: int = 200,
        key: bool = True,
        shows_secret: bool = False,
        made_at: str | None = None,
        refusals: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """Create, book or send. Needs an Idempotency-Key, but where `key` is false.

        What is made is found below the request's own path, if not below `made_at`.
        """
        endpoint = Endpoint(
            access,
            "required" if key else "honoured",
            takes_body=body is not None,
            shows_secret=shows_secret,
            made_at=made_at and PREFIX + made_at,
            refusals=refusals,
        )
        return self._endpoint("POST", rule, endpoint, status, answer, body=body)

    def change(
        self,
        method: str,
        rule: str,
        *,
        access: Access,
        answer: Schema | None,
        body: Strict | None = None,
        query: Strict | None = None,
        shows_secret: bool = False,
        refusals: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """PATCH, PUT, DELETE, or a POST that is a transition: needs If-Match."""
        endpoint = Endpoint(
            access,
            if_match=True,
            takes_body=body is not None,
            shows_secret=shows_secret,
            takes_query=query is not None,
            refusals=refusals,
        )
        status = 204 if answer is None else 200
        return self._endpoint(method, rule, endpoint, status, answer, body=body, query=query)

    def _endpoint(
        self,
        method: str,
        rule: str,
        endpoint: Endpoint,
        status: int,
        answer: Schema | None,
        *,
        body: Strict | None = None,
        query: Schema | None = None,
    ) -> Callable[[View], View]:
        in_body = body.fields.values() if body else ()
        if "<" in rule or any(isinstance(field, Id) for field in in_body):
            endpoint = replace(endpoint, takes_ids=True)

        def declare(view: View) -> View:
            inner = self._answering(status, answer, endpoint.media_type)(_flushing(view))
            if body is not None:
                needed = any(field.required for field in body.fields.values())
                shown = {"example": body.example, "required": needed}
                inner = self.arguments(body, location="json", **shown)(inner)
            if query is not None:
                inner = self.arguments(query, location="query")(inner)

            @wraps(inner)
            def called(**path: Any) -> Response:
                return Call(endpoint, inner, path).answer()

            called._endpoint = endpoint  # type: ignore[attr-defined]
            called._apidoc["endpoint"] = endpoint  # type: ignore[attr-defined]
            self.route(rule, methods=[method])(called)
            return view

        return declare

    def _answering(self, status: int, answer: Schema | None, media_type: str) -> Any:
        """What of the answer is documented."""
        if media_type == JSON:
            return self.response(status, answer)
        return self.response(status, {"type": "string"}, content_type=media_type)


def _flushing(view: Callable[..., Any]) -> Callable[..., Any]:
    """Send the view's changes before its answer is made, so that versions are the new ones.

    A view that returns nothing answers 204.
    """

    @wraps(view)
    def flushed(work: Work, *args: Any, **kwargs: Any) -> Any:
        result = view(work, *args, **kwargs)
        work.session.flush()
        return Response(status=204, mimetype="application/json") if result is None else result

    return flushed
