"""The real background process: it sends what is due, ends when asked to, and may be killed.

Its clock starts at noon on Saturday, 28 November 2026, in Phoenix: the first reminders of
Tuesday's visits are due.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import flask_migrate
import pytest
import time_machine
from flask import Flask

import config
from scheduler import clock, embedded, embedded_cluster
from scheduler.app import create_app
from scheduler.db import db
from tests.alarms import a_provider, an_alert
from tests.builders import a_clinic
from tests.conftest import as_superuser
from tests.faults.embedded_users import is_alive, server_pid
from tests.jobs.smtp_sink import HOLD, a_sink
from tests.jobs.ticking import FROM, Outbox, a_booking

COMMAND = (sys.executable, "-m", "flask", "--app", "wsgi", "jobs")
BOOKED_AT = datetime.fromisoformat("2026-11-23T08:00:00-07:00")
DUE_AT = datetime.fromisoformat("2026-11-28T12:00:00-07:00")


class Jobs:
    """A `flask jobs` of its own on a data folder; it ticks ten times a second."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.log = data_dir.with_suffix(".log")
        environ = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
        environ |= {"DATA_DIR": str(data_dir), "TICK_SECONDS": "0.1", **settings}
        with self.log.open("a") as log:
            self.process = subprocess.Popen(COMMAND, cwd=config.PROJECT, env=environ, stderr=log)

    def ends(self, number: signal.Signals) -> int:
        """Its exit status, once it has ended by that signal."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@contextmanager
def jobs_on(data_dir: Path, **settings: str) -> Iterator[Jobs]:
    """A background process that is gone at the end of the block, whatever happens in it."""
    running = Jobs(data_dir, **settings)
    try:
        yield running
    except BaseException:
        print(running.log.read_text())
        raise
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with its own server, migrated."""
    folder = tmp_path_factory.mktemp("jobs") / "the data"
    folder.mkdir()
    with app_on(folder):
        flask_migrate.upgrade()
    yield folder
    embedded_cluster.stop(folder)


@contextmanager
def app_on(data_dir: Path) -> Iterator[Flask]:
    """The app on the folder's server, in this process; afterwards it uses neither any more."""
    server = embedded.start(data_dir, durable=False)
    app = create_app(config.read({"DATA_DIR": str(data_dir)}))
    try:
        with app.app_context():
            yield app
            db.engine.dispose()
    finally:
        clock.load(data_dir / "no clock there")
        # Its own start, and the app's.
        server.close()
        server.close()


def due_now(data_dir: Path) -> UUID:
    """A new clinic has a visit on Tuesday, and the clock starts when its reminder is due."""
    (data_dir / "clock.json").unlink(missing_ok=True)
    with app_on(data_dir) as app, time_machine.travel(BOOKED_AT, tick=False):
        clinic = a_clinic(app)
        a_booking(clinic)
    clock.start_at(data_dir, DUE_AT)
    clock.load(data_dir / "no clock there")
    return clinic.id


@contextmanager
def looking(data_dir: Path, clinic_id: UUID) -> Iterator[Callable[[], list[Any]]]:
    """A look at the clinic's messages: how each stands, why, and after how many attempts."""
    look = "SELECT status, reason, attempts FROM messages WHERE clinic_id = %s"
    server = embedded.start(data_dir, durable=False)
    with as_superuser(server, "scheduler") as connection:
        yield lambda: connection.execute(look, [clinic_id]).fetchall()
    server.close()


