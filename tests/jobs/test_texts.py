"""Texts by a plain gateway: what its answers mean, and that nobody gets one twice.

The visits are on Tuesday, 1 December 2026; their first reminder is due on Saturday at 09:30.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from scheduler.delivery import deliver_all
from scheduler.messages import channels_text
from scheduler.messages.channels_http import Answer
from scheduler.messages.channels_text import PlainGateway, judged
from scheduler.messages.model import Message
from scheduler.messages.rules import Outcome
from scheduler.outreach.actions import scan
from tests.builders import ClinicKit, a_clinic, a_patient, cleared, consents
from tests.gateway.fates import Fates
from tests.gateway.running import a_gateway
from tests.jobs.ticking import Outbox, a_booking, begin_send, claimed, ends, instant, ledger, tick

pytestmark = pytest.mark.usefixtures("at")

DUE, A_MINUTE_LATER, NOON = "2026-11-28T09:30", "2026-11-28T09:31", "2026-11-28T12:00"
DAY = timedelta(days=1)
TOKEN = "a-token-of-the-gateway"


def texted(clinic: ClinicKit, **fields: Any) -> UUID:
    """A patient who is reminded by text."""
    patient_id = a_patient(clinic, **{"preferred_channel": "sms", **fields})
    consents(clinic, patient_id, "treatment")
    consents(clinic, patient_id, "reminders", "check_ins", channel="sms")
    cleared(clinic, patient_id)
    return patient_id


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says exactly this to each request; its URL, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    one, _ = listening.accept()
                except OSError:
                    return
                with one:
                    asked.append(_request(one))
                    one.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v2/send?from=clinic", asked
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _request(one: socket.socket) -> bytes:
    """A whole request: its body is JSON of one object."""
    request = b""
    while not request.endswith(b"}"):
        request += one.recv(65_536)
    return request


def test_a_text_is_one_post_with_the_messages_id_as_its_key(app: Flask) -> None:
    """I35, I42."""
    clinic = a_clinic(app, name="Clínica Sonora")
    a_booking(clinic, texted(clinic))
    body = b'{"id": "abc"}'
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with answering(answer) as (url, asked):
        done = tick(app, DUE, {"sms": PlainGateway(url, TOKEN, DAY)})
    assert done == {"reminder 3d_before: sent": 1}
    (row,) = ledger(clinic)
    assert (row["channel"], row["status"], row["attempts"]) == ("sms", "sent", 1)
    ((head, sent),) = (request.split(b"\r\n\r\n") for request in asked)
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v2/send?from=clinic HTTP/1.1"
    assert {f"Idempotency-Key: {row['id']}", f"Authorization: Bearer {TOKEN}"} <= set(lines)
    assert json.loads(sent) == {
        "to": row["address"],
        "text": "Clinica Sonora: appt Tue Dec 1 9:30 AM. To change it, call (602) 555-0100.",
    }
    with clinic.work() as work:
        assert work.session.scalars(select(Message.provider_id)).one() == "abc"


AWAY = Outcome("retry", "gateway_away", away=True)
UNREADABLE = Outcome("unknown", "gateway_unreadable")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"id": "abc"}', Outcome("sent", provider_id="abc")),
        (202, b'{"id": "abc", "more": [1]}', Outcome("sent", provider_id="abc")),
        (200, b'{"error": "no credit"}', UNREADABLE),  # whatever it means by that
        (200, b'{"id": 7}', UNREADABLE),
        (200, b'{"id": "a b"}', UNREADABLE),
        (200, b'{"id": "\\u0000"}', UNREADABLE),
        (200, b"[" * 60_000, UNREADABLE),
        (200, b"", UNREADABLE),
        (204, b"", UNREADABLE),
        (400, b"", Outcome("failed", "gateway_400")),
        (422, b"", Outcome("failed", "gateway_422")),
        (429, b"", Outcome("retry", "gateway_429")),
        (409, b"", Outcome("retry", "gateway_409")),
        (401, b"", AWAY),
        (404, b"", AWAY),
        (301, b"", AWAY),
        (408, b"", Outcome("unknown", "gateway_408")),
        (500, b'{"id": "abc"}', Outcome("unknown", "gateway_500")),
        (503, b"", Outcome("unknown", "gateway_503")),
        (600, b"", Outcome("unknown", "gateway_600")),
    ],
)
def test_only_a_readable_answer_is_certain(status: int, body: bytes, expected: Outcome) -> None:
    """I35, I38: and what is our own fault is not the text's."""
    assert judged(Answer(status, body)) == expected


