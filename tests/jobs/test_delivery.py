"""Delivery: one send a key whoever ticks, and nothing that stops the rest.

The visits are on Tuesday, 1 December 2026, at 09:30 in Phoenix if not said.
"""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.orm.exc import StaleDataError

from scheduler import embedded, sending
from scheduler.db import db
from scheduler.messages import actions, model_claims
from scheduler.messages.actions import begin_all
from scheduler.messages.channels_files import FileOutbox
from scheduler.messages.channels_mail import AWAY, SmtpMail
from scheduler.messages.model import Message
from scheduler.messages.model_chunks import entries_of, write
from scheduler.messages.model_claims import claim, expired, release
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import NOT_TRIED, Outcome
from scheduler.outreach.actions import scan
from scheduler.patients.actions import withdraw_consent
from scheduler.patients.model import Consent
from tests.builders import ANY, ClinicKit, a_cleared_patient, a_clinic, a_patient, cleared, consents
from tests.conftest import as_superuser
from tests.jobs.smtp_sink import HOLD, a_sink
from tests.jobs.ticking import (
    FROM,
    At,
    Outbox,
    a_booking,
    a_visit,
    begin_send,
    claimed,
    ends,
    everything_in,
    instant,
    ledger,
    settle,
    tick,
)

pytestmark = pytest.mark.usefixtures("at")

T_3, T_1 = "2026-11-28T09:30", "2026-11-30T09:30"


def booked_at_many_times(clinic: ClinicKit) -> None:
    """Six visits from 09:00 on, on three chairs."""
    for nth in range(6):
        a_booking(clinic, at=f"{9 + nth // 3 * 2:02}:00")


def test_two_ticks_of_one_window_send_once(app: Flask, outbox: Outbox) -> None:
    """I35: also where the first did not move the mark."""
    clinic = a_clinic(app)
    a_booking(clinic)
    done = [tick(app, T_3, outbox.channels, move_mark=moves) for moves in (False, True, True)]
    assert done == [{"reminder 3d_before: sent": 1}, {}, {}]
    assert tick(app, "2026-11-28T09:44", outbox.channels) == {}
    assert len(outbox.files) == 1


