"""One log line a request: what was called and how it ended, never what was in it (I64)."""

import time
from typing import Any

from flask import Flask, Response, g, request

from scheduler import logs
from scheduler.web import problems


class App(Flask):
    """Flask, but for the log of what was not caught: an error's text could quote a patient."""

    def log_exception(self, exc_info: Any) -> None:
        error = exc_info[1]
        if error is not None:
            logs.failed("a request failed", error)


def init_app(app: Flask) -> None:
    """Log every request once it is answered."""

    @app.before_request
    def note_the_start() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def tell(response: Response) -> Response:
        logs.log.info(
            "request",
            request_id=problems.request_id(),
            method=request.method,
            # The template, as a path may hold anything.
            route=str(request.url_rule) if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            clinic_id=g.get("clinic_id"),
            key_id=g.get("key_id"),
        )
        return response
