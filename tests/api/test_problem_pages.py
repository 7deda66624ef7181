"""Every `type` of problem has a page that says what to do, and no page is left over."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus

from flask import Flask

from scheduler.web.problem_pages import FOLDER
from tests.conftest import PROJECT

# What the server itself answers, by its own names for the statuses.
OF_HTTP = {404, 405, 431, 500, 502}
RAISERS = {"Refused", "Conflict", "Problem", "problem"}
FIXED = {"not_found", "invalid", "forbidden", "stale"}


def words_in_code() -> Iterator[str]:
    """The first text of everything that is raised as a refusal."""
    for path in (PROJECT / "scheduler").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in RAISERS:
                texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
                yield from [text for text in texts if isinstance(text, str)][:1]


def words_of_the_proxy() -> list[str]:
    """What the nginx of the compose file answers itself."""
    compose = (PROJECT / "docker-compose.yml").read_text()
    (listed,) = re.findall(r"map \$\$status \$\$word \{(.*?)\}", compose, re.S)
    return re.findall(r"\w+ (\w+);", listed)


def test_every_type_has_a_page_and_every_page_a_type(app: Flask) -> None:
    of_http = {HTTPStatus(status).phrase.lower().replace(" ", "_") for status in OF_HTTP}
    words = {*words_in_code(), *words_of_the_proxy(), *of_http, *FIXED}
    # A detail stands first where the word is a variable; it is no word.
    assert {path.stem for path in FOLDER.glob("*.md")} == {w for w in words if " " not in w}


def test_the_type_of_a_problem_leads_to_its_page(app: Flask) -> None:
    client = app.test_client()
    problem = client.get("/v1/clinic").get_json()
    page = client.get(problem["type"])
    assert page.status_code == 200
    assert page.get_data(as_text=True).startswith("# unauthenticated\n\nStatus 401.")
    assert client.get("/problems/nonsense").status_code == 404


def test_nothing_may_be_framed_sniffed_or_load_anything_but_the_documents_their_own(
    app: Flask,
) -> None:
    client = app.test_client()
    answers = {path: client.get(path).headers for path in ("/v1/clinic", "/nowhere", "/healthz")}
    for headers in answers.values():
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
    page = client.get("/docs/").headers["Content-Security-Policy"]
    assert page.startswith("default-src 'self';")
    assert "http" not in page
