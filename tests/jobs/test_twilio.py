"""Texts by Twilio's API: each from the clinic's own number, and what it calls back with.

The visits are on Tuesday, 1 December 2026; their first reminder is due on Saturday at 09:30.
"""

import base64
import hashlib
import hmac
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from scheduler.access.model import AuditEntry
from scheduler.app import create_app
from scheduler.db import db
from scheduler.messages import channels_twilio
from scheduler.messages.actions_texts import set_sender
from scheduler.messages.channels_http import Answer
from scheduler.messages.channels_twilio import Twilio, judged
from scheduler.messages.model import Message
from scheduler.messages.model_texts import InboundText
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import Outcome
from scheduler.messages.rules_receipts import MEANINGS, RANKS
from tests.builders import ClinicKit, a_clinic
from tests.conftest import Size
from tests.gateway.running import a_gateway
from tests.jobs.test_texts import seed_of, texted
from tests.jobs.ticking import (
    At,
    Outbox,
    a_booking,
    begin_send,
    claimed,
    ends,
    instant,
    ledger,
    settle,
    step,
    tick,
)

pytestmark = pytest.mark.usefixtures("at")

DUE, NOON = "2026-11-28T09:30", "2026-11-28T12:00"
PUBLIC = "https://clinic.example"
NUMBER, ACCOUNT, TOKEN = "+16025550199", "AC0123456789abcdef", "the-token-of-the-account"


def with_number(clinic: ClinicKit, token: str = TOKEN) -> ClinicKit:
    """The clinic has a number of its own."""
    with clinic.work() as work:
        set_sender(work, number=NUMBER, account=ACCOUNT, secret=token)
    return clinic


@pytest.fixture(scope="module")
def hooked(application: Flask) -> Iterator[FlaskClient]:
    """The same program on the same database, where callers know it by a public name."""
    settings = replace(application.extensions["settings"], public_url=PUBLIC)
    app = create_app(settings, application.extensions["databases"])
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def sent_by(clinic: ClinicKit, sid: str = "SM1") -> UUID:
    """A text that was taken under that id."""
    (message_id,) = claimed(clinic, DUE)
    ways = {"sms": Twilio("http://twilio", PUBLIC)}
    with clinic.work(instant(DUE)) as work:
        outgoing = begin_send(work, message_id, ways)
    assert isinstance(outgoing, Outgoing)
    with clinic.work(instant(DUE)) as work:
        settle(work, outgoing, Outcome("sent", provider_id=sid))
    return message_id


def signature(token: str, url: str, form: dict[str, str]) -> str:
    """As Twilio's documentation says to make it."""
    signed = url + "".join(name + value for name, value in sorted(form.items()))
    made = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(made).decode()


def call_back(
    hooked: FlaskClient,
    clinic_id: UUID,
    what: str,
    form: dict[str, str],
    *,
    query: str = "",
    token: str = TOKEN,
    sign: str | None = None,
) -> TestResponse:
    """Call a hook as Twilio does; `sign` instead of the right signature."""
    path = f"/v1/hooks/{clinic_id}/sms/{what}{query}"
    given = signature(token, f"{PUBLIC}{path}", form) if sign is None else sign
    with hooked.application.app_context():
        return hooked.post(path, data=form, headers={"X-Twilio-Signature": given})


def said(
    hooked: FlaskClient, clinic: ClinicKit, message_id: UUID, status: str, **but: str
) -> TestResponse:
    """Twilio says what became of a text."""
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": "+1", "AccountSid": ACCOUNT}
    codes = {name: value for name, value in but.items() if name in ("MessageSid", "ErrorCode")}
    others = {name: value for name, value in but.items() if name not in codes}
    query = f"?message={message_id}"
    return call_back(hooked, clinic.id, "status", form | codes, query=query, **others)


