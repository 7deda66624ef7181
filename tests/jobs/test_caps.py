"""One number gets one unasked text a day and five a week, the most important ones (I41)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.messages import model_claims
from scheduler.messages.channels_text import PlainGateway
from scheduler.messages.model import Message
from scheduler.messages.model_claims import claim
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import Outcome
from tests.builders import ClinicKit, a_cleared_patient, a_clinic
from tests.jobs.test_texts import texted
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
    step,
    tick,
)

HIS = "+16025550123"
MINUTE = timedelta(minutes=1)


class Gateway(PlainGateway):
    """Takes every text, and knows which."""

    def __init__(self) -> None:
        super().__init__("http://nowhere", None, timedelta(0))
        self.sent: list[Outgoing] = []
        self.outcome: Outcome | None = None

    def send(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing)
        return self.outcome or Outcome("sent", provider_id=str(outgoing.id))


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def clinic(app: Flask, at: At) -> ClinicKit:
    return a_clinic(app, chairs=4)


def tick_until_quiet(app: Flask, at: str, gateway: Gateway) -> None:
    """As often as it takes: what waits for its turn asks again a minute later."""
    for minute in range(5):
        tick(app, instant(at) + minute * MINUTE, {"sms": gateway})


def outcomes(clinic: ClinicKit) -> set[tuple[str, str, str | None]]:
    return set(ends(clinic))


def visits(clinic: ClinicKit, *days: str) -> list[Any]:
    """One on each of these days, each of another patient of one number."""
    return [a_booking(clinic, texted(clinic, phone=HIS), first_on=day) for day in days]


def test_of_two_reminders_of_one_day_that_of_tomorrow_goes(
    app: Flask, clinic: ClinicKit, gateway: Gateway
) -> None:
    """I41: whichever was booked first."""
    visits(clinic, "2026-12-03", "2026-12-01")
    tick_until_quiet(app, "2026-11-28T10:00", gateway)
    tick_until_quiet(app, "2026-11-30T10:00", gateway)
    assert [(each.rule, each.at.day) for each in gateway.sent] == [
        ("3d_before", 28),
        ("1d_before", 30),
    ]
    assert ("3d_before", "skipped", "cap") in outcomes(clinic)


def test_two_patients_of_one_number_share_its_room(
    app: Flask, clinic: ClinicKit, gateway: Gateway
) -> None:
    """I41: it is the number that is spared."""
    for _ in range(2):
        a_booking(clinic, texted(clinic, phone=HIS))
    tick_until_quiet(app, "2026-11-28T10:00", gateway)
    assert len(gateway.sent) == 1
    assert outcomes(clinic) == {("3d_before", "sent", None), ("3d_before", "skipped", "cap")}


def test_a_week_is_this_day_and_the_six_before_it(
    app: Flask, clinic: ClinicKit, gateway: Gateway
) -> None:
    """I41: on Sunday there were three since Monday, on Monday two since Tuesday."""
    with clinic.work() as work:
        policy = "UPDATE policies SET texts_a_week = 3, reminder_days = '{1}' WHERE clinic_id = :id"
        work.session.execute(text(policy), {"id": clinic.id})
    visits(clinic, "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-07")
    visits(clinic, "2026-12-08")
    for day in ("11-30", "12-01", "12-02", "12-03", "12-06", "12-07"):
        tick_until_quiet(app, f"2026-{day}T10:00", gateway)
    assert [f"{each.at:%m-%d}" for each in gateway.sent] == ["11-30", "12-01", "12-02", "12-07"]
    assert [each[1:] for each in ends(clinic)[3:5]] == [("skipped", "cap")] * 2


def test_what_a_person_sends_by_hand_goes_and_takes_nobodys_room(
    app: Flask, clinic: ClinicKit, gateway: Gateway, at: At
) -> None:
    """I41: before and after the one that nobody asked for."""
    _, second, third = visits(clinic, "2026-12-01", "2026-12-03", "2026-12-04")
    tick_until_quiet(app, "2026-11-28T10:00", gateway)
    at("2026-11-30T09:00:00-07:00")
    for session, hour in ((second, "09:10"), (third, "10:10")):
        path = f"/v1/sessions/{session['id']}/reminders/3d_before/send"
        assert clinic.desk.post(path, {"reason": "He asked."}).status_code == 200
        tick_until_quiet(app, f"2026-11-30T{hour}", gateway)
        tick_until_quiet(app, "2026-11-30T09:30", gateway)
    rules = [each.rule for each in gateway.sent]
    assert rules == ["3d_before", "3d_before", "1d_before", "3d_before"]


def test_one_that_may_have_gone_today_takes_todays_room(
    app: Flask, clinic: ClinicKit, gateway: Gateway
) -> None:
    """I41: it was due the day before, when no job ran."""
    first, second = visits(clinic, "2026-12-01", "2026-12-02")
    gateway.outcome = Outcome("unknown", "gateway_broke_off")
    tick_until_quiet(app, "2026-11-29T08:30", gateway)
    gateway.outcome = None
    tick_until_quiet(app, "2026-11-29T10:00", gateway)
    assert {row["session_id"]: row["status"] for row in ledger(clinic)} == {
        first["id"]: "unknown",
        second["id"]: "skipped",
    }


def test_mail_has_no_cap(app: Flask, clinic: ClinicKit, outbox: Outbox) -> None:
    """I41 is about numbers: a telephone rings."""
    for day in ("2026-12-01", "2026-12-03"):
        a_booking(clinic, a_cleared_patient(clinic, email="both@example.com"), first_on=day)
    tick(app, "2026-11-30T10:00", outbox.channels)
    assert len(outbox.files) == 2


def test_a_change_goes_whatever_went_that_day_and_counts(
    app: Flask, at: At, gateway: Gateway
) -> None:
    """I41: who was not told comes for nothing."""
    clinic = a_clinic(app, notices=("booked", "changed", "cancelled"))
    session = a_booking(clinic, texted(clinic, phone=HIS))
    tick_until_quiet(app, "2026-11-23T09:10", gateway)
    at("2026-11-23T10:00:00-07:00")
    now = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    step(clinic, now, "cancel", reason="a leak", by="clinic")
    a_booking(clinic, texted(clinic, phone=HIS))
    tick_until_quiet(app, "2026-11-23T10:10", gateway)
    assert outcomes(clinic) == {
        ("booked", "sent", None),
        ("cancelled", "sent", None),
        ("booked", "skipped", "cap"),
    }


def test_a_backlog_goes_by_rank_and_then_by_how_long_it_has_waited(
    clinic: ClinicKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I41"""
    monkeypatch.setattr(model_claims, "BATCH", 2)
    for day in ("2026-12-01", "2026-12-03", "2026-12-01"):
        a_booking(clinic, first_on=day)
    ids = claimed(clinic, "2026-11-30T10:00")
    with clinic.work(instant("2026-11-30T10:00")) as work:
        ids += claim(work, MINUTE)
        ids += claim(work, MINUTE)
        rows = [work.load(Message, each) for each in ids]
    order = [(each.rule != "1d_before", each.due_at) for each in rows]
    assert len(order) == 5
    assert order == sorted(order)


