"""A page for each `type` of problem: what it means, and what to do. The pages are in the docs."""

from pathlib import Path

from flask import Flask, Response, abort

import config
from scheduler.web.declared import public

FOLDER = Path(config.__file__).parent / "docs" / "problems"


def init_app(app: Flask) -> None:
    """Serve `/problems/<word>`, which the `type` of every problem points to."""
    pages = {path.stem: path.read_text() for path in FOLDER.glob("*.md")}

    @app.get("/problems/<word>")
    @public
    def problem_page(word: str) -> Response:
        if word not in pages:
            abort(404)
        return Response(pages[word], content_type="text/markdown; charset=utf-8")
