"""The follow-up after a visit: once, 24 hours after the patient left, and not after the next visit.

The visit is on Tuesday, 1 December 2026, from 09:30 to 10:10 in Phoenix; the patient leaves at
10:40.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from scheduler.outreach.actions import scan
from scheduler.patients.actions import change_patient
from tests.builders import ANY, ClinicKit, a_cleared_patient, a_clinic, a_protocol
from tests.jobs.ticking import (
    At,
    Outbox,
    a_booking,
    a_visit,
    cancel,
    claimed,
    ends,
    instant,
    step,
    tick,
    words_of,
)

MINUTE = timedelta(minutes=1)
SENT = {"follow_up check_in: sent": 1}
DUE = "2026-12-02T10:40"


def the_next_day(clinic: ClinicKit, on: str, wall: str) -> dict[str, str]:
    """An order of a protocol by which a patient may come again so soon."""
    return {"first_on": on, "at": wall, "protocol_id": str(a_protocol(clinic))}


def test_a_follow_up_goes_once_24_hours_after_the_patient_left(
    app: Flask, at: At, outbox: Outbox
) -> None:
    """I50, I51: not 24 hours after the plan's end."""
    clinic = a_clinic(app)
    a_visit(clinic, at, a_booking(clinic))
    tick(app, "2026-12-01T11:00", outbox.channels)
    reminders = len(outbox.mails)
    moments = [instant(DUE) + minutes * MINUTE for minutes in (-1, 0, 1, 15, 60)]
    done = [tick(app, moment, outbox.channels) for moment in moments]
    assert done == [{}, SENT, {}, {}, {}]
    mail = outbox.mails[reminders]
    assert mail["Subject"] == "Sonoran Care: how are you?"
    assert "call (602) 555-0100" in words_of(mail)


def test_a_stay_that_took_longer_is_followed_up_later(app: Flask, at: At, outbox: Outbox) -> None:
    """I51: from when the patient actually left."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    for verb, moment in (("arrive", "09:20"), ("start", "09:45"), ("observe", "10:40")):
        at(f"2026-12-01T{moment}:00-07:00")
        session = step(clinic, session, verb, **{"start": {"vitals_recorded": True}}.get(verb, {}))
    at("2026-12-01T12:03:00-07:00")
    step(clinic, session, "complete")
    tick(app, "2026-12-02T12:02", outbox.channels)
    assert [row for row in ends(clinic) if row[0] == "check_in"] == []
    assert tick(app, "2026-12-02T12:03", outbox.channels) == SENT


def test_a_visit_recorded_days_later_is_followed_up_once_it_is(
    app: Flask, at: At, outbox: Outbox
) -> None:
    """I50: although the time it would have been due lies before the mark."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    for verb, moment in (("arrive", "09:20"), ("start", "09:30"), ("observe", "10:10")):
        at(f"2026-12-01T{moment}:00-07:00")
        session = step(clinic, session, verb, **{"start": {"vitals_recorded": True}}.get(verb, {}))
    tick(app, "2026-12-03T15:00", outbox.channels)
    at("2026-12-03T15:05:00-07:00")
    answer = clinic.clinician.step(session, "complete", happened_at="2026-12-01T10:40:00-07:00")
    assert answer.status_code == 200, answer.get_json()
    assert tick(app, "2026-12-03T15:04", outbox.channels) == {}
    assert tick(app, "2026-12-03T15:05", outbox.channels) == SENT
    assert tick(app, "2026-12-03T15:20", outbox.channels) == {}


def test_a_follow_up_due_at_night_waits_for_the_morning(app: Flask, at: At, outbox: Outbox) -> None:
    """I39: 22:40 in Berlin is night; it goes at 08:00 there."""
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic, time_zone="Europe/Berlin")
    a_visit(clinic, at, a_booking(clinic, patient_id, at="13:30"))
    tick(app, "2026-12-02T00:00", outbox.channels)
    assert tick(app, "2026-12-02T14:40", outbox.channels) == {}
    assert tick(app, instant("2026-12-03T07:59+01:00"), outbox.channels) == {}
    assert tick(app, instant("2026-12-03T08:00+01:00"), outbox.channels) == SENT


