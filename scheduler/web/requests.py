"""One log line a request: what was called and how it ended, never what was in it (I64)."""

import time
from http import HTTPMethod, HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.routing import BaseConverter

from scheduler import logs
from scheduler.web import metrics, problems

_METHODS = frozenset(HTTPMethod)


class Word(BaseConverter):
    """A name in a path, as `3d_before`; whatever is none matches no route."""

    regex = "[a-z0-9_]{1,40}"


class App(Flask):
    """Flask, but for the log of what was not caught: an error's text could quote a patient."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url_map.converters["word"] = Word

    def log_exception(self, exc_info: Any) -> None:
        error = exc_info[1]
        if error is not None:
            logs.failed("a request failed", error)

    def make_default_options_response(self) -> Response:
        """What a path can be asked for is in `Allow`; there is nothing else to say."""
        response = super().make_default_options_response()
        response.status_code = HTTPStatus.NO_CONTENT
        del response.headers["Content-Type"]
        return response


def init_app(app: Flask) -> None:
    """Log every request once it is answered."""

    @app.before_request
    def note_the_start() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def tell(response: Response) -> Response:
        # The template, as a path may hold anything.
        route = str(request.url_rule) if request.url_rule else None
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        metrics.observe(route, known_method(), response.status_code, seconds)
        logs.log.info(
            "request",
            request_id=problems.request_id(),
            method=known_method(),
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            clinic_id=g.get("clinic_id"),
            key_id=g.get("key_id"),
        )
        return response


def known_method() -> str:
    """The request's method, if it is one of HTTP's: any word can stand in its place."""
    return request.method if request.method in _METHODS else "other"
