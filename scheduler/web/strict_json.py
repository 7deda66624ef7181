"""One decoder in front of every route: what it takes, every later line may rely on.

Plain Flask answers 500 to NUL bytes, lone surrogates, NaN, 2^63 or deep nesting, and silently
takes duplicate keys and 1.5 for an integer. All of these are a 400 here.
"""

import json
import re
import unicodedata
from typing import Any, NoReturn

import orjson
from flask.json.provider import JSONProvider

from scheduler.web.problems import Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_INTEGER = 2**53

# C0 and C1 controls but for tab and line ends, lone surrogates, and the characters that
# reorder the text around them (they can make a name read as another).
FORBIDDEN_CHARACTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Provider(JSONProvider):
    """Flask's JSON by orjson."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)


def decode(raw: bytes) -> dict[str, Any]:
    """The object that `raw` holds, its strings in NFC. Raises Problem 400 or 413."""
    if len(raw) > MAX_BYTES:
        raise Problem(413, "too_large", f"A body has at most {MAX_BYTES} bytes.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        _malformed("The body is not UTF-8.")
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        _malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=lambda name: _malformed(f"{name} is not JSON."),
            parse_float=_number,
            parse_int=_integer,
        )
    except ValueError:
        _malformed("The body is not JSON.")
    if not isinstance(value, dict):
        _malformed("The body is not a JSON object.")
    return clean(value)  # type: ignore[no-any-return]


def clean(value: Any) -> Any:
    """The value with every string in NFC. Raises Problem 400 for a forbidden character."""
    if isinstance(value, str):
        if FORBIDDEN_CHARACTERS.search(value):
            _malformed("A text holds a control character, a bidi mark or half a character.")
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return _object([(clean(key), clean(item)) for key, item in value.items()])
    if isinstance(value, list):
        return [clean(item) for item in value]
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _malformed("An object has the same key twice.")
    return found


def _integer(digits: str) -> int:
    # Checked by length first: turning a million digits into an int takes seconds.
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        _malformed("A number is too large.")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if abs(number) > MAX_INTEGER:
        _malformed("A number is too large.")
    return number


def _depth(text: str) -> int:
    """The deepest nesting, counted before parsing as the parser itself recurses."""
    depth = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _malformed(detail: str) -> NoReturn:
    raise Problem(400, "malformed", detail)
