"""Mail by SMTP, against a real server that refuses, breaks off, hangs or is away.

The visits are on Tuesday, 1 December 2026; their first reminder is due on Saturday at 09:30.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from scheduler import embedded
from scheduler.messages import channels_mail
from scheduler.messages.channels_mail import SmtpMail
from scheduler.messages.model import Message
from tests.builders import ClinicKit, a_cleared_patient, a_clinic
from tests.conftest import as_superuser
from tests.jobs.smtp_sink import CLOSE, HOLD, a_sink
from tests.jobs.ticking import FROM, Outbox, a_booking, ends, instant, ledger, tick, words_of

pytestmark = pytest.mark.usefixtures("at")

DUE, NOON = "2026-11-28T09:30", "2026-11-28T12:00"


def mail_to(url: str) -> "closing[SmtpMail]":
    """The mail channel, let go of at the end of the block."""
    return closing(SmtpMail(url, FROM))


def an_empty_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def a_strange_server(greeting: bytes) -> Iterator[str]:
    """It says this much to whoever connects, and nothing more, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        met: list[socket.socket] = []

        def greet() -> None:
            while True:
                try:
                    one, _ = listening.accept()
                except OSError:
                    return
                met.append(one)
                one.sendall(greeting)

        thread = threading.Thread(target=greet)
        thread.start()
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in met:
            one.close()


def test_a_mail_names_the_clinic_neutrally_and_itself_always_the_same(app: Flask) -> None:
    """I35: the first attempt is refused for the moment; the second is the very same mail."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    with a_sink() as sink, mail_to(sink.url) as mail:
        sink.replies["DATA"].append("451 try again")
        tick(app, DUE, {"email": mail})
        tick(app, "2026-11-28T09:31", {"email": mail})
    first, second = sink.offered
    assert second is sink.mails[0]
    (row,) = ledger(clinic)
    assert first["Message-ID"] == second["Message-ID"] == f"<{row['id']}@clinic.example>"
    assert str(second["From"]) == f"Sonoran Care <{FROM}>"
    assert second["To"] == row["address"]
    assert second["Subject"] == "Sonoran Care: appt Tue Dec 1 9:30 AM"
    assert second["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(second["Date"]) == instant("2026-11-28T09:31")
    assert "Tuesday, December 1, at 9:30 AM" in words_of(second)
    assert (row["status"], row["attempts"]) == ("sent", 2)
    assert datetime.fromisoformat(row["sent_at"]) == instant("2026-11-28T09:31")
    assert row["session_id"] == session["id"]


def test_a_mail_has_a_plain_part_a_page_and_an_event_for_the_calendar(app: Flask) -> None:
    """I42, I47: the event's method stands in the MIME type too, or calendars take no notice."""
    clinic = a_clinic(app, name="Sonoran & Care")
    session = a_booking(clinic)
    with a_sink() as sink, mail_to(sink.url) as mail:
        tick(app, DUE, {"email": mail})
    (taken,) = sink.mails
    plain, page, event = taken.iter_parts()
    assert taken.get_content_type() == "multipart/alternative"
    types = ["text/plain", "text/html", "text/calendar"]
    assert [part.get_content_type() for part in (plain, page, event)] == types
    assert "Sonoran &amp; Care on Tuesday, December 1" in page.get_content()
    assert dict(event["Content-Type"].params)["method"] == "REQUEST"
    (visit,) = Calendar.from_ical(event.get_content()).walk("VEVENT")
    assert visit["UID"] == session["id"]
    assert visit["SEQUENCE"] == session["time_version"]
    assert visit.decoded("DTSTART") == datetime.fromisoformat(session["starts_at"])
    # The infusion's 40 minutes and the 30 that the patient stays on.
    assert visit.decoded("DTEND") - visit.decoded("DTSTART") == timedelta(minutes=70)
    assert visit["SUMMARY"] == "Appointment, Sonoran & Care"
    assert visit["ATTENDEE"] == f"mailto:{taken['To']}"


def test_a_mail_speaks_the_patients_language_in_each_of_its_parts(app: Flask) -> None:
    """I42, I47."""
    clinic = a_clinic(app)
    a_booking(clinic, a_cleared_patient(clinic, language="es"))
    with a_sink() as sink, mail_to(sink.url) as mail:
        tick(app, DUE, {"email": mail})
    (taken,) = sink.mails
    plain, page, event = taken.iter_parts()
    assert taken["Subject"] == "Sonoran Care: cita mar 1 dic 9:30 AM"
    assert "el martes 1 de diciembre a las 9:30 AM" in plain.get_content()
    assert '<html lang="es">' in page.get_content()
    (visit,) = Calendar.from_ical(event.get_content()).walk("VEVENT")
    assert visit["SUMMARY"] == "Cita, Sonoran Care"


