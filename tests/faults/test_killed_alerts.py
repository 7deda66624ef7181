"""Whoever takes an answer of danger, and whoever tells of it, is killed at every moment.

The answer and its alert are stored together or not at all, and the gateway's own ledger says when
somebody was first told. Honest limit: killing a process proves nothing about a machine that loses
power.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import config
from scheduler.embedded import Server
from tests.alarms import a_provider, an_alert, on_call
from tests.builders import ClinicKit, a_clinic, a_patient
from tests.conftest import Size, as_superuser
from tests.faults.dying_answers import MOMENTS, WRITERS
from tests.faults.dying_jobs import ALERT_MOMENTS
from tests.faults.test_killed_jobs import killed
from tests.faults.web_server import a_database, building_on, url_of
from tests.gateway.running import Running, a_gateway

PATIENTS = 60
FIRST_ATTEMPT_SECONDS = 30.0
ONE_WAY_DOWN_SECONDS = 60.0
LOOK_SECONDS = 0.2

# Every answer has one event of its own patient's alert; that is open, with its stop.
PAIRED = """
    SELECT count(*), count(*) FILTER (WHERE events = 1 AND open_alerts = 1 AND stops = 1)
      FROM (SELECT (SELECT count(*) FROM alert_events e JOIN alerts r ON r.id = e.alert_id
                     WHERE e.answers_id = a.id AND r.patient_id = a.patient_id) AS events,
                   (SELECT count(*) FROM alerts r WHERE r.patient_id = a.patient_id
                       AND r.closed_at IS NULL AND r.acknowledged_at IS NULL) AS open_alerts,
                   (SELECT count(*) FROM stops s WHERE s.patient_id = a.patient_id
                       AND s.lifted_at IS NULL) AS stops
              FROM answers a) AS looked
"""

CALLS = """
    SELECT a.id::text, extract(epoch FROM a.raised_at)::float, array_agg(c.id::text)
      FROM alerts a LEFT JOIN alert_calls c ON c.alert_id = a.id GROUP BY a.id, a.raised_at
"""


def environ(server: Server, name: str, data_dir: Path, **more: str) -> dict[str, str]:
    """What a process on this database needs; its clock is the real one."""
    data_dir.mkdir()
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    url = url_of(server, name).replace("+psycopg", "")
    return known | {"DATABASE_URL": url, "DATA_DIR": str(data_dir), "LOG_LEVEL": "ERROR"} | more


@contextmanager
def running(environ: dict[str, str], log: Path, *command: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of ours, until the end of the block."""
    with log.open("w") as stderr:
        process = subprocess.Popen(
            (sys.executable, "-m", *command),
            cwd=config.PROJECT,
            env=environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def lateness(
    server: Server, name: str, gateway: Running, one_lives_from: float = 0.0
) -> list[float]:
    """After how many seconds each alert was first tried at the gateway; endless where never.

    From when it was raised, or later: from when one of those who tell lived on.
    """
    first: dict[str, float] = gateway.ledger()["first"]
    with as_superuser(server, name) as connection:
        alerts = connection.execute(CALLS).fetchall()
    tried = [(at, [first[each] for each in calls if each in first]) for _, at, calls in alerts]
    return [min(times, default=float("inf")) - max(at, one_lives_from) for at, times in tried]


def until_all_are_tried(
    server: Server,
    name: str,
    gateway: Running,
    process: "subprocess.Popen[str]",
    one_lives_from: float = 0.0,
) -> list[float]:
    while float("inf") in (found := lateness(server, name, gateway, one_lives_from)):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=LOOK_SECONDS)
    return found


def a_clinic_on_call(app: Any) -> ClinicKit:
    """One provider is on call, with a phone and a mail address."""
    clinic = a_clinic(app)
    on_call(clinic, a_provider(clinic))
    return clinic


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_no_alert_is_lost_whoever_is_killed(
    server: Server, template: str, tmp_path: Path, size: Size
) -> None:
    """I53, I54: between answer and alert, and while it is told; the gateway errs and hangs."""
    kills = size(ci=300, proof=1_000)
    with (
        a_database(server, template) as name,
        building_on(server, name) as app,
        a_gateway(keyed=True, seed=kills, well=70) as gateway,
    ):
        clinic = a_clinic_on_call(app)
        patients = [a_patient(clinic) for _ in range(PATIENTS)]
        settings = environ(
            server,
            name,
            tmp_path / "data",
            SMS_URL=gateway.url,
            TICK_SECONDS="0.2",
            MESSAGE_LEASE_SECONDS="3",
            RATE_LIMIT_PER_MINUTE="1000000",
        )
        asked = {
            "kills": kills,
            "secret": clinic.desk.secret,
            "patient_ids": list(map(str, patients)),
        }
        writing = ("tests.faults.dying_answers", json.dumps(asked))
        with running(settings, tmp_path / "answers.log", *writing) as writers:
            told = killed(settings, max(kills // 5, 24), tmp_path / "jobs.log", ALERT_MOMENTS)
            out, _ = writers.communicate("")
        assert out, (tmp_path / "answers.log").read_text()[-5000:]
        written = json.loads(out)
        # While the last writers were killed nobody told of anything: from here on somebody does.
        one_lives_from = time.time()
        with running(settings, tmp_path / "rest.log", "flask", "--app", "wsgi", "jobs") as process:
            late = until_all_are_tried(server, name, gateway, process, one_lives_from)
        since_raised = max(lateness(server, name, gateway))
        with as_superuser(server, name) as connection:
            ((stored, paired),) = connection.execute(PAIRED).fetchall()
            known = {each for (each,) in connection.execute("SELECT id::text FROM answers")}
    print(
        f"{sum(written['hits'].values()):,} kills of writers and {sum(told.values()):,} of"
        f" tellers, {stored:,} answers of danger, {len(late)} alerts: first tried within"
        f" {since_raised:.1f} s while all who tell were killed, and none later than"
        f" {max(*late, 0):.1f} s after one that lives was started"
    )
    assert set(written["hits"]) == set(MOMENTS)
    assert set(told) == set(ALERT_MOMENTS)
    assert stored == paired
    promised = written["promised"]
    assert len(set(promised)) == len(promised)
    assert set(promised) <= known
    # Of each writer one may be stored that nobody was told of.
    assert len(known) - len(promised) <= WRITERS
    assert max(late) <= FIRST_ATTEMPT_SECONDS


@contextmanager
def a_black_hole() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening.getsockname()[1]


@pytest.mark.proof
@pytest.mark.timeout(180)
def test_an_alert_is_tried_in_time_with_the_usual_settings(
    server: Server, template: str, tmp_path: Path
) -> None:
    """I54: the mail server hangs, and the first process is killed with the call in its hands."""
    with (
        a_database(server, template) as name,
        building_on(server, name) as app,
        a_gateway(keyed=False) as gateway,
        a_black_hole() as port,
    ):
        clinic = a_clinic_on_call(app)
        alert_id: UUID = an_alert(clinic)
        settings = environ(
            server,
            name,
            tmp_path / "data",
            SMS_URL=gateway.url,
            SMTP_URL=f"smtp://127.0.0.1:{port}",
            MAIL_FROM="no-reply@clinic.example",
        )
        killed(settings, 1, tmp_path / "first.log", ["claim_call committed"])
        with running(settings, tmp_path / "rest.log", "flask", "--app", "wsgi", "jobs") as process:
            (late,) = until_all_are_tried(server, name, gateway, process)
    print(f"alert {alert_id}: a text after {late:.1f} s, the mail server hanging")
    assert late <= FIRST_ATTEMPT_SECONDS < ONE_WAY_DOWN_SECONDS
