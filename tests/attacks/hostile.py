"""Hostile requests: every operation that writes with every hostile body, each by a name."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields

from tests.api.everything import Everything, Operation
from tests.attacks.hostile_json import spoilt
from tests.attacks.hostile_values import bad_values

Json = dict[str, Any]

# Names that mean something to some language, library or database.
UNKNOWN = """
__proto__ constructor prototype __class__ __dict__ __init__ __mro__ _sa_instance_state toString
hasOwnProperty $where $ne $gt $set $ref $schema @type @id #text _id _method _csrf utf8 password
secret token is_admin admin roles role[] role.name permissions clinic_id[] patient_id[$ne]
patient_id.id 0 -1 * % . .. / \\ ' " ` null undefined NaN true id[] ids all where limit[] include
fields expand callback jsonp debug test {{7*7}} ${7*7} <script> %00 é 日本 \U0001f600 a\u0301
""".split()

KINDS = """
text/plain text/html text/json text/javascript application/javascript application/xml text/xml
application/yaml application/x-www-form-urlencoded multipart/form-data;boundary=x
application/octet-stream application/msgpack application/json-patch+json
application/merge-patch+json application/vnd.api+json application/problem+json application/jsonp
application/json5 application/x-json application/ld+json application/graphql application
application/ json */* application/* ;charset=utf-8 application/json/x xapplication/json
application/json,text/plain application/json;charset=utf-16 application/json;charset=latin-1
application/json;charset=utf-7 application/json;charset="utf-16le" application/json;charset=x
image/png text/csv
""".split()

CODINGS = [
    "gzip",
    "deflate",
    "br",
    "zstd",
    "compress",
    "x-gzip",
    "gzip, gzip",
    "identity, gzip",
    "x",
]


@dataclass(frozen=True)
class Attack:
    """One hostile request: its name, its operation, what is sent, and how it may be refused."""

    name: str
    operation: Operation
    raw: bytes
    refusals: frozenset[int]
    headers: tuple[tuple[str, str], ...] = ()
    # Where the hostile value stands, for the refusal to name it.
    field: str | None = None
    value: Any = None


def named(ours: Everything, each: Operation) -> Iterator[Attack]:
    """Every hostile body that this operation can be sent."""
    body = ours.bodies.get(each.name, {})
    sent = json.dumps(body).encode()
    for name, raw in spoilt(body):
        yield Attack(name, each, raw, frozenset({400, 413}))
    for kind in KINDS:
        headers = (("Content-Type", kind),)
        yield Attack(f"said to be {kind}", each, sent, frozenset({415}), headers)
    for coding in CODINGS:
        headers = (("Content-Encoding", coding),)
        yield Attack(f"said to be in {coding}", each, sent, frozenset({415}), headers)
    if each.endpoint.takes_body:
        yield from unknown(each, body)
        yield from misshapen(each, body)
        yield from of_fields(each, each.schemas["json"], body)


def unknown(each: Operation, body: Json) -> Iterator[Attack]:
    for name in UNKNOWN:
        raw = json.dumps(body | {name: {"role": "admin"}}).encode()
        yield Attack(f"the field {name!a}", each, raw, frozenset({422}))


def misshapen(each: Operation, body: Json) -> Iterator[Attack]:
    """The body as a whole is not where it should be."""
    shapes = {
        "under data": {"data": body},
        "under its noun": {each.rule.split("/")[2]: body},
        "under an empty name": {"": body},
        "as a text": {"body": json.dumps(body)},
        "with a second one inside": body | {"body": body},
    }
    for name, shape in shapes.items():
        yield Attack(f"the body {name}", each, json.dumps(shape).encode(), frozenset({422}))


def of_fields(each: Operation, schema: Schema, body: Json) -> Iterator[Attack]:
    """Every field of the body, those of the objects in its lists too, with every bad value."""
    for name, field in schema.fields.items():
        for label, value in bad_values(field):
            yield of_field(each, label, body | {name: value}, name, value)
        if isinstance(field, fields.List):
            yield from _of_items(each, name, field.inner, body)
        if isinstance(field, fields.Nested):
            yield from _of_parts(each, name, field.schema, body)


def _of_items(each: Operation, name: str, inner: Any, body: Json) -> Iterator[Attack]:
    if isinstance(inner, fields.Nested):
        item = body[name][0] if name in body else vars(type(inner.schema))["example"]
        for part, field in inner.schema.fields.items():
            for label, value in bad_values(field):
                yield of_field(
                    each, f"{label}, in a list", body | {name: [item | {part: value}]}, name, value
                )
    else:
        for label, value in bad_values(inner):
            yield of_field(each, f"{label}, in a list", body | {name: [value]}, name, value)


def _of_parts(each: Operation, name: str, schema: Schema, body: Json) -> Iterator[Attack]:
    for part, field in schema.fields.items():
        for label, value in bad_values(field):
            yield of_field(each, f"{label}, inside", body | {name: {part: value}}, name, value)


def of_field(each: Operation, label: str, body: Json, name: str, value: Any) -> Attack:
    raw = json.dumps(body).encode()
    return Attack(label, each, raw, frozenset({400, 404, 422}), (), name, value)