@pytest.mark.parametrize("as_far_as", ["booked", "cancelled", "arrived", "observing"])
def test_only_a_completed_visit_is_followed_up(
    app: Flask, at: At, outbox: Outbox, as_far_as: str
) -> None:
    """I50."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    if as_far_as == "cancelled":
        cancel(clinic, session)
    steps = {"arrived": ["arrive"], "observing": ["arrive", "start", "observe"]}
    at("2026-12-01T10:10:00-07:00")
    for verb in steps.get(as_far_as, []):
        session = step(clinic, session, verb, **{"start": {"vitals_recorded": True}}.get(verb, {}))
    for moment in (DUE, "2026-12-05T12:00"):
        tick(app, moment, outbox.channels)
    assert [row for row in ends(clinic) if row[0] == "check_in"] == []


@pytest.mark.parametrize(
    ("next_is", "ends_as"),
    [
        ("booked", ("skipped", "superseded")),
        ("completed", ("skipped", "superseded")),
        ("cancelled", ("sent", None)),
    ],
)
def test_a_follow_up_stops_at_the_start_of_the_next_visit(
    app: Flask, at: At, outbox: Outbox, next_is: str, ends_as: tuple[str, str | None]
) -> None:
    """I51: the next visit was the day after; the jobs were down until an hour after its start."""
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    first = a_booking(clinic, patient_id)
    after = a_booking(clinic, patient_id, **the_next_day(clinic, "2026-12-03", "08:30"))
    a_visit(clinic, at, first)
    tick(app, "2026-12-01T11:00", outbox.channels)
    if next_is == "completed":
        a_visit(clinic, at, after)
    if next_is == "cancelled":
        cancel(clinic, after)
    tick(app, "2026-12-03T10:00", outbox.channels)
    assert [row for row in ends(clinic) if row[0] == "check_in"] == [("check_in", *ends_as)]


@pytest.mark.parametrize("next_is", ["booked", "completed"])
def test_a_visit_booked_while_a_follow_up_waits_stops_it_too(
    app: Flask, at: At, outbox: Outbox, next_is: str
) -> None:
    """I51: checked again in the commit that begins the send."""
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    a_visit(clinic, at, a_booking(clinic, patient_id))
    tick(app, "2026-12-01T11:00", outbox.channels)
    claimed(clinic, DUE, lease=timedelta(0))
    at("2026-12-02T10:45:00-07:00")
    after = a_booking(clinic, patient_id, **the_next_day(clinic, "2026-12-02", "12:00"))
    if next_is == "completed":
        a_visit(clinic, at, after)
    tick(app, "2026-12-02T13:30", outbox.channels)
    assert ("check_in", "skipped", "superseded") in ends(clinic)


def test_just_before_the_next_visit_it_still_goes(app: Flask, at: At, outbox: Outbox) -> None:
    """I51."""
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    first = a_booking(clinic, patient_id)
    a_booking(clinic, patient_id, **the_next_day(clinic, "2026-12-03", "08:30"))
    a_visit(clinic, at, first)
    tick(app, "2026-12-01T11:00", outbox.channels)
    done = tick(app, "2026-12-03T08:29", outbox.channels)
    assert done["follow_up check_in: sent"] == 1


@pytest.mark.parametrize("status", ["deceased", "discharged"])
def test_who_left_the_clinic_is_not_written_to(
    app: Flask, at: At, outbox: Outbox, status: str
) -> None:
    """I58: from the next tick on."""
    clinic = a_clinic(app)
    session = a_visit(clinic, at, a_booking(clinic))
    tick(app, "2026-12-01T11:00", outbox.channels)
    before = len(outbox.mails)
    with clinic.work() as work:
        change_patient(work, UUID(session["patient_id"]), ANY, {"status": status})
    tick(app, DUE, outbox.channels)
    assert ends(clinic)[-1] == ("check_in", "skipped", f"patient_{status}")
    assert len(outbox.mails) == before


def test_after_three_days_a_word_about_a_visit_is_stale(app: Flask, at: At, outbox: Outbox) -> None:
    """I38."""
    clinic = a_clinic(app)
    a_visit(clinic, at, a_booking(clinic))
    tick(app, "2026-12-01T11:00", outbox.channels)
    tick(app, "2026-12-04T10:40", outbox.channels)
    assert ends(clinic)[-1] == ("check_in", "skipped", "too_late")


def undo(clinic: ClinicKit, at: At, session: dict[str, Any], moment: str) -> dict[str, Any]:
    """The completion was a mistake."""
    at(f"{moment}:00-07:00")
    return step(clinic, session, "undo", reason="Still here")


@pytest.fixture
def prompt(app: Flask) -> ClinicKit:
    """A clinic that follows up an hour after the visit, so on the day of the visit."""
    return a_clinic(app, follow_ups=[{"rule": "check_in", "instrument": "check_in", "hours": 1}])


def check_ins(clinic: ClinicKit) -> list[tuple[str, str | None]]:
    return [(status, reason) for rule, status, reason in ends(clinic) if rule == "check_in"]


def test_a_completion_that_was_undone_in_time_is_followed_up_once_it_is_true(
    app: Flask, prompt: ClinicKit, at: At, outbox: Outbox
) -> None:
    """I50, I51: counted from when the patient left in the end."""
    session = undo(prompt, at, a_visit(prompt, at, a_booking(prompt)), "2026-12-01T10:45")
    tick(app, "2026-12-01T11:40", outbox.channels)
    assert check_ins(prompt) == []
    at("2026-12-01T11:50:00-07:00")
    step(prompt, session, "complete")
    assert tick(app, "2026-12-01T12:49", outbox.channels) == {}
    assert tick(app, "2026-12-01T12:50", outbox.channels) == SENT


@pytest.mark.parametrize("again", [True, False])
def test_a_follow_up_that_was_planned_for_an_undone_completion_does_not_go(
    app: Flask, prompt: ClinicKit, at: At, outbox: Outbox, again: bool
) -> None:
    """I50, I51: not even when the visit is completed again by then; that one has its own time."""
    session = a_visit(prompt, at, a_booking(prompt))
    claimed(prompt, "2026-12-01T11:40", lease=timedelta(0))
    session = undo(prompt, at, session, "2026-12-01T11:45")
    if again:
        at("2026-12-01T11:50:00-07:00")
        step(prompt, session, "complete")
    tick(app, "2026-12-01T11:55", outbox.channels)
    assert check_ins(prompt) == [("cancelled", "session_changed")]
    coming = prompt.desk.get(f"/v1/sessions/{session['id']}/messages").get_json()["items"]
    assert ("check_in", "planned") in {(e["rule"], e["status"]) for e in coming} or not again
    assert tick(app, "2026-12-01T12:49", outbox.channels) == {}
    assert tick(app, "2026-12-01T12:50", outbox.channels) == (SENT if again else {})
    assert len(check_ins(prompt)) == 1


def test_a_follow_up_that_waited_through_an_undo_goes_at_the_new_time(
    app: Flask, prompt: ClinicKit, at: At, outbox: Outbox
) -> None:
    """I50, I51: it was planned and nobody had taken it up yet."""
    session = a_visit(prompt, at, a_booking(prompt))
    with prompt.work(instant("2026-12-01T11:40")) as work:
        scan(work)
    session = undo(prompt, at, session, "2026-12-01T11:41")
    at("2026-12-01T11:42:00-07:00")
    step(prompt, session, "complete")
    with prompt.work(instant("2026-12-01T12:42")) as work:
        scan(work)
    assert tick(app, "2026-12-01T12:42", outbox.channels) == SENT
    assert check_ins(prompt) == [("sent", None)]


def test_a_visit_that_was_followed_up_already_is_not_followed_up_again(
    app: Flask, prompt: ClinicKit, at: At, outbox: Outbox
) -> None:
    """I50: at most one, however often it is completed."""
    session = a_visit(prompt, at, a_booking(prompt))
    tick(app, "2026-12-01T11:40", outbox.channels)
    assert check_ins(prompt) == [("sent", None)]
    session = undo(prompt, at, session, "2026-12-01T12:00")
    at("2026-12-01T12:05:00-07:00")
    step(prompt, session, "complete")
    for wall in ("12:10", "13:05", "13:30"):
        assert tick(app, f"2026-12-01T{wall}", outbox.channels) == {}
    assert check_ins(prompt) == [("sent", None)]
