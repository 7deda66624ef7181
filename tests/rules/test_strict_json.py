"""One decoder for all bodies: what looks like JSON and is not is a 400, never a 500."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.web.problems import Problem
from scheduler.web.strict_json import (
    FORBIDDEN_CHARACTERS,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_INTEGER,
    decode,
)

NOT_JSON = "not JSON."
NO_OBJECT = "not a JSON object."
NOT_UTF8 = "not UTF-8."
TOO_DEEP = "nested deeper"
TOO_LARGE = "too large"
TWICE = "same key twice"
CONTROL = "control character"


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    """So many levels in all, the object on top included."""
    return ('{"a":' + opening * (depth - 1) + "1" + closing * (depth - 1) + "}").encode()


HOSTILE: list[tuple[bytes, str]] = [
    # nothing, or half of something
    (b"", NOT_JSON),
    (b" \n", NOT_JSON),
    (b"{", NOT_JSON),
    (b'{"a"', NOT_JSON),
    (b'{"a":', NOT_JSON),
    (b'{"a":1', NOT_JSON),
    (b'{"a":"b}', NOT_JSON),
    (b'{"a":1}{', NOT_JSON),
    (b'{"a":1} {"a":1}', NOT_JSON),
    # spellings of other languages
    (b'{"a":1,}', NOT_JSON),
    (b'{"a":[1,]}', NOT_JSON),
    (b"{'a':1}", NOT_JSON),
    (b"{a:1}", NOT_JSON),
    (b'{"a":True}', NOT_JSON),
    (b'{"a":undefined}', NOT_JSON),
    (b'/* */{"a":1}', NOT_JSON),
    (b'{"a":1}// end', NOT_JSON),
    (b"a=1&b=2", NOT_JSON),
    (b"<a>1</a>", NOT_JSON),
    (b'{"a":"\\x41"}', NOT_JSON),
    (b'{"a":"\\u12"}', NOT_JSON),
    # not an object
    (b"null", NO_OBJECT),
    (b"true", NO_OBJECT),
    (b"1", NO_OBJECT),
    (b'"text"', NO_OBJECT),
    (b"[]", NO_OBJECT),
    (b'[{"a":1}]', NO_OBJECT),
    # numbers that are none, or that no column holds
    (b'{"a":NaN}', NOT_JSON),
    (b'{"a":Infinity}', NOT_JSON),
    (b'{"a":-Infinity}', NOT_JSON),
    (b'{"a":01}', NOT_JSON),
    (b'{"a":+1}', NOT_JSON),
    (b'{"a":.5}', NOT_JSON),
    (b'{"a":1.}', NOT_JSON),
    (b'{"a":0x10}', NOT_JSON),
    (b'{"a":1_000}', NOT_JSON),
    (b'{"a":9007199254740993}', TOO_LARGE),
    (b'{"a":-9007199254740993}', TOO_LARGE),
    (b'{"a":9223372036854775808}', TOO_LARGE),
    (b'{"a":1e400}', TOO_LARGE),
    (b'{"a":-1e400}', TOO_LARGE),
    (b'{"a":1e16}', TOO_LARGE),
    (b'{"a":1' + b"0" * 200_000 + b"}", TOO_LARGE),
    (b'{"a":1' + b"0" * 200_000 + b".5}", TOO_LARGE),
    # the same thing said twice
    (b'{"a":1,"a":2}', TWICE),
    (b'{"a":1,"\\u0061":2}', TWICE),
    (b'{"a":{"b":1,"b":1}}', TWICE),
    ('{"\u00e9":1,"e\u0301":2}'.encode(), TWICE),  # one letter, spelled in two ways
    # nesting
    (nested(MAX_DEPTH + 1), TOO_DEEP),
    (nested(MAX_DEPTH + 1, '{"a":', "}"), TOO_DEEP),
    (b"[" * 100_000, TOO_DEEP),
    (b'{"a":' * 40_000, TOO_DEEP),
    # encodings
    (b'{"a":"\xff"}', NOT_UTF8),
    (b'{"a":"\xc3"}', NOT_UTF8),
    (b'{"a":"\xc0\x80"}', NOT_UTF8),  # NUL, spelled too long
    (b'{"a":"\xed\xa0\x80"}', NOT_UTF8),  # half a character
    ('{"a":1}'.encode("utf-16"), NOT_UTF8),
    ('{"a":1}'.encode("utf-16-le"), NOT_JSON),
    (b'\xef\xbb\xbf{"a":1}', NOT_JSON),  # a mark of the byte order
    # characters that break a column, a log line or the text around them
    (b'{"a":"\x00"}', NOT_JSON),
    (b'{"a":"\n"}', NOT_JSON),
    (b'{"a":1}\x00', NOT_JSON),
    (b'{"a":"\\u0000"}', CONTROL),
    (b'{"a\\u0000":1}', CONTROL),
    (b'{"a":["\\u0000"]}', CONTROL),
    (b'{"a":"\\u001b[31m"}', CONTROL),
    (b'{"a":"\\u007f"}', CONTROL),
    (b'{"a":"\\u0085"}', CONTROL),
    (b'{"a":"\\ud800"}', CONTROL),
    (b'{"a":"\\udc00\\ud800"}', CONTROL),
    ('{"a":"\u202eevil"}'.encode(), CONTROL),
    ('{"a":{"b":"\u2066"}}'.encode(), CONTROL),
    ('{"a":"\u200f"}'.encode(), CONTROL),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), HOSTILE, ids=[repr(b[:24]) for b, _ in HOSTILE])
def test_a_hostile_body_is_malformed(body: bytes, words: str) -> None:
    with pytest.raises(Problem) as refused:
        decode(body)
    assert (refused.value.status, refused.value.word) == (400, "malformed")
    assert words in refused.value.detail


def test_a_body_is_measured_before_it_is_read() -> None:
    largest = b'{"a":"' + b"b" * (MAX_BYTES - 8) + b'"}'
    assert len(decode(largest)["a"]) == MAX_BYTES - 8
    with pytest.raises(Problem) as refused:
        decode(largest + b" ")
    assert (refused.value.status, refused.value.word) == (413, "too_large")


HARMLESS: list[tuple[bytes, Any]] = [
    (b"{}", {}),
    (b' {"a" : 1}\r\n', {"a": 1}),
    (b'{"a":-9007199254740992}', {"a": -MAX_INTEGER}),
    (b'{"a":9007199254740992}', {"a": MAX_INTEGER}),
    (b'{"a":0.1,"b":-1.5e3,"c":1e-400}', {"a": 0.1, "b": -1500.0, "c": 0.0}),
    (b'{"a":[null,true,false,{}]}', {"a": [None, True, False, {}]}),
    (b'{"a":"tab\\t, line\\r\\n"}', {"a": "tab\t, line\r\n"}),
    (b'{"a":"' + b"[" * 99 + b'"}', {"a": "[" * 99}),  # brackets in a text are no nesting
    (b'{"a":"\\"' + b"{" * 99 + b'"}', {"a": '"' + "{" * 99}),
    (b'{"a":"\\\\","b":"' + b"[" * 99 + b'"}', {"a": "\\", "b": "[" * 99}),
    (b'{"a":' + b"[],".join([b"["] + [b""] * 50) + b"[]]}", {"a": [[]] * 51}),
    (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    (b'{"a":"\\u2028"}', {"a": "\u2028"}),
    ('{"e\u0301":"e\u0301"}'.encode(), {"\u00e9": "\u00e9"}),
    (b'{"__proto__":{"a":1}}', {"__proto__": {"a": 1}}),
    (nested(MAX_DEPTH), json.loads(nested(MAX_DEPTH))),
]


@pytest.mark.parametrize(("body", "value"), HARMLESS, ids=[repr(b[:24]) for b, _ in HARMLESS])
def test_a_harmless_body_is_taken_as_it_is(body: bytes, value: Any) -> None:
    assert decode(body) == value


texts = st.text('ab {}[]":,\\/\n\t\u00e9e\u0301\u202e\x00\U0001f600', max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats(-1e15, 1e15) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(texts, values, max_size=3), st.booleans())
def test_an_object_comes_through_whole_or_is_refused_for_a_reason(
    body: dict[str, Any], escaped: bool
) -> None:
    try:
        found = decode(json.dumps(body, ensure_ascii=escaped).encode())
    except Problem:
        assert reasons_to_refuse(body)
    else:
        assert not reasons_to_refuse(body)
        assert found == composed(body)


def reasons_to_refuse(value: Any) -> bool:
    match value:
        case bool() | None | float():
            return False
        case int():
            return abs(value) > MAX_INTEGER
        case str():
            return FORBIDDEN_CHARACTERS.search(value) is not None
        case list():
            return any(map(reasons_to_refuse, value))
    return len(composed(value)) < len(value) or any(
        reasons_to_refuse(each) for pair in value.items() for each in pair
    )


def composed(value: Any) -> Any:
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case list():
            return [composed(each) for each in value]
        case dict():
            return {composed(key): composed(each) for key, each in value.items()}
    return value


pieces = st.sampled_from([b"{", b"}", b"[", b"]", b'"', b":", b",", b"1", b"e9", b"\\u", b"\xff",
                          b"null", b"a", b"\x00", b" ", b"-", b"NaN"])  # fmt: skip


@given(st.binary(max_size=30) | st.lists(pieces, max_size=12).map(b"".join))
def test_no_bytes_are_answered_with_anything_but_a_value_or_a_400(body: bytes) -> None:
    try:
        assert isinstance(decode(body), dict)
    except Problem as refused:
        assert refused.status == 400  # noqa: PT017 - either is right
