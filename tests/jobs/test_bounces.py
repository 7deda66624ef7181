"""Refusals for good: that address is written to no more, the others are (I46).

The visits are on Tuesday, 1 December 2026; their reminders go on Saturday and Monday at 09:30.
"""

from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scheduler.messages.channels import Channel
from scheduler.messages.channels_mail import SmtpMail
from scheduler.messages.channels_text import PlainGateway
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, consents
from tests.gateway.running import a_gateway
from tests.jobs.smtp_sink import SmtpSink, a_sink
from tests.jobs.test_texts import answering, texted
from tests.jobs.test_twilio import call_back, hooked, sent_by, with_number  # noqa: F401 - a fixture
from tests.jobs.ticking import FROM, At, a_booking, ends, instant, ledger, tick
from tests.rules.test_bounces import a_report

DUE, NEXT = "2026-11-28T09:30", "2026-11-30T09:30"
HIS = "+16025550123"

Json = dict[str, Any]


def by_mail(app: Flask, when: str, sink: SmtpSink, *replies: str) -> None:
    """A tick with mail alone, whose server says this of the recipients."""
    sink.replies["RCPT"].extend(replies)
    with closing(SmtpMail(sink.url, FROM)) as mail:
        tick(app, when, {"email": mail})


def kept(clinic: ClinicKit, patient_id: object) -> Json:
    return dict(clinic.desk.get(f"/v1/patients/{patient_id}").get_json())


def listed(clinic: ClinicKit) -> list[str]:
    return [each["kind"] for each in clinic.desk.get("/v1/attention").get_json()["items"]]


def in_force(clinic: ClinicKit, patient_id: object) -> set[tuple[str, str | None]]:
    items = clinic.desk.get(f"/v1/patients/{patient_id}/consents").get_json()["items"]
    return {(each["purpose"], each["channel"]) for each in items if not each["withdrawn_at"]}


def test_what_a_dead_address_refuses_goes_by_the_other_channel_at_once_and_from_then_on(
    app: Flask, at: At
) -> None:
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    consents(clinic, patient_id, "reminders", channel="sms")
    a_booking(clinic, patient_id)
    with a_sink() as sink, a_gateway(keyed=False) as gateway:
        with closing(SmtpMail(sink.url, FROM)) as mail:
            text = PlainGateway(gateway.url, None, timedelta(0))
            channels: dict[str, Channel] = {"email": mail, "sms": text}
            sink.replies["RCPT"].append("550 5.1.1 No such person")
            tick(app, DUE, channels)
            (row,) = ledger(clinic)
            assert (row["status"], row["reason"], row["attempts"]) == ("sent", None, 2)
            assert (row["channel"], row["address"]) == ("sms", kept(clinic, patient_id)["phone"])
            tick(app, NEXT, channels)
        assert len(gateway.ledger()["taken"]) == 2
        assert sink.mails == []
    patient = kept(clinic, patient_id)
    assert patient["email_failed_at"] == "2026-11-28T09:30:00-07:00"
    assert patient["phone_failed_at"] is None


def test_who_is_reached_by_nothing_any_more_is_called_until_the_address_is_put_right(
    app: Flask, at: At
) -> None:
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    a_booking(clinic, patient_id)
    at(instant(DUE))
    with a_sink() as sink:
        by_mail(app, DUE, sink, "550 5.1.1 No such person")
        assert ends(clinic) == [("3d_before", "failed", "dead_address")]
        assert listed(clinic) == ["message_failed", "unreachable"]
        patient = kept(clinic, patient_id)
        changes = {"email": "ana.new@example.com"}
        path = f"/v1/patients/{patient_id}"
        changed = clinic.desk.change("PATCH", path, changes, version=patient["version"])
        assert changed.get_json()["email_failed_at"] is None
        assert listed(clinic) == ["message_failed"]
        by_mail(app, NEXT, sink)
        assert [mail["To"] for mail in sink.mails] == ["ana.new@example.com"]


@pytest.mark.parametrize(
    ("reply", "then"),
    [
        ("452 4.2.2 Mailbox full", ("planned", "smtp_452")),
        ("552 5.2.2 Mailbox full", ("failed", "smtp_552")),
        ("550 5.7.1 Looks like spam", ("failed", "smtp_550")),
        ("553 5.1.8 Bad sender", ("failed", "smtp_553")),
        ("550 no such person", ("failed", "smtp_550")),
    ],
)
def test_what_says_nothing_of_the_address_leaves_it_alone(
    app: Flask, at: At, reply: str, then: tuple[str, str]
) -> None:
    clinic = a_clinic(app)
    session = a_booking(clinic)
    with a_sink() as sink:
        by_mail(app, DUE, sink, reply)
        assert [row[1:] for row in ends(clinic)] == [then]
        assert kept(clinic, session["patient_id"])["email_failed_at"] is None
        by_mail(app, NEXT, sink)
        assert len(sink.mails) == 1, "the next one goes"


