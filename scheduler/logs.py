"""The log: one JSON object a line, by an allow-list (I64).

A field that is not on the list does not get out, whatever a caller passes: no body, no query
string, no name, no number, no bind value, no message of the driver.
"""

import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "route",
        "status",
        "ms",
        "clinic_id",
        "key_id",
        "error",
        "where",
    }
)
FRAMES = 8
PACKAGE = Path(__file__).parent

log: Any = structlog.get_logger()


def init(level: str) -> None:
    """Log to standard error from this level on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(serializer=_serialized),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        # Made for each line: standard error may be another one than it was at the start.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def only_allowed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The fields that may be logged."""
    return {name: value for name, value in event.items() if name in ALLOWED}


def failed(event: str, error: BaseException) -> None:
    """Log that something broke: the kind of the error and where, never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    # The lines of ours on the way, and the last one of whoever raised it.
    ours = [frame for frame in frames[:-1] if Path(frame.filename).is_relative_to(PACKAGE)]
    where = [f"{Path(f.filename).name}:{f.lineno}" for f in (*ours[-FRAMES:], *frames[-1:])]
    log.error(event, error=type(error).__name__, where=where)


def _serialized(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
