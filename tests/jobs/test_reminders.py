"""Reminders: when they go, when they no longer do, and that none is lost or doubled.

The visit is on Tuesday, 1 December 2026, at 09:30 in Phoenix: its reminders are due on Saturday
and on Monday at 09:30.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from scheduler import embedded
from scheduler.patients.actions import change_patient
from scheduler.series.actions import book_series
from scheduler.series.rules import Order
from tests.builders import ANY, ClinicKit, a_cleared_patient, a_clinic, a_protocol
from tests.conftest import as_superuser
from tests.jobs.ticking import (
    At,
    Outbox,
    a_booking,
    begin_send,
    cancel,
    claimed,
    ends,
    instant,
    move,
    step,
    tick,
)

pytestmark = pytest.mark.usefixtures("at")

T_3, T_1, START = "2026-11-28T09:30", "2026-11-30T09:30", "2026-12-01T09:30"
MINUTE = timedelta(minutes=1)
THREE, ONE = {"reminder 3d_before: sent": 1}, {"reminder 1d_before: sent": 1}


def test_one_reminder_goes_three_days_before_and_one_a_day_before(
    app: Flask, outbox: Outbox
) -> None:
    """I35: one each, and nothing at any other time."""
    clinic = a_clinic(app)
    a_booking(clinic)
    done = [
        tick(app, instant(moment) + minutes * MINUTE, outbox.channels)
        for moment in (T_3, T_1)
        for minutes in (-1, 0, 1, 600)
    ]
    assert done == [{}, THREE, {}, {}, {}, ONE, {}, {}]
    assert tick(app, START, outbox.channels) == {}
    subjects = [mail["Subject"] for mail in outbox.mails]
    assert subjects == ["Sonoran Care: appt Tue Dec 1 9:30 AM"] * 2


@pytest.mark.parametrize(
    ("zone", "first_on", "due"),
    [
        ("America/New_York", "2027-03-15", "2027-03-12T09:30-05:00"),
        ("Europe/Berlin", "2027-03-29", "2027-03-26T09:30+01:00"),
    ],
)
def test_a_reminder_keeps_the_wall_time_over_a_clock_change(
    app: Flask, outbox: Outbox, zone: str, first_on: str, due: str
) -> None:
    """I23: the visit is on the day after the change, and T-1 d falls on the short day."""
    clinic = a_clinic(app, zone=zone)
    a_booking(clinic, first_on=first_on)
    one = instant(due) + timedelta(hours=47)
    moments = (instant(due) - MINUTE, instant(due), one - MINUTE, one)
    assert [tick(app, each, outbox.channels) for each in moments] == [{}, THREE, {}, ONE]


def test_nothing_is_sent_for_a_cancelled_visit(app: Flask, outbox: Outbox) -> None:
    """I36."""
    clinic = a_clinic(app)
    cancel(clinic, a_booking(clinic))
    assert [tick(app, moment, outbox.channels) for moment in (T_3, T_1)] == [{}, {}]
    assert ends(clinic) == []


def test_a_moved_visit_is_reminded_of_by_its_new_time(app: Flask, outbox: Outbox) -> None:
    """I37: once each, although the old time's first reminder had gone."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    tick(app, T_3, outbox.channels)
    move(clinic, session, days=2)
    moments = ("2026-11-30T09:29", T_1, "2026-12-02T09:29", "2026-12-02T09:30", "2026-12-03T09:00")
    assert [tick(app, each, outbox.channels) for each in moments] == [{}, THREE, {}, ONE, {}]
    said = [mail["Subject"].removeprefix("Sonoran Care: appt ") for mail in outbox.mails]
    assert said == ["Tue Dec 1 9:30 AM", "Thu Dec 3 9:30 AM", "Thu Dec 3 9:30 AM"]


def becomes(status: str) -> Callable[[ClinicKit, dict[str, Any]], None]:
    """The patient's status changes."""

    def change(clinic: ClinicKit, session: dict[str, Any]) -> None:
        with clinic.work() as work:
            change_patient(work, UUID(session["patient_id"]), ANY, {"status": status})

    return change


