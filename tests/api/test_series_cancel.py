"""Cancelling a series: what is still to come goes, what was stays (I27)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.booking import Json, book, one_session, taken
from tests.builders import ClinicKit, a_cleared_patient, a_clinic

Travel = Callable[[Any], None]

GIVEN_UP = {"reason": "Moved away", "by": "patient"}


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def day(number: int, wall: str) -> str:
    return f"2026-12-{number:02d}T{wall}:00-07:00"


def read(clinic: ClinicKit, series: Json) -> Json:
    return dict(clinic.desk.get(f"/v1/series/{series['id']}").get_json())


def cancel(clinic: ClinicKit, series: Json, **body: Any) -> TestResponse:
    path = f"/v1/series/{series['id']}/cancel"
    return clinic.desk.change("POST", path, GIVEN_UP | body, version=series["version"])


def states(series: Json) -> list[str]:
    return [each["status"] for each in series["sessions"]]


def test_only_what_starts_later_than_now_is_cancelled(clinic: ClinicKit, at: Travel) -> None:
    """I27, I32: one was missed, one is under way, one starts this minute; two are to come."""
    series = book(clinic, a_cleared_patient(clinic), sessions=5)
    first, second, third, *_ = series["sessions"]
    at(day(1, "10:00"))
    taken(clinic, first, "no-show")
    at(day(8, "09:20"))
    taken(clinic, second, "arrive")
    at(day(15, "09:30"))
    before = read(clinic, series)
    gone = cancel(clinic, before).get_json()
    assert states(gone) == ["no_show", "arrived", "booked", "cancelled", "cancelled"]
    assert (gone["status"], gone["owed"]) == ("stopped", 0)
    assert gone["sessions"][2]["version"] == third["version"]
    kept = {"cancelled_by": "patient", "cancel_reason": "Moved away"}
    for each in (gone, *gone["sessions"][3:]):
        assert {name: each[name] for name in kept} == kept
        assert each["cancelled_at"] == day(15, "09:30")
    assert [each["cancelled_late"] for each in gone["sessions"][3:]] == [False, False]
    assert [each["time_version"] for each in gone["sessions"][3:]] == [2, 2]
    assert gone["version"] == before["version"] + 3  # its own, and two sessions'
    assert read(clinic, series) == gone


def test_twice_does_nothing_more(clinic: ClinicKit, at: Travel) -> None:
    """I27: who, when and why stay those of the first time."""
    gone = cancel(clinic, book(clinic, a_cleared_patient(clinic), sessions=2)).get_json()
    at(day(1, "08:00"))
    again = cancel(clinic, gone, reason="Another", by="clinic")
    assert again.status_code == 200
    assert again.get_json() == gone


def test_what_is_cancelled_frees_its_chair_and_its_patient_and_owes_none(
    clinic: ClinicKit,
) -> None:
    """I15"""
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, sessions=2)
    cancel(clinic, series)
    again = {"chair_id": series["sessions"][0]["chair_id"]}
    one_session(clinic, patient, **again)
    body = {"patient_id": str(patient), "series_id": series["id"]}
    answer = clinic.desk.post("/v1/sessions", body | {"starts_at": day(9, "09:30")})
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/nothing_owed")


def test_a_series_that_has_changed_is_looked_at_again_first(clinic: ClinicKit) -> None:
    """I34: a session of it was confirmed meanwhile."""
    series = book(clinic, a_cleared_patient(clinic), sessions=2)
    taken(clinic, series["sessions"][0], "confirm")
    answer = cancel(clinic, series)
    assert (answer.status_code, answer.get_json()["type"]) == (412, "/problems/stale")
    assert states(read(clinic, series)) == ["booked", "booked"]


def test_a_completed_series_has_nothing_to_cancel(clinic: ClinicKit, at: Travel) -> None:
    series = book(clinic, a_cleared_patient(clinic), sessions=1)
    (session,) = series["sessions"]
    for verb, wall in (("arrive", "09:20"), ("start", "09:30"), ("observe", "10:10")):
        at(day(1, wall))
        body: Json = {"vitals_recorded": True} if verb == "start" else {}
        session = taken(clinic, session, verb, **body)
    at(day(1, "10:40"))
    taken(clinic, session, "complete")
    answer = cancel(clinic, read(clinic, series))
    assert (answer.status_code, answer.get_json()["state"]) == (409, "completed")
