"""What every test checks on the side: no problem is answered that the document does not name."""

from flask import Flask, Response, request

from scheduler.web.operations import refusals
from scheduler.web.problem_pages import meaning
from scheduler.web.problems import MEDIA_TYPE
from scheduler.web.schema import ProblemSchema


def watch(app: Flask) -> list[str]:
    """Look at every answer from now on; the list fills with what was not promised."""
    broken: list[str] = []

    @app.after_request
    def look(response: Response) -> Response:
        endpoint = getattr(app.view_functions.get(request.endpoint or ""), "_endpoint", None)
        if endpoint is not None and response.mimetype == MEDIA_TYPE:
            body = response.get_json()
            word = body["type"].removeprefix("/problems/")
            wrong = ProblemSchema(unknown="raise").validate(body)
            if word not in refusals(endpoint, unsafe=request.method not in ("GET", "HEAD")):
                broken.append(f"{request.method} {request.url_rule} answered {word}")
            elif meaning(word)[0] != response.status_code:
                broken.append(f"{word} came with the status {response.status_code}")
            elif wrong:
                broken.append(f"{word} came with {wrong}")
        return response

    return broken