BAD_ANSWERS = {
    "nothing": b"",
    "no HTTP": b"hello\r\n\r\n",
    "half of it": b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"id": "abc"}',
    "no number": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "a long head": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_an_answer_that_breaks_off_leaves_it_unknown(app: Flask, answer: bytes) -> None:
    """I35, I38: without a key it is never sent again."""
    clinic = a_clinic(app)
    a_booking(clinic, texted(clinic))
    with answering(answer) as (url, asked):
        for moment in (DUE, A_MINUTE_LATER, NOON):
            tick(app, moment, {"sms": PlainGateway(url, None, timedelta(0))})
        assert ends(clinic) == [("3d_before", "unknown", "gateway_broke_off")]
        assert len(asked) == 1


@pytest.mark.parametrize("fate", ["hangs_after", "drips"])
def test_an_answer_that_takes_too_long_is_given_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch, fate: str
) -> None:
    """I38: also one that sends a byte now and then, and so never misses a single read."""
    monkeypatch.setattr(channels_text, "TIMEOUT_SECONDS", 0.4)
    clinic = a_clinic(app)
    a_booking(clinic, texted(clinic))
    with a_gateway(keyed=False, seed=seed_of(fate), well=0) as gateway:
        tick(app, DUE, {"sms": PlainGateway(gateway.url, None, timedelta(0))})
        assert len(gateway.taken()) == 1
    assert ends(clinic) == [("3d_before", "unknown", "gateway_broke_off")]


def seed_of(fate: str, well: int = 0) -> int:
    """A seed with which the first request has this fate."""
    return next(seed for seed in range(1000) if Fates(seed, well).of(1) == fate)


