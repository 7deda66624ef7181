"""Notices: what a patient is told at once, what costs no message, and what a calendar is told.

All is booked on Monday, 23 November 2026, at 08:00 in Phoenix, for Tuesdays at 09:30.
"""

from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from icalendar import Calendar

from scheduler.messages import model_claims
from scheduler.messages.channels_mail import SmtpMail
from scheduler.messages.channels_text import PlainGateway
from scheduler.messages.model_claims import release
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, an_order
from tests.gateway.running import a_gateway
from tests.jobs.smtp_sink import CLOSE, a_sink
from tests.jobs.test_texts import texted
from tests.jobs.ticking import (
    FROM,
    At,
    Outbox,
    a_booking,
    begin_send,
    claimed,
    ends,
    ledger,
    step,
    tick,
    words_of,
)
from tests.rules.test_event import Agenda

ALL = ("booked", "changed", "cancelled", "missed")
TOLD, LATER = "2026-11-23T09:03", "2026-11-23T12:00"

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def nine(at: At) -> At:
    at("2026-11-23T09:00:00-07:00")
    return at


def a_series(clinic: ClinicKit, patient_id: UUID | None = None, sessions: int = 6) -> Json:
    patient_id = patient_id or a_cleared_patient(clinic)
    answer = clinic.desk.post("/v1/series", an_order(patient_id, sessions=sessions))
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def rescheduled(clinic: ClinicKit, session: Json, starts_at: str) -> Json:
    return step(clinic, session, "reschedule", starts_at=f"{starts_at}:00-07:00")


def cancelled(clinic: ClinicKit, session: Json, by: str = "clinic") -> Json:
    return step(clinic, session, "cancel", reason="a leak", by=by)


def test_a_booking_is_told_three_minutes_later_and_once(app: Flask, outbox: Outbox) -> None:
    clinic = a_clinic(app, notices=ALL)
    a_booking(clinic)
    done = [tick(app, at, outbox.channels) for at in ("2026-11-23T09:02", TOLD, TOLD, LATER)]
    assert done == [{}, {"notice booked: sent": 1}, {}, {}]
    (mail,) = outbox.mails
    assert mail["Subject"] == "Sonoran Care: appt booked, Tue Dec 1 9:30 AM"


def test_a_series_of_six_is_told_in_one_message(app: Flask, outbox: Outbox) -> None:
    clinic = a_clinic(app, notices=ALL)
    series = a_series(clinic, a_cleared_patient(clinic, language="es"))
    assert tick(app, TOLD, outbox.channels) == {"notice booked: sent": 1}
    (mail,) = outbox.mails
    assert mail["Subject"] == "Sonoran Care: 6 citas reservadas"
    assert words_of(mail).count("a las 9:30 AM") == 6
    page = mail.get_body(("html",))
    assert page is not None
    assert page.get_content().count("a las 9:30 AM<br>") == 5, "each on a line of its own"
    files = [Calendar.from_ical(each.get_content()) for each in mail.iter_attachments()]
    ids = [str(file.walk("VEVENT")[0]["UID"]).partition("@")[0] for file in files]
    assert ids == [each["id"] for each in series["sessions"]]


def test_a_slip_put_right_within_three_minutes_costs_no_message(
    app: Flask, outbox: Outbox, nine: At
) -> None:
    clinic = a_clinic(app, notices=ALL)
    moved, gone = a_booking(clinic), a_booking(clinic)
    nine("2026-11-23T09:02:00-07:00")
    rescheduled(clinic, moved, "2026-12-02T11:00")
    cancelled(clinic, gone)
    assert tick(app, LATER, outbox.channels) == {"notice booked: sent": 1}
    (mail,) = outbox.mails
    assert mail["Subject"] == "Sonoran Care: appt booked, Wed Dec 2 11:00 AM"


def test_of_two_changes_in_a_row_only_the_newest_is_told(
    app: Flask, outbox: Outbox, nine: At
) -> None:
    """I35, I37."""
    clinic = a_clinic(app, notices=ALL)
    session = a_booking(clinic)
    tick(app, TOLD, outbox.channels)
    nine("2026-11-23T10:00:00-07:00")
    session = rescheduled(clinic, session, "2026-12-02T11:00")
    nine("2026-11-23T10:02:00-07:00")
    rescheduled(clinic, session, "2026-12-03T11:00")
    assert tick(app, "2026-11-23T10:03", outbox.channels) == {}
    assert tick(app, LATER, outbox.channels) == {"notice changed: sent": 1}
    assert tick(app, LATER, outbox.channels) == {}
    assert outbox.mails[-1]["Subject"] == "Sonoran Care: appt now Thu Dec 3 11:00 AM"


def test_a_change_that_changes_again_before_it_goes_is_not_told(
    app: Flask, outbox: Outbox, nine: At
) -> None:
    """I37: it had been claimed already."""
    clinic = a_clinic(app, notices=ALL)
    session = a_booking(clinic)
    tick(app, TOLD, outbox.channels)
    nine("2026-11-23T10:00:00-07:00")
    session = rescheduled(clinic, session, "2026-12-02T11:00")
    (message_id,) = claimed(clinic, "2026-11-23T10:03")
    cancelled(clinic, session)
    with clinic.work() as work:
        assert begin_send(work, message_id, outbox.channels) is None
    assert ends(clinic)[1:] == [("changed", "cancelled", "session_changed")]


