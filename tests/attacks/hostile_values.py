"""For each kind of field, values that are not one of its kind, by name.

A value may depend on the field: then it is a function of it.
"""

from collections.abc import Callable, Iterator
from typing import Any

from marshmallow import fields, validate

from scheduler.answers.schema import MOST_ITEMS, Items
from scheduler.instruments.rules import MOST_WORDS
from scheduler.web.fields import (
    Choice,
    Count,
    Date,
    Flag,
    Id,
    Instant,
    Lines,
    Minutes,
    Text,
    WallTime,
)
from scheduler.web.fields_contact import EmailAddress, Phone, TimeZone

Field = fields.Field[Any]
Value = Any | Callable[[Field], Any]


def each(*texts: str) -> dict[str, Value]:
    """Texts that are their own names, as far as they can be read."""
    return {ascii(text) if len(text) < 60 else f"{text[:40]!a}...": text for text in texts}


def _longest(field: Field) -> int:
    limits = [v.max for v in _validators(field) if isinstance(v, validate.Length)]
    return int(limits[0] or 0) if limits else 10_000


def _validators(field: Field) -> list[Any]:
    return list(field.validators)


def _edge(field: Field, side: str) -> Any:
    return next(getattr(v, side) for v in _validators(field) if isinstance(v, validate.Range))


def _choices(field: Field) -> list[str]:
    return next(list(v.choices) for v in _validators(field) if isinstance(v, validate.OneOf))


# What no field that holds a text takes.
NO_TEXT: dict[str, Value] = {
    "an object": {},
    "an operator": {"$ne": ""},
    "a list": ["a"],
    "a list in a list": [["a"]],
    "zero": 0,
    "a number": 7,
    "a fraction": 1.5,
    "true": True,
    "false": False,
}
NOTHING_TO_SEE = each(
    "", " ", "\t", "\n", "\u00a0", "\u2003", "\u3000", "\u200b", "\u200d", "\u2060", "\ufeff",
    "\u00ad", " \u200b ", "\u200d\u200c\u200d", "\U000e0020",
)  # fmt: skip
LINES = each(
    "a\nb", "a\r\nb", "a\rb", "a\tb", "a\u2028b", "a\u2029b", "a\r\nBcc: x@example.com",
    "a\nSet-Cookie: a=b", "a\n\nb",
)  # fmt: skip
SQL = each(
    "' OR 1=1 --", "'; DROP TABLE patients; --", "1; SELECT pg_sleep(9)", '"', "\\", "%", "_"
)
SCRIPTS = each("<script>alert(1)</script>", "${7*7}", "{{7*7}}", "../../etc/passwd", "%00", "%s%n")

TEXTS: dict[str, Value] = {
    **NO_TEXT,
    **NOTHING_TO_SEE,
    **LINES,
    "one character too long": lambda field: "x" * (_longest(field) + 1),
    "one emoji too long": lambda field: "\U0001f600" * (_longest(field) + 1),
    "100,000 characters": "x" * 100_000,
    "accents without end": "e" + "\u0301" * 20_000,
}

INSTANTS = each(
    "now", "today", "2026-12-01", "2026-12-01T09:00:00", "2026-12-01 09:00:00Z", "2026-12-01T09Z",
    "2026-12-01T09:00:00 Z", "2026-12-01T09:00:00z", "2026-12-01t09:00:00Z",
    "2026-12-01T09:00:00-7",
    "2026-12-01T09:00:00-0700", "2026-12-01T09:00:00+99:99", "2026-12-01T09:00:00+24:00",
    "2026-12-01T09:00:00-07:60", "2026-12-01T09:00:60Z", "2016-12-31T23:59:60Z",
    "2026-12-01T24:00:00Z", "2026-12-01T25:61:00Z", "2026-12-01T09:60:00Z", "2026-02-30T09:00:00Z",
    "2026-13-01T09:00:00Z", "2026-00-10T09:00:00Z", "2026-12-00T09:00:00Z", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "1999-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59",
    "99999-01-01T00:00:00Z", "+002026-12-01T09:00:00Z", "-2026-12-01T09:00:00Z", "20261201T090000Z",
    "2026-W49-2T09:00:00Z", "2026-335T09:00:00Z", "1796115600", "1796115600000",
    "2026-12-01T09:00:00.1234567Z", "2026-12-01T09:00:00,5Z", "2026-12-01T09:00:00.Z",
    "2026-12-01T09:00:00[America/Phoenix]", "2026-12-01T09:00:00Z\n", " 2026-12-01T09:00:00Z",
    "2026-12-01T09:00:00ZZ", "２０２６-12-01T09:00:00Z", "2026‐12‐01T09:00:00Z",
    "2026-12-01T09:00:00−07:00", "Tue, 01 Dec 2026 09:00:00 GMT", "12/01/2026 09:00", "infinity",
)  # fmt: skip
OFF_GRID = each("2026-12-01T09:01:00-07:00", "2026-12-01T09:00:01Z", "2026-12-01T09:00:00.000001Z")

