"""After a restore nothing is sent a second time: what was due is unknown, and a person sees it.

The visit is on Tuesday, 1 December 2026, at 09:30 in Phoenix.
"""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.delivery import doubt_all
from scheduler.heartbeat import beat, remember, was_restored
from scheduler.tenancy import unit_of_work
from tests.builders import a_clinic
from tests.jobs.ticking import At, Outbox, a_booking, claimed, ends, instant, ledger, tick

pytestmark = pytest.mark.usefixtures("at")

T_3, T_1 = "2026-11-28T09:30", "2026-11-30T09:30"


def test_what_was_due_is_unknown_and_what_comes_goes(app: Flask, outbox: Outbox) -> None:
    """I49: entered in the ledger or not yet; claimed or not."""
    clinic = a_clinic(app, chairs=3)
    a_booking(clinic)
    claimed(clinic, T_3)
    a_booking(clinic)
    done = doubt_all(lambda: instant(T_3))
    assert done == {"unknown (restored)": 2}
    assert tick(app, T_3, outbox.channels) == {}
    assert ends(clinic) == [("3d_before", "unknown", "restored")] * 2
    assert tick(app, T_1, outbox.channels) == {"reminder 1d_before: sent": 2}


def test_what_had_gone_before_the_copy_was_made_stays_so(app: Flask, outbox: Outbox) -> None:
    clinic = a_clinic(app)
    a_booking(clinic)
    tick(app, T_3, outbox.channels)
    doubt_all(lambda: instant(T_3))
    assert ends(clinic) == [("3d_before", "sent", None)]


def test_the_command_says_how_many(app: Flask, at: At) -> None:
    clinic = a_clinic(app)
    a_booking(clinic)
    at(f"{T_3}:00-07:00")
    done = app.test_cli_runner().invoke(args=["restored"])
    assert (done.exit_code, done.output) == (0, "    1 unknown (restored)\n")
    assert [row["status"] for row in ledger(clinic)] == ["unknown"]


def test_a_database_that_forgot_a_tick_is_an_older_copy(app: Flask, tmp_path: Path) -> None:
    """I49: a moment may be lost with a crash, but not more."""

    def forgets(seconds: int) -> bool:
        with unit_of_work() as session:
            beat(session)
        with unit_of_work() as session:
            remember(session, tmp_path)
            back = "SELECT setval('last_tick', last_value - :ms) FROM last_tick"
            session.execute(text(back), {"ms": seconds * 1000})
            return was_restored(session, tmp_path)

    with unit_of_work() as session:
        assert not was_restored(session, tmp_path)
    assert not forgets(0)
    assert not forgets(30)
    assert forgets(90)
