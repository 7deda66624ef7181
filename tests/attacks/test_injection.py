"""Injection: what means something to a database or a header is stored as it is, or refused."""

import base64
import time
import unicodedata
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from flask import Flask

from scheduler.web.fields import Choice, Text
from scheduler.web.fields_contact import TimeZone
from tests.api.everything import NEEDED_QUERIES, Everything, Operation, operations
from tests.attacks.injections import PAYLOADS, SQL
from tests.attacks.judged import faults
from tests.attacks.stored import Stored
from tests.attacks.test_hostile_requests import SECONDS
from tests.conftest import Size


def free_texts(each: Operation) -> list[str]:
    """The fields of its body that take nearly any text."""
    found = each.schemas["json"].fields if each.endpoint.takes_body else {}
    chosen = (Choice, TimeZone)
    return [
        n for n, kind in found.items() if isinstance(kind, Text) and not isinstance(kind, chosen)
    ]


# A message's own reason is a word of the program's.
SHOWN_AS = {
    f"POST /v1/sessions/{{session_id}}/reminders/{{rule}}/{verb}": "note"
    for verb in ("send", "skip")
}


def as_stored(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


@pytest.mark.proof
def test_a_text_that_is_code_somewhere_is_stored_literally_or_refused(
    app: Flask, ours: Everything, theirs: Everything, stored: Stored, size: Size
) -> None:
    """In every text of every write; another clinic's rows are what they were."""
    stored.keep()
    before = stored.fingerprints(theirs.clinic.id)
    many = min(size(ci=24, proof=len(PAYLOADS)), len(PAYLOADS))
    wrong, taken = [], 0
    for place, each in enumerate(operations(app)):
        for name in free_texts(each):
            for text in islice(cycle(PAYLOADS), place * many, (place + 1) * many):
                began = time.perf_counter()
                answer = ours.send(each, body=ours.bodies[each.name] | {name: text})
                found = faults(answer) + (["slow"] if time.perf_counter() - began > SECONDS else [])
                if answer.status_code < 300:
                    taken += 1
                    # Not every answer shows what was said with the request, or by that name.
                    shown = answer.get_json().get(SHOWN_AS.get(each.name, name)) or as_stored(text)
                    found += [f"became {shown!r}"] if shown != as_stored(text) else []
                wrong += [(each.name, name, text, found)] if found else []
        if each.writes:
            stored.put_back()
    assert wrong == []
    assert taken > 50
    assert stored.fingerprints(theirs.clinic.id) == before


def test_a_name_that_is_a_pattern_or_a_statement_finds_nobody(ours: Everything) -> None:
    """LIKE's wildcards are letters in a search."""
    desk = ours.clinic.desk
    found = desk.post("/v1/patients/search", {"name": "lopez"})
    assert found.get_json()["items"]
    for text in SQL:
        answer = desk.post("/v1/patients/search", {"name": text})
        assert answer.status_code == 200, text
        assert answer.get_json()["items"] == [], text
        answer = desk.get("/v1/patients", external_id=text)
        assert (answer.status_code, answer.get_json()["items"]) == (200, []), text


def cursor_of(*place: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(place))).decode().rstrip("=")


FORGED = [
    cursor_of("2026-11-23T00:00:00Z' OR 1=1 --", "5f0c2a6e-0f5e-4f0a-9f51-2b1f6c2d7e3a"),
    cursor_of("2026-11-23T00:00:00+00:00", "' OR 1=1 --"),
    cursor_of("' OR 1=1 --"),
    cursor_of({"$gt": ""}, {"$gt": ""}),
    cursor_of([], []),
    cursor_of(None, None),
    cursor_of("infinity", "5f0c2a6e-0f5e-4f0a-9f51-2b1f6c2d7e3a"),
    cursor_of(1e300, 2**62),
    cursor_of("a", "b", "c", "d", "e", "f"),
    *("' OR 1=1 --", "'; SELECT pg_sleep(9); --", "%"),
]


def lists(app: Flask) -> list[Operation]:
    return [e for e in operations(app) if "cursor" in getattr(e.schemas.get("query"), "fields", ())]


@pytest.mark.parametrize("cursor", FORGED)
def test_a_forged_cursor_is_refused_on_every_list(
    app: Flask, ours: Everything, cursor: str
) -> None:
    """I70"""
    for each in lists(app):
        query = NEEDED_QUERIES.get(each.rule, {}) | {"cursor": cursor}
        answer = ours.send(each, query=query)
        assert answer.status_code in (400, 422), (each.name, answer.get_data())
        assert faults(answer) == [], each.name


def test_another_clinics_cursor_shows_only_our_own(
    app: Flask, ours: Everything, theirs: Everything
) -> None:
    """I60: a cursor is a place in an order, and opens nothing."""
    followed = 0
    for each in lists(app):
        query = NEEDED_QUERIES.get(each.rule, {}) | {"limit": 1}
        if cursor := theirs.send(each, query=query).get_json().get("next"):
            shown = ours.send(each, query=query | {"cursor": cursor}).get_data(as_text=True)
            assert not [each for each in theirs.ids.values() if str(each) in shown], each.name
            followed += 1
    assert followed > 3


def test_no_line_end_in_a_path_becomes_a_header(app: Flask, ours: Everything) -> None:
    """On every route, and where there is none; what is not ours redirects nowhere."""
    caller = ours.clinic.desk
    for text in ("%0d%0aSet-Cookie:%20a=b", "%0aLocation:%20//evil.example", "%E5%98%8A%E5%98%8Da"):
        for path in (*(each.rule for each in operations(app)), "/docs", "/problems/x", "/"):
            answer = caller.send("GET", f"{path}{text}")
            assert faults(answer) == [], (path, text)
            assert "evil" not in answer.headers.get("Location", ""), path
    for text in PAYLOADS:
        assert caller.send("GET", f"/problems/{quote(text, safe='')}").status_code in (404, 405)


def test_a_redirect_stays_here_whatever_the_host_is_said_to_be(ours: Everything) -> None:
    """There is one, to the documents' page; two slashes are no other spelling of one."""
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
        answer = ours.clinic.desk.send("GET", "/docs", None, dict(headers))
        assert (answer.status_code, answer.headers["Location"]) == (308, "/docs/")
        for path in ("/v1//keys", "/v1/keys/", "/v1//evil.example/", "/problems//evil.example"):
            answer = ours.clinic.desk.send("GET", path, None, dict(headers))
            assert answer.status_code == 404, path
            assert faults(answer) == []