def test_many_mails_take_one_connection(app: Flask) -> None:
    """In one tick and over the next."""
    clinic = a_clinic(app, chairs=3)
    for nth in range(5):
        a_booking(clinic, at=f"{9 + nth // 3 * 2:02}:00")
    with a_sink() as sink, mail_to(sink.url) as mail:
        assert tick(app, NOON, {"email": mail}) == {"reminder 3d_before: sent": 5}
        assert tick(app, "2026-11-30T12:00", {"email": mail}) == {"reminder 1d_before: sent": 5}
        assert len({mail["Message-ID"] for mail in sink.mails}) == 10
        assert sink.connections == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "then", "at_last"),
    [
        ("421 shutting down", ("planned", "smtp_421"), ("sent", None)),
        ("451 greylisted", ("planned", "smtp_451"), ("sent", None)),
        ("550 no such person", ("failed", "smtp_550"), ("failed", "smtp_550")),
        ("554 not from you", ("failed", "smtp_554"), ("failed", "smtp_554")),
    ],
)
def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(
    app: Flask, verb: str, reply: str, then: tuple[str, str], at_last: tuple[str, str | None]
) -> None:
    """I38: and the message after it goes at once."""
    clinic = a_clinic(app)
    for time in ("09:00", "11:00"):
        a_booking(clinic, at=time)
    with a_sink() as sink, mail_to(sink.url) as mail:
        sink.replies[verb].append(reply)
        tick(app, NOON, {"email": mail})
        assert {row[1:] for row in ends(clinic)} == {then, ("sent", None)}
        tick(app, "2026-11-28T12:01", {"email": mail})
    assert {row[1:] for row in ends(clinic)} == {at_last, ("sent", None)}
    assert len(sink.mails) == 1 + (at_last[0] == "sent")


def test_a_server_that_breaks_off_after_the_text_leaves_it_unknown(app: Flask) -> None:
    """I35, I38: it had taken that mail; sending it again would have doubled it."""
    clinic = a_clinic(app)
    for time in ("09:00", "11:00"):
        a_booking(clinic, at=time)
    with a_sink() as sink, mail_to(sink.url) as mail:
        sink.replies["DATA"].append(CLOSE)
        for moment in (NOON, "2026-11-28T15:00", "2026-11-29T15:00"):
            tick(app, moment, {"email": mail})
    assert {row[1:] for row in ends(clinic)} == {
        ("unknown", "mail_server_broke_off"),
        ("sent", None),
    }
    assert len(sink.mails) == 2


