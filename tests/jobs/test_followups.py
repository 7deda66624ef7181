"""The follow-up after a visit: once, 24 hours after the patient left, and not after the next visit.

The visit is on Tuesday, 1 December 2026, from 09:30 to 10:10 in Phoenix; the patient leaves at
10:40.
"""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from scheduler.patients.actions import change_patient
from tests.builders import ANY, a_cleared_patient, a_clinic
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
)

MINUTE = timedelta(minutes=1)
SENT = {"follow_up check_in: sent": 1}
DUE = "2026-12-02T10:40"


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
    assert "call (602) 555-0100" in mail.get_content()


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
        ("booked", ("skipped", "too_late")),
        ("completed", ("skipped", "too_late")),
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
    after = a_booking(clinic, patient_id, first_on="2026-12-03", at="08:30")
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
    after = a_booking(clinic, patient_id, first_on="2026-12-02", at="12:00")
    if next_is == "completed":
        a_visit(clinic, at, after)
    tick(app, "2026-12-02T13:30", outbox.channels)
    assert ("check_in", "skipped", "too_late") in ends(clinic)


def test_just_before_the_next_visit_it_still_goes(app: Flask, at: At, outbox: Outbox) -> None:
    """I51."""
    clinic = a_clinic(app)
    patient_id = a_cleared_patient(clinic)
    first = a_booking(clinic, patient_id)
    a_booking(clinic, patient_id, first_on="2026-12-03", at="08:30")
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
