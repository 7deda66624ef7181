"""`flask tick`: all due work once, now or as of an instant, and what it says of it.

The visit is on Tuesday, 1 December 2026, at 09:30 in Phoenix.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from scheduler import clock
from scheduler.outreach.model import OutreachMark
from tests.builders import ClinicKit, a_clinic
from tests.jobs.ticking import At, Outbox, a_booking, a_visit, ends, instant, ledger

Ticked = Callable[..., Result]

T_3, T_1 = "2026-11-28T09:30:00-07:00", "2026-11-30T09:30:00-07:00"


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def ticked(app: Flask, at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ticked:
    """Runs `flask tick` with these arguments, on a data folder of the test's own."""
    settings = replace(app.extensions["settings"], data_dir=tmp_path)
    monkeypatch.setitem(app.extensions, "settings", settings)
    return lambda *arguments: app.test_cli_runner().invoke(args=["tick", *arguments])


def mark_of(clinic: ClinicKit) -> datetime | None:
    with clinic.work() as work:
        mark = work.session.get(OutreachMark, clinic.id)
        return mark.scanned_until if mark else None


def test_it_sends_one_reminder_at_each_time_and_a_follow_up_after_the_visit(
    app: Flask, at: At, ticked: Ticked, outbox: Outbox
) -> None:
    """I35, I50: and says so; the same again does nothing more."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    for moment, rule in ((T_3, "3d_before"), (T_1, "1d_before")):
        assert ticked("--at", moment).output == f"    1 reminder {rule}: sent\n"
        assert ticked("--at", moment).output == "nothing was due\n"
    a_visit(clinic, at, session)
    due = "2026-12-02T17:40:00Z"
    assert ticked("--at", due).output == "    1 follow_up check_in: sent\n"
    assert ticked("--at", due).output == "nothing was due\n"
    assert len(outbox.mails) == 3


def test_without_an_instant_it_is_now(app: Flask, at: At, ticked: Ticked, outbox: Outbox) -> None:
    clinic = a_clinic(app)
    a_booking(clinic)
    at("2026-11-28T09:29:00-07:00")
    assert ticked().output == "nothing was due\n"
    at(T_3)
    assert ticked().output == "    1 reminder 3d_before: sent\n"
    assert mark_of(clinic) == instant(T_3)


def test_trying_a_time_out_moves_neither_the_mark_nor_the_clock(
    app: Flask, at: At, ticked: Ticked, outbox: Outbox, tmp_path: Path
) -> None:
    """I38: what is booked afterwards, and falls due before that time, still goes."""
    clinic = a_clinic(app)
    a_booking(clinic)
    clock.mark(tmp_path)
    before = (tmp_path / "clock.json").read_bytes()
    ticked("--at", T_1)
    assert mark_of(clinic) == instant("2026-11-23T15:00Z")
    assert (tmp_path / "clock.json").read_bytes() == before
    a_booking(clinic)
    at(T_3)
    assert ticked().output == "    1 reminder 3d_before: sent\n"


def test_an_instant_before_what_the_clock_has_shown_is_taken(
    app: Flask, ticked: Ticked, at: At, tmp_path: Path
) -> None:
    clinic = a_clinic(app)
    a_booking(clinic)
    at("2026-12-20T12:00:00-07:00")
    clock.mark(tmp_path)
    assert ticked("--at", T_3).output == "    1 reminder 3d_before: sent\n"


def test_with_a_database_url_a_time_is_only_tried_dry(
    app: Flask, ticked: Ticked, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(app)
    a_booking(clinic)
    elsewhere = "postgresql+psycopg://clinic.example/scheduler"
    settings = replace(app.extensions["settings"], database_url=elsewhere)
    monkeypatch.setitem(app.extensions, "settings", settings)
    refused = ticked("--at", T_3)
    assert refused.exit_code == 2
    assert "--at with a DATABASE_URL needs --dry-run." in refused.output
    assert (
        ticked("--at", T_3, "--dry-run").output
        == "1 messages would fall due\n0 calls for alerts would be made\n"
    )
    assert ledger(clinic) == []
    assert mark_of(clinic) is None
    assert outbox.files == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2026-11-28T09:30:00", "needs an offset"),
        ("2026-11-28", "needs an offset"),
        ("tomorrow", "not an instant"),
        ("", "not an instant"),
        ("0001-01-01T00:00:00+14:00", "not an instant"),
        ("9999-12-31T23:59:59-12:00", "not an instant"),
    ],
)
def test_what_is_no_instant_with_an_offset_is_refused(
    app: Flask, ticked: Ticked, given: str, said: str
) -> None:
    """I67."""
    clinic = a_clinic(app)
    a_booking(clinic)
    refused = ticked("--at", given)
    assert refused.exit_code == 2
    assert said in refused.output
    assert ends(clinic) == []
