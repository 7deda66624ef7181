"""Options: the best whole series for a wish, in one call, each bookable as it stands."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.builders import ClinicKit, a_cleared_patient, a_clinic

Json = dict[str, Any]


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app, chairs=2)


def wish(patient: Any, **fields: Any) -> Json:
    """Tuesdays or Thursdays after two, six of them, from next week."""
    asked: Json = {"patient_id": str(patient), "sessions": 6, "minutes": 40, "weekdays": [1, 3]}
    asked |= {"between": ["14:00", "17:00"], "from": "2026-11-30"}
    return asked | fields


def options(clinic: ClinicKit, patient: Any, **fields: Any) -> list[Json]:
    answer = clinic.desk.send("POST", "/v1/series/options", wish(patient, **fields))
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["options"])


def test_five_whole_series_for_a_wish_that_differ_in_what_a_patient_cares_about(
    clinic: ClinicKit,
) -> None:
    found = options(clinic, a_cleared_patient(clinic))
    assert [(each["first_on"], each["at"]) for each in found] == [
        ("2026-12-01", "14:00"),
        ("2026-12-01", "15:00"),
        ("2026-12-03", "14:00"),
        ("2026-12-03", "15:00"),
        ("2026-12-08", "14:00"),
    ]
    assert found[0]["says"] == (
        "Tuesdays at 2:00 PM, 6 sessions from December 1 to January 5, Chair 1."
    )
    assert found[0]["note"] == "raises the peak to 1 of 2 chairs"
    assert {each["moved"] for each in found} == {0}


def test_every_option_books_as_it_stands(clinic: ClinicKit) -> None:
    """I17"""
    for number in range(5):
        patient = a_cleared_patient(clinic)
        found = options(clinic, patient)
        booked = clinic.desk.post("/v1/series", found[number]["order"])
        assert booked.status_code == 201, booked.get_json()
        starts = [each["starts_at"] for each in booked.get_json()["sessions"]]
        assert starts == [each["starts_at"] for each in found[number]["sessions"]]
