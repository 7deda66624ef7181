"""The links in messages: what a patient can do with what was sent, and that nothing else is left.

The visits are on Tuesday, 1 December 2026; their first reminder goes on Saturday at 09:30.
"""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import func, select

from scheduler.links.model import Link
from scheduler.messages.channels_mail import SmtpMail
from scheduler.messages.channels_text import PlainGateway
from scheduler.messages.links import with_links
from scheduler.messages.rules_gsm import fits
from tests.api.linked import Phone, Read
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, an_order
from tests.gateway.running import a_gateway
from tests.jobs.smtp_sink import a_sink
from tests.jobs.test_texts import texted
from tests.jobs.ticking import (
    FROM,
    At,
    Outbox,
    a_booking,
    a_visit,
    begin_send,
    claimed,
    instant,
    step,
    tick,
    words_of,
)

PUBLIC = "https://clinic.example"
DUE = "2026-11-28T09:30"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}

Json = dict[str, Any]
Paths = dict[str, str]


@pytest.fixture
def known(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app, where patients reach it under a public name."""
    settings = replace(app.extensions["settings"], public_url=f"{PUBLIC}/")
    monkeypatch.setitem(app.extensions, "settings", settings)
    return app


@pytest.fixture
def phone(known: Flask, at: At) -> Phone:
    """A patient's phone, as soon as the first reminder is due."""
    at(instant(DUE))
    return Phone(known)


def mailed(app: Flask, when: str = DUE) -> EmailMessage:
    """The one mail that goes then, by a real mail server."""
    with a_sink() as sink, closing(SmtpMail(sink.url, FROM)) as mail:
        tick(app, when, {"email": mail})
    (taken,) = sink.mails
    return taken


def text_sent(app: Flask, when: str = DUE) -> str:
    """The one text that goes then, by a real gateway."""
    with a_gateway(keyed=False) as gateway:
        tick(app, when, {"sms": PlainGateway(gateway.url, None, timedelta(0))})
        (taken,) = gateway.ledger()["taken"]
    return str(taken["text"])


def paths_in(words: str) -> Paths:
    """Each link's path, by its letter."""
    return {path[1]: path for path in re.findall(rf"{PUBLIC}(/\w/\w+)", words)}


def page_of(mail: EmailMessage) -> Read:
    body = mail.get_body(("html",))
    assert body is not None
    return Read(body.get_content())


def others_on(page: Read) -> list[str]:
    """Where a page leads beside the telephone."""
    return [str(each["href"]) for each in page.all("a") if str(each["href"]).startswith("/")]


def in_force(clinic: ClinicKit, patient_id: str) -> set[str]:
    listed = clinic.desk.get(f"/v1/patients/{patient_id}/consents").get_json()["items"]
    return {each["purpose"] for each in listed if each["withdrawn_at"] is None}


def links_left(clinic: ClinicKit) -> int:
    with clinic.work() as work:
        return work.session.scalars(select(func.count()).select_from(Link)).one()


def test_a_mail_carries_links_that_do_what_they_say(known: Flask, phone: Phone) -> None:
    """I42, I48: the same in its words and in its page."""
    clinic = a_clinic(known)
    session = a_booking(clinic)
    mail = mailed(known)
    paths = paths_in(words_of(mail))
    assert list(paths) == ["c", "r", "d", "i", "u"]
    assert [each["href"] for each in page_of(mail).all("a")] == [
        f"{PUBLIC}{path}" for path in paths.values()
    ]
    assert "I will come: " in words_of(mail)
    assert phone.follow(paths["c"]).status_code == 200
    confirmed = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    assert confirmed["confirmed_at"]
    assert phone.open(paths["i"]).mimetype == "text/calendar"
    change = phone.read(paths["r"])
    assert phone.press(paths["r"], change, start=change.starts[0]).status_code == 200
    moved = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    assert moved["starts_at"] != session["starts_at"]
    assert phone.open(paths["d"]).status_code == 409, "the time has changed"


@pytest.mark.parametrize("as_form", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_mail_program_unsubscribes_with_one_post(
    known: Flask, phone: Phone, as_form: str
) -> None:
    """RFC 8058: by its headers alone, in either form, and without a page before it."""
    clinic = a_clinic(known)
    session = a_booking(clinic)
    mail = mailed(known)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (path,) = paths_in(mail["List-Unsubscribe"]).values()
    assert mail["List-Unsubscribe"] == f"<{PUBLIC}{path}>"
    assert path.startswith("/u/")
    assert in_force(clinic, session["patient_id"]) == {"treatment", "reminders", "check_ins"}
    for count in (1, 1001):
        more = ONE_CLICK | {f"x{nth}": "1" for nth in range(count)}
        assert phone.open(path, "POST", data=more, content_type=as_form).status_code == 400
    assert phone.open(path, "POST", data=ONE_CLICK, content_type=as_form).status_code == 200
    assert in_force(clinic, session["patient_id"]) == {"treatment"}


def test_a_text_has_room_for_one_link_whose_page_leads_to_the_others(
    known: Flask, phone: Phone
) -> None:
    """I42, I48"""
    clinic = a_clinic(known)
    session = a_booking(clinic, texted(clinic))
    said = text_sent(known)
    assert fits(said)
    (path,) = paths_in(said).values()
    assert f"To change it, call (602) 555-0100. Confirm or change: {PUBLIC}/c/" in said
    page = phone.read(path)
    assert [href[:3] for href in others_on(page)] == ["/r/", "/d/"]
    assert phone.press(path, page).status_code == 200
    _, decline = others_on(phone.read(path))
    assert phone.follow(decline).status_code == 200
    now = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    assert (now["status"], now["cancelled_by"]) == ("cancelled", "patient")
    assert phone.read(path, 409).all("ul") == []


def moved_by_link(known: Flask, at: At, path: str) -> str:
    """The patient chooses the first time offered; when what that leads to is due."""
    at(instant("2026-11-28T10:00"))
    phone = Phone(known)
    page = phone.read(path)
    assert phone.press(path, page, start=page.starts[0]).status_code == 200
    return "2026-11-28T10:03"


def test_who_moves_a_visit_by_the_link_in_a_text_is_not_told_of_it(
    known: Flask, at: At, phone: Phone
) -> None:
    """They saw that it was done; the clinic's own move is told."""
    clinic = a_clinic(known, notices=("changed",))
    policies = "/v1/clinic/policies"
    clinic.admin.change("PATCH", policies, {"texts_a_day": 2}, version=1)
    session = a_booking(clinic, texted(clinic))
    (confirm,) = paths_in(text_sent(known)).values()
    change, _ = others_on(phone.read(confirm))
    when = moved_by_link(known, at, change)
    assert tick(known, when, {}) == {}
    now = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    assert now["time_version"] == 2
    step(clinic, now, "reschedule", starts_at=session["starts_at"])
    assert "your appt is now" in text_sent(known, when)


def test_who_moves_a_visit_by_the_link_in_a_mail_has_it_put_right_in_the_calendar(
    known: Flask, at: At
) -> None:
    """I47: and gets links for the new time."""
    clinic = a_clinic(known, notices=("changed",))
    session = a_booking(clinic)
    when = moved_by_link(known, at, paths_in(words_of(mailed(known)))["r"])
    mail = mailed(known, when)
    (event,) = Calendar.from_ical(list(mail.iter_parts())[2].get_content()).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"]) == (session["id"], 2)
    assert Phone(known).follow(paths_in(words_of(mail))["c"]).status_code == 200


def test_without_a_public_name_there_are_no_links(app: Flask, outbox: Outbox) -> None:
    clinic = a_clinic(app)
    a_booking(clinic)
    tick(app, DUE, outbox.channels)
    (mail,) = outbox.mails
    assert "http" not in words_of(mail)
    assert mail["List-Unsubscribe"] is None
    assert links_left(clinic) == 0


def test_of_several_visits_each_reminder_has_the_links(known: Flask, at: At) -> None:
    clinic = a_clinic(known, notices=("booked",))
    answer = clinic.desk.post("/v1/series", an_order(a_cleared_patient(clinic), sessions=3))
    assert answer.status_code == 201
    assert list(paths_in(words_of(mailed(known, "2026-11-23T08:03")))) == ["u"]


def test_a_word_after_the_visit_leads_to_its_form_and_can_be_unsubscribed_from_for_60_days(
    known: Flask, at: At
) -> None:
    clinic = a_clinic(known)
    session = a_booking(clinic)
    a_visit(clinic, at, session)
    when = "2026-12-02T10:40"
    paths = paths_in(words_of(mailed(known, when)))
    assert list(paths) == ["f", "u"]
    with clinic.work() as work:
        (form,) = work.session.scalars(select(Link).where(Link.purpose == "check_in"))
        assert (form.session_id, form.rule) == (UUID(session["id"]), "check_in")
        assert form.instrument == "check_in"
    at(instant("2027-01-31T10:00"))
    assert Phone(known).follow(paths["u"]).status_code == 200
    assert in_force(clinic, session["patient_id"]) == {"treatment"}


def test_a_send_that_is_rolled_back_leaves_no_link(known: Flask, outbox: Outbox) -> None:
    """They are made in the transaction that begins it."""
    clinic = a_clinic(known)
    a_booking(clinic)
    (message_id,) = claimed(clinic, DUE)

    def begin(broken: bool) -> None:
        with clinic.work(instant(DUE)) as work:
            outgoing = begin_send(work, message_id, outbox.channels)
            assert outgoing is not None
            (linked,) = with_links(work, [outgoing], PUBLIC)
            assert linked.draft.unsubscribe
            if broken:
                raise ConnectionError

    with pytest.raises(ConnectionError):
        begin(broken=True)
    assert links_left(clinic) == 0
    begin(broken=False)
    assert links_left(clinic) == 5


def test_links_are_forgotten_a_month_after_their_end(
    known: Flask, at: Callable[[Any], None], outbox: Outbox
) -> None:
    """Until then their page says whom to call; unsubscribing works for two months."""
    clinic = a_clinic(known)
    a_booking(clinic)
    tick(known, DUE, outbox.channels)
    paths = paths_in(words_of(outbox.mails[0]))
    for when, left in (
        ("2026-12-31T09:29", 5),
        ("2027-01-01T09:31", 1),
        ("2027-03-03T09:31", 0),
    ):
        tick(known, when, {})
        assert links_left(clinic) == left
    at(instant("2027-03-03T09:31"))
    assert Phone(known).open(paths["u"]).status_code == 404