def test_a_text_goes_out_as_twilio_takes_it(app: Flask) -> None:
    clinic = with_number(a_clinic(app))
    a_booking(clinic, texted(clinic))
    with a_gateway(keyed=False) as gateway:
        tick(app, DUE, {"sms": Twilio(gateway.twilio_url, PUBLIC)})
        (text,) = gateway.ledger()["taken"]
    (row,) = ledger(clinic)
    assert row["status"] == "sent"
    assert text["path"] == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    given = base64.b64decode(text["authorization"].removeprefix("Basic ")).decode()
    assert given == f"{ACCOUNT}:{TOKEN}"
    assert (text["To"], text["From"]) == (row["address"], NUMBER)
    assert (
        text["Body"] == "Sonoran Care: appt Tue Dec 1 9:30 AM. To change it, call (602) 555-0100."
    )
    callback = f"{PUBLIC}/v1/hooks/{clinic.id}/sms/status?message={row['id']}"
    assert text["StatusCallback"] == callback


def test_a_clinic_without_a_number_of_its_own_sends_no_texts(app: Flask, outbox: Outbox) -> None:
    clinic = a_clinic(app)
    a_booking(clinic, texted(clinic))
    tick(app, DUE, {"sms": Twilio("http://twilio", PUBLIC), **outbox.channels})
    assert ends(clinic) == [("3d_before", "skipped", "no_consent")]


AWAY = Outcome("retry", "gateway_away")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (201, b'{"sid": "SM1", "status": "queued"}', Outcome("sent", provider_id="SM1")),
        (201, b'{"status": "queued"}', Outcome("unknown", "gateway_unreadable")),
        (201, b"<html>", Outcome("unknown", "gateway_unreadable")),
        (201, b"[" * 60_000, Outcome("unknown", "gateway_unreadable")),
        (400, b'{"code": 21610, "status": 400}', Outcome("failed", "twilio_21610")),
        (400, b'{"code": 21211}', Outcome("failed", "twilio_21211")),
        (400, b"[]", Outcome("unknown", "gateway_400")),
        (400, b'{"code": true}', Outcome("unknown", "gateway_400")),
        (400, b'{"code": "21211"}', Outcome("unknown", "gateway_400")),
        (401, b'{"code": 20003}', AWAY),
        (403, b'{"code": 21408}', Outcome("failed", "twilio_21408")),
        (404, b'{"code": 20404}', AWAY),
        (404, b"", AWAY),
        (429, b'{"code": 20429}', Outcome("retry", "gateway_429")),
        (408, b'{"code": 21211}', Outcome("unknown", "gateway_408")),
        (500, b'{"code": 20500}', Outcome("unknown", "gateway_500")),
        (301, b"", Outcome("unknown", "gateway_301")),
    ],
)
def test_only_a_readable_answer_is_certain(status: int, body: bytes, expected: Outcome) -> None:
    """I35, I38."""
    assert judged(Answer(status, body)) == expected


def test_what_twilio_says_moves_a_text_on_and_never_back(app: Flask, hooked: FlaskClient) -> None:
    """I45: and each word leaves its trace in the audit log."""
    clinic = with_number(a_clinic(app))
    patient_id = texted(clinic)
    a_booking(clinic, patient_id)
    message_id = sent_by(clinic)
    for status, then in (("sent", "sent"), ("delivered", "delivered"), ("sent", "delivered")):
        answer = said(hooked, clinic, message_id, status)
        assert (answer.status_code, answer.mimetype) == (200, "text/xml")
        assert ends(clinic) == [("3d_before", then, None)]
    with clinic.work() as work:
        traces = select(AuditEntry).where(AuditEntry.role == "signed")
        for trace in work.session.scalars(traces):
            assert set(trace.object_ids) == {message_id, patient_id}
            assert trace.route.endswith("/sms/status")


