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
        {"reminder_days": [0]},
        {"reminder_days": [15]},
        {"symptom_codes": []},
        {"symptom_codes": ["Low mood"]},
        {"minimum_age": 18.0},
        {"quiet_from": "21:01"},
        {"follow_up_hours": 0},
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
