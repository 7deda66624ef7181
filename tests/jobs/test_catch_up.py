"""The jobs were stopped for three days: what is still of use goes, and of the rest it says why.

The jobs stop on Sunday, 29 November 2026 at noon in Phoenix and go on three days later.
"""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from scheduler import embedded
from scheduler.messages.channels_files import FileOutbox
from scheduler.messages.model import DueMessage, enter_in_ledger
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import Outcome
from tests.builders import a_clinic
from tests.conftest import Size, as_superuser
from tests.jobs.ticking import FROM, At, a_booking, instant, tick

STOPPED, HOURS = "2026-11-29T12:00", 72
ZONES = ("America/Phoenix", "America/New_York", "Pacific/Honolulu", "Europe/Madrid")

# Copies of one visit with its chair, patient and consents; nobody lies in the way of anybody.
MANY = """
    CREATE FUNCTION pg_temp.id(what text, n int) RETURNS uuid LANGUAGE sql AS
        $$ SELECT md5(what || n)::uuid $$;
    CREATE TEMP TABLE made AS SELECT n, %(first)s + n %% 480 * interval '25 minutes' AS starts_at
        FROM generate_series(1, %(count)s) AS n;
    INSERT INTO chairs SELECT (jsonb_populate_record(c, jsonb_build_object(
            'id', pg_temp.id('chair', n), 'label', 'Copy ' || n))).*
        FROM made, (SELECT c FROM chairs c LIMIT 1);
    INSERT INTO patients (clinic_id, id, given_name, family_name, birth_date, phone, email,
            time_zone, language, preferred_channel, status, created_at, version)
        SELECT clinic_id, pg_temp.id('patient', n), given_name, family_name, birth_date, phone,
            'copy' || n || '@example.com', (%(zones)s::text[])[1 + n %% 4], language,
            preferred_channel, status, created_at, version
        FROM made, patients;
    INSERT INTO consents SELECT (jsonb_populate_record(c, jsonb_build_object(
            'id', pg_temp.id('consent' || (c).purpose, n),
            'patient_id', pg_temp.id('patient', n)))).*
        FROM made, (SELECT c FROM consents c);
    INSERT INTO sessions SELECT (jsonb_populate_record(s, jsonb_build_object(
            'id', pg_temp.id('session', n), 'series_id', NULL,
            'patient_id', pg_temp.id('patient', n), 'chair_id', pg_temp.id('chair', n),
            'starts_at', starts_at, 'ends_at', starts_at + interval '40 minutes',
            'block_starts_at', starts_at - interval '15 minutes',
            'block_ends_at', starts_at + interval '80 minutes'))).*
        FROM made, (SELECT s FROM sessions s);
"""


class Noted(FileOutbox):
    """Notes what is sent and when; nothing is written, as it would be thousands of files."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"), FROM)
        self.sent: list[tuple[str, datetime]] = []

    def send(self, outgoing: Outgoing) -> Outcome:
        (visit,) = outgoing.visits
        self.sent.append((str(visit.session_id), outgoing.at))
        return Outcome("sent")


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_after_three_days_each_visit_is_reminded_of_once_at_most_and_in_time(
    app: Flask, at: At, server: embedded.Server, database: str, size: Size
) -> None:
    """I36, I38, I39. Three days are never a backlog to hold: they go without a person's word."""
    count = size(ci=240, proof=2_000)
    clinic = a_clinic(app)
    a_booking(clinic)
    with as_superuser(server, database) as connection:
        connection.execute("SET session_replication_role = replica")
        first = instant(STOPPED) - timedelta(hours=4)
        asked = {"first": first, "count": count, "zones": list(ZONES)}
        for statement in MANY.split(";\n")[:-1]:
            connection.execute(statement.encode(), asked if "%(" in statement else None)
        rows = connection.execute(
            "SELECT s.id::text, s.starts_at, coalesce(p.time_zone, 'America/Phoenix')"
            " FROM sessions s JOIN patients p ON p.id = s.patient_id"
        ).fetchall()
    visits = {key: (starts_at, ZoneInfo(zone)) for key, starts_at, zone in rows}
    assert len(visits) == count + 1
    tick(app, STOPPED, {"email": Noted()})

    back = instant(STOPPED) + timedelta(hours=HOURS)
    noted = Noted()
    # As it comes back, and until the next morning of the last of them.
    for hour in range(24):
        tick(app, back + timedelta(hours=hour), {"email": noted})
        if hour == 0:
            assert max(Counter(key for key, _ in noted.sent).values()) == 1
            assert len(noted.sent) > count / 20
    for key, went_at in noted.sent:
        starts_at, zone = visits[key]
        assert went_at < starts_at - timedelta(minutes=59)
        assert 8 <= went_at.astimezone(zone).hour < 21
    with as_superuser(server, database) as connection:
        told = connection.execute(
            "SELECT session_id::text, rule, status, reason FROM messages WHERE due_at <= %s",
            [back],
        ).fetchall()
    # Each visit that was ahead when they stopped has its reminders that fell due meanwhile.
    assert {
        key for key, (starts_at, _) in visits.items() if back - timedelta(days=2) < starts_at < back
    } <= {key for key, *_ in told}
    ends = Counter((status, reason) for _, _, status, reason in told)
    print(f"{count:,} visits: {dict(ends)}")
    assert {status for status, _ in ends} <= {"sent", "skipped"}
    assert {reason for status, reason in ends if status == "skipped"} <= {
        "superseded",
        "too_late",
        "night",
    }
    assert min(ends["sent", None], ends["skipped", "too_late"]) > 0


def test_more_may_have_fallen_due_than_one_statement_takes(app: Flask, at: At) -> None:
    """I38: of 65,535 values; a message is 16 of them."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    ids = UUID(session["id"]), UUID(session["patient_id"])
    when = instant(STOPPED)
    due = [
        DueMessage("reminder", f"{days}d_before", *ids, 1, when, when + timedelta(days=1), "email")
        for days in range(1, 4_201)
    ]
    with clinic.work(when) as work:
        assert enter_in_ledger(work, due) == len(due)
    with clinic.work(when) as work:
        assert enter_in_ledger(work, due) == 0
