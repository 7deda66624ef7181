"""What every test checks on the side: whatever is answered, the document says so."""

from typing import Any

from flask import Flask, Response, request
from jsonschema_rs import Draft202012Validator

from tests.api.everything import operations

Json = dict[str, Any]


def watch(app: Flask) -> list[str]:
    """Look at every answer under `/v1` from now on; the list fills with what was not promised."""
    with app.test_request_context():  # Without a request: after its first one no app is changed.
        shown: Any = app.view_functions["api-docs.openapi_json"]()
    document = shown.get_json()
    known = set(document["components"]["schemas"]["Problem"]["properties"])
    validators = {
        (each.rule, each.method, status): _validator(document, response)
        for each in operations(app)
        for status, response in _responses(document, each.name).items()
    }
    broken: list[str] = []

    @app.after_request
    def look(response: Response) -> Response:
        rule = str(request.url_rule)
        method = "GET" if request.method == "HEAD" else request.method
        if (rule, method, "503") in validators:
            what = f"{method} {rule} answered {response.status_code}"
            asked = (rule, method, str(response.status_code))
            body = response.get_json(silent=True)
            if asked not in validators:
                broken.append(what)
            elif body is not None:
                broken.extend(f"{what}: {e.message}" for e in validators[asked].iter_errors(body))
                if response.status_code >= 400 and set(body) - known:
                    broken.append(f"{what} with {set(body) - known}")
        return response

    return broken


def _responses(document: Json, name: str) -> Json:
    method, _, path = name.partition(" ")
    return dict(document["paths"][path][method.lower()]["responses"])


def _validator(document: Json, response: Json) -> Draft202012Validator:
    (content,) = response.get("content", {"": {}}).values()
    schema = {"components": document["components"], **content.get("schema", {})}
    return Draft202012Validator(schema, validate_formats=True)