def test_ticks_at_the_same_time_send_each_message_once(app: Flask) -> None:
    """I35: four processes at once, the first to scan this clinic ever."""
    clinic = a_clinic(app, chairs=3)
    booked_at_many_times(clinic)
    barrier = threading.Barrier(4)
    done: list[dict[str, int]] = []

    with a_sink() as sink:

        def ticks() -> None:
            mail = SmtpMail(sink.url, FROM)
            barrier.wait()
            try:
                done.append(tick(app, "2026-11-28T12:00", {"email": mail}))
            finally:
                mail.close()

        threads = [threading.Thread(target=ticks) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sent = sum(each.get("reminder 3d_before: sent", 0) for each in done)
        assert len(done) == 4
        assert sent == len({mail["Message-ID"] for mail in sink.mails}) == len(sink.mails) == 6
    assert ends(clinic) == [("3d_before", "sent", None)] * 6


def test_a_claim_leaves_to_others_what_is_claimed_and_waits_for_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I35: the first process has not committed yet."""
    monkeypatch.setattr(model_claims, "BATCH", 2)
    clinic = a_clinic(app)
    for time in ("09:00", "11:00", "13:00"):
        a_booking(clinic, at=time)
    with clinic.work(instant("2026-11-28T14:00")) as work:
        scan(work)
    lease = timedelta(minutes=1)
    with clinic.work(instant("2026-11-28T14:00")) as work:
        # The plan that PostgreSQL may choose any day, and that looks a subquery up for each row.
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            work.session.execute(text(f"SET LOCAL enable_{way} = off"))
        first = claim(work, lease)
        with app.app_context(), clinic.work(instant("2026-11-28T14:00")) as other:
            second = claim(other, lease)
    assert (len(first), len(second)) == (2, 1)
    assert not set(first) & set(second)


def crashed_after_begin_send(clinic: ClinicKit, channels: Any) -> Outgoing:
    """A process that died between the commit that begins a send and the answer to it."""
    (message_id,) = claimed(clinic, T_3, lease=timedelta(0))
    with clinic.work(instant(T_3)) as work:
        outgoing = begin_send(work, message_id, channels)
    assert outgoing
    return outgoing


@pytest.mark.parametrize("was_written", [True, False])
def test_a_crash_while_a_file_is_written_ends_with_that_one_file(
    app: Flask, outbox: Outbox, was_written: bool
) -> None:
    """I35: the file's name is the message's, so writing it again doubles nothing."""
    clinic = a_clinic(app)
    a_booking(clinic)
    outgoing = crashed_after_begin_send(clinic, outbox.channels)
    if was_written:
        outbox.channels["email"].send(outgoing)
    assert tick(app, T_3, outbox.channels) == {"reminder 3d_before: sent": 1}
    assert len(outbox.files) == 1
    (row,) = ledger(clinic)
    assert (row["status"], row["attempts"]) == ("sent", 2)


def test_a_crash_while_a_mail_goes_out_ends_unknown_and_is_not_sent_again(app: Flask) -> None:
    """I35, I38: it may have gone; a person decides."""
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_sink() as sink:
        mail = SmtpMail(sink.url, FROM)
        crashed_after_begin_send(clinic, {"email": mail})
        for moment in (T_3, "2026-11-28T12:00"):
            tick(app, moment, {"email": mail})
        mail.close()
    assert ends(clinic) == [("3d_before", "unknown", "interrupted")]
    assert sink.mails == []


def test_a_crash_is_unknown_even_where_no_channel_is_left(app: Flask) -> None:
    """I38: it may have gone before the channel was taken away."""
    clinic = a_clinic(app)
    a_booking(clinic)
    with closing(SmtpMail("smtp://mail.example", FROM)) as mail:
        crashed_after_begin_send(clinic, {"email": mail})
    tick(app, T_3, {})
    assert ends(clinic) == [("3d_before", "unknown", "interrupted")]


def test_a_process_slower_than_its_lease_still_notes_that_it_sent(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I35, I38: another took it for dead meanwhile, and sent nothing."""
    settings = replace(app.extensions["settings"], lease_seconds=0.001)
    monkeypatch.setitem(app.extensions, "settings", settings)
    clinic = a_clinic(app)
    a_booking(clinic)
    with a_sink() as sink:
        slow, other = SmtpMail(sink.url, FROM), SmtpMail(sink.url, FROM)
        sink.replies["DATA"].append(HOLD)
        process = threading.Thread(target=tick, args=(app, T_3, {"email": slow}))
        process.start()
        assert sink.holding.wait(10)
        tick(app, T_3, {"email": other})
        assert ends(clinic) == [("3d_before", "unknown", "interrupted")]
        sink.released.set()
        process.join()
        tick(app, "2026-11-28T12:00", {"email": other})
        for mail in (slow, other):
            mail.close()
        assert len(sink.mails) == 1
    assert ends(clinic) == [("3d_before", "sent", None)]


def test_a_claim_that_a_crash_left_is_taken_over(app: Flask, outbox: Outbox) -> None:
    """I38: before `begin_send` nothing went out; while its lease runs nobody else takes it."""
    clinic = a_clinic(app)
    a_booking(clinic)
    claimed(clinic, T_3)
    assert tick(app, T_3, outbox.channels) == {}
    with clinic.work() as work:
        message = work.session.scalars(select(Message)).one()
        message.lease_until = datetime.fromisoformat("2020-01-01T00:00:00Z")
    assert tick(app, T_3, outbox.channels) == {"reminder 3d_before: sent": 1}


NO_CONSENT, NO_CHANNEL, SENT = ("skipped", "no_consent"), ("skipped", "no_channel"), ("sent", None)
REACH = [
    # What the patient has consented to by channel, what is known of them, and what follows.
    ({}, {}, NO_CONSENT, NO_CONSENT),
    ({"email": ["reminders", "check_ins"]}, {}, SENT, SENT),
    ({"email": ["check_ins"]}, {}, NO_CONSENT, SENT),
    ({"email": ["reminders"]}, {}, SENT, NO_CONSENT),
    ({"sms": ["reminders", "check_ins"]}, {}, NO_CONSENT, NO_CONSENT),
    ({"email": ["reminders", "check_ins"]}, {"preferred_channel": "sms"}, SENT, SENT),
    (
        {"sms": ["reminders", "check_ins"]},
        {"preferred_channel": "sms", "email": None},
        NO_CHANNEL,
        NO_CHANNEL,
    ),
]


@pytest.mark.parametrize(("by_channel", "fields", "reminder", "follow_up"), REACH)
def test_each_message_needs_consent_for_its_purpose_on_a_channel_that_works(
    app: Flask,
    at: At,
    outbox: Outbox,
    by_channel: dict[str, list[str]],
    fields: dict[str, Any],
    reminder: tuple[str, str | None],
    follow_up: tuple[str, str | None],
) -> None:
    """I38, I40."""
    clinic = a_clinic(app)
    patient_id = a_patient(clinic, **fields)
    consents(clinic, patient_id, "treatment")
    for channel, purposes in by_channel.items():
        consents(clinic, patient_id, *purposes, channel=channel)
    cleared(clinic, patient_id)
    session = a_booking(clinic, patient_id)
    tick(app, T_3, outbox.channels)
    tick(app, T_1, outbox.channels)
    a_visit(clinic, at, session)
    tick(app, "2026-12-02T10:40", outbox.channels)
    assert ends(clinic) == [
        ("3d_before", *reminder),
        ("1d_before", *reminder),
        ("check_in", *follow_up),
    ]
    assert len(outbox.mails) == 2 * (reminder == SENT) + (follow_up == SENT)


def test_where_nothing_is_configured_every_message_says_so(app: Flask) -> None:
    """I38."""
    clinic = a_clinic(app)
    a_booking(clinic)
    assert tick(app, T_3, {}) == {"reminder 3d_before: skipped (no_channel)": 1}
    assert ends(clinic) == [("3d_before", *NO_CHANNEL)]


def test_consent_withdrawn_after_the_claim_is_heeded(app: Flask, outbox: Outbox) -> None:
    """I40: checked in the commit that begins the send."""
    clinic = a_clinic(app)
    patient_id = UUID(a_booking(clinic)["patient_id"])
    (message_id,) = claimed(clinic, T_3)
    with clinic.work() as work:
        query = select(Consent.id).where(
            Consent.patient_id == patient_id, Consent.purpose == "reminders"
        )
        withdraw_consent(work, patient_id, work.session.scalars(query).one(), ANY)
    with clinic.work(instant(T_3)) as work:
        assert begin_send(work, message_id, outbox.channels) is None
    assert ends(clinic) == [("3d_before", *NO_CONSENT)]


HOSTILE = [
    "Ketamine Clinic of Phoenix",
    "Desert KETAMINA",
    "Mental Wellness",
    "Psychiatric Partners",
    "Phoenix In\u0301fusio\u0301n",
    "Anxiety & Mood Care",
]
WORDS = ("ketamin", "infusi", "mental", "psychiatr", "anxiety", "mood", "dose", "depress", "drug")


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_that_goes_out_tells_what_a_visit_is_for(
    app: Flask, at: At, outbox: Outbox, name: str
) -> None:
    """I42: whatever the clinic or the patient is called."""
    clinic = a_clinic(app, name=name)
    patient_id = a_cleared_patient(clinic, given_name="Ketamine", family_name="Depression-Dose")
    session = a_booking(clinic, patient_id)
    for moment in (T_3, T_1):
        tick(app, moment, outbox.channels)
    a_visit(clinic, at, session)
    tick(app, "2026-12-02T10:40", outbox.channels)
    assert len(outbox.mails) == 3
    for mail in outbox.mails:
        heads = " ".join(f"{name}: {value}" for name, value in mail.items() if name != "To")
        said = f"{heads} {everything_in(mail)}".casefold()
        assert [word for word in WORDS if word in said] == []
        assert "1980" not in f"{mail['Subject']} {everything_in(mail)}", "a birth date"
        assert mail["From"].addresses[0].display_name == "Your clinic"


def test_a_text_that_would_tell_is_not_sent_and_shows(
    app: Flask, outbox: Outbox, server: embedded.Server, database: str
) -> None:
    """I42: a name that came in past the API."""
    clinic = a_clinic(app)
    a_booking(clinic)
    with as_superuser(server, database) as connection:
        connection.execute("UPDATE clinics SET neutral_name = 'Sonoran Ketamine'")
    tick(app, T_3, outbox.channels)
    assert ends(clinic) == [("3d_before", "failed", "forbidden_words")]
    assert outbox.files == []


@contextmanager
def a_poison_row(
    server: embedded.Server, database: str, patient_id: UUID, status: str
) -> Iterator[None]:
    """The database refuses that patient's message this status, until the end of the block."""
    with as_superuser(server, database) as connection:
        connection.execute(
            f"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'Ana Lopez has depression'; END $$;
            CREATE TRIGGER poison BEFORE UPDATE ON messages FOR EACH ROW
                WHEN (NEW.patient_id = '{patient_id}' AND NEW.status = '{status}')
                EXECUTE FUNCTION refuse();
            """.encode()
        )
        try:
            yield
        finally:
            connection.execute("DROP TRIGGER poison ON messages; DROP FUNCTION refuse()")


@pytest.mark.parametrize(("status", "left"), [("sending", "planned"), ("sent", "sending")])
def test_a_poison_row_stops_no_other(
    app: Flask,
    outbox: Outbox,
    server: embedded.Server,
    database: str,
    capsys: pytest.CaptureFixture[str],
    status: str,
    left: str,
) -> None:
    """I38: what was not begun waits for its next try, what may have gone for its lease; and the
    log says where it broke, not whom it was about."""
    clinic = a_clinic(app)
    patients = [UUID(a_booking(clinic, at=time)["patient_id"]) for time in ("09:30", "11:30")]
    with a_poison_row(server, database, patients[0], status):
        done = tick(app, "2026-11-28T12:00", outbox.channels)
    assert done == {"reminder 3d_before: sent": 1, "messages failed": 1}
    assert [row[1] for row in ends(clinic)] == [left, "sent"]
    logged = capsys.readouterr().err
    assert "a message failed" in logged
    assert "depression" not in logged


def test_a_poison_row_of_a_dead_process_starves_no_other(
    app: Flask, outbox: Outbox, server: embedded.Server, database: str
) -> None:
    """I38: what stood beside it on the page is freed all the same."""
    clinic = a_clinic(app)
    patients = [UUID(a_booking(clinic, at=time)["patient_id"]) for time in ("09:30", "11:30")]
    claimed(clinic, "2026-11-28T12:00", lease=timedelta(0))
    with a_poison_row(server, database, patients[0], "planned"):
        done = tick(app, "2026-11-28T12:00", outbox.channels)
    assert done == {"reminder 3d_before: sent": 1}
    assert [row[1] for row in ends(clinic)] == ["claimed", "sent"]


def test_a_row_that_somebody_is_writing_holds_up_no_other(app: Flask) -> None:
    """I38: a process that froze in a transaction."""
    clinic = a_clinic(app)
    for time in ("09:30", "11:30"):
        a_booking(clinic, at=time)
    held = claimed(clinic, "2026-11-28T12:00", lease=timedelta(0))
    with clinic.work() as work:
        work.session.execute(select(Message).where(Message.id == held[0]).with_for_update())
        with app.app_context(), clinic.work() as other:
            assert release(other, held) == 1
    assert sorted(row[1] for row in ends(clinic)) == ["claimed", "planned"]


def test_a_clinic_whose_tick_fails_stops_no_other(
    app: Flask,
    outbox: Outbox,
    server: embedded.Server,
    database: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """I38: whichever comes first."""
    clinics = [a_clinic(app) for _ in range(3)]
    for clinic in clinics:
        a_booking(clinic)
    with as_superuser(server, database) as connection:
        broken = "UPDATE clinics SET time_zone = 'Mars/Phobos' WHERE id = %s"
        connection.execute(broken, [min(clinic.id for clinic in clinics)])
    done = tick(app, T_3, outbox.channels)
    assert done == {"reminder 3d_before: sent": 2, "clinics failed": 1}
    assert '"event":"a clinic\'s tick failed"' in (logged := capsys.readouterr().err)
    assert '"error":"ValueError"' in logged


def test_two_clinics_have_their_own_ledgers(app: Flask, outbox: Outbox) -> None:
    """I60: in what is sent, and in what is shown."""
    clinics = [a_clinic(app, name=name) for name in ("Sonoran Care", "Mesa Care")]
    sessions = [a_booking(clinic) for clinic in clinics]
    tick(app, T_3, outbox.channels)
    for clinic, session in zip(clinics, sessions, strict=True):
        assert [row["session_id"] for row in ledger(clinic)] == [session["id"]]
    ours, theirs = clinics[0].desk, sessions[1]
    assert ours.get(f"/v1/sessions/{theirs['id']}/messages").status_code == 404
    assert ours.get("/v1/messages", patient_id=theirs["patient_id"]).get_json()["items"] == []
    assert ours.get("/v1/reminders", patient_id=theirs["patient_id"]).get_json()["items"] == []
    addresses = {mail["To"]: mail["From"].addresses[0].display_name for mail in outbox.mails}
    assert sorted(addresses.values()) == ["Mesa Care", "Sonoran Care"]


def test_a_backlog_longer_than_a_batch_is_sent_in_one_tick(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I38."""
    monkeypatch.setattr(model_claims, "BATCH", 2)
    clinic = a_clinic(app, chairs=3)
    booked_at_many_times(clinic)
    assert tick(app, "2026-11-28T12:00", outbox.channels) == {"reminder 3d_before: sent": 6}
    assert len(outbox.files) == 6


def test_an_outbox_that_cannot_be_written_is_tried_again(app: Flask, outbox: Outbox) -> None:
    """I38: the disk was full; nothing is lost."""
    clinic = a_clinic(app)
    a_booking(clinic)
    outbox.folder.write_text("a file where the folder should be")
    tick(app, T_3, outbox.channels)
    assert ends(clinic) == [("3d_before", "planned", "outbox_not_writable")]
    outbox.folder.unlink()
    tick(app, "2026-11-28T09:31", outbox.channels)
    assert ends(clinic) == [("3d_before", "sent", None)]


def test_a_message_that_breaks_every_time_ends_failed_once_it_is_of_no_use(
    app: Flask, outbox: Outbox, server: embedded.Server, database: str
) -> None:
    """I38: its tries are counted and lie further and further apart."""
    clinic = a_clinic(app)
    patient_id = UUID(a_booking(clinic)["patient_id"])
    with a_poison_row(server, database, patient_id, "sending"):
        tick(app, "2026-11-28T12:00", outbox.channels)
        assert ends(clinic)[0] == ("3d_before", "planned", "broken")
        tick(app, "2026-11-30T09:29:50", outbox.channels)
    assert ends(clinic)[0] == ("3d_before", "failed", "broken")
    assert outbox.files == []


def test_nobody_waits_twice_in_a_tick_for_a_mail_server_that_is_away(
    app: Flask, outbox: Outbox
) -> None:
    """One message finds it out; the others of the tick are put off without a try."""
    clinic = a_clinic(app)
    for time in ("09:30", "11:30", "13:30"):
        a_booking(clinic, at=time)
    asked: list[Outgoing] = []

    class Away(FileOutbox):
        def send(self, outgoing: Outgoing) -> Outcome:
            asked.append(outgoing)
            return AWAY

    tick(app, "2026-11-28T14:00", {"email": Away(outbox.folder, FROM)})
    assert len(asked) == 1
    assert {end[1:] for end in ends(clinic)} == {("planned", "mail_server_away")}


def test_the_last_of_a_long_batch_has_a_lease_of_its_own(
    app: Flask,
    outbox: Outbox,
    server: embedded.Server,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """I35: else another process would take it for abandoned while it is being sent."""
    monkeypatch.setattr(sending, "CHUNK", 1)
    clinic = a_clinic(app)
    for time in ("09:30", "11:30"):
        a_booking(clinic, at=time)
    held: list[bool] = []

    class Slow(FileOutbox):
        def send(self, outgoing: Outgoing) -> Outcome:
            with as_superuser(server, database) as connection:
                asked = "SELECT lease_until > clock_timestamp() FROM messages WHERE id = %s"
                held.extend(connection.execute(asked, [outgoing.id]).fetchone() or ())
                connection.execute("UPDATE messages SET lease_until = now() - interval '1 s'")
            return super().send(outgoing)

    tick(app, "2026-11-28T12:00", {"email": Slow(outbox.folder, FROM)})
    assert held == [True, True]


def test_who_is_stopped_ends_what_was_begun_and_begins_nothing_else(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I38: however much is still due, so that no one kills it in the middle of some."""
    monkeypatch.setattr(sending, "CHUNK", 1)
    clinic = a_clinic(app)
    for time in ("09:30", "11:30", "14:30"):
        a_booking(clinic, at=time)
    stopped, afternoon = threading.Event(), "2026-11-28T15:00"

    class Last(FileOutbox):
        def send(self, outgoing: Outgoing) -> Outcome:
            stopped.set()
            return super().send(outgoing)

    with clinic.work(instant(afternoon)) as work:
        scan(work)
    way = {"email": Last(outbox.folder, FROM)}
    delivery = sending.Delivery(app, "email", lambda: instant(afternoon), way, stopped)
    assert delivery.run(clinic.id) == {"reminder 3d_before: sent": 1}
    assert sorted(status for _, status, _ in ends(clinic)) == ["claimed", "claimed", "sent"]


@pytest.mark.parametrize("lease_seconds", [60, 0.03])
def test_what_was_begun_and_not_sent_in_time_is_given_back_untried(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, lease_seconds: float
) -> None:
    """I35, I38: its lease would run out behind a slow provider; it certainly did not go."""
    settings = replace(app.extensions["settings"], lease_seconds=lease_seconds)
    monkeypatch.setitem(app.extensions, "settings", settings)
    clinic = a_clinic(app)
    for time in ("09:30", "11:30", "13:30"):
        a_booking(clinic, at=time)
    seen: list[list[tuple[Any, ...]]] = []

    class Slow(FileOutbox):
        def send(self, outgoing: Outgoing) -> Outcome:
            until = monotonic() + settings.lease_seconds / 2 * (lease_seconds < 1)
            with clinic.work() as work:
                asked = select(Message.status, Message.attempts, Message.address)
                seen.append(sorted(tuple(row) for row in work.session.execute(asked)))
            threading.Event().wait(max(0, until - monotonic()))
            return super().send(outgoing)

    done = tick(app, "2026-11-28T14:00", {"email": Slow(outbox.folder, FROM)})
    assert done == {"reminder 3d_before: sent": 3}
    assert [row["attempts"] for row in ledger(clinic)] == [1, 1, 1]
    assert len(outbox.files) == 3
    begun = [sum(row[0] == "sending" for row in rows) for rows in seen]
    assert begun == ([3, 3, 3] if lease_seconds == 60 else [3, 2, 1])


def test_an_untried_repeat_still_may_have_gone(app: Flask) -> None:
    """I35: that this attempt was none says nothing of the one before."""
    clinic = a_clinic(app)
    a_booking(clinic)
    way = FileOutbox(Path("never written to"), FROM)
    crashed_after_begin_send(clinic, {"email": way})
    with clinic.work(instant(T_3)) as work:
        release(work, expired(work))
    (message_id,) = claimed(clinic, T_3)
    with clinic.work(instant(T_3)) as work:
        outgoing = begin_send(work, message_id, {"email": way})
        assert outgoing
        assert settle(work, outgoing, NOT_TRIED) == "planned"
    with clinic.work() as work:
        message = work.session.scalars(select(Message)).one()
        assert (message.attempts, message.ambiguous, message.reason) == (1, True, "interrupted")
        assert message.address is not None


def test_who_writes_a_message_in_between_is_not_written_over(app: Flask) -> None:
    """I34: nothing is begun on a row that is not as it was read."""
    clinic = a_clinic(app)
    a_booking(clinic)
    (message_id,) = claimed(clinic, T_3)
    with clinic.work(instant(T_3)) as work:
        read = entries_of(work, [message_id])
        with app.app_context(), clinic.work() as other:
            other.load(Message, message_id).note = "by hand"
        with pytest.raises(StaleDataError):
            write(work, read)


def test_one_that_somebody_else_writes_meanwhile_stops_no_other_of_its_chunk(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I34, I35: then each is begun by itself, and read afresh."""
    clinic = a_clinic(app)
    for time in ("09:30", "11:30", "13:30"):
        a_booking(clinic, at=time)
    skipped: list[UUID] = []

    def read_and_then_skipped(work: Any, ids: Any, **how: Any) -> Any:
        found = entries_of(work, ids, **how)
        if not skipped:
            skipped.append(found[1].id)
            with app.app_context(), clinic.work() as other:
                message = other.load(Message, skipped[0])
                message.status, message.reason, message.lease_until = "skipped", "by_hand", None
        return found

    monkeypatch.setattr(actions, "entries_of", read_and_then_skipped)
    done = tick(app, "2026-11-28T14:00", outbox.channels)
    assert done == {"reminder 3d_before: sent": 2}
    assert [row[1:] for row in ends(clinic)].count(("skipped", "by_hand")) == 1
    assert len(outbox.files) == 2


def test_two_reminders_of_one_patient_share_a_chunk(app: Flask, outbox: Outbox) -> None:
    """I38: neither hangs on the other; the nearer one does the work."""
    clinic = a_clinic(app)
    a_booking(clinic)
    ids = claimed(clinic, T_1)
    with clinic.work(instant(T_1)) as work:
        begun = begin_all(work, ids, outbox.channels)
    assert [each.rule for each in begun.outgoing] == ["1d_before"]
    assert [(each.rule, each.reason) for each in begun.ended] == [("3d_before", "superseded")]
    assert begun.left == []


def test_a_chunk_takes_as_many_statements_as_one(app: Flask, outbox: Outbox) -> None:
    clinic = a_clinic(app, chairs=3)
    booked_at_many_times(clinic)
    ids = claimed(clinic, "2026-11-28T12:00")
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    counts = []
    # The first of all reads what is then kept of the clinic.
    for some in (ids[:1], ids[1:2], ids[2:]):
        statements.clear()
        with clinic.work(instant("2026-11-28T12:00")) as work:
            assert len(begin_all(work, some, outbox.channels).outgoing) == len(some)
        counts.append(len(statements))
    assert counts[1] == counts[2]