def test_with_a_key_it_is_sent_again_until_it_is_known(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I35, I38: the gateway takes the second for the first."""
    monkeypatch.setattr(channels_text, "TIMEOUT_SECONDS", 0.4)
    clinic = a_clinic(app)
    a_booking(clinic, texted(clinic))
    with a_gateway(keyed=True, seed=seed_of("error_after", 50), well=50) as gateway:
        channels = {"sms": PlainGateway(gateway.url, None, DAY)}
        tick(app, DUE, channels)
        assert ends(clinic) == [("3d_before", "planned", "gateway_500")]
        moment = instant(DUE)
        while ledger(clinic)[0]["status"] == "planned":
            moment += timedelta(minutes=61)
            tick(app, moment, channels)
        assert ends(clinic) == [("3d_before", "sent", None)]
        assert list(gateway.taken().values()) == [1]
        assert gateway.ledger()["asked"] == ledger(clinic)[0]["attempts"] > 1


def test_a_key_the_gateway_may_have_forgotten_is_not_used_again(app: Flask) -> None:
    """I35: it would take the second for another."""
    clinic = a_clinic(app)
    a_booking(clinic, texted(clinic))
    with a_gateway(keyed=False, seed=seed_of("error_after"), well=0) as gateway:
        channels = {"sms": PlainGateway(gateway.url, None, DAY)}
        tick(app, DUE, channels)
        with clinic.work() as work:
            message = work.session.scalars(select(Message)).one()
            message.key_until = instant("2020-01-01T00:00")
        tick(app, A_MINUTE_LATER, channels)
        assert gateway.ledger()["asked"] == 1
    assert ends(clinic) == [("3d_before", "unknown", "gateway_500")]


Change = Callable[[ClinicKit, UUID], None]


def other_number(clinic: ClinicKit, patient_id: UUID) -> None:
    path = f"/v1/patients/{patient_id}"
    version = clinic.desk.get(path).get_json()["version"]
    answer = clinic.desk.change("PATCH", path, {"phone": "+16025559999"}, version=version)
    assert answer.status_code == 200


def discharged(clinic: ClinicKit, patient_id: UUID) -> None:
    path = f"/v1/patients/{patient_id}"
    version = clinic.desk.get(path).get_json()["version"]
    answer = clinic.desk.change("PATCH", path, {"status": "discharged"}, version=version)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("change", "reason"),
    [(other_number, "gateway_500"), (discharged, "patient_discharged")],
)
def test_what_may_have_gone_is_unknown_once_it_cannot_go_again(
    app: Flask, change: Change, reason: str
) -> None:
    """I38: nobody can say that it was not sent."""
    clinic = a_clinic(app)
    patient_id = texted(clinic)
    a_booking(clinic, patient_id)
    with a_gateway(keyed=True, seed=seed_of("error_after"), well=0) as gateway:
        channels = {"sms": PlainGateway(gateway.url, None, DAY)}
        tick(app, DUE, channels)
        change(clinic, patient_id)
        tick(app, A_MINUTE_LATER, channels)
        assert gateway.ledger()["asked"] == 1
    assert ends(clinic) == [("3d_before", "unknown", reason)]


@pytest.mark.parametrize(
    ("key_life", "end"), [(DAY, ("sent", None)), (timedelta(0), ("unknown", "interrupted"))]
)
def test_a_crash_while_a_text_goes_out_is_mended_where_the_gateway_knows_it(
    app: Flask, key_life: timedelta, end: tuple[str, str | None]
) -> None:
    """I35, I38."""
    clinic = a_clinic(app)
    a_booking(clinic, texted(clinic))
    with a_gateway(keyed=bool(key_life)) as gateway:
        channels = {"sms": PlainGateway(gateway.url, None, key_life)}
        (message_id,) = claimed(clinic, DUE, lease=timedelta(0))
        with clinic.work(instant(DUE)) as work:
            outgoing = begin_send(work, message_id, channels)
        assert outgoing
        channels["sms"].send(outgoing)
        tick(app, DUE, channels)
        assert list(gateway.taken().values()) == [1]
    assert [row[1:] for row in ends(clinic)] == [end]


def test_a_gateway_that_is_away_is_asked_once_a_tick_and_gets_all_when_it_is_back(
    app: Flask,
) -> None:
    """I38: refused connections are certain."""
    clinic = a_clinic(app)
    for time in ("09:00", "10:00", "11:00"):
        a_booking(clinic, texted(clinic), at=time)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    tick(app, NOON, {"sms": PlainGateway(f"http://127.0.0.1:{port}", None, timedelta(0))})
    assert {row[1:] for row in ends(clinic)} == {("planned", "gateway_away")}
    with a_gateway(keyed=False) as gateway:
        tick(app, "2026-11-28T12:01", {"sms": PlainGateway(gateway.url, None, timedelta(0))})
        assert sorted(gateway.taken().values()) == [1, 1, 1]
    assert {row[1:] for row in ends(clinic)} == {("sent", None)}


def test_a_message_takes_the_other_channel_where_the_first_is_not_there(
    app: Flask, outbox: Outbox
) -> None:
    """I40: and only with consent for that one."""
    clinic = a_clinic(app)
    both = texted(clinic)
    consents(clinic, both, "reminders", channel="email")
    a_booking(clinic, both, at="09:00")
    a_booking(clinic, texted(clinic), at="11:00")
    tick(app, NOON, outbox.channels)
    assert [(row["channel"], row["status"], row["reason"]) for row in ledger(clinic)] == [
        ("email", "sent", None),
        (None, "skipped", "no_consent"),
    ]


def test_a_slow_gateway_holds_up_no_mail(app: Flask, outbox: Outbox) -> None:
    """I38: each channel has a pool of its own."""
    clinic = a_clinic(app)
    a_booking(clinic, texted(clinic), at="09:00")
    by_mail = a_booking(clinic, at="11:00")
    waits, goes_on = threading.Event(), threading.Event()

    class Slow(PlainGateway):
        def send(self, outgoing: Any) -> Outcome:
            waits.set()
            assert goes_on.wait(20)
            return Outcome("sent", provider_id="late")

    channels: dict[str, Any] = {"sms": Slow("http://slow", None, DAY), **outbox.channels}
    with clinic.work(instant(NOON)) as work:
        scan(work)

    def now() -> Any:
        return instant(NOON)

    def deliver(way: str) -> None:
        with app.app_context():
            deliver_all(app, way, now, channels, threading.Event())

    texts = threading.Thread(target=deliver, args=["sms"])
    texts.start()
    assert waits.wait(20)
    deliver("email")
    assert {row["session_id"]: row["status"] for row in ledger(clinic)}[by_mail["id"]] == "sent"
    goes_on.set()
    texts.join()
    assert {row["status"] for row in ledger(clinic)} == {"sent"}