DATES = each(
    "today", "0000-00-00", "0000-01-01", "0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31",
    "10000-01-01", "2026-02-30", "2027-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-1-1",
    "2026-01-32", "20260101", "2026/01/01", "01.02.2026", "01/02/2026", "2026-W01-1", "2026-001",
    "2026-01", "2026", "-2026-01-01", "+2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01\n",
    " 2026-01-01", "２０２６-01-01", "2026‐01‐01", "infinity", "epoch",
)  # fmt: skip

WALL_TIMES = each(
    "24:00", "25:61", "23:60", "09:60", "9:30", "09:3", "0930", "09.30", "09:30:00", "09:30Z",
    "09:30-07:00", "9:30 AM", "09:30 ", " 09:30", "09:30\n", "-09:30", "+09:30", "09:31", "09:34",
    "０9:30", "٠٩:٣٠", "09：30", "noon", "T09:30", "1e1:30", "99:99",
)  # fmt: skip

_KNOWN = "5f0c2a6e-0f5e-4f0a-9f51-2b1f6c2d7e3a"
IDS = each(
    "1", "0", "-1", "me", "*", "null", "{" + _KNOWN + "}", f"urn:uuid:{_KNOWN}",
    _KNOWN.replace("-", ""),
    _KNOWN[:-1], _KNOWN + "0", _KNOWN + "\n", " " + _KNOWN, _KNOWN + " ", _KNOWN.replace("5", "g"),
    _KNOWN.replace("-", "‐"), _KNOWN.replace("0", "０"), _KNOWN.replace("-", "_"), "-" * 36,
    _KNOWN + "/..", _KNOWN + "'--", f"{_KNOWN},{_KNOWN}", "../" + _KNOWN, "%" + _KNOWN,
)  # fmt: skip

PHONES = each(
    "", "1", "911", "5550100", "555-0100", "+", "+1", "+0 602 555 0100", "phone",
    "602555010", "60255501000", "+1602555010012345", "6025550100 ext. 5", "tel:+16025550100;ext=5",
    "(602", "+999 1234567", "+1 602 555 01OO", "9" * 40, "9" * 41, "🎈" * 5, "+৳১২৩",
)  # fmt: skip

EMAILS = each(
    "", "a", "@", "a@", "@example.com", "a@@example.com", "a@b@example.com", "a b@example.com",
    "a@exa mple.com", "a@example", "a@.example.com", "a@example..com", "a@example.com.",
    ".a@example.com",
    "a.@example.com", "a..b@example.com", "a@-example.com", "a@example-.com", "a@[127.0.0.1]",
    "a@127.0.0.1", "a@localhost",
    "Ana <a@example.com>", "<a@example.com>", "a@example.com, b@example.com",
    "a@example.com;b@example.com", "a@example.com\r\nBcc: b@example.com", "a@example.com\nX: y",
    '"a b"@example.com', "a@example.com\u200b", "ä@example.com", "mailto:a@example.com",
    "a@exam_ple.com", "a@" + "b" * 64 + ".com", "a@" + "b." * 130 + "com",
    "a\u2028@example.com", "a@example.com%0aBcc:b@example.com", "a,b@example.com",
    "a:b@example.com",
)  # fmt: skip

ZONES = each(
    "", "UTC+1", "+07:00", "PST8PDT4", "america/phoenix", "America/phoenix", "America/Atlantis",
    "/",
    "America", "America/", "../../etc/passwd", "/etc/localtime", "America/../America/Phoenix",
    "posixrules",
    "Factory\n", "localtime ", "America/Phoenix\u200b", "tzdata.zi", "zone.tab", "America\\Phoenix",
)  # fmt: skip

