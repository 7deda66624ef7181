"""What was taken and did not arrive after all goes by the patient's other channel (I35, I46).

The visits are on Tuesday, 1 December 2026; their first reminder is due on Saturday at 09:30.
"""

import random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from scheduler.messages.model import Message
from scheduler.messages.rules_receipts import MEANINGS, RANKS
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, consents
from tests.conftest import Size
from tests.jobs.smtp_sink import a_sink
from tests.jobs.test_bounces import by_mail, in_force, kept, listed, piped, told
from tests.jobs.test_caps import Gateway
from tests.jobs.test_texts import texted
from tests.jobs.test_twilio import (
    NUMBER,
    call_back,
    hooked,  # noqa: F401 - a fixture
    said,
    sent_by,
    with_number,
)
from tests.jobs.ticking import (
    At,
    Outbox,
    a_booking,
    begin_send,
    cancel,
    claimed,
    ends,
    instant,
    ledger,
    tick,
)
from tests.rules.test_bounces import a_report

pytestmark = pytest.mark.usefixtures("at")

DUE, SOON = "2026-11-28T09:30", "2026-11-28T09:35"
HIS = "+16025550123"
FILTERED = "30007"  # taken for spam on its way: the number is a good one


@pytest.fixture
def clinic(app: Flask) -> ClinicKit:
    return with_number(a_clinic(app))


def by_both(clinic: ClinicKit) -> UUID:
    """A patient who prefers texts, and takes mails."""
    patient_id = texted(clinic, phone=HIS)
    consents(clinic, patient_id, "reminders")
    return patient_id


def the_row(clinic: ClinicKit) -> dict[str, Any]:
    (row,) = ledger(clinic)
    return row


def way(row: dict[str, Any]) -> tuple[str, str | None, str | None]:
    return row["status"], row["channel"], row["reason"]


def test_a_text_that_did_not_arrive_goes_by_mail_and_the_ledger_shows_both(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
    at: At,
    outbox: Outbox,
) -> None:
    session = a_booking(clinic, by_both(clinic))
    at(instant(DUE))
    told(hooked, clinic, sent_by(clinic), FILTERED)
    gateway = Gateway()
    tick(app, SOON, {"sms": gateway, **outbox.channels})
    row = the_row(clinic)
    assert way(row) == ("sent", "email", None)
    assert row["attempts"] == 2
    assert row["tried"] == [
        {
            "channel": "sms",
            "status": "undelivered",
            "reason": "twilio_30007",
            "sent_at": "2026-11-28T09:30:00-07:00",
        }
    ]
    assert (len(outbox.files), gateway.sent) == (1, [])
    shown = clinic.desk.get(f"/v1/sessions/{session['id']}/messages").get_json()["items"][0]
    assert shown["tried"] == row["tried"]
    assert kept(clinic, session["patient_id"])["phone_failed_at"] is None


def test_who_takes_nothing_else_is_on_the_list(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
    at: At,
    outbox: Outbox,
) -> None:
    """I40: nothing goes by a channel that was never agreed to."""
    a_booking(clinic, texted(clinic, phone=HIS))
    told(hooked, clinic, sent_by(clinic), FILTERED)
    tick(app, SOON, outbox.channels)
    row = the_row(clinic)
    assert way(row) == ("undelivered", "sms", "twilio_30007")
    assert row["tried"] == []
    at(instant(SOON))
    assert listed(clinic) == ["message_failed"]


def test_each_channel_is_tried_once(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
    at: At,
) -> None:
    """I35: also where the mail in its place comes back, the text's end is said again and late."""
    a_booking(clinic, by_both(clinic))
    at(instant(DUE))
    message_id = sent_by(clinic)
    told(hooked, clinic, message_id, FILTERED)
    with a_sink() as sink:
        by_mail(app, SOON, sink)
        quoted = f"Message-ID: {sink.mails[0]['Message-ID']}"
        told(hooked, clinic, message_id, FILTERED)
        piped(app, a_report("5.2.2", quoted=quoted))
        assert piped(app, a_report("5.2.2", quoted=quoted)) == f"{message_id}: bounced"
        for word in ("delivered", "undelivered", "sent"):
            assert said(hooked, clinic, message_id, word).status_code == 200
        gateway = Gateway()
        by_mail(app, "2026-11-28T10:00", sink)
        tick(app, "2026-11-28T10:00", {"sms": gateway})
        assert (len(sink.mails), gateway.sent) == (1, [])
    row = the_row(clinic)
    assert way(row) == ("undelivered", "email", "bounced")
    assert [each["channel"] for each in row["tried"]] == ["sms"]
    assert listed(clinic) == ["message_failed"]


def test_a_mail_that_comes_back_goes_as_a_text(app: Flask, at: At) -> None:
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    consents(clinic, patient_id, "reminders", channel="sms")
    a_booking(clinic, patient_id)
    at(instant(DUE))
    gateway = Gateway()
    with a_sink() as sink:
        by_mail(app, DUE, sink)
        report = a_report("5.1.1", quoted=f"Message-ID: {sink.mails[0]['Message-ID']}")
    known = piped(app, report)
    tick(app, SOON, {"sms": gateway})
    assert piped(app, report) == known
    row = the_row(clinic)
    assert way(row) == ("sent", "sms", None)
    assert [(t["channel"], t["reason"]) for t in row["tried"]] == [("email", "dead_address")]
    assert len(gateway.sent) == 1


