"""Each field of each request is in the document as it is validated: kind, bounds, words, null."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from jsonschema_rs import Draft202012Validator
from marshmallow import Schema, ValidationError, fields

from tests.api.everything import operations
from tests.api.promises import BEYOND_A_SCHEMA
from tests.api.test_openapi import clinic, document

Json = dict[str, Any]

__all__ = ["clinic", "document"]  # fixtures, used by their names

KINDS: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    2**53,
    "",
    " ",
    "x",
    "a1",
    "5",
    [],
    {},
    [1],
    ["x"],
]
SPELLED = [
    "2026-12-08",
    "2026-12-08T09:30:00-07:00",
    "2026-12-08T09:30:00",
    "09:30",
    "9:30",
    "24:00",
    "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "7c9e6679742540de944be07fc1f90ae7",
    "maya@example.com",
    "(602) 555-0143",
    "America/Phoenix",
]


def probes(said: Json) -> Iterator[Any]:
    """Values of every kind, and those at the bounds that the document names."""
    yield from [*KINDS, *SPELLED, *said.get("enum", [])]
    for bound in ("minimum", "maximum"):
        if bound in said:
            yield from (said[bound] - 5, said[bound] - 1, said[bound], said[bound] + 1)
    for bound in ("minLength", "maxLength"):
        if bound in said:
            yield from ("x" * length for length in (said[bound] - 1, said[bound], said[bound] + 1))
    if "items" in said:
        for count in (said.get("minItems", 0), said.get("maxItems", 3)):
            yield from ([each] * size for each in ("x", 7) for size in (count, count + 1))


def each_field(app: Flask, document: Json) -> Iterator[tuple[str, fields.Field[Any], Json]]:
    """Every field of every body and query, nested ones too, with what the document says of it."""
    for each in operations(app):
        said = document["paths"][each.name.partition(" ")[2]][each.method.lower()]
        if "json" in each.schemas:
            (content,) = said["requestBody"]["content"].values()
            needed = any(field.required for field in each.schemas["json"].fields.values())
            assert said["requestBody"]["required"] is needed, each.name
            yield from _of_schema(each.name, each.schemas["json"], content["schema"], document)
        if "query" in each.schemas:
            known = {p["name"]: p["schema"] for p in said["parameters"] if p["in"] == "query"}
            # Nothing in a query can be null.
            assert "null" not in str(known), each.name
            for field in each.schemas["query"].fields.values():
                yield f"{each.name} ?{_name(field)}", field, known[_name(field)]


def _of_schema(
    path: str, schema: Schema, said: Json, document: Json
) -> Iterator[tuple[str, fields.Field[Any], Json]]:
    said = document["components"]["schemas"][said["$ref"].rpartition("/")[2]]
    assert set(said["properties"]) == {_name(field) for field in schema.fields.values()}, path
    needed = {_name(field) for field in schema.fields.values() if field.required}
    assert set(said.get("required", [])) == needed, path
    assert said["additionalProperties"] is False, path
    for field in schema.fields.values():
        below = said["properties"][_name(field)]
        inner = getattr(field, "inner", None)
        if isinstance(field, fields.Nested):
            yield from _of_schema(f"{path}.{field.name}", field.schema, below, document)
        elif isinstance(inner, fields.Nested):
            yield from _of_schema(f"{path}.{field.name}", inner.schema, below["items"], document)
        else:
            yield f"{path}.{field.name}", field, below


def test_the_document_takes_and_refuses_what_the_field_does(app: Flask, document: Json) -> None:
    wrong, asked = [], 0
    for path, field, said in each_field(app, document):
        validator = Draft202012Validator(said, validate_formats=True)
        for value in probes(said):
            # A query is all text, and the document speaks of what the text means.
            sent, meant = value, int if said["type"] == "integer" else str
            if " ?" in path:
                if type(value) is not meant:
                    continue
                sent = str(value)
            asked += 1
            if validator.is_valid(value) != _taken(field, sent, said):
                wrong.append((path, value, said))
    assert wrong == []
    assert asked > 3_000


def _taken(field: fields.Field[Any], value: Any, said: Json) -> bool:
    """Is it taken, or refused only for what no schema can say?"""
    try:
        field.deserialize(value)
    except ValidationError as refusal:
        told = refusal.messages if isinstance(refusal.messages, list) else ["elsewhere"]
        beyond = all(any(re.fullmatch(one, each) for one in BEYOND_A_SCHEMA) for each in told)
        return beyond and Draft202012Validator(said, validate_formats=True).is_valid(value)
    return True


def _name(field: fields.Field[Any]) -> str:
    return str(field.data_key or field.name)