def test_a_cancelled_series_is_told_once_and_taken_out_of_the_calendar(
    app: Flask, outbox: Outbox, nine: At
) -> None:
    """I47: with a higher sequence, and for those alone that a calendar knows."""
    clinic = a_clinic(app, notices=ALL)
    series = a_series(clinic, sessions=3)
    tick(app, TOLD, outbox.channels)
    nine("2026-11-23T10:00:00-07:00")
    now = clinic.desk.get(f"/v1/series/{series['id']}").get_json()
    answer = clinic.desk.change(
        "POST",
        f"/v1/series/{series['id']}/cancel",
        {"reason": "moving away", "by": "clinic"},
        version=now["version"],
    )
    assert answer.status_code == 200
    assert tick(app, LATER, outbox.channels) == {"notice cancelled: sent": 1}
    mail = outbox.mails[-1]
    assert mail["Subject"] == "Sonoran Care: 3 appts cancelled"
    for part, session in zip(mail.iter_attachments(), series["sessions"], strict=True):
        assert dict(part["Content-Type"].params)["method"] == "CANCEL"
        (event,) = Calendar.from_ical(part.get_content()).walk("VEVENT")
        assert event["STATUS"] == "CANCELLED"
        assert event["UID"] == session["id"]
        assert event["SEQUENCE"] > session["time_version"]


def test_booked_moved_twice_and_cancelled_is_one_event_that_is_cancelled(
    app: Flask, outbox: Outbox, nine: At
) -> None:
    """I47: as a calendar reads the mails, in whatever order they are opened."""
    clinic = a_clinic(app, notices=ALL)
    session = a_booking(clinic)
    tick(app, TOLD, outbox.channels)
    for hour, day in ((10, 2), (11, 3)):
        nine(f"2026-11-23T{hour}:00:00-07:00")
        session = rescheduled(clinic, session, f"2026-12-0{day}T11:00")
        tick(app, f"2026-11-23T{hour}:03", outbox.channels)
    nine("2026-11-23T12:00:00-07:00")
    cancelled(clinic, session)
    tick(app, "2026-11-23T12:03", outbox.channels)
    files = [
        part.get_content()
        for mail in outbox.mails
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]
    assert len(files) == 4
    for order in (files, files[::-1]):
        agenda = Agenda()
        for file in order:
            agenda.take(file)
        assert [status for _, status, _ in agenda.events.values()] == ["CANCELLED"]


def test_what_no_calendar_knows_is_not_cancelled_in_one(
    app: Flask, outbox: Outbox, nine: At
) -> None:
    """I47: no notice of the booking was sent."""
    clinic = a_clinic(app, notices=("cancelled",))
    session = a_booking(clinic)
    nine("2026-11-23T10:00:00-07:00")
    cancelled(clinic, session)
    assert tick(app, LATER, outbox.channels) == {"notice cancelled: sent": 1}
    (mail,) = outbox.mails
    types = [part.get_content_type() for part in mail.iter_parts()]
    assert types == ["text/plain", "text/html"]


def test_a_patient_who_cancelled_is_not_told_of_it(app: Flask, outbox: Outbox, nine: At) -> None:
    clinic = a_clinic(app, notices=ALL)
    session = a_booking(clinic)
    tick(app, TOLD, outbox.channels)
    nine("2026-11-23T10:00:00-07:00")
    cancelled(clinic, session, by="patient")
    assert tick(app, LATER, outbox.channels) == {}


def test_a_missed_visit_is_told_and_an_undone_one_is_not(
    app: Flask, outbox: Outbox, nine: At
) -> None:
    clinic = a_clinic(app, notices=("missed",))
    lost, put_right = a_booking(clinic, at="09:30"), a_booking(clinic, at="09:30")
    nine("2026-12-01T10:05:00-07:00")
    step(clinic, lost, "no-show")
    missed = step(clinic, put_right, "no-show")
    nine("2026-12-01T10:07:00-07:00")
    step(clinic, missed, "undo", reason="the wrong patient")
    assert tick(app, "2026-12-01T10:09", outbox.channels)["notice missed: sent"] == 1
    told = [row["session_id"] for row in ledger(clinic) if row["kind"] == "notice"]
    assert told == [lost["id"]]


def test_a_missed_visit_noted_late_is_told_when_it_is_noted(
    app: Flask, outbox: Outbox, nine: At
) -> None:
    """I38: what happened lies before what was scanned already."""
    clinic = a_clinic(app, notices=("missed",))
    session = a_booking(clinic)
    tick(app, "2026-12-01T15:00", outbox.channels)
    nine("2026-12-01T15:00:00-07:00")
    step(clinic, session, "no-show", happened_at="2026-12-01T10:10:00-07:00")
    assert tick(app, "2026-12-01T15:03", outbox.channels) == {"notice missed: sent": 1}


