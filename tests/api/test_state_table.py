"""The state table, whole: each state with each verb, too early, in time and too late (I29).

The session is on Tuesday 1 December, 09:30 to 10:10 in Phoenix, then 30 minutes under watch.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from scheduler import embedded
from scheduler.sessions.rules_states import STATES, is_live
from tests.api.booking import Json, one_session, taken
from tests.builders import ClinicKit, a_cleared_patient, a_clinic
from tests.conftest import as_superuser

Travel = Callable[[Any], None]


def on(day: str, wall: str) -> str:
    return f"2026-{day}T{wall}:00-07:00"


def that_day(wall: str) -> str:
    return on("12-01", wall)


VITALS = {"vitals_recorded": True}
ARRIVED: tuple[str, str, Json] = ("arrive", that_day("09:20"), {})
STARTED: tuple[str, str, Json] = ("start", that_day("09:30"), VITALS)
OBSERVED: tuple[str, str, Json] = ("observe", that_day("10:15"), {})
# The way to each state; nothing makes holds yet.
WAYS: dict[str, list[tuple[str, str, Json]]] = {
    "held": [],
    "booked": [],
    "arrived": [ARRIVED],
    "infusing": [ARRIVED, STARTED],
    "observing": [ARRIVED, STARTED, OBSERVED],
    "completed": [ARRIVED, STARTED, OBSERVED, ("complete", that_day("10:45"), {})],
    "cancelled": [("cancel", on("11-30", "10:00"), {"reason": "Ill", "by": "patient"})],
    "no_show": [("no-show", that_day("10:00"), {})],
}
ALLOWED = {
    "confirm": {"booked": "booked"},
    "reschedule": {"booked": "booked"},
    "cancel": {"booked": "cancelled"},
    "no-show": {"booked": "no_show"},
    "arrive": {"booked": "arrived"},
    "turn-away": {"arrived": "cancelled"},
    "start": {"arrived": "infusing"},
    "extend": {"arrived": "arrived", "infusing": "infusing"},
    "observe": {"infusing": "observing"},
    "complete": {"observing": "completed"},
    "undo": {
        "arrived": "booked",
        "no_show": "booked",
        "infusing": "arrived",
        "observing": "infusing",
        "completed": "observing",
    },
}
BODIES: dict[str, Json] = {
    "reschedule": {"starts_at": on("12-03", "09:30")},
    "cancel": {"reason": "Ill", "by": "patient"},
    "turn-away": {"reason": "Blood pressure"},
    "start": VITALS,
    "extend": {"minutes": 5},
    "undo": {"reason": "The wrong patient"},
}
EARLY, IN_TIME, LATE = "too early", "in time", "too late"
# When a verb is sent, what it says, and what it lacks: None where nothing; a page's name (422), or
# what a refusal names as missing (409). `happened_at` is at most 24 hours back.
Moment = tuple[str, str, Json, str | None]
EVENING = that_day("23:59")


def happened(at: str) -> Json:
    return {"happened_at": at}


MOMENTS: dict[str, list[Moment]] = {
    "confirm": [
        (EARLY, on("11-30", "10:00"), happened(on("11-29", "09:59")), "wrong_time"),
        (IN_TIME, on("11-30", "10:00"), happened(on("11-29", "10:00")), None),
        (LATE, on("11-30", "10:00"), happened(on("11-30", "10:01")), "wrong_time"),
    ],
    "reschedule": [
        (EARLY, on("11-30", "10:00"), {"starts_at": on("11-30", "09:55")}, "in_the_past"),
        (IN_TIME, on("11-30", "10:00"), {"starts_at": on("11-30", "10:15")}, None),
        (IN_TIME, EVENING, {}, None),
        (
            LATE,
            on("11-30", "10:00"),
            {"starts_at": "2028-12-01T09:30:00-07:00"},
            "too_far_ahead",
        ),
    ],
    "cancel": [
        (EARLY, that_day("09:00"), happened(on("11-30", "08:59")), "wrong_time"),
        (IN_TIME, that_day("09:00"), {}, None),
        (IN_TIME, EVENING, {}, None),
        (LATE, that_day("09:00"), happened(that_day("09:01")), "wrong_time"),
    ],
    "no-show": [
        (EARLY, that_day("09:59"), {}, "grace"),
        (EARLY, that_day("11:00"), happened(that_day("09:59")), "grace"),
        (IN_TIME, that_day("10:00"), {}, None),
        (IN_TIME, on("12-02", "09:00"), {}, None),
        (LATE, that_day("10:00"), happened(that_day("10:01")), "wrong_time"),
    ],
    "arrive": [
        (EARLY, on("11-30", "23:59"), {}, "its_day"),
        (IN_TIME, that_day("00:00"), {}, None),
        (IN_TIME, EVENING, {}, None),
        (LATE, on("12-02", "00:00"), {}, "its_day"),
    ],
    "turn-away": [
        (EARLY, that_day("09:40"), happened(that_day("09:19")), "wrong_time"),
        (IN_TIME, that_day("09:40"), happened(that_day("09:20")), None),
        (LATE, that_day("09:40"), happened(that_day("09:41")), "wrong_time"),
    ],
    "start": [
        (EARLY, that_day("09:40"), happened(that_day("09:19")), "wrong_time"),
        (IN_TIME, that_day("09:40"), happened(that_day("09:20")), None),
        (LATE, that_day("09:40"), happened(that_day("09:41")), "wrong_time"),
    ],
    # Whoever is here may take longer, whatever the time.
    "extend": [
        (EARLY, that_day("09:30"), {}, None),
        (IN_TIME, that_day("10:00"), {}, None),
        (LATE, EVENING, {}, None),
    ],
    "observe": [
        (EARLY, that_day("10:15"), happened(that_day("09:29")), "wrong_time"),
        (IN_TIME, that_day("10:15"), happened(that_day("09:30")), None),
        (LATE, that_day("10:15"), happened(that_day("10:16")), "wrong_time"),
    ],
    "complete": [
        (EARLY, that_day("10:44"), {}, "early_reason"),
        (IN_TIME, that_day("10:45"), {}, None),
        (LATE, that_day("10:45"), happened(that_day("10:46")), "wrong_time"),
    ],
    # At once, and until the local day of the step is over.
    "undo": [
        (EARLY, that_day("10:45"), {}, None),
        (IN_TIME, EVENING, {}, None),
        (LATE, on("12-02", "00:00"), {}, "same_day"),
    ],
}


@pytest.fixture
def rows(app: Flask, server: embedded.Server, database: str) -> Iterator[psycopg.Connection[Any]]:
    with as_superuser(server, database) as connection:
        yield connection


def stored(rows: psycopg.Connection[Any], session: Json) -> str:
    found = rows.execute("SELECT to_jsonb(s) FROM sessions s WHERE id = %s", [session["id"]])
    return json.dumps((found.fetchone() or [None])[0])


def put_back(rows: psycopg.Connection[Any], row: str) -> None:
    """The session as it was, so that the next case begins at the same state."""
    rows.execute("DELETE FROM sessions WHERE id = (%s::jsonb ->> 'id')::uuid", [row])
    rows.execute(
        "INSERT INTO sessions SELECT * FROM jsonb_populate_record(NULL::sessions, %s)", [row]
    )


@pytest.mark.parametrize("state", STATES)
def test_every_verb_in_every_state_early_in_time_and_late(
    app: Flask, at: Travel, rows: psycopg.Connection[Any], state: str
) -> None:
    """I29, I30, I33, I34: what is refused changes nothing and says what it lacks."""
    clinic = a_clinic(app)
    session = walked(clinic, at, state)
    if state == "held":
        rows.execute("UPDATE sessions SET status = 'held'")
    row, tried = stored(rows, session), 0
    before = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    for verb, moments in MOMENTS.items():
        for _, now, said, lacks in moments:
            at(now)
            answer = clinic.desk.step(before, verb, **BODIES.get(verb, {}) | said)
            case = (state, verb, now, said, answer.get_json())
            if state in ALLOWED[verb] and lacks is None:
                accepted(before, answer, ALLOWED[verb][state], case)
                put_back(rows, row)
            else:
                missing = list(ALLOWED[verb]) if state not in ALLOWED[verb] else lacks
                refused(answer, state, missing, case)
                assert stored(rows, session) == row, case
            tried += 1
    assert tried >= 3 * len(ALLOWED)


def walked(clinic: ClinicKit, at: Travel, state: str) -> Json:
    at(on("11-27", "10:00"))
    session = one_session(clinic, a_cleared_patient(clinic))
    for verb, now, body in WAYS[state]:
        at(now)
        session = taken(clinic, session, verb, **body)
    return session


def accepted(before: Json, answer: Any, to: str, case: object) -> None:
    """One version on, and a new promise only where its start or its liveness changed (I34)."""
    assert answer.status_code == 200, case
    after = answer.get_json()
    assert after["status"] == to, case
    assert after["version"] == before["version"] + 1, case
    moved = after["starts_at"] != before["starts_at"]
    changed = moved or is_live(after["status"]) != is_live(before["status"])
    assert after["time_version"] == before["time_version"] + changed, case


def refused(answer: Any, state: str, missing: str | list[str] | None, case: object) -> None:
    problem = answer.get_json()
    assert problem["detail"].endswith("."), case
    assert "_" not in problem["detail"], case
    if missing in ("wrong_time", "in_the_past", "too_far_ahead"):
        assert (answer.status_code, problem["type"]) == (422, f"/problems/{missing}"), case
        return
    assert (answer.status_code, problem["type"]) == (409, "/problems/not_allowed"), case
    lacks = [missing] if isinstance(missing, str) else missing
    assert (problem["state"], problem["missing"]) == (state, lacks), case


def test_every_pair_of_the_table_is_tried_at_every_time() -> None:
    """No verb is left out, nor a time of one."""
    assert set(MOMENTS) == set(ALLOWED)
    for verb, moments in MOMENTS.items():
        assert {label for label, *_ in moments} == {EARLY, IN_TIME, LATE}, verb
