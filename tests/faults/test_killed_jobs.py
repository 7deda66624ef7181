"""Job processes are killed at every moment of their work; the gateway's own ledger is the truth.

Honest limits: killing a process proves nothing about a machine that loses power; a gateway without
a key cannot give exactly once; a text that was taken cannot be called back.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

import config
from scheduler import clock
from scheduler.embedded import Server
from scheduler.messages import channels_text
from scheduler.messages.channels_text import PlainGateway
from tests.builders import ClinicKit, a_clinic
from tests.conftest import Size, as_superuser
from tests.faults.dying_jobs import MOMENTS, TIMEOUT_SECONDS
from tests.faults.web_server import a_database, building_on, url_of
from tests.gateway.running import Running, a_gateway
from tests.jobs.test_texts import texted
from tests.jobs.ticking import a_booking, tick

BOOKED_AT = datetime.fromisoformat("2026-11-23T08:00:00-07:00")
# The visits are in the new year, so that what waits for its next try is of use for long.
FIRST_ON, DUE_AT = "2027-01-12", datetime.fromisoformat("2026-11-28T12:00:00-07:00")
LEASE_SECONDS = 0.5
# Enough that the processes have work while they wait for their moment.
EACH_KILL = 6

MANY = """
    INSERT INTO messages (clinic_id, id, kind, rule, session_id, patient_id, time_version, channel,
        due_at, not_after, status, next_attempt_at, created_at, version)
    SELECT s.clinic_id, gen_random_uuid(), 'reminder', n + 100 || 'd_before', s.id, s.patient_id,
        s.time_version, 'sms', %(due)s, s.starts_at - interval '1 hour', 'planned', %(due)s,
        %(due)s, 1
    FROM sessions s, generate_series(1, %(each)s) AS n
"""


# How long after the end of its lease a message of a dead or frozen process was free again.
WATCHED = """
    CREATE TABLE freed (seconds float);
    GRANT INSERT ON freed TO PUBLIC;
    CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO freed VALUES (extract(epoch FROM clock_timestamp() - OLD.lease_until));
        RETURN NULL;
    END $$;
    CREATE TRIGGER watch AFTER UPDATE ON messages FOR EACH ROW
        WHEN (OLD.lease_until < clock_timestamp() AND NEW.lease_until IS NULL)
        EXECUTE FUNCTION watch()
"""
LONG_LEASE_SECONDS = 3.0


def many_messages(server: Server, name: str, clinic: ClinicKit, count: int) -> None:
    """So many messages that are due, of a few visits; there is no night, nor a cap."""
    with time_machine.travel(BOOKED_AT, tick=False):
        for time in ("09:00", "10:00", "13:00", "14:00"):
            a_booking(clinic, texted(clinic), at=time, first_on=FIRST_ON)
    with as_superuser(server, name) as connection:
        connection.execute(
            "UPDATE policies SET quiet_from = '08:00', quiet_until = '08:00',"
            " texts_a_day = 1000000, texts_a_week = 1000000"
        )
        connection.execute(MANY, {"due": DUE_AT, "each": -(-count // 4)})


def environ(
    server: Server, name: str, data_dir: Path, gateway: Running, keyed: bool
) -> dict[str, str]:
    """What a background process needs; its clock starts when the messages are due."""
    data_dir.mkdir()
    clock.start_at(data_dir, DUE_AT)
    clock.load(data_dir / "no clock there")
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return known | {
        "DATABASE_URL": url_of(server, name).replace("+psycopg", ""),
        "DATA_DIR": str(data_dir),
        "SMS_URL": gateway.url,
        "SMS_KEY_SECONDS": "86400" if keyed else "0",
        "TICK_SECONDS": "0.05",
        "MESSAGE_LEASE_SECONDS": str(LEASE_SECONDS),
    }


@contextmanager
def a_clinic_with_messages(
    server: Server, template: str, count: int
) -> Iterator[tuple[str, Flask]]:
    """A database of its own with a clinic to which so many messages are due; the app on it."""
    with a_database(server, template) as name, building_on(server, name) as app:
        with time_machine.travel(BOOKED_AT, tick=False):
            clinic = a_clinic(app, chairs=4)
        many_messages(server, name, clinic, count)
        yield name, app


def killed(
    environ: dict[str, str], kills: int, log: Path, moments: Sequence[str] = MOMENTS
) -> dict[str, int]:
    """So many kills of three processes at work: how often each moment was hit."""
    asked = json.dumps({"kills": kills, "processes": 3, "seed": kills, "moments": moments})
    command = (sys.executable, "-m", "tests.faults.dying_jobs", asked)
    with log.open("w") as stderr:
        ended = subprocess.run(
            command, cwd=config.PROJECT, env=environ, stdout=subprocess.PIPE, stderr=stderr
        )
    assert ended.returncode == 0, log.read_text()[-5000:]
    return dict(json.loads(ended.stdout))


@contextmanager
def troubled(environ: dict[str, str], seed: int, log: Path) -> Iterator["subprocess.Popen[str]"]:
    """Five processes in trouble, until the end of the block."""
    frozen_seconds = 1.5 * float(environ["MESSAGE_LEASE_SECONDS"])
    asked = json.dumps({"processes": 5, "frozen_seconds": frozen_seconds, "seed": seed})
    command = (sys.executable, "-m", "tests.faults.troubled_jobs", asked)
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command,
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


def ledger_of(server: Server, name: str) -> list[tuple[str, str]]:
    """Each message's id and status."""
    with as_superuser(server, name) as connection:
        return connection.execute("SELECT id::text, status FROM messages").fetchall()


