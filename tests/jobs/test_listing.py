"""What was sent and what will be, merged: reminders, follow-ups, a session's messages, the ledger.

The visit is on Tuesday, 1 December 2026, at 09:30 in Phoenix; reminders are due at that time on
Saturday and on Monday.
"""

from typing import Any

import pytest
from flask import Flask

from tests.builders import ClinicKit, a_cleared_patient, a_clinic
from tests.jobs.ticking import At, Outbox, a_booking, a_visit, cancel, move, tick

T_3, T_1 = "2026-11-28T09:30:00-07:00", "2026-11-30T09:30:00-07:00"
CHECK_IN = "2026-12-02T10:40:00-07:00"
AROUND = {"from": "2026-11-24T00:00:00-07:00", "to": "2026-12-24T00:00:00-07:00"}


def items(clinic: ClinicKit, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = clinic.desk.get(f"/v1/{path}", **query)
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["items"])


def due(clinic: ClinicKit, path: str, **query: Any) -> list[tuple[str, str, str]]:
    """Each one's rule, time and status."""
    found = items(clinic, path, **query)
    return [(each["rule"], each["due_at"], each["status"]) for each in found]


def in_pages(clinic: ClinicKit, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    """Everything, read in pages of that many."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = clinic.desk.get(f"/v1/{path}", limit=limit, **cursor, **query).get_json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def test_what_comes_and_what_went_stand_in_one_list(app: Flask, at: At, outbox: Outbox) -> None:
    """Whatever was sent keeps its place; only its status changes."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    planned = [("3d_before", T_3, "planned"), ("1d_before", T_1, "planned")]
    assert due(clinic, "reminders", **AROUND) == planned
    at(T_3)
    tick(app, T_3, outbox.channels)
    one_sent = [("3d_before", T_3, "sent"), ("1d_before", T_1, "planned")]
    assert due(clinic, "reminders", **AROUND) == one_sent
    assert due(clinic, f"sessions/{session['id']}/messages") == one_sent
    assert due(clinic, f"patients/{session['patient_id']}/messages") == one_sent
    (first, coming) = items(clinic, "reminders", **AROUND)
    (row,) = items(clinic, "messages")
    assert [coming[name] for name in ("id", "sent_at")] == [None, None]
    assert first == {
        "id": row["id"],
        "session_id": session["id"],
        "patient_id": session["patient_id"],
        "kind": "reminder",
        "rule": "3d_before",
        "channel": "email",
        "due_at": T_3,
        "status": "sent",
        "reason": None,
        "sent_at": T_3,
        "note": None,
        "tried": [],
    }


def test_a_follow_up_is_coming_once_the_visit_is_over(app: Flask, at: At, outbox: Outbox) -> None:
    """I50: nobody knows before when the patient will leave."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    assert due(clinic, "follow-ups", **AROUND) == []
    a_visit(clinic, at, session)
    tick(app, "2026-12-01T12:00", outbox.channels)
    assert due(clinic, "follow-ups", **AROUND) == [("check_in", CHECK_IN, "planned")]
    assert due(clinic, f"sessions/{session['id']}/messages")[-1][0] == "check_in"
    tick(app, "2026-12-02T10:40", outbox.channels)
    assert due(clinic, "follow-ups", **AROUND) == [("check_in", CHECK_IN, "sent")]


def test_the_ledger_is_asked_by_session_kind_and_channel(
    app: Flask, at: At, outbox: Outbox
) -> None:
    clinic = a_clinic(app, notices=("booked",))
    session, other = a_booking(clinic), a_booking(clinic)
    for when in ("2026-11-23T09:00", T_3):
        tick(app, when, outbox.channels)
    rows = items(clinic, "messages")
    assert len(rows) == 4
    of_it = items(clinic, "messages", session_id=session["id"])
    assert [row["rule"] for row in of_it] == ["booked", "3d_before"]
    reminders = items(clinic, "messages", session_id=other["id"], kind="reminder")
    assert [row["rule"] for row in reminders] == ["3d_before"]
    assert items(clinic, "messages", channel="email") == rows
    assert items(clinic, "messages", channel="sms") == []
    of_patient = items(clinic, f"patients/{session['patient_id']}/messages")
    assert [(each["rule"], each["status"]) for each in of_patient] == [
        ("booked", "sent"),
        ("3d_before", "sent"),
        ("1d_before", "planned"),
    ]
    assert [each["id"] for each in of_patient[:2]] == [row["id"] for row in of_it]


def test_moving_and_cancelling_change_what_is_coming(app: Flask, at: At, outbox: Outbox) -> None:
    """I37: with nothing to clean up; what went before stays."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    tick(app, "2026-11-28T10:00", outbox.channels)
    move(clinic, session, days=7)
    assert due(clinic, "reminders", **AROUND) == [
        ("3d_before", T_3, "sent"),
        ("3d_before", "2026-12-05T09:30:00-07:00", "planned"),
        ("1d_before", "2026-12-07T09:30:00-07:00", "planned"),
    ]
    cancel(clinic, session)
    assert due(clinic, "reminders", **AROUND) == [("3d_before", T_3, "sent")]


@pytest.mark.parametrize("ticked", [False, True])
@pytest.mark.parametrize(
    ("window", "rules"),
    [
        ({"from": T_3, "to": T_1}, ["3d_before"]),
        ({"from": T_3, "to": "2026-11-30T09:30:01-07:00"}, ["3d_before", "1d_before"]),
        ({"from": "2026-11-28T09:30:01-07:00", "to": "2026-12-24T00:00:00-07:00"}, ["1d_before"]),
        ({"from": "2026-11-24T00:00:00-07:00", "to": T_3}, []),
        # From a week ago for 62 days.
        ({}, ["3d_before", "1d_before"]),
    ],
)
def test_a_window_holds_its_first_instant_and_not_its_last(
    app: Flask, at: At, outbox: Outbox, ticked: bool, window: dict[str, str], rules: list[str]
) -> None:
    """The same of what went and of what is coming."""
    clinic = a_clinic(app)
    a_booking(clinic)
    if ticked:
        tick(app, T_3, outbox.channels)
        tick(app, T_1, outbox.channels)
    assert [row[0] for row in due(clinic, "reminders", **window)] == rules


@pytest.mark.parametrize("limit", [1, 3, 4, 200])
def test_pages_show_each_once_across_what_went_and_what_comes(
    app: Flask, at: At, outbox: Outbox, limit: int
) -> None:
    """I70: although several are due at the same instant."""
    clinic = a_clinic(app, chairs=3)
    for on in ("2026-12-01", "2026-12-01", "2026-12-01", "2026-12-08"):
        a_booking(clinic, first_on=on)
    tick(app, T_3, outbox.channels)
    found = in_pages(clinic, "reminders", limit, **AROUND)
    assert [each["due_at"] for each in found] == sorted(each["due_at"] for each in found)
    assert len({(each["session_id"], each["rule"]) for each in found}) == len(found) == 8
    assert [each["status"] for each in found] == ["sent"] * 3 + ["planned"] * 5


def test_paging_goes_on_while_what_comes_is_sent(app: Flask, at: At, outbox: Outbox) -> None:
    """I70: no row is repeated or lost when a tick comes between two pages."""
    clinic = a_clinic(app, chairs=3)
    for _ in range(3):
        a_booking(clinic)
    first = clinic.desk.get("/v1/reminders", limit=2, **AROUND).get_json()
    tick(app, T_3, outbox.channels)
    rest = clinic.desk.get("/v1/reminders", cursor=first["next"], **AROUND).get_json()
    seen = [(each["session_id"], each["rule"]) for each in first["items"] + rest["items"]]
    assert len(seen) == len(set(seen)) == 6


def test_lists_are_narrowed_to_a_patient_and_a_status(app: Flask, at: At, outbox: Outbox) -> None:
    clinic = a_clinic(app)
    ours, other = (a_booking(clinic) for _ in range(2))
    tick(app, T_3, outbox.channels)
    patient = {"patient_id": ours["patient_id"]}
    assert {each["session_id"] for each in items(clinic, "reminders", **patient, **AROUND)} == {
        ours["id"]
    }
    by_status = [
        due(clinic, "reminders", status=s, **AROUND) for s in ("sent", "planned", "failed")
    ]
    assert [[row[0] for row in found] for found in by_status] == [
        ["3d_before"] * 2,
        ["1d_before"] * 2,
        [],
    ]
    (row,) = items(clinic, "messages", status="sent", patient_id=other["patient_id"])
    assert row["session_id"] == other["id"]


def test_the_ledger_shows_only_what_fell_due(app: Flask, at: At, outbox: Outbox) -> None:
    """I38: with how each ended."""
    clinic = a_clinic(app)
    a_booking(clinic)
    a_booking(clinic, a_cleared_patient(clinic), first_on="2026-12-02")
    assert items(clinic, "messages") == []
    tick(app, "2026-11-30T10:00", outbox.channels)
    assert due(clinic, "messages") == [
        ("3d_before", T_3, "skipped"),
        ("3d_before", "2026-11-29T09:30:00-07:00", "sent"),
        ("1d_before", T_1, "sent"),
    ]
    assert [row[0] for row in due(clinic, "messages", to=T_1)] == ["3d_before"] * 2
    assert due(clinic, "messages", **{"from": T_1}) == [("1d_before", T_1, "sent")]
    assert [row["id"] for row in in_pages(clinic, "messages", 1)] == [
        row["id"] for row in items(clinic, "messages")
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"to": T_1}, "from"),
        ({"from": T_1, "to": T_1}, "to"),
        ({"from": T_3, "to": "2027-01-29T09:30:01-07:00"}, "to"),
        ({"from": "2026-11-28T09:30:00"}, "from"),
        ({"status": "lost"}, "status"),
        ({"sort": "due_at"}, "sort"),
    ],
)
@pytest.mark.parametrize("path", ["reminders", "follow-ups"])
def test_a_window_that_is_none_is_refused(
    app: Flask, at: At, path: str, query: dict[str, str], field: str
) -> None:
    """I67."""
    answer = a_clinic(app).desk.get(f"/v1/{path}", **query)
    assert answer.status_code in (400, 422)
    assert list(answer.get_json()["errors"]) == [field]


@pytest.mark.parametrize("path", ["reminders", "follow-ups", "messages"])
def test_a_cursor_that_is_not_ours_is_refused(app: Flask, at: At, path: str) -> None:
    desk = a_clinic(app).desk
    for cursor in ("nonsense", "W10", "WzEsMiwzXQ"):
        assert desk.get(f"/v1/{path}", cursor=cursor).status_code == 400
