"""A person sends a reminder at once, or lets it not go; and never what may have gone already.

The visit is on Tuesday, 1 December 2026, at 09:30 in Phoenix; its reminders are due at that time on
Saturday and on Monday.
"""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from scheduler.messages.model import Message
from scheduler.patients.actions import withdraw_consent
from tests.builders import ANY, ClinicKit, a_clinic
from tests.jobs.ticking import At, Outbox, a_booking, cancel, claimed, ends, tick

FRIDAY, T_3, T_1 = "2026-11-27T15:00", "2026-11-28T09:30", "2026-11-30T09:30"
WHY = "Asked for it on the phone."


def by_hand(
    clinic: ClinicKit, session: dict[str, Any], verb: str, rule: str = "3d_before", **body: Any
) -> TestResponse:
    path = f"/v1/sessions/{session['id']}/reminders/{rule}/{verb}"
    return clinic.desk.post(path, {"reason": WHY, **body})


def test_a_reminder_goes_at_once_and_not_again_when_it_is_due(
    app: Flask, at: At, outbox: Outbox
) -> None:
    """I35."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    at(f"{FRIDAY}:00-07:00")
    answer = by_hand(clinic, session, "send")
    assert answer.status_code == 200, answer.get_json()
    sent = answer.get_json()
    assert (sent["rule"], sent["status"], sent["note"]) == ("3d_before", "planned", WHY)
    assert tick(app, FRIDAY, outbox.channels) == {"reminder 3d_before: sent": 1}
    assert tick(app, T_3, outbox.channels) == {}
    assert tick(app, T_1, outbox.channels) == {"reminder 1d_before: sent": 1}


def test_a_reminder_that_is_skipped_does_not_go(app: Flask, at: At, outbox: Outbox) -> None:
    clinic = a_clinic(app)
    session = a_booking(clinic)
    assert by_hand(clinic, session, "skip").get_json()["note"] == WHY
    assert tick(app, T_3, outbox.channels) == {}
    assert ends(clinic) == [("3d_before", "skipped", "by_hand")]
    again = by_hand(clinic, session, "skip")
    assert (again.status_code, again.get_json()["state"]) == (409, "skipped")
    at(f"{T_3}:00-07:00")
    assert by_hand(clinic, session, "send").status_code == 200
    assert tick(app, T_3, outbox.channels) == {"reminder 3d_before: sent": 1}


def put(clinic: ClinicKit, status: str, *, ambiguous: bool = False) -> None:
    """Every message of the clinic stands so."""
    reason = None if status == "planned" else "broken"
    with clinic.work() as work:
        changed = {"status": status, "reason": reason, "ambiguous": ambiguous}
        work.session.execute(update(Message).values(changed))


@pytest.mark.parametrize(
    ("status", "ambiguous", "send", "skip"),
    [
        ("planned", False, 200, 200),
        ("planned", True, 409, 409),
        ("claimed", False, 409, 409),
        ("sending", False, 409, 409),
        ("sent", False, 409, 409),
        ("delivered", False, 409, 409),
        ("undelivered", False, 409, 409),
        ("unknown", True, 409, 409),
        ("failed", False, 200, 409),
        ("skipped", False, 200, 409),
        ("cancelled", False, 409, 409),
    ],
)
def test_what_may_have_gone_is_not_sent_again(
    app: Flask, at: At, status: str, ambiguous: bool, send: int, skip: int
) -> None:
    """I35: nor skipped, when it is on its way."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    claimed(clinic, T_3)
    for verb, expected in (("skip", skip), ("send", send)):
        put(clinic, status, ambiguous=ambiguous)
        answer = by_hand(clinic, session, verb)
        assert answer.status_code == expected, answer.get_json()
        if expected == 409:
            assert answer.get_json()["type"] == "/problems/not_allowed"
            assert answer.get_json()["state"] == status


def test_one_sent_by_hand_is_bound_by_quiet_hours_and_consent(
    app: Flask, at: At, outbox: Outbox
) -> None:
    """I39, I40."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    at("2026-11-27T22:00:00-07:00")
    by_hand(clinic, session, "send")
    tick(app, "2026-11-27T22:00", outbox.channels)
    assert ends(clinic) == [("3d_before", "planned", None)]
    patient_id = UUID(session["patient_id"])
    with clinic.work() as work:
        path = f"/v1/patients/{patient_id}/consents"
        for consent in clinic.desk.get(path).get_json()["items"]:
            if consent["purpose"] == "reminders":
                withdraw_consent(work, patient_id, UUID(consent["id"]), ANY)
    tick(app, "2026-11-28T08:00", outbox.channels)
    assert ends(clinic)[0] == ("3d_before", "skipped", "no_consent")
    assert outbox.files == []


def test_one_whose_time_was_booked_too_late_for_it_can_be_sent(
    app: Flask, at: At, outbox: Outbox
) -> None:
    """Booked two days before: the reminder three days before was never due."""
    at("2026-11-29T09:00:00-07:00")
    clinic = a_clinic(app)
    session = a_booking(clinic)
    assert by_hand(clinic, session, "send").status_code == 200
    assert tick(app, "2026-11-29T09:00", outbox.channels) == {"reminder 3d_before: sent": 1}


@pytest.mark.parametrize("rule", ["2d_before", "check_in", "x", "%00", "%ED%A0%80", "é"])
def test_a_rule_that_the_session_has_no_reminder_of_is_not_found(
    app: Flask, at: At, rule: str
) -> None:
    clinic = a_clinic(app)
    session = a_booking(clinic)
    assert by_hand(clinic, session, "send", rule).status_code == 404


def test_a_session_that_is_not_booked_is_not_reminded_of(app: Flask, at: At) -> None:
    """I36."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    cancel(clinic, session)
    for verb in ("send", "skip"):
        answer = by_hand(clinic, session, verb)
        assert (answer.status_code, answer.get_json()["state"]) == (409, "cancelled")


def test_a_moved_session_has_reminders_of_its_own(app: Flask, at: At, outbox: Outbox) -> None:
    """I37: what was skipped was skipped for the old time."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    by_hand(clinic, session, "skip")
    moved = {"starts_at": "2026-12-02T09:30:00-07:00"}
    now = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    assert clinic.desk.step(now, "reschedule", **moved).status_code == 200
    assert by_hand(clinic, session, "send").status_code == 200
    done = tick(app, "2026-11-28T10:00", outbox.channels)
    assert done == {"reminder 3d_before: sent": 1}


def test_nothing_is_kept_longer_than_the_visit_is_ahead(app: Flask, at: At, outbox: Outbox) -> None:
    """I36: an hour before the start it is of no use any more."""
    clinic = a_clinic(app)
    session = a_booking(clinic)
    answer = by_hand(clinic, session, "send").get_json()
    assert answer["not_after"] == "2026-12-01T08:30:00-07:00"
    tick(app, "2026-12-01T08:30", outbox.channels)
    assert ends(clinic)[0][:2] == ("3d_before", "skipped")
