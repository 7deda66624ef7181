"""The main job over HTTP, from registering a patient to the follow-up after a visit."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from tests.builders import a_cleared_patient, a_clinic, an_order


def test_a_whole_series_is_booked_at_once(app: Flask, at: Callable[[Any], None]) -> None:
    clinic = a_clinic(app)
    patient = a_cleared_patient(clinic)
    booked = clinic.desk.post("/v1/series", an_order(patient))
    assert booked.status_code == 201
    starts = [session["starts_at"] for session in booked.get_json()["sessions"]]
    assert starts[0] == "2026-12-01T09:30:00-07:00"
    assert len(starts) == 6
