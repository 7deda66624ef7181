"""The jobs stood still for ten days: what was left lying waits for a person's word.

They stop on Friday, 27 November 2026; one visit a working day follows, each at 09:30.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.db import db
from scheduler.messages.model import DueMessage, enter_in_ledger
from scheduler.outreach import rules
from scheduler.outreach.actions_backlog import hold_backlog
from tests.builders import ClinicKit, a_clinic
from tests.jobs.test_caps import Gateway
from tests.jobs.test_texts import texted
from tests.jobs.ticking import At, Outbox, a_booking, instant, ledger, tick

STOPPED, BACK = "2026-11-27T12:00", "2026-12-07T11:00"
DAYS = ("11-30", "12-01", "12-02", "12-03", "12-04", "12-07", "12-08", "12-09", "12-10")


@pytest.fixture
def clinic(app: Flask, outbox: Outbox, at: At, monkeypatch: pytest.MonkeyPatch) -> ClinicKit:
    """Fifteen reminders were left lying, of which three are of use; on no day more than two."""
    monkeypatch.setattr(rules, "FEW", 2)
    clinic = a_clinic(app, chairs=4)
    for day in DAYS:
        a_booking(clinic, first_on=f"2026-{day}")
    tick(app, STOPPED, outbox.channels)
    at(instant(BACK))
    return clinic


def held(clinic: ClinicKit) -> list[dict[str, Any]]:
    return [row for row in ledger(clinic, status="planned") if row["reason"] == "backlog_held"]


def went(clinic: ClinicKit) -> list[str]:
    """The visits that were reminded of since the jobs run again."""
    rows = ledger(clinic, status="sent")
    return [row["session_id"] for row in rows if row["sent_at"] > BACK]


def on_the_list(clinic: ClinicKit) -> list[str]:
    found = clinic.desk.get("/v1/attention", kind="backlog_held").get_json()["items"]
    return [each["detail"] for each in found]


def in_the_metrics(app: Flask) -> int:
    with app.app_context(), db.engine.connect() as connection:
        return int(connection.scalar(text("SELECT messages_held()")) or 0)


def release(clinic: ClinicKit) -> int:
    answer = clinic.desk.post("/v1/messages/release")
    assert answer.status_code == 200, answer.get_json()
    return int(answer.get_json()["released"])


def test_what_was_left_lying_waits_and_what_falls_due_now_goes(
    app: Flask, clinic: ClinicKit, outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    now = a_booking(clinic, first_on="2026-12-10", at="10:30")
    done = tick(app, BACK, outbox.channels)
    assert done["messages held (backlog)"] == 3
    assert went(clinic) == [now["id"]]
    assert sorted(row["rule"] for row in held(clinic)) == ["1d_before", "3d_before", "3d_before"]
    assert on_the_list(clinic) == [
        "3 messages that should have gone since Sunday, December 6 at 9:30 AM are held, as they"
        " are unusually many: look whether they still say what is true, then release them."
    ]
    assert in_the_metrics(app) == 3
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "backlog" in line]
    assert '"level":"error"' in line
    assert str(clinic.id) in line
    assert tick(app, "2026-12-07T11:20", outbox.channels) == {}


def test_once_released_it_goes(app: Flask, clinic: ClinicKit, outbox: Outbox) -> None:
    tick(app, BACK, outbox.channels)
    assert (release(clinic), release(clinic)) == (3, 0)
    assert on_the_list(clinic) == []
    assert held(clinic) == []
    tick(app, "2026-12-07T11:05", outbox.channels)
    assert len(went(clinic)) == 3
    assert in_the_metrics(app) == 0


def test_what_nobody_releases_ends_when_it_is_of_no_use(
    app: Flask, clinic: ClinicKit, outbox: Outbox
) -> None:
    """I38"""
    tick(app, BACK, outbox.channels)
    tick(app, "2026-12-09T09:30", outbox.channels)
    assert on_the_list(clinic) == []
    assert held(clinic) == []
    reasons = {row["reason"] for row in ledger(clinic, status="skipped")}
    assert reasons == {"too_late", "superseded"}


def test_three_of_the_busiest_days_go(
    app: Flask, clinic: ClinicKit, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "FEW", 5)
    assert "messages held (backlog)" not in tick(app, BACK, outbox.channels)
    assert len(went(clinic)) == 3


@pytest.mark.parametrize(("on", "goes"), [("2026-11-10T10:00", True), ("2026-11-08T10:00", False)])
def test_a_day_of_the_last_four_weeks_may_have_been_busier(
    app: Flask, clinic: ClinicKit, outbox: Outbox, on: str, goes: bool
) -> None:
    row, when = ledger(clinic, status="sent")[0], instant(on)
    ids = UUID(row["session_id"]), UUID(row["patient_id"])
    with clinic.work(instant(STOPPED)) as work:
        five = [DueMessage("reminder", f"{n}d_before", *ids, 1, when, when) for n in range(5, 10)]
        assert enter_in_ledger(work, five) == 5
    assert ("messages held (backlog)" not in tick(app, BACK, outbox.channels)) == goes


def test_what_falls_due_at_one_stroke_is_no_backlog(clinic: ClinicKit) -> None:
    """However much it is: all visits are cancelled, as the clinic has to close."""
    row, now = ledger(clinic, status="sent")[0], instant(BACK)
    ids = UUID(row["session_id"]), UUID(row["patient_id"])
    late = [now - timedelta(days=1 + n % 5) for n in range(25)]
    with clinic.work(now) as work:
        many = [
            DueMessage("reminder", f"{n}d_before", *ids, 1, due, now + timedelta(days=1))
            for n, due in enumerate([*late, *[now] * 10], start=5)
        ]
        assert hold_backlog(work, enter_in_ledger(work, many)) == 0


def test_a_time_that_is_only_tried_out_holds_nothing(
    app: Flask, clinic: ClinicKit, outbox: Outbox
) -> None:
    """`flask tick --at` walks through weeks."""
    tick(app, BACK, outbox.channels, move_mark=False)
    assert held(clinic) == []


def test_one_that_is_held_takes_nobodys_turn(app: Flask, clinic: ClinicKit, at: At) -> None:
    """I41: of the texts to one number."""
    his = "+16025550123"
    for day in ("2026-12-09", "2026-12-10"):
        a_booking(clinic, texted(clinic, phone=his), first_on=day, at="12:00")
    gateway = Gateway()
    tick(app, "2026-12-07T13:30", {"sms": gateway})
    assert [each.rule for each in gateway.sent] == []
    assert len([row for row in held(clinic) if row["channel"] == "sms"]) == 2
    a_booking(clinic, texted(clinic, phone=his), first_on="2026-12-10", at="14:00")
    tick(app, "2026-12-07T14:00", {"sms": gateway})
    assert [each.rule for each in gateway.sent] == ["3d_before"]