def test_a_text_waits_for_those_that_go_before_it(clinic: ClinicKit, gateway: Gateway) -> None:
    """I41: until it is known whether they need the room."""
    tomorrow, _ = visits(clinic, "2026-12-01", "2026-12-03")
    due = "2026-11-30T10:00"
    first, *_, last = claimed(clinic, due)
    with clinic.work(instant(due)) as work:
        assert begin_send(work, last, {"sms": gateway}) is None
        waits = work.load(Message, last)
        assert (waits.rule, waits.status) == ("3d_before", "planned")
        assert waits.next_attempt_at == instant(due) + MINUTE
    cancel(clinic, tomorrow)
    with clinic.work(instant(due)) as work:
        assert begin_send(work, first, {"sms": gateway}) is None
    with clinic.work(instant(due) + MINUTE) as work:
        assert claim(work, MINUTE) == [last]
    with clinic.work(instant(due) + MINUTE) as work:
        assert begin_send(work, last, {"sms": gateway})


def test_two_at_once_find_room_for_one(app: Flask, clinic: ClinicKit, gateway: Gateway) -> None:
    """I41: the second falls due, and goes before the first, while that one is being begun."""
    for day, at in (("2026-12-03", "08:30"), ("2026-12-01", "10:00")):
        a_booking(clinic, texted(clinic, phone=HIS), first_on=day, at=at)
    tick_until_quiet(app, "2026-11-28T10:00", gateway)
    (first,) = claimed(clinic, "2026-11-30T09:00")
    began, results = threading.Event(), []

    def other() -> None:
        with app.app_context():
            (second,) = claimed(clinic, "2026-11-30T10:00")
            with clinic.work(instant("2026-11-30T10:00")) as work:
                began.set()
                results.append(begin_send(work, second, {"sms": gateway}))

    thread = threading.Thread(target=other)
    with clinic.work(instant("2026-11-30T09:00")) as work:
        results.append(begin_send(work, first, {"sms": gateway}))
        thread.start()
        assert began.wait(20)
        # It waits for us; where it did not, it would be through by then.
        thread.join(0.5)
    thread.join()
    assert [each is not None for each in results] == [True, False]
    assert ends(clinic)[1:] == [("3d_before", "sending", None), ("1d_before", "skipped", "cap")]