def test_what_arrived_after_all_is_not_sent_again(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
    outbox: Outbox,
) -> None:
    """I45: nor by the process that has claimed it."""
    a_booking(clinic, by_both(clinic))
    message_id = sent_by(clinic)
    told(hooked, clinic, message_id, FILTERED)
    assert way(the_row(clinic)) == ("planned", "email", None)
    assert claimed(clinic, SOON) == [message_id]
    assert said(hooked, clinic, message_id, "delivered").status_code == 200
    with clinic.work(instant(SOON)) as work:
        assert begin_send(work, message_id, outbox.channels) is None
    row = the_row(clinic)
    assert way(row) == ("delivered", "sms", None)
    assert (row["address"], row["tried"]) == (HIS, [])
    assert row["sent_at"] == "2026-11-28T09:30:00-07:00"


def test_what_can_go_by_nothing_else_in_time_has_failed(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
    at: At,
    outbox: Outbox,
) -> None:
    """I38, I39: at night, when the next reminder is due before it ends."""
    patient_id = by_both(clinic)
    a_booking(clinic, patient_id, at="08:30")
    message_id = sent_by(clinic)
    at(instant("2026-11-29T21:30"))
    told(hooked, clinic, message_id, FILTERED)
    assert way(the_row(clinic)) == ("planned", "email", None)
    with clinic.work() as work:
        early = instant("2026-11-30T07:00")
        work.session.execute(update(Message).values(not_after=early))
    tick(app, "2026-11-29T21:35", outbox.channels)
    assert way(the_row(clinic)) == ("failed", "email", "night")
    assert listed(clinic) == ["message_failed"]


def test_what_is_of_no_use_any_more_stays_where_it_is(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
    at: At,
) -> None:
    """I38: the next reminder is due on Monday at 09:30."""
    a_booking(clinic, by_both(clinic))
    message_id = sent_by(clinic)
    at(instant("2026-11-30T09:30"))
    told(hooked, clinic, message_id, FILTERED)
    assert way(the_row(clinic)) == ("undelivered", "sms", "twilio_30007")


def test_of_a_visit_that_was_cancelled_nothing_goes(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
    outbox: Outbox,
) -> None:
    """I37"""
    session = a_booking(clinic, by_both(clinic))
    message_id = sent_by(clinic)
    cancel(clinic, session)
    told(hooked, clinic, message_id, FILTERED)
    tick(app, SOON, outbox.channels)
    assert ends(clinic) == [("3d_before", "cancelled", "session_changed")]
    assert outbox.files == []


@pytest.mark.proof
def test_callbacks_in_any_order_end_where_the_model_says_with_a_mail_at_most(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
    outbox: Outbox,
    at: At,
    size: Size,
) -> None:
    """I35, I45: delivered if it ever was said in time, in the hands of one mail if lost."""
    stories = size(ci=30, proof=300)
    chance = random.Random(stories)  # noqa: S311 - the same stories each time
    a_booking(clinic, by_both(clinic))
    at(instant(DUE))
    message_id = sent_by(clinic)
    blank: dict[str, Any] = {"status": "sent", "channel": "sms", "address": HIS}
    blank |= {"provider_id": "SM1", "reason": None, "tried": [], "sent_at": instant(DUE)}
    for _ in range(stories):
        with clinic.work() as work:
            work.session.execute(update(Message).values(blank))
        for file in outbox.files:
            file.unlink()
        words = chance.choices(list(MEANINGS), k=chance.randint(1, 6))
        goes_after = chance.randint(0, len(words))
        story = [*words[:goes_after], None, *words[goes_after:], *words, None]
        status, channel = "sent", "sms"
        for word in story:
            if word is None:
                tick(app, SOON, outbox.channels)
                if (status, channel) == ("undelivered", "sms"):
                    status, channel = "sent", "email"
            else:
                said(hooked, clinic, message_id, word)
                if channel == "sms" and RANKS[MEANINGS[word]] > RANKS[status]:
                    status = MEANINGS[word]
        row = the_row(clinic)
        assert (row["status"], row["channel"]) == (status, channel), story
        assert len(outbox.files) == (channel == "email"), story


def test_a_start_gives_back_what_the_carrier_took(
    app: Flask,
    hooked: FlaskClient,  # noqa: F811
    clinic: ClinicKit,
) -> None:
    """I43: the number had texted STOP to the carrier before it did to us."""
    patient_id, sharing = by_both(clinic), texted(clinic, phone=HIS)
    a_booking(clinic, patient_id)
    told(hooked, clinic, sent_by(clinic), "21610")
    assert in_force(clinic, patient_id) == {("treatment", None), ("reminders", "email")}
    assert in_force(clinic, sharing) == {("treatment", None)}
    form = {"MessageSid": "SM-in", "From": HIS, "To": NUMBER, "Body": "START"}
    assert call_back(hooked, clinic.id, "inbound", form).status_code == 200
    assert ("reminders", "sms") in in_force(clinic, patient_id)
    assert ("reminders", "sms") in in_force(clinic, sharing)