def test_a_server_that_never_answers_the_text_leaves_it_unknown(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I35, I38."""
    monkeypatch.setattr(channels_mail, "TIMEOUT_SECONDS", 0.3)
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_sink() as sink, mail_to(sink.url) as mail:
        sink.replies["DATA"].append(HOLD)
        tick(app, DUE, {"email": mail})
        tick(app, NOON, {"email": mail})
    assert ends(clinic) == [("3d_before", "unknown", "mail_server_broke_off")]
    assert len(sink.mails) == 1


def test_a_server_that_comes_back_gets_what_waited(app: Flask) -> None:
    """I38: refused connections are certain, so they are tried again."""
    clinic = a_clinic(app)
    a_booking(clinic)
    port = an_empty_port()
    with mail_to(f"smtp://127.0.0.1:{port}") as mail:
        done = tick(app, DUE, {"email": mail})
        assert done == {"reminder 3d_before: planned": 1}
        assert ends(clinic) == [("3d_before", "planned", "mail_server_away")]
        with a_sink(port) as sink:
            tick(app, "2026-11-28T09:31", {"email": mail})
            assert len(sink.mails) == 1
    assert ends(clinic) == [("3d_before", "sent", None)]


def test_a_connection_the_server_has_dropped_is_made_anew(app: Flask) -> None:
    """I38: nothing is lost by the idle time between two ticks."""
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_sink() as sink, mail_to(sink.url) as mail:
        tick(app, DUE, {"email": mail})
        assert mail.connection
        assert mail.connection.sock
        mail.connection.sock.shutdown(socket.SHUT_RDWR)
        done = tick(app, "2026-11-30T09:30", {"email": mail})
        assert done == {"reminder 1d_before: sent": 1}
        assert (len(sink.mails), sink.connections) == (2, 2)


def test_a_connection_the_server_closes_at_the_next_mail_is_made_anew(app: Flask) -> None:
    """I38: it says so in its answer to the mail's first command."""
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_sink() as sink, mail_to(sink.url) as mail:
        tick(app, DUE, {"email": mail})
        sink.replies["MAIL"].append("421 idle for too long")
        done = tick(app, "2026-11-30T09:30", {"email": mail})
        assert done == {"reminder 1d_before: sent": 1}
        assert (len(sink.mails), sink.connections) == (2, 2)


@pytest.mark.parametrize("greeting", [b"554 closed for the day\r\n", b"", b"HTTP/1.1 400 Bad\r\n"])
def test_a_server_that_does_not_speak_to_us_is_no_fault_of_the_message(
    app: Flask, monkeypatch: pytest.MonkeyPatch, greeting: bytes
) -> None:
    """I38: it is tried again, however final the greeting sounds."""
    monkeypatch.setattr(channels_mail, "TIMEOUT_SECONDS", 0.3)
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_strange_server(greeting) as url, mail_to(url) as mail:
        tick(app, DUE, {"email": mail})
    assert ends(clinic) == [("3d_before", "planned", "mail_server_away")]


def test_mail_is_handed_over_with_the_configured_login(app: Flask) -> None:
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_sink(logins=True) as sink:
        url = f"smtp://clinic%40example.com:open%20sesame@127.0.0.1:{sink.port}"
        with mail_to(url) as mail:
            assert tick(app, DUE, {"email": mail}) == {"reminder 3d_before: sent": 1}
    assert sink.logins == ["clinic@example.com"]


def test_a_wrong_password_is_no_fault_of_the_message(app: Flask) -> None:
    """I38: once it is put right, what waited goes."""
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_sink(logins=True) as sink:
        with mail_to(f"smtp://clinic:wrong@127.0.0.1:{sink.port}") as mail:
            tick(app, DUE, {"email": mail})
        assert ends(clinic) == [("3d_before", "planned", "mail_server_away")]
        with mail_to(f"smtp://clinic:open%20sesame@127.0.0.1:{sink.port}") as mail:
            tick(app, NOON, {"email": mail})
    assert ends(clinic) == [("3d_before", "sent", None)]


def test_nothing_goes_in_the_clear_where_tls_was_asked_for(app: Flask) -> None:
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_sink() as sink, mail_to(f"{sink.url}?starttls=1") as mail:
        tick(app, DUE, {"email": mail})
    assert ends(clinic) == [("3d_before", "planned", "mail_server_away")]
    assert sink.offered == []


@pytest.mark.parametrize("address", ["josé@example.com", "a@example.com\nBcc: b@example.com"])
@pytest.mark.parametrize("channel", ["files", "smtp"])
def test_an_address_that_no_mail_can_bear_fails_and_stops_no_other(
    app: Flask,
    outbox: Outbox,
    server: embedded.Server,
    database: str,
    address: str,
    channel: str,
) -> None:
    """I38: nothing went out, and the next mail on the same connection does."""
    clinic = a_clinic(app)
    patients = [a_cleared_patient(clinic) for _ in range(2)]
    for patient_id, time in zip(patients, ("09:00", "11:00"), strict=True):
        a_booking(clinic, patient_id, at=time)
    with as_superuser(server, database) as connection:
        forced = "UPDATE patients SET email = %s WHERE id = %s"
        connection.execute(forced, [address, patients[0]])
    with a_sink() as sink, mail_to(sink.url) as mail:
        tick(app, NOON, {"email": mail} if channel == "smtp" else outbox.channels)
    assert [row[1:] for row in ends(clinic)] == [("failed", "bad_address"), ("sent", None)]
    assert len(sink.mails if channel == "smtp" else outbox.files) == 1


def of_rule(clinic: ClinicKit, rule: str) -> Message:
    with clinic.work() as work:
        return work.session.scalars(select(Message).where(Message.rule == rule)).one()


def test_a_dead_server_is_asked_less_and_less_until_the_message_is_of_no_use(app: Flask) -> None:
    """I38: after 30 s, then twice as long each time, an hour at most, each ±20 %."""
    clinic = a_clinic(app)
    a_booking(clinic)
    waits: list[float] = []
    now = instant("2026-12-01T08:00")
    last = instant("2026-12-01T08:30")
    with mail_to(f"smtp://127.0.0.1:{an_empty_port()}") as mail:
        tick(app, now, {"email": mail})
        while (row := of_rule(clinic, "1d_before")).status == "planned":
            assert row.next_attempt_at < last
            waits.append((row.next_attempt_at - now) / timedelta(seconds=1))
            assert tick(app, row.next_attempt_at - timedelta(seconds=1), {"email": mail}) == {}
            now = row.next_attempt_at
            tick(app, now, {"email": mail})
    assert (row.status, row.reason) == ("failed", "mail_server_away")
    assert 5 <= len(waits) <= 6
    for nth, wait in enumerate(waits):
        assert 0.8 * 30 * 2**nth <= wait <= 1.2 * 30 * 2**nth