def test_what_a_server_has_against_the_sender_is_no_fault_of_the_address(
    app: Flask, at: At
) -> None:
    """I46: a wrong MAIL_FROM would else take every patient's address."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    with a_sink() as sink:
        sink.replies["MAIL"].append("550 5.1.1 Sender unknown")
        by_mail(app, DUE, sink)
    assert ends(clinic) == [("3d_before", "failed", "smtp_550")]
    assert kept(clinic, session["patient_id"])["email_failed_at"] is None


def test_a_gateway_says_that_a_number_is_dead(app: Flask, at: At) -> None:
    clinic = a_clinic(app)
    patient_id = texted(clinic, phone=HIS)
    sharing = texted(clinic, phone=HIS)
    a_booking(clinic, patient_id)
    with answering(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n") as (url, asked):
        channels = {"sms": PlainGateway(url, None, timedelta(0))}
        tick(app, DUE, channels)
        tick(app, NEXT, channels)
        assert len(asked) == 1
    assert [row[1:] for row in ends(clinic)] == [
        ("failed", "gateway_410"),
        ("skipped", "no_channel"),
    ]
    assert all(kept(clinic, each)["phone_failed_at"] for each in (patient_id, sharing))


@pytest.mark.parametrize("code", ["30003", "30004", "30005", "30006"])
def test_a_callback_says_that_a_number_is_dead(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    at: At,
    code: str,
) -> None:
    clinic = with_number(a_clinic(app))
    session = a_booking(clinic, texted(clinic, phone=HIS))
    told(hooked, clinic, sent_by(clinic), code)
    assert ends(clinic) == [("3d_before", "undelivered", f"twilio_{code}")]
    assert kept(clinic, session["patient_id"])["phone_failed_at"]
    at(instant(DUE))
    assert listed(clinic) == ["message_failed", "unreachable"]


def told(hooked: FlaskClient, clinic: ClinicKit, message_id: UUID, code: str) -> None:  # noqa: F811
    """The provider says that a text did not arrive."""
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": code}
    query = f"?message={message_id}"
    assert call_back(hooked, clinic.id, "status", form, query=query).status_code == 200


def test_a_number_that_opted_out_with_the_provider_is_as_if_it_had_sent_us_stop(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    at: At,
) -> None:
    """I43: for everyone who shares it, and its mails go on."""
    clinic = with_number(a_clinic(app))
    patient_id, sharing = texted(clinic, phone=HIS), texted(clinic, phone=HIS)
    consents(clinic, patient_id, "reminders")
    a_booking(clinic, patient_id)
    told(hooked, clinic, sent_by(clinic), "21610")
    assert in_force(clinic, patient_id) == {("treatment", None), ("reminders", "email")}
    assert in_force(clinic, sharing) == {("treatment", None)}
    assert kept(clinic, patient_id)["phone_failed_at"] is None


def test_a_code_that_says_nothing_of_the_number_leaves_it_alone(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    at: At,
) -> None:
    clinic = with_number(a_clinic(app))
    session = a_booking(clinic, texted(clinic, phone=HIS))
    told(hooked, clinic, sent_by(clinic), "30007")  # taken for spam on its way
    assert ends(clinic) == [("3d_before", "undelivered", "twilio_30007")]
    assert kept(clinic, session["patient_id"])["phone_failed_at"] is None


def piped(app: Flask, raw: bytes) -> str:
    """What `flask bounce` says of a mail that the mail server pipes into it."""
    result = app.test_cli_runner().invoke(args=["bounce"], input=raw)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_mail_that_comes_back_is_noted_once_by_the_clinic_whose_it_was(
    app: Flask, at: At
) -> None:
    """I45"""
    a_clinic(app, name="Another")
    clinic = a_clinic(app)
    session = a_booking(clinic)
    at(instant(DUE))
    with a_sink() as sink:
        by_mail(app, DUE, sink)
        quoted = f"Message-ID: {sink.mails[0]['Message-ID']}"
    (row,) = ledger(clinic)
    assert piped(app, a_report("4.4.7", "delayed", quoted)).startswith("not a mail of ours")
    assert piped(app, a_report("5.1.1", quoted=quoted)) == f"{row['id']}: dead_address"
    at(instant(NEXT))
    piped(app, a_report("5.2.2", quoted=quoted))
    assert ends(clinic) == [("3d_before", "undelivered", "dead_address")]
    patient = kept(clinic, session["patient_id"])
    assert patient["email_failed_at"] == "2026-11-28T09:30:00-07:00"
    assert listed(clinic)[:2] == ["message_failed", "unreachable"]


def test_a_full_mailbox_is_no_dead_address_and_a_strangers_mail_is_nobodys(
    app: Flask, at: At
) -> None:
    clinic = a_clinic(app)
    session = a_booking(clinic)
    with a_sink() as sink:
        by_mail(app, DUE, sink)
        quoted = f"Message-ID: {sink.mails[0]['Message-ID']}"
    assert piped(app, a_report()) == "a mail that no clinic knows"
    piped(app, a_report("5.2.2", quoted=quoted))
    assert ends(clinic) == [("3d_before", "undelivered", "bounced")]
    assert kept(clinic, session["patient_id"])["email_failed_at"] is None