def wait_until(true: Callable[[], bool], running: Jobs) -> None:
    """Wait for it, at most 30 seconds and only while the process lives."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "it never came"
        with pytest.raises(subprocess.TimeoutExpired):
            running.process.wait(timeout=0.05)


def test_it_sends_what_is_due_and_leaves_nothing_running(data_dir: Path) -> None:
    """I35: although it ticks all the time; and it is the last to use the database."""
    clinic_id = due_now(data_dir)
    outbox = Outbox(data_dir / "outbox")
    with jobs_on(data_dir) as jobs:
        wait_until(lambda: bool(outbox.mails), jobs)
        children = Path(f"/proc/{jobs.process.pid}/task/{jobs.process.pid}/children").read_text()
        assert jobs.ends(signal.SIGTERM) == 0
    assert not any(is_alive(int(child)) for child in children.split())
    assert server_pid(data_dir) is None
    assert [mail["Subject"] for mail in outbox.mails] == ["Sonoran Care: appt Tue Dec 1 9:30 AM"]
    with looking(data_dir, clinic_id) as found:
        assert found() == [("sent", None, 1)]


def test_asked_to_stop_it_finishes_what_it_is_sending(data_dir: Path) -> None:
    """I35, I38: the answer that comes afterwards is still noted."""
    clinic_id = due_now(data_dir)
    with looking(data_dir, clinic_id) as found, a_sink() as sink:
        with jobs_on(data_dir, SMTP_URL=sink.url, MAIL_FROM=FROM) as jobs:
            sink.replies["DATA"].append(HOLD)
            assert sink.holding.wait(30)
            jobs.process.send_signal(signal.SIGTERM)
            sink.released.set()
            assert jobs.process.wait(timeout=30) == 0
        assert found() == [("sent", None, 1)]
        assert len(sink.mails) == 1


def test_killed_while_it_sends_it_leaves_an_unknown_to_the_next(data_dir: Path) -> None:
    """I35, I38: the mail was taken, so it must not go again; a person sees it."""
    clinic_id = due_now(data_dir)
    with looking(data_dir, clinic_id) as found, a_sink() as sink:
        settings = {"SMTP_URL": sink.url, "MAIL_FROM": FROM, "MESSAGE_LEASE_SECONDS": "0.3"}
        sink.replies["DATA"].append(HOLD)
        with jobs_on(data_dir, **settings) as killed:
            assert sink.holding.wait(30)
            assert killed.ends(signal.SIGKILL) == -signal.SIGKILL
        assert found() == [("sending", None, 1)]
        with jobs_on(data_dir, **settings) as next_one:
            wait_until(lambda: found() != [("sending", None, 1)], next_one)
            assert found() == [("unknown", "interrupted", 1)]
            assert next_one.ends(signal.SIGTERM) == 0
        assert found() == [("unknown", "interrupted", 1)]
        assert len(sink.mails) == 1


def test_a_process_that_waits_for_an_answer_does_not_hold_up_another(data_dir: Path) -> None:
    """I35, I38: two share the work of two clinics, and each message goes once."""
    ids = [due_now(data_dir), due_now(data_dir)]
    with looking(data_dir, ids[0]) as first, looking(data_dir, ids[1]) as second, a_sink() as sink:
        settings = {"SMTP_URL": sink.url, "MAIL_FROM": FROM}
        sink.replies["DATA"].append(HOLD)
        with jobs_on(data_dir, **settings) as one, jobs_on(data_dir, **settings) as two:
            stuck_and_sent = [("sending", None, 1), ("sent", None, 1)]
            wait_until(lambda: sorted(first() + second()) == stuck_and_sent, one)
            sink.released.set()
            assert [each.ends(signal.SIGTERM) for each in (one, two)] == [0, 0]
        assert first() == second() == [("sent", None, 1)]
        assert len({mail["Message-ID"] for mail in sink.mails}) == len(sink.mails) == 2


def test_it_notes_when_it_last_ended_a_tick(data_dir: Path) -> None:
    clinic_id = due_now(data_dir)
    server = embedded.start(data_dir, durable=False)
    with looking(data_dir, clinic_id) as found, as_superuser(server, "scheduler") as connection:
        look = "SELECT last_value, extract(epoch FROM clock_timestamp()) * 1000 FROM last_tick"

        def ticked_and_now() -> tuple[int, float]:
            last, now = connection.execute(look).fetchone() or (0, 0)
            return last, float(now)

        before, _ = ticked_and_now()
        with jobs_on(data_dir) as jobs:
            wait_until(lambda: ticked_and_now()[0] > before, jobs)
            last, now = ticked_and_now()
            assert 0 <= now - last < 10_000
            # Nothing is left for the next test's process to send.
            wait_until(lambda: found() == [("sent", None, 1)], jobs)
            assert jobs.ends(signal.SIGTERM) == 0
    server.close()


def test_a_loop_that_hangs_ends_its_process_and_the_next_goes_on(data_dir: Path) -> None:
    """I35, I38: a mail server that says nothing holds nobody up for ever."""
    clinic_id = due_now(data_dir)
    with looking(data_dir, clinic_id) as found, a_sink() as sink:
        settings = {"SMTP_URL": sink.url, "MAIL_FROM": FROM, "MESSAGE_LEASE_SECONDS": "0.3"}
        sink.replies["DATA"].append(HOLD)
        with jobs_on(data_dir, JOBS_STUCK_SECONDS="3", **settings) as hanging:
            assert sink.holding.wait(30)
            assert hanging.process.wait(timeout=10) == 1
            assert '"event":"the jobs hang"' in hanging.log.read_text()
        another = due_now(data_dir)
        with (
            looking(data_dir, another) as found_then,
            jobs_on(data_dir, **settings) as next_one,
        ):
            wait_until(lambda: found_then() == [("sent", None, 1)], next_one)
            assert found() == [("unknown", "interrupted", 1)]
            assert next_one.ends(signal.SIGTERM) == 0


def test_a_loop_that_was_frozen_or_waits_for_its_next_tick_does_not_hang(data_dir: Path) -> None:
    """A laptop that slept; and a loop that has nothing to do for long."""
    due_now(data_dir)
    outbox = Outbox(data_dir / "outbox")
    already = len(outbox.files)
    with jobs_on(data_dir, JOBS_STUCK_SECONDS="2.4") as jobs:
        wait_until(lambda: len(outbox.files) > already, jobs)
        os.kill(jobs.process.pid, signal.SIGSTOP)
        with pytest.raises(subprocess.TimeoutExpired):
            jobs.process.wait(timeout=3)
        os.kill(jobs.process.pid, signal.SIGCONT)
        with pytest.raises(subprocess.TimeoutExpired):
            jobs.process.wait(timeout=1.5)
        assert jobs.ends(signal.SIGTERM) == 0


def last_tick(data_dir: Path) -> Path:
    """The file in which the jobs remember when they last ticked; there, as they did."""
    remembered = data_dir / "last-tick"
    if not remembered.exists():
        with jobs_on(data_dir) as jobs:
            wait_until(remembered.exists, jobs)
            assert jobs.ends(signal.SIGTERM) == 0
    return remembered


def test_in_an_older_copy_of_the_database_nothing_that_was_due_goes(data_dir: Path) -> None:
    """I49: it may have gone since the copy was made; a person sees it."""
    remembered = last_tick(data_dir)
    clinic_id = due_now(data_dir)
    known = float(remembered.read_text())
    remembered.write_text(str(known + 3600))
    already = len(Outbox(data_dir / "outbox").files)
    with looking(data_dir, clinic_id) as found:
        with jobs_on(data_dir) as jobs:
            wait_until(lambda: found() == [("unknown", "restored", 0)], jobs)
            wait_until(lambda: float(remembered.read_text()) < known + 3600, jobs)
            assert jobs.ends(signal.SIGTERM) == 0
        assert '"event":"the database is an older copy' in jobs.log.read_text()
        with jobs_on(data_dir) as jobs:
            ticked = float(remembered.read_text())
            wait_until(lambda: float(remembered.read_text()) > ticked, jobs)
            assert jobs.ends(signal.SIGTERM) == 0
        assert found() == [("unknown", "restored", 0)]
    assert len(Outbox(data_dir / "outbox").files) == already


def test_a_clock_that_was_put_back_sends_nothing(data_dir: Path) -> None:
    """I49: until it has caught up."""
    clinic_id = due_now(data_dir)
    clock_file = data_dir / "clock.json"
    state = json.loads(clock_file.read_text())
    later = {"latest_at": (DUE_AT + timedelta(hours=1)).isoformat()}
    with looking(data_dir, clinic_id) as found:
        clock_file.write_text(json.dumps(state | later))
        with jobs_on(data_dir) as jobs:
            wait_until(lambda: "the clock is behind" in jobs.log.read_text(), jobs)
            assert found() == []
            clock_file.write_text(json.dumps(state))
            wait_until(lambda: found() == [("sent", None, 1)], jobs)
            assert jobs.ends(signal.SIGTERM) == 0


def test_neither_a_clock_that_was_put_back_nor_an_older_copy_holds_up_an_alert(
    data_dir: Path,
) -> None:
    """I49, I54: what it tells twice does no harm."""
    remembered = last_tick(data_dir)
    due_now(data_dir)
    with app_on(data_dir) as app, time_machine.travel(DUE_AT, tick=False):
        clinic = a_clinic(app)
        a_provider(clinic)
        an_alert(clinic)
    clock_file = data_dir / "clock.json"
    state = json.loads(clock_file.read_text())
    later = {"latest_at": (DUE_AT + timedelta(hours=1)).isoformat()}
    clock_file.write_text(json.dumps(state | later))
    remembered.write_text(str(float(remembered.read_text()) + 3600))
    with jobs_on(data_dir) as jobs:
        wait_until(lambda: len(list((data_dir / "outbox").glob("*-alert-*"))) == 2, jobs)
        assert jobs.ends(signal.SIGTERM) == 0
    assert '"event":"the clock is behind' in jobs.log.read_text()
