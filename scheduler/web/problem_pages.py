"""A page for each `type` of problem: its status, what it means, what to do. Kept in the docs."""

import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort

import config
from scheduler.web.declared import public

FOLDER = Path(config.__file__).parent / "docs" / "problems"

_PAGE = re.compile(r"# \w+\n\nStatus (\d{3})\.\n\n(.+)\n")


@cache
def pages() -> dict[str, str]:
    """Every page by its word."""
    return {path.stem: path.read_text() for path in FOLDER.glob("*.md")}


def meaning(word: str) -> tuple[int, str]:
    """The status of a problem and what it means, from its page. Raises KeyError without one."""
    found = _PAGE.match(pages()[word])
    assert found  # noqa: S101 - a page without them shows at the start
    return int(found[1]), found[2]


def init_app(app: Flask) -> None:
    """Serve `/problems/<word>`, which the `type` of every problem points to."""

    @app.get("/problems/<word>")
    @public
    def problem_page(word: str) -> Response:
        if word not in pages():
            abort(404)
        return Response(pages()[word], content_type="text/markdown; charset=utf-8")