def test_a_text_that_did_not_arrive_needs_a_person(app: Flask, hooked: FlaskClient) -> None:
    """I38: with the provider's code."""
    clinic = with_number(a_clinic(app))
    a_booking(clinic, texted(clinic))
    message_id = sent_by(clinic)
    said(hooked, clinic, message_id, "undelivered", ErrorCode="30003")
    assert ends(clinic) == [("3d_before", "undelivered", "twilio_30003")]
    items = clinic.desk.get("/v1/attention", kind="message_failed").get_json()["items"]
    assert [item["detail"] for item in items] == ["The reminder did not arrive (twilio_30003)."]


def test_a_call_clears_up_an_attempt_that_broke_off(
    app: Flask, hooked: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I38: it had been taken after all."""
    monkeypatch.setattr(channels_twilio, "TIMEOUT_SECONDS", 0.4)
    clinic = with_number(a_clinic(app))
    a_booking(clinic, texted(clinic))
    with a_gateway(keyed=False, seed=seed_of("resets_after"), well=0) as gateway:
        tick(app, DUE, {"sms": Twilio(gateway.twilio_url, PUBLIC)})
    assert ends(clinic) == [("3d_before", "unknown", "gateway_broke_off")]
    said(hooked, clinic, UUID(ledger(clinic)[0]["id"]), "queued")
    assert ends(clinic) == [("3d_before", "sent", None)]


def test_what_is_known_to_have_gone_does_not_go_again(
    app: Flask, hooked: FlaskClient, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I35, I45: a cancellation goes again where nobody knows; by then the provider has told us."""
    monkeypatch.setattr(channels_twilio, "TIMEOUT_SECONDS", 0.4)
    clinic = with_number(a_clinic(app, notices=("cancelled",)))
    session = a_booking(clinic, texted(clinic))
    at("2026-11-23T10:00:00-07:00")
    step(clinic, session, "cancel", reason="a leak", by="clinic")
    with a_gateway(keyed=False, seed=seed_of("resets_after"), well=0) as gateway:
        channels = {"sms": Twilio(gateway.twilio_url, PUBLIC)}
        tick(app, "2026-11-23T10:05", channels)
        assert ends(clinic) == [("cancelled", "planned", "gateway_broke_off")]
        said(hooked, clinic, UUID(ledger(clinic)[0]["id"]), "delivered")
        tick(app, "2026-11-23T10:10", channels)
        assert len(gateway.ledger()["taken"]) == 1
    assert ends(clinic) == [("cancelled", "delivered", None)]


def test_a_call_that_comes_before_the_answer_is_heeded(app: Flask, hooked: FlaskClient) -> None:
    """I45: the answer that comes then takes nothing back."""
    clinic = with_number(a_clinic(app))
    a_booking(clinic, texted(clinic))
    (message_id,) = claimed(clinic, DUE)
    with clinic.work(instant(DUE)) as work:
        outgoing = begin_send(work, message_id, {"sms": Twilio("http://twilio", PUBLIC)})
    assert outgoing
    said(hooked, clinic, message_id, "delivered")
    with clinic.work(instant(DUE)) as work:
        settle(work, outgoing, Outcome("sent", provider_id="SM1"))
    assert ends(clinic) == [("3d_before", "delivered", None)]


def test_what_is_not_signed_changes_nothing(app: Flask, hooked: FlaskClient) -> None:
    """I45, I60: nor what is signed for another clinic, another text or another address."""
    clinic, other = with_number(a_clinic(app)), with_number(a_clinic(app), "another-clinics-token")
    bare = a_clinic(app)
    a_booking(clinic, texted(clinic))
    message_id = sent_by(clinic)
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    query = f"?message={message_id}"
    right = signature(TOKEN, f"{PUBLIC}/v1/hooks/{clinic.id}/sms/status{query}", form)
    forged = [
        call_back(hooked, clinic.id, "status", form, query=query, sign=""),
        call_back(hooked, clinic.id, "status", form, query=query, sign=right[::-1]),
        call_back(hooked, clinic.id, "status", form, query=query, token="another-clinics-token"),
        call_back(hooked, clinic.id, "status", form, query=query + "&a=b", sign=right),
        call_back(hooked, clinic.id, "status", form | {"To": "+1"}, query=query, sign=right),
        call_back(hooked, clinic.id, "inbound", form, query=query, sign=right),
        call_back(hooked, bare.id, "status", form, query=query),
        call_back(hooked, uuid4(), "status", form, query=query),
    ]
    assert {answer.status_code for answer in forged} == {403}
    assert len({answer.get_json()["detail"] for answer in forged}) == 1
    elsewhere = call_back(
        hooked, other.id, "status", form, query=query, token="another-clinics-token"
    )
    assert elsewhere.status_code == 200
    assert ends(clinic) == [("3d_before", "sent", None)]


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("", {"MessageSid": "SM1", "MessageStatus": "delivered"}),
        ("?message=7", {"MessageSid": "SM1", "MessageStatus": "delivered"}),
        ("?message={id}", {"MessageStatus": "delivered"}),
        ("?message={id}", {"MessageSid": "SM2", "MessageStatus": "delivered"}),
        ("?message={id}", {"MessageSid": "SM1", "MessageStatus": "exploded"}),
        ("?message={id}", {"MessageSid": "\0", "MessageStatus": "\0"}),
        ("?message={id}", {}),
    ],
)
def test_a_signed_word_that_makes_no_sense_changes_nothing(
    app: Flask, hooked: FlaskClient, query: str, form: dict[str, str]
) -> None:
    """I45: also one of a text of another id."""
    clinic = with_number(a_clinic(app))
    a_booking(clinic, texted(clinic))
    message_id = sent_by(clinic)
    answer = call_back(hooked, clinic.id, "status", form, query=query.format(id=message_id))
    assert answer.status_code == 200
    assert ends(clinic) == [("3d_before", "sent", None)]


