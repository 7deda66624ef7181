"""What is wrong with an answer to an attack: nothing, or why."""

import re
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

import config

DOCUMENTED = {
    path.stem for path in (Path(config.__file__).parent / "docs" / "problems").glob("*.md")
}
LEAKS = re.compile(
    r"Traceback|File \"|\.py\b|psycopg|sqlalchemy|marshmallow|SELECT |INSERT |postgres", re.I
)
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
_VISIBLE = re.compile(r"[ -~]*")


def faults(answer: TestResponse) -> list[str]:
    """What no answer may be, whatever was asked."""
    found = [f"status {answer.status_code}"] if answer.status_code >= 500 else []
    text = answer.get_data(as_text=True)
    if answer.status_code >= 400:
        found += _problem_faults(answer)
        if leak := LEAKS.search(text):
            found.append(f"says {leak[0]!r}")
    for name, value in answer.headers.items():
        if not _VISIBLE.fullmatch(value) or name.lower() == "set-cookie":
            found.append(f"the header {name}: {value!r}")
    if not _REQUEST_ID.fullmatch(answer.headers.get("X-Request-Id", "")):
        found.append("its request id is not ours")
    return found


def _problem_faults(answer: TestResponse) -> list[str]:
    if answer.mimetype != "application/problem+json":
        return [f"is {answer.mimetype}"]
    body = answer.get_json(silent=True) or {} if answer.get_data() else {"type": ""}
    word = str(body.get("type", "")).removeprefix("/problems/")
    return [] if not answer.get_data() or word in DOCUMENTED else [f"is of type {word!r}"]


def echoes(answer: TestResponse, value: Any) -> bool:
    """Does a refusal say again what was sent? Only what is long enough to be recognised counts."""
    return (
        isinstance(value, str) and len(value.strip()) > 8 and value in answer.get_data(as_text=True)
    )
