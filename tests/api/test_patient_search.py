"""Finding a patient by what a caller on the phone can say."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests.builders import ClinicKit, a_clinic, a_patient


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    kit = a_clinic(app)
    for given, family, phone, born in (
        ("José", "Núñez", "+16025550111", date(1980, 1, 1)),
        ("Mary Ann", "O'Neil", "+16025550112", date(1980, 1, 1)),
        ("100%", "Under_score", "+16025550113", date(1990, 5, 5)),
    ):
        a_patient(kit, given_name=given, family_name=family, phone=phone, birth_date=born)
    return kit


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"name": "nunez"}, ["José"]),
        ({"name": "NÚÑEZ jose"}, ["José"]),
        ({"name": "neil mary"}, ["Mary Ann"]),
        ({"name": "zz"}, []),
        ({"name": "%"}, ["100%"]),
        ({"name": "r_s"}, ["100%"]),
        ({"name": "\\"}, []),
        ({"phone": "602 555 0111"}, ["José"]),
        ({"birth_date": "1980-01-01"}, ["José", "Mary Ann"]),
        ({"birth_date": "1980-01-01", "name": "o'n"}, ["Mary Ann"]),
    ],
)
def test_a_patient_is_found_by_any_part_of_a_name_a_number_or_a_day(
    clinic: ClinicKit, asked: dict[str, str], found: list[str]
) -> None:
    answer = clinic.desk.post("/v1/patients/search", asked)
    assert answer.status_code == 200
    # All were registered in the same instant, so they come in any order.
    assert sorted(each["given_name"] for each in answer.get_json()["items"]) == found


def test_a_search_for_nothing_is_refused(clinic: ClinicKit) -> None:
    assert clinic.desk.post("/v1/patients/search", {}).status_code == 422


def test_a_search_finds_no_patient_of_another_clinic(app: Flask, clinic: ClinicKit) -> None:
    """I60: the look-up runs as the owner, past row security, and still keeps to the clinic."""
    stranger = a_clinic(app)
    answer = stranger.desk.post("/v1/patients/search", {"name": "nunez"})
    assert answer.get_json()["items"] == []