def test_a_text_that_comes_in_is_kept_once(app: Flask, hooked: FlaskClient) -> None:
    """I45: it is called with twice."""
    clinic = with_number(a_clinic(app))
    form = {"MessageSid": "SM9", "From": "+16025550123", "To": NUMBER, "Body": "C\0 please ☺"}
    for _ in range(2):
        assert call_back(hooked, clinic.id, "inbound", form).status_code == 200
    with clinic.work() as work:
        (text,) = work.session.scalars(select(InboundText))
    assert (text.provider_id, text.number, text.body) == ("SM9", "+16025550123", "C please ☺")


def test_without_a_public_name_nobody_is_listened_to(app: Flask) -> None:
    clinic = with_number(a_clinic(app))
    answer = app.test_client().post(f"/v1/hooks/{clinic.id}/sms/status")
    assert answer.status_code == 404


@pytest.mark.proof
def test_callbacks_in_any_order_doubled_and_forged_end_where_the_model_says(
    app: Flask, hooked: FlaskClient, size: Size
) -> None:
    """I45: the highest of what was truly said."""
    calls = size(ci=200, proof=2_000)
    chance = random.Random(calls)  # noqa: S311 - the same stories each time
    clinic = with_number(a_clinic(app))
    a_booking(clinic, texted(clinic))
    message_id = sent_by(clinic)
    for _ in range(calls // 10):
        with clinic.work() as work:
            work.session.execute(update(Message).values(status="sent", reason=None))
        words = chance.choices(list(MEANINGS), k=chance.randint(1, 4))
        story = [(word, True) for word in words + chance.choices(words, k=2)]
        story += [(chance.choice(list(MEANINGS)), False) for _ in range(10 - len(story))]
        chance.shuffle(story)
        for word, is_true in story:
            but: dict[str, Any] = {} if is_true else {"sign": signature("forged", "", {})}
            answer = said(hooked, clinic, message_id, word, **but)
            assert answer.status_code == (200 if is_true else 403)
        highest = max(["sent", *(MEANINGS[word] for word in words)], key=RANKS.__getitem__)
        assert ends(clinic)[0][1] == highest, story
