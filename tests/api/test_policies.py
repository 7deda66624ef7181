"""What a clinic decides for itself, changed over HTTP and then followed."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.builders import ClinicKit, a_cleared_patient, a_clinic, an_order


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def changed(clinic: ClinicKit, **changes: Any) -> Any:
    version = clinic.admin.get("/v1/clinic/policies").get_json()["version"]
    return clinic.admin.change("PATCH", "/v1/clinic/policies", changes, version=version)


def test_a_new_clinic_reminds_twice_and_is_quiet_at_night(clinic: ClinicKit) -> None:
    policies = clinic.admin.get("/v1/clinic/policies").get_json()
    assert policies["reminder_days"] == [3, 1]
    assert (policies["quiet_from"], policies["quiet_until"]) == ("21:00", "08:00")
    assert policies["minimum_age"] == 18
    assert (policies["late_minutes"], policies["no_show_grace_minutes"]) == (15, 30)
    assert policies["notice_hours"] == 24
    assert (policies["texts_a_day"], policies["texts_a_week"]) == (1, 5)
    assert (policies["escort_asked"], policies["fasting_asked"]) == (False, False)


def test_every_policy_is_read_as_it_was_written(clinic: ClinicKit) -> None:
    written = {
        "minimum_age": 21,
        "late_minutes": 0,
        "no_show_grace_minutes": 240,
        "notice_hours": 336,
        "escort_asked": True,
        "fasting_asked": True,
        "quiet_from": "20:00",
        "quiet_until": "09:00",
        "reminder_days": [2],
        "notices": ["changed"],
        "texts_a_day": 2,
        "texts_a_week": 7,
        "follow_up_hours": 48,
        "nudge_hours": 12,
        "alert_total": 15,
        "alert_repeat_minutes": 2,
        "alert_escalate_minutes": 10,
        "crisis_text": {"en": "Call 555-0100 now."},
        "symptom_codes": ["low_mood"],
    }
    answer = changed(clinic, **written)
    assert answer.get_json() == written | {"version": 2}
    assert clinic.admin.get("/v1/clinic/policies").get_json() == written | {"version": 2}


def test_the_minimum_age_is_followed_at_once(clinic: ClinicKit) -> None:
    """I6"""
    patient = a_cleared_patient(clinic)
    assert changed(clinic, minimum_age=60).status_code == 200
    refused = clinic.desk.post("/v1/series", an_order(patient))
    assert refused.get_json()["missing"] == ["under_age"]


def test_the_days_of_the_reminders_are_followed(clinic: ClinicKit) -> None:
    patient = a_cleared_patient(clinic)
    changed(clinic, reminder_days=[5])
    session = clinic.desk.post("/v1/series", an_order(patient)).get_json()["sessions"][0]
    coming = clinic.desk.get(f"/v1/sessions/{session['id']}/messages").get_json()["items"]
    assert [(each["rule"], each["due_at"]) for each in coming] == [
        ("5d_before", "2026-11-26T09:30:00-07:00")
    ]
    changed(clinic, reminder_days=[])
    path = f"/v1/sessions/{session['id']}/messages"
    assert clinic.desk.get(path).get_json()["items"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"reminder_days": [1, 1]},
        {"notices": ["booked", "booked"]},
        {"notices": ["sent"]},
        {"reminder_days": [0]},
        {"reminder_days": [15]},
        {"symptom_codes": []},
        {"symptom_codes": ["Low mood"]},
        {"minimum_age": 18.0},
        {"quiet_from": "21:01"},
        {"follow_up_hours": 0},
        {"nudge_hours": 0},
        {"alert_total": 21},
        {"alert_repeat_minutes": 16},
        {"alert_escalate_minutes": 61},
        {"alert_escalate_minutes": None},
        {"crisis_text": None},
        {"crisis_text": {"en": ""}},
        {"crisis_text": {"en": "Please breathe."}},
        {"crisis_text": {"fr": "Appelez le 3114."}},
        {"texts_a_day": 0},
        {"texts_a_week": 101},
        {"late_minutes": -1},
        {"late_minutes": 241},
        {"no_show_grace_minutes": 241},
        {"notice_hours": 337},
        {"escort_asked": 1},
        {"fasting_asked": "yes"},
        {"version": 9},
    ],
)
def test_a_policy_that_cannot_be_is_refused_and_named(
    clinic: ClinicKit, changes: dict[str, Any]
) -> None:
    answer = changed(clinic, **changes)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == set(changes)
    assert clinic.admin.get("/v1/clinic/policies").get_json()["version"] == 1