@pytest.mark.parametrize(
    ("notice", "times"), [("booked", 1), ("changed", 3)], ids=["once", "at least once"]
)
def test_a_change_that_may_have_gone_goes_again_three_times_at_most(
    app: Flask, nine: At, notice: str, times: int
) -> None:
    """I35, I38: of a booking a miss is better than a double, of a change it is not."""
    clinic = a_clinic(app, notices=(notice,))
    session = a_booking(clinic)
    nine("2026-11-23T09:10:00-07:00")
    if notice == "changed":
        rescheduled(clinic, session, "2026-12-02T11:00")
    with a_sink() as sink, closing(SmtpMail(sink.url, FROM)) as mail:
        sink.replies["DATA"] += [CLOSE] * 9
        for hour in range(10, 20):
            tick(app, f"2026-11-23T{hour}:00", {"email": mail})
        assert len(sink.offered) == times
        assert len({each["Message-ID"] for each in sink.offered}) == 1
    assert ends(clinic)[0] == (notice, "unknown", "mail_server_broke_off")


def test_a_change_whose_sender_died_goes_again(app: Flask, outbox: Outbox, nine: At) -> None:
    """I38: nobody can say that it went."""
    clinic = a_clinic(app, notices=("changed",))
    session = a_booking(clinic)
    nine("2026-11-23T09:10:00-07:00")
    rescheduled(clinic, session, "2026-12-02T11:00")
    (message_id,) = claimed(clinic, LATER, lease=timedelta(0))
    with clinic.work() as work:
        outgoing = begin_send(work, message_id, {"email": SmtpMail("smtp://nowhere", FROM)})
        assert outgoing
    with clinic.work() as work:
        assert release(work, [message_id]) == 1
    assert ends(clinic)[0] == ("changed", "planned", "interrupted")


def test_a_notice_is_a_text_where_the_patient_wants_texts(app: Flask) -> None:
    clinic = a_clinic(app, notices=ALL)
    patient_id = texted(clinic, language="es")
    a_series(clinic, patient_id)
    with a_gateway(keyed=True) as gateway:
        channels = {"sms": PlainGateway(gateway.url, None, timedelta(days=1))}
        assert tick(app, TOLD, channels) == {"notice booked: sent": 1}
        assert list(gateway.taken().values()) == [1]


@pytest.mark.parametrize(
    ("change", "reminder"),
    [
        (None, ("skipped", "merged")),
        ("2026-11-24T15:00", ("skipped", "merged")),
        ("2026-11-24T16:00", ("sent", None)),
    ],
    ids=["booked today", "moved before it was told", "moved after"],
)
def test_a_visit_told_of_today_is_not_reminded_of_today(
    app: Flask, outbox: Outbox, nine: At, change: str | None, reminder: tuple[str, str | None]
) -> None:
    """I41: what is due the same day is one message; the notice of a change is off here."""
    clinic = a_clinic(app, notices=("booked",))
    session = a_booking(clinic, first_on="2026-11-24", at="14:30")
    if change == "2026-11-24T15:00":
        nine("2026-11-23T09:01:00-07:00")
        rescheduled(clinic, session, change)
    tick(app, TOLD, outbox.channels)
    if change == "2026-11-24T16:00":
        nine("2026-11-23T09:10:00-07:00")
        rescheduled(clinic, session, "2026-11-24T15:30")
    tick(app, "2026-11-23T16:00", outbox.channels)
    assert ends(clinic)[0] == ("booked", "sent", None)
    assert ("1d_before", *reminder) in ends(clinic)


def test_a_backlog_tells_of_a_visit_before_it_would_remind_of_it(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I41: however few are claimed at a time, they are one message."""
    monkeypatch.setattr(model_claims, "BATCH", 1)
    clinic = a_clinic(app, notices=("booked",))
    a_booking(clinic, first_on="2026-11-24", at="14:30")
    tick(app, "2026-11-23T16:00", outbox.channels)
    assert ends(clinic) == [("booked", "sent", None), ("1d_before", "skipped", "merged")]


def test_a_visit_told_of_yesterday_is_reminded_of_all_the_same(app: Flask, outbox: Outbox) -> None:
    clinic = a_clinic(app, notices=ALL)
    a_booking(clinic, first_on="2026-11-25", at="09:30")
    tick(app, TOLD, outbox.channels)
    tick(app, "2026-11-24T09:30", outbox.channels)
    assert ends(clinic)[-1] == ("1d_before", "sent", None)


def test_a_notice_waits_for_no_reminder_and_the_reminder_for_the_notice(
    app: Flask, outbox: Outbox
) -> None:
    """I41: both are due at once, and what the first says decides of the second."""
    clinic = a_clinic(app, notices=ALL)
    a_booking(clinic, first_on="2026-11-24", at="09:30")
    done = tick(app, "2026-11-23T10:00", outbox.channels)
    assert done == {"notice booked: sent": 1, "reminder 1d_before: skipped (merged)": 1}
    assert len(outbox.mails) == 1
