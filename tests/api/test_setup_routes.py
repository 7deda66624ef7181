"""Setting a clinic up: the clinic, its hours, closures, chairs, outages, providers, protocols."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import Json, book, one_session, refuse
from tests.builders import ClinicKit, a_cleared_patient, a_clinic


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def change(clinic: ClinicKit, path: str, body: Json, method: str = "PATCH") -> Any:
    version = clinic.admin.get(path).get_json()["version"]
    return clinic.admin.change(method, path, body, version=version)


def put_hours(clinic: ClinicKit, *hours: tuple[int, str, str]) -> Any:
    week = [{"weekday": day, "opens": opens, "closes": closes} for day, opens, closes in hours]
    return change(clinic, "/v1/clinic/opening-hours", {"hours": week}, "PUT")


def test_a_clinic_is_read_and_changed(clinic: ClinicKit) -> None:
    before = clinic.desk.get("/v1/clinic").get_json()
    assert before == {
        "id": str(clinic.id),
        "name": "Sonoran Care",
        "neutral_name": "Sonoran Care",
        "phone": "+16025550100",
        "time_zone": "America/Phoenix",
        "session_minutes_min": 30,
        "session_minutes_max": 50,
        "version": 2,
    }
    changed = change(clinic, "/v1/clinic", {"phone": "602 555 0199", "session_minutes_max": 60})
    expected = before | {"phone": "+16025550199", "session_minutes_max": 60, "version": 3}
    assert changed.get_json() == clinic.desk.get("/v1/clinic").get_json() == expected
    book(clinic, a_cleared_patient(clinic), minutes=60)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"neutral_name": "Ketamine House"}, "neutral_name"),  # I42
        ({"neutral_name": "Valley Psychiatry"}, "neutral_name"),
        ({"neutral_name": "x" * 31}, "neutral_name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"session_minutes_min": 55}, "session_minutes_min"),
        ({"session_minutes_max": 25}, "session_minutes_min"),
        ({"phone": "911 now"}, "phone"),
    ],
)
def test_a_change_of_the_clinic_that_cannot_be_is_refused(
    clinic: ClinicKit, body: Json, field: str
) -> None:
    """I42"""
    answer = change(clinic, "/v1/clinic", body)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})


def test_the_time_zone_is_fixed_once_anything_was_booked(clinic: ClinicKit) -> None:
    """I67: also once it was cancelled: the time was promised."""
    assert change(clinic, "/v1/clinic", {"time_zone": "America/Denver"}).status_code == 200
    assert change(clinic, "/v1/clinic", {"time_zone": "America/Phoenix"}).status_code == 200
    session = one_session(clinic, a_cleared_patient(clinic))
    clinic.desk.step(session, "cancel", reason="Ill", by="clinic")
    answer = change(clinic, "/v1/clinic", {"time_zone": "America/Denver"})
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/time_zone_fixed")
    assert change(clinic, "/v1/clinic", {"time_zone": "America/Phoenix"}).status_code == 200


def test_the_opening_hours_are_replaced_as_a_whole(clinic: ClinicKit) -> None:
    """I11: with a break at noon, across which no block lies."""
    answer = put_hours(clinic, (1, "08:00", "12:00"), (1, "13:00", "17:00"))
    assert answer.status_code == 200
    assert clinic.desk.get("/v1/clinic/opening-hours").get_json() == answer.get_json()
    patient = a_cleared_patient(clinic)
    noon = refuse(clinic, patient, at="11:30", sessions=1)
    assert noon["conflicts"][0]["blockers"] == [
        {
            "kind": "opening_hours",
            "starts_at": "2026-12-01T12:00:00-07:00",
            "ends_at": "2026-12-01T12:50:00-07:00",
        }
    ]
    assert refuse(clinic, patient, first_on="2026-12-02")["conflicts"][0]["reason"] == "closed"
    book(clinic, patient, at="10:00")


@pytest.mark.parametrize(
    "hours",
    [
        [(0, "08:00", "08:00")],
        [(0, "17:00", "08:00")],
        [(0, "08:00", "12:00"), (0, "11:55", "17:00")],
        [(0, "08:00", "17:00"), (0, "08:00", "17:00")],
    ],
)
def test_openings_that_meet_or_end_before_they_start_are_refused(
    clinic: ClinicKit, hours: list[tuple[int, str, str]]
) -> None:
    answer = put_hours(clinic, *hours)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {"hours"})


@pytest.mark.parametrize(
    "item", [(7, "08:00", "17:00"), (0, "8:00", "17:00"), (0, "08:00", "24:00")]
)
def test_an_opening_out_of_the_week_or_the_day_is_refused(
    clinic: ClinicKit, item: tuple[int, str, str]
) -> None:
    answer = put_hours(clinic, item)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {"hours"})


def test_sessions_stay_when_the_hours_change_under_them(clinic: ClinicKit) -> None:
    """I11 binds the writes of sessions; nothing is cancelled by itself."""
    session = one_session(clinic, a_cleared_patient(clinic))
    put_hours(clinic)
    assert clinic.desk.get(f"/v1/sessions/{session['id']}").get_json() == session


DAY = {"starts_at": "2026-12-01T09:00:00-07:00", "ends_at": "2026-12-01T10:00:00-07:00"}


def test_a_closure_shuts_the_clinic_until_it_is_removed(clinic: ClinicKit) -> None:
    """I11: what was booked inside stays."""
    session = one_session(clinic, a_cleared_patient(clinic))
    closure = clinic.desk.post("/v1/closures", DAY | {"reason": "Holiday"}).get_json()
    path = f"/v1/closures/{closure['id']}"
    assert clinic.desk.get(path).get_json() == closure
    assert clinic.desk.get("/v1/closures").get_json()["items"] == [closure]
    patient = a_cleared_patient(clinic)
    assert refuse(clinic, patient, sessions=1)["conflicts"][0]["reason"] == "closed"
    assert clinic.desk.change("DELETE", path, version=1).status_code == 204
    book(clinic, patient, sessions=1)
    assert clinic.desk.get(f"/v1/sessions/{session['id']}").get_json() == session


def test_an_outage_takes_one_chair_until_it_is_removed(clinic: ClinicKit) -> None:
    """I11"""
    chair, other = map(str, clinic.chair_ids)
    path = f"/v1/chairs/{chair}/outages"
    outage = clinic.desk.post(path, DAY | {"reason": "Repair"}).get_json()
    assert outage["chair_id"] == chair
    assert clinic.desk.get(path).get_json()["items"] == [outage]
    assert clinic.desk.get(f"/v1/chairs/{other}/outages").get_json()["items"] == []
    patient = a_cleared_patient(clinic)
    refused = refuse(clinic, patient, sessions=1, chair_id=chair)
    assert refused["conflicts"][0]["reason"] == "outage"
    one_session(clinic, patient, chair_id=other)
    assert clinic.desk.change("DELETE", f"{path}/{outage['id']}", version=1).status_code == 204
    book(clinic, a_cleared_patient(clinic), sessions=1, chair_id=chair)


@pytest.mark.parametrize("path", ["/v1/closures", "/v1/chairs/{chair_id}/outages"])
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_at": DAY["starts_at"]}, "ends_at"),
        ({"ends_at": "2026-12-01T08:00:00-07:00"}, "ends_at"),
        ({"starts_at": "2026-12-01T09:00:00"}, "starts_at"),  # I67: naive
        ({"starts_at": "2026-12-01T09:02:00-07:00"}, "starts_at"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_time_that_is_none_is_refused_by_its_field(
    clinic: ClinicKit, path: str, fields: Json, field: str
) -> None:
    """I67"""
    path = path.format(chair_id=clinic.chair_ids[0])
    answer = clinic.desk.post(path, DAY | {"reason": "x"} | fields)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})


def test_chairs_are_added_renamed_and_retired(clinic: ClinicKit) -> None:
    made = clinic.admin.post("/v1/chairs", {"label": "Window"}).get_json()
    assert (made["label"], made["active"], made["version"]) == ("Window", True, 1)
    path = f"/v1/chairs/{made['id']}"
    assert change(clinic, path, {"label": "Door"}).get_json()["label"] == "Door"
    assert change(clinic, path, {"active": False}).get_json()["active"] is False
    labels = [each["label"] for each in clinic.desk.get("/v1/chairs").get_json()["items"]]
    assert sorted(labels) == ["Chair 1", "Chair 2", "Door"]


def test_two_chairs_do_not_share_a_label(clinic: ClinicKit) -> None:
    """When added and when renamed."""
    for answer in (
        clinic.admin.post("/v1/chairs", {"label": "Chair 1"}),
        change(clinic, f"/v1/chairs/{clinic.chair_ids[1]}", {"label": "Chair 1"}),
    ):
        assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/already_exists")
        assert set(answer.get_json()["errors"]) == {"label"}


def test_providers_are_added_and_changed(clinic: ClinicKit) -> None:
    body = {"name": "Dr. Chen", "phone": "602 555 0142", "email": "chen@example.com"}
    made = clinic.admin.post("/v1/providers", body).get_json()
    assert (made["phone"], made["active"]) == ("+16025550142", True)
    path = f"/v1/providers/{made['id']}"
    changed = change(clinic, path, {"active": False, "phone": None}).get_json()
    assert changed == made | {"active": False, "phone": None, "version": 2}
    assert clinic.desk.get(path).get_json() == changed
    assert len(clinic.desk.get("/v1/providers").get_json()["items"]) == 2


def test_every_clinic_has_a_weekly_protocol(clinic: ClinicKit) -> None:
    (weekly,) = clinic.desk.get("/v1/protocols").get_json()["items"]
    assert clinic.desk.get(f"/v1/protocols/{weekly['id']}").get_json() == weekly
    parts = ("prep_minutes", "session_minutes", "observation_minutes", "turnover_minutes")
    assert (weekly["name"], [weekly[each] for each in parts]) == ("weekly", [15, 40, 30, 10])
    assert weekly["phases"] == [
        {"sessions": None, "every_days": 7, "min_gap_days": 5, "max_gap_days": 10}
    ]
