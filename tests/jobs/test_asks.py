"""What follow-ups ask: with the reminder of that day, not after an answer, and once more.

The visits are on Tuesday, 1 and 8 December 2026, at 09:30 in Phoenix; patients leave at 10:40.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from scheduler.attention.actions import derived
from scheduler.messages.rules import Outcome
from scheduler.messages.rules_gsm import fits
from scheduler.outreach.actions import scan
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, an_order, consents
from tests.jobs.test_caps import Gateway
from tests.jobs.test_six_weeks import an_answer
from tests.jobs.test_texts import texted
from tests.jobs.ticking import At, Outbox, a_visit, cancel, ends, instant, ledger, tick, words_of

PUBLIC = "https://clinic.example"
MINUTE = timedelta(minutes=1)
# What is asked before the second visit falls on the day of its reminder, and so does its nudge.
BEFORE = {"rule": "before_next", "instrument": "phq9", "hours": 24}
SATURDAY, SUNDAY, MONDAY = (f"2026-12-0{day}T09:30" for day in (5, 6, 7))

Sessions = list[dict[str, Any]]


@pytest.fixture
def known(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    settings = replace(app.extensions["settings"], public_url=PUBLIC)
    monkeypatch.setitem(app.extensions, "settings", settings)
    return app


@pytest.fixture
def clinic(known: Flask, at: At) -> ClinicKit:
    return a_clinic(known, follow_ups=[BEFORE])


def two_visits(clinic: ClinicKit, at: At, patient_id: UUID) -> Sessions:
    """The first of them is over."""
    answer = clinic.desk.post("/v1/series", an_order(patient_id, sessions=2))
    assert answer.status_code == 201, answer.get_json()
    sessions: Sessions = answer.get_json()["sessions"]
    a_visit(clinic, at, sessions[0])
    return sessions


def twice(app: Flask, when: str, channels: Any) -> None:
    """What waits for a reminder looks again a minute later."""
    for moment in (instant(when), instant(when) + MINUTE):
        tick(app, moment, channels)


def asked(clinic: ClinicKit) -> list[tuple[str, str, str | None]]:
    return [each for each in ends(clinic) if each[0].startswith("before_next")]


def test_a_reminder_by_text_carries_the_link_of_what_is_asked_that_day(
    known: Flask, clinic: ClinicKit, at: At
) -> None:
    """I41: one text; it has room for one link, and the visit can be confirmed by answering C."""
    two_visits(clinic, at, texted(clinic))
    gateway = Gateway()
    twice(known, MONDAY, {"sms": gateway})
    (sent,) = (each for each in gateway.sent if each.at == instant(MONDAY))
    assert sent.rule == "1d_before"
    assert f"A few questions: {PUBLIC}/f/" in sent.draft.text
    assert sent.draft.text.count("https://") == 1
    assert fits(sent.draft.text)
    assert asked(clinic) == [("before_next", "skipped", "merged")]


def test_a_reminder_by_mail_has_both_links(
    known: Flask, clinic: ClinicKit, at: At, outbox: Outbox
) -> None:
    two_visits(clinic, at, a_cleared_patient(clinic))
    before = len(outbox.mails)
    twice(known, MONDAY, outbox.channels)
    (mail,) = outbox.mails[before:]
    assert all(f"{PUBLIC}/{letter}/" in words_of(mail) for letter in "fcrdu")


@pytest.mark.parametrize("becomes", ["failed", "unknown"])
def test_where_the_reminder_did_not_go_what_it_carried_goes_by_itself(
    known: Flask, clinic: ClinicKit, at: At, becomes: str
) -> None:
    two_visits(clinic, at, texted(clinic))
    gateway = Gateway()
    gateway.outcome = Outcome(becomes, "gateway_400")
    tick(known, MONDAY, {"sms": gateway})
    gateway.outcome = None
    tick(known, instant(MONDAY) + MINUTE, {"sms": gateway})
    assert ("1d_before", becomes, "gateway_400") in ends(clinic)
    # What may have gone has taken the number's room for the day.
    expected = ("sent", None) if becomes == "failed" else ("skipped", "cap")
    assert asked(clinic) == [("before_next", *expected)]


def test_a_reminder_carries_nothing_that_was_not_consented_to_on_its_channel(
    known: Flask, clinic: ClinicKit, at: At, outbox: Outbox
) -> None:
    """I40: what is asked goes by itself where it may."""
    patient_id = a_cleared_patient(clinic, preferred_channel="sms")
    consents(clinic, patient_id, "reminders", channel="sms")
    two_visits(clinic, at, patient_id)
    gateway = Gateway()
    before = len(outbox.mails)
    twice(known, MONDAY, {"sms": gateway} | outbox.channels)
    (text,) = (each for each in gateway.sent if each.at == instant(MONDAY))
    assert "/f/" not in text.draft.text
    (mail,) = outbox.mails[before:]
    assert f"{PUBLIC}/f/" in words_of(mail)
    assert asked(clinic) == [("before_next", "sent", None)]


def test_a_reminder_that_falls_away_leaves_what_it_was_to_carry(
    known: Flask, at: At, outbox: Outbox
) -> None:
    """I50: the check-in of Monday waits for the reminder of that day, whose visit is cancelled."""
    plan = [{"rule": "check_in", "instrument": "check_in", "hours": 5 * 24 + 20}]
    clinic = a_clinic(known, follow_ups=plan)
    sessions = two_visits(clinic, at, a_cleared_patient(clinic))
    tick(known, "2026-12-07T06:40", outbox.channels)
    at("2026-12-07T08:30:00-07:00")
    cancel(clinic, sessions[1])
    before = len(outbox.mails)
    tick(known, "2026-12-07T09:30", outbox.channels)
    (mail,) = outbox.mails[before:]
    assert "how are you?" in mail["Subject"]


def test_without_a_public_name_it_asks_by_words_alone(app: Flask, at: At, outbox: Outbox) -> None:
    clinic = a_clinic(app, follow_ups=[BEFORE])
    two_visits(clinic, at, a_cleared_patient(clinic))
    before = len(outbox.mails)
    twice(app, MONDAY, outbox.channels)
    assert len(outbox.mails) == before + 2
    assert "http" not in words_of(outbox.mails[-1])
    assert asked(clinic) == [("before_next", "sent", None)]


@pytest.fixture
def early(known: Flask, at: At) -> ClinicKit:
    """A clinic that asks two days before a visit: on Sunday."""
    return a_clinic(known, follow_ups=[BEFORE | {"hours": 48}])


@pytest.mark.parametrize("by", ["link", "phone", "long ago"])
def test_what_was_answered_already_is_not_asked(
    known: Flask, early: ClinicKit, at: At, outbox: Outbox, by: str
) -> None:
    """Nor is it when the same form was filled in on the telephone a few hours before."""
    patient_id = a_cleared_patient(early)
    sessions = two_visits(early, at, patient_id)
    row = {"patient_id": str(patient_id), "session_id": sessions[1]["id"], "rule": "before_next"}
    then = instant(SUNDAY) - timedelta(hours=25 if by == "long ago" else 20)
    with early.work(then) as work:
        answers = an_answer(row, then, clinic_id=early.id)
        if by != "link":
            answers.source, answers.session_id, answers.rule = "phone", None, None
        work.session.add(answers)
    for day in (SATURDAY, SUNDAY):
        tick(known, day, outbox.channels)
    expected = ("sent", None) if by == "long ago" else ("skipped", "answered")
    assert asked(early) == [("before_next", *expected)]


def test_who_does_not_answer_is_asked_once_more_and_then_called(
    known: Flask, early: ClinicKit, at: At, outbox: Outbox
) -> None:
    """The nudge goes with the reminder of Monday; on Tuesday, before the visit, a person calls."""
    patient_id = a_cleared_patient(early)
    two_visits(early, at, patient_id)
    for day in (SATURDAY, SUNDAY):
        tick(known, day, outbox.channels)
    twice(known, MONDAY, outbox.channels)
    assert asked(early) == [
        ("before_next", "sent", None),
        ("before_next_nudge", "skipped", "merged"),
    ]
    twice(known, "2026-12-08T08:00", outbox.channels)
    assert len(asked(early)) == 2
    assert called(early, "2026-12-08T09:29") == []
    assert called(early, "2026-12-08T09:30") == [patient_id]
    assert called(early, "2026-12-30T09:30") == []
    row = next(each for each in ledger(early) if each["rule"] == "before_next")
    with early.work() as work:
        work.session.add(an_answer(row, instant(MONDAY), clinic_id=early.id))
    assert called(early, "2026-12-08T09:30") == []


def called(clinic: ClinicKit, when: str) -> list[UUID | None]:
    """Whom a person is to call for want of an answer."""
    with clinic.work(instant(when)) as work:
        return [each.patient_id for each in derived(work) if each.kind == "unanswered"]


def test_a_protocol_that_asks_it_no_more_lets_nobody_be_asked(
    known: Flask, early: ClinicKit, at: At, outbox: Outbox
) -> None:
    two_visits(early, at, a_cleared_patient(early))
    tick(known, "2026-12-06T08:00", outbox.channels)
    with early.work(instant(SUNDAY)) as work:
        scan(work)
    (weekly,) = early.admin.get("/v1/protocols").get_json()["items"]
    path, version = f"/v1/protocols/{weekly['id']}", weekly["version"]
    assert early.admin.change("PATCH", path, {"follow_ups": []}, version=version).status_code == 200
    tick(known, SUNDAY, outbox.channels)
    assert asked(early) == [("before_next", "skipped", "not_asked")]