@pytest.mark.parametrize(
    ("happens", "three", "one"),
    [
        (lambda _clinic, _session: None, ("skipped", "superseded"), ("sending", None)),
        (cancel, *[("cancelled", "session_changed")] * 2),
        (lambda clinic, session: move(clinic, session, 1), *[("cancelled", "session_changed")] * 2),
        (lambda c, session: step(c, session, "arrive"), *[("cancelled", "session_changed")] * 2),
        (becomes("deceased"), *[("skipped", "patient_deceased")] * 2),
        (becomes("discharged"), *[("skipped", "patient_discharged")] * 2),
    ],
    ids=["nothing", "cancelled", "moved", "arrived", "deceased", "discharged"],
)
def test_what_happens_after_the_claim_is_seen_before_anything_goes(
    app: Flask, at: At, outbox: Outbox, happens: Any, three: Any, one: Any
) -> None:
    """I36, I37, I58: the jobs were down until the morning of the visit."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    messages = claimed(clinic, "2026-12-01T08:00")
    at("2026-12-01T08:01:00-07:00")
    happens(clinic, session)
    for message_id in messages:
        with clinic.work() as work:
            begin_send(work, message_id, outbox.channels)
    assert ends(clinic) == [("3d_before", *three), ("1d_before", *one)]


@pytest.mark.parametrize("table", ["sessions", "patients", "consents"])
def test_what_a_message_depends_on_cannot_change_between_the_look_and_the_commit(
    app: Flask, outbox: Outbox, server: embedded.Server, database: str, table: str
) -> None:
    """I37, I40, I58: at the commit that begins a send, what it says and needs still holds."""
    clinic = a_clinic(app)
    a_booking(clinic)
    (message_id,) = claimed(clinic, T_3)
    look = f"SELECT FROM {table} FOR NO KEY UPDATE NOWAIT"
    with as_superuser(server, database) as other:
        with clinic.work(instant(T_3)) as work:
            other.execute(look.encode())
            assert begin_send(work, message_id, outbox.channels)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(look.encode())
        other.execute(look.encode())


@pytest.mark.parametrize(
    ("back_at", "three", "one"),
    [
        ("2026-11-29T12:00", "sent", None),
        ("2026-11-30T09:29", "sent", None),
        (T_1, "superseded", "sent"),
        ("2026-11-30T20:59", "superseded", "sent"),
        ("2026-12-01T08:00", "superseded", "sent"),
        ("2026-12-01T08:29", "superseded", "sent"),
        ("2026-12-01T08:30", "too_late", "too_late"),
        ("2026-12-01T09:31", "too_late", "too_late"),
        ("2026-12-03T12:00", "too_late", "too_late"),
    ],
)
def test_after_a_stop_the_nearest_reminder_goes_or_says_why_not(
    app: Flask, outbox: Outbox, back_at: str, three: str, one: str | None
) -> None:
    """I38: each that fell due ends in one state, and never two mails at once."""
    clinic = a_clinic(app)
    a_booking(clinic)
    tick(app, "2026-11-27T12:00", outbox.channels)
    tick(app, back_at, outbox.channels)
    tick(app, back_at, outbox.channels)
    found = [(rule, reason or status) for rule, status, reason in ends(clinic)]
    expected = [("3d_before", three)] + ([("1d_before", one)] if one else [])
    assert found == expected
    assert len(outbox.mails) == ("sent" in (three, one))


def test_a_booking_that_commits_behind_the_mark_is_still_seen(
    app: Flask, at: At, outbox: Outbox
) -> None:
    """I38: it began before the tick that moved the mark past its reminder."""
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    a_booking(clinic)
    at("2026-11-28T09:28:00-07:00")
    order = Order(
        patient_id=patient_id, first_on=date(2026, 12, 1), at=time(9, 30), sessions=1, minutes=40
    )
    with clinic.work() as work:
        book_series(work, order)
        work.session.flush()
        assert tick(app, "2026-11-28T09:40", outbox.channels) == THREE
    assert tick(app, "2026-11-28T09:44", outbox.channels) == THREE
    assert tick(app, "2026-11-28T09:44", outbox.channels) == {}


QUIET = [
    # The patient's zone, what is tried when (Phoenix), and how the ledger stands then.
    ("America/New_York", [("2026-11-28T09:30", "sent")]),
    # 09:30 in Phoenix is 06:30 in Honolulu: due at the end of their night.
    ("Pacific/Honolulu", [("2026-11-28T10:59", None), ("2026-11-28T11:00", "sent")]),
    # The jobs were down. 19:30 in Phoenix is 21:30 in New York: it waits for their morning.
    (None, [("2026-11-28T19:30", "sent")]),
    ("America/New_York", [("2026-11-28T18:59", "sent")]),
    (
        "America/New_York",
        [
            ("2026-11-28T19:30", "planned"),
            ("2026-11-29T05:59", "planned"),
            ("2026-11-29T06:00", "sent"),
        ],
    ),
    # And where no zone is known, for the clinic's.
    (
        None,
        [
            ("2026-11-28T21:00", "planned"),
            ("2026-11-29T07:59", "planned"),
            ("2026-11-29T08:00", "sent"),
        ],
    ),
]


@pytest.mark.parametrize(("zone", "tries"), QUIET)
def test_nothing_goes_in_the_quiet_hours_of_the_recipient(
    app: Flask, outbox: Outbox, zone: str | None, tries: list[tuple[str, str | None]]
) -> None:
    """I39: from 21:00 to 08:00 in the patient's zone, or the clinic's if theirs is unknown."""
    clinic = a_clinic(app)
    a_booking(clinic, a_cleared_patient(clinic, time_zone=zone))
    for moment, status in tries:
        tick(app, moment, outbox.channels)
        assert [row[1] for row in ends(clinic)] == ([status] if status else [])
        assert len(outbox.mails) == (status == "sent")


def test_a_night_that_ends_too_near_the_visit_drops_the_reminder_and_says_so(
    app: Flask, outbox: Outbox
) -> None:
    """I38, I39: 08:00 in Honolulu would be 11:00 in Phoenix, after the visit."""
    clinic = a_clinic(app)
    a_booking(clinic, a_cleared_patient(clinic, time_zone="Pacific/Honolulu"))
    tick(app, "2026-12-01T07:00", outbox.channels)
    assert ends(clinic) == [
        ("3d_before", "skipped", "superseded"),
        ("1d_before", "skipped", "night"),
    ]


def test_a_patient_elsewhere_reads_whose_time_it_is(app: Flask, outbox: Outbox) -> None:
    clinic = a_clinic(app)
    a_booking(clinic, a_cleared_patient(clinic, time_zone="America/New_York"))
    tick(app, T_3, outbox.channels)
    (mail,) = outbox.mails
    assert mail["Subject"] == "Sonoran Care: appt Tue Dec 1 9:30 AM MST"


def test_a_reminder_that_would_come_before_the_visit_before_does_not_apply(
    app: Flask, outbox: Outbox
) -> None:
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    daily = str(a_protocol(clinic))
    for on in ("2026-12-01", "2026-12-03"):
        a_booking(clinic, patient_id, first_on=on, protocol_id=daily)
    days = ("11-28", "11-30", "12-02")
    done = [tick(app, f"2026-{day}T09:30", outbox.channels) for day in days]
    assert done == [THREE, ONE, ONE]


def test_a_zone_nobody_knows_any_more_counts_as_unknown(
    app: Flask, outbox: Outbox, server: embedded.Server, database: str
) -> None:
    """I38, I39: one row that cannot be read does not stop the clinic's others."""
    clinic = a_clinic(app)
    patients = [a_cleared_patient(clinic) for _ in range(2)]
    for patient_id in patients:
        a_booking(clinic, patient_id)
    with as_superuser(server, database) as connection:
        forced = "UPDATE patients SET time_zone = 'Mars/Phobos' WHERE id = %s"
        connection.execute(forced, [patients[0]])
    assert tick(app, T_3, outbox.channels) == {"reminder 3d_before: sent": 2}
