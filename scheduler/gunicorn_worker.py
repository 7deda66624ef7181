"""gunicorn's worker, but for what it refuses itself: a problem, never its page of HTML.

Its own page would quote the request, and so would its log: a request line may name a patient.
"""

import socket
import uuid
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors

from scheduler import logs
from scheduler.gunicorn_stop import StoppingWorker
from scheduler.web import problems
from scheduler.web.problems import Problem

BROKEN = Problem(500, "internal_server_error", "Something broke on our side.")
# The first kind that fits decides; what is not of these is a failure of ours.
REFUSED: dict[type[Exception], Problem] = {
    errors.LimitRequestLine: Problem(414, "uri_too_long", "The request line is too long."),
    errors.LimitRequestHeaders: Problem(
        431, "request_header_fields_too_large", "The headers are too many or too large."
    ),
    errors.ExpectationFailed: Problem(
        417, "expectation_failed", "The one expectation that can be met is 100-continue."
    ),
    errors.UnsupportedTransferCoding: Problem(
        501, "not_implemented", "The one transfer coding that is understood is chunked."
    ),
    errors.InvalidHTTPVersion: Problem(
        505, "http_version_not_supported", "Speak HTTP/1.1 or HTTP/1.0."
    ),
    errors.InvalidResponseHeader: BROKEN,
    errors.InvalidResponseHeaderName: BROKEN,
    errors.ParseException: Problem(400, "malformed", "The request is not HTTP as it should be."),
}


class Worker(StoppingWorker):
    """Threads that answer a request which cannot be read as every other refusal is answered."""

    def handle_error(self, _req: Any, client: socket.socket, _addr: Any, exc: Exception) -> None:
        """Answer, and close: where the next request would begin is not known."""
        kinds = (REFUSED[kind] for kind in type(exc).__mro__ if kind in REFUSED)
        refusal = next(kinds, BROKEN)
        asked = uuid.uuid4().hex
        if refusal is BROKEN:
            logs.failed("the server failed", exc)
        logs.log.info("request", request_id=asked, status=refusal.status, error=type(exc).__name__)
        with suppress(OSError):  # Whoever asked may be gone.
            util.write_nonblock(client, answer(refusal, asked))

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """Whether the connection can be used again: not when the rest of a body makes no sense.

        The request has its answer by then; gunicorn would send a second one.
        """
        try:
            return bool(super()._keepalive_after(conn, keepalive))
        except (errors.ParseException, OSError):
            return False


def answer(refusal: Problem, asked: str) -> bytes:
    """The whole answer, as it goes over the wire."""
    body = problems.document(refusal.status, refusal.word, refusal.detail, asked)
    headers = {
        "Date": util.http_date(),
        "Connection": "close",
        "Content-Type": problems.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Request-Id": asked,
        **problems.SAFE_HEADERS,
    }
    lines = [f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