COUNTS: dict[str, Value] = {
    **each("7", "", "0x7", "seven"),
    "a fraction": 7.5,
    "a whole fraction": 7.0,
    "a whole power": 1e1,
    "true": True,
    "false": False,
    "an object": {},
    "a list": [7],
    "one too few": lambda field: _edge(field, "min") - 1,
    "one too many": lambda field: _edge(field, "max") + 1,
    "2^31": lambda field: max(2**31, _edge(field, "max") + 1),
    "2^53": 2**53,
    "-2^53": -(2**53),
}

FLAGS: dict[str, Value] = {
    **each("true", "false", "True", "yes", "on", "1", "0", ""),
    "zero": 0,
    "one": 1,
    "a fraction": 1.0,
    "null": None,
    "a list": [True],
    "an object": {"a": True},
}

BAD: dict[type, dict[str, Value]] = {
    Text: TEXTS,
    Lines: {name: value for name, value in TEXTS.items() if name not in LINES},
    TimeZone: NO_TEXT | ZONES,
    Choice: {
        **NO_TEXT,
        **each("", " ", "*", "all", "admin'--", "__class__", "null"),
        "in capitals": lambda field: _choices(field)[0].upper(),
        "with a space": lambda field: _choices(field)[0] + " ",
        "with a line end": lambda field: _choices(field)[0] + "\n",
        "with a zero width": lambda field: _choices(field)[0] + "\u200b",
        "two of them": lambda field: _choices(field)[:2],
        "all of them": lambda field: ",".join(_choices(field)),
    },
    Id: NO_TEXT | IDS | SQL | SCRIPTS,
    Instant: NO_TEXT | INSTANTS,
    Date: NO_TEXT | DATES,
    WallTime: NO_TEXT | WALL_TIMES,
    Phone: NO_TEXT | PHONES | SQL | SCRIPTS,
    EmailAddress: NO_TEXT | EMAILS | SQL | SCRIPTS,
    Minutes: {**COUNTS, "off the grid": 33, "seven": 7, "one": 1},
    Count: COUNTS,
    Flag: FLAGS,
    fields.Nested: {
        **each("", "a", "{}"),
        "a list": [],
        "a list of one": [{}],
        "a number": 7,
        "true": True,
        "an unknown field": {"unknown": 1},
        "its class": {"__class__": "admin"},
    },
    fields.List: {
        **each("", "a", "[]"),
        "an object": {},
        "an object of places": {"0": {}},
        "a number": 7,
        "true": True,
        "null": None,
        "with null": [None],
        "with a list": [[]],
        "with an unknown field": [{"unknown": 1}],
        "a thousand of nothing": [None] * 1000,
    },
    Items: {
        **each("", "a", "{}"),
        "a list": [],
        "a list of one": [{"1": 1}],
        "a number": 7,
        "true": True,
        "an item that is not asked": {"10": 1},
        "an item without a code": {"": 1},
        "an item with a space": {"1 ": 1},
        "its class": {"__class__": "admin"},
        "an operator": {"$gt": ""},
        "below the scale": {"1": -1},
        "above the scale": {"1": 4},
        "far above the scale": {"1": 2**63},
        "a fraction": {"1": 1.5},
        "a whole fraction": {"1": 1.0},
        "a number in quotes": {"1": "1"},
        "words for a number": {"1": "often"},
        "no words": {"1": ""},
        "too many words": {"1": "x" * (MOST_WORDS + 1)},
        "a true item": {"1": True},
        "an item of null": {"1": None},
        "an item of a list": {"1": [1]},
        "an item of an object": {"1": {"value": 1}},
        "too many items": {str(code): 1 for code in range(MOST_ITEMS + 1)},
    },
    fields.String: NO_TEXT | each("", "A", "a b", "a-b", "a\n", "_a", "1a", "é", "x" * 61),
}


def bad_values(field: Field) -> Iterator[tuple[str, Any]]:
    """Values that the field does not take, by the kind's and their own name."""
    kind = next(kind for kind in type(field).__mro__ if kind in BAD)
    values = dict(BAD[kind])
    if isinstance(field, Instant) and field.on_grid:
        values |= {f"off the grid, {name}": value for name, value in OFF_GRID.items()}
    if field.allow_none:
        values.pop("null", None)
    else:
        values["null"] = None
    for name, value in values.items():
        yield f"{kind.__name__}: {name}", value(field) if callable(value) else value