def leave_to_the_next(server: Server, name: str) -> None:
    """The last leases of the dead are over; what nobody came to is not what is tried here."""
    with as_superuser(server, name) as connection:
        connection.execute("UPDATE messages SET lease_until = now() WHERE lease_until IS NOT NULL")
        connection.execute("DELETE FROM messages WHERE status = 'planned' AND attempts = 0")


def send_the_rest(server: Server, name: str, app: Flask, way: PlainGateway) -> None:
    """Whatever was left is done by a process that nobody kills, hour after hour."""
    moment = DUE_AT
    while {status for _, status in ledger_of(server, name)} & {"planned", "claimed", "sending"}:
        moment += timedelta(hours=1)
        tick(app, moment, {"sms": way})


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.parametrize("keyed", [True, False], ids=["with a key", "without"])
def test_no_text_is_lost_or_doubled_while_job_processes_are_killed(
    server: Server,
    template: str,
    tmp_path: Path,
    size: Size,
    monkeypatch: pytest.MonkeyPatch,
    keyed: bool,
) -> None:
    """I35, I38: killed at each moment of each step, while the gateway errs, hangs and resets."""
    monkeypatch.setattr(channels_text, "TIMEOUT_SECONDS", TIMEOUT_SECONDS)
    kills = size(ci=105, proof=315)
    count = kills * EACH_KILL
    with (
        a_clinic_with_messages(server, template, count) as (name, app),
        a_gateway(keyed=keyed, seed=kills, well=70) as gateway,
    ):
        settings = environ(server, name, tmp_path / "data", gateway, keyed)
        hits = killed(settings, kills, tmp_path / "jobs.log")
        leave_to_the_next(server, name)
        send_the_rest(server, name, app, PlainGateway(gateway.url, None, timedelta(days=keyed)))
        taken, ledger = gateway.taken(), ledger_of(server, name)
    told = Counter(status for _, status in ledger)
    print(f"{kills:,} kills at {len(hits)} moments, {len(ledger):,} messages: {dict(told)}")
    assert set(hits) == set(MOMENTS)
    assert min(hits.values()) >= kills // len(MOMENTS) // 2
    # None doubled, and none sent that is not in our ledger.
    assert max(taken.values()) == 1
    assert set(taken) <= {key for key, _ in ledger}
    # None silently lost: what we call sent was taken, and of the rest everybody sees it.
    assert [key for key, status in ledger if status == "sent" and key not in taken] == []
    assert set(told) <= ({"sent"} if keyed else {"sent", "unknown"})


@pytest.mark.proof
@pytest.mark.timeout(300)
def test_five_processes_share_the_work_whatever_is_done_to_them(
    server: Server, template: str, tmp_path: Path, size: Size
) -> None:
    """I35, I38: killed, frozen past their lease and stopped; whatever may have gone is seen within
    one and a half leases."""
    count = size(ci=1_000, proof=3_000)
    with (
        a_clinic_with_messages(server, template, count) as (name, _),
        a_gateway(keyed=False) as gateway,
        as_superuser(server, name) as connection,
    ):
        connection.execute(WATCHED)
        settings = environ(server, name, tmp_path / "data", gateway, keyed=False)
        settings["MESSAGE_LEASE_SECONDS"] = str(LONG_LEASE_SECONDS)
        with troubled(settings, count, tmp_path / "jobs.log") as process:
            left = "SELECT count(*) FROM messages WHERE status IN ('planned', 'claimed', 'sending')"
            while connection.execute(left).fetchone() != (0,):
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(timeout=0.2)
            out, _ = process.communicate("")
        ((late,),) = connection.execute("SELECT coalesce(max(seconds), 0) FROM freed").fetchall()
        taken, ledger = gateway.ledger()["taken"], ledger_of(server, name)
    told, harm = Counter(status for _, status in ledger), json.loads(out)
    shares = Counter(text["authorization"] for text in taken)
    print(
        f"{len(ledger):,} messages: {dict(told)}, {harm}, shares {sorted(shares.values())},"
        f" free at most {late:.2f} s after a lease of {LONG_LEASE_SECONDS} s"
    )
    assert set(harm) == {"SIGKILL", "SIGSTOP", "SIGTERM"}
    assert late <= LONG_LEASE_SECONDS / 2
    keys = Counter(text["key"] for text in taken)
    assert max(keys.values()) == 1
    assert {key for key, status in ledger if status == "sent"} <= set(keys)
    assert set(told) <= {"sent", "unknown"}
    assert len(shares) == 5
    # In few messages a process that was killed early has no time to catch up.
    fair = 3 if count >= 10_000 else 12
    assert min(shares.values()) >= len(taken) / 5 / fair
