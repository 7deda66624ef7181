"""Protocols: an admin writes the pattern of a series, and orders go by it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import Json, book, one_session, refuse
from tests.builders import ClinicKit, a_cleared_patient, a_clinic

PROTOCOLS = "/v1/protocols"

# Monday, Wednesday and Friday for two weeks, then every week for four.
THRICE: Json = {"sessions": 6, "weekdays": [0, 2, 4], "min_gap_hours": 44, "max_gap_days": 4}
WEEKLY: Json = {"sessions": 4, "every_days": 7, "min_gap_days": 5, "max_gap_days": 10}
OPEN: Json = {"sessions": None, "every_days": 3, "min_gap_days": 2, "max_gap_days": 5}
BASELINE: Json = {"rule": "baseline", "instrument": "phq9", "days": 10}
INDUCTION: Json = {"name": "Induction", "phases": [THRICE, WEEKLY]}


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def add(clinic: ClinicKit, **fields: Any) -> Json:
    answer = clinic.admin.post(PROTOCOLS, INDUCTION | fields)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def change(clinic: ClinicKit, protocol_id: str, **changes: Any) -> Any:
    path = f"{PROTOCOLS}/{protocol_id}"
    version = clinic.admin.get(path).get_json()["version"]
    return clinic.admin.change("PATCH", path, changes, version=version)


def weekly_of(clinic: ClinicKit) -> Json:
    items = clinic.desk.get(PROTOCOLS).get_json()["items"]
    return next(dict(each) for each in items if each["name"] == "weekly")


def asked(clinic: ClinicKit, protocol: Json, **order: Any) -> Any:
    """Order a series by this protocol from Monday 30 November on."""
    body = {"patient_id": str(a_cleared_patient(clinic)), "minutes": 40, "at": "09:30"}
    body |= {"first_on": "2026-11-30", "protocol_id": protocol["id"]}
    return clinic.desk.post("/v1/series", body | order)


def test_a_protocol_is_added_read_and_changed(clinic: ClinicKit) -> None:
    made = add(clinic, observation_minutes=45, review_after=6)
    assert made == {
        "id": made["id"],
        "name": "Induction",
        "prep_minutes": 15,
        "session_minutes": 40,
        "observation_minutes": 45,
        "turnover_minutes": 10,
        "phases": [THRICE, WEEKLY],
        "review_after": 6,
        "missed_limit": 2,
        "follow_ups": None,
        "version": 1,
    }
    path = f"{PROTOCOLS}/{made['id']}"
    assert clinic.desk.get(path).get_json() == made
    changes = {"name": "Start", "phases": [OPEN], "review_after": None, "missed_limit": 3}
    changes["follow_ups"] = [BASELINE]
    changed = change(clinic, made["id"], **changes)
    assert changed.get_json() == clinic.desk.get(path).get_json() == made | changes | {"version": 2}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"phases": []}, "phases"),
        ({"phases": [OPEN, OPEN]}, "phases"),
        ({"phases": [THRICE, OPEN]}, "phases"),
        ({"phases": [WEEKLY | {"sessions": 49}, WEEKLY]}, "phases"),
        ({"phases": [THRICE | {"every_days": 2}]}, "phases"),
        ({"phases": [WEEKLY | {"every_days": 4}]}, "phases"),
        ({"phases": [THRICE | {"max_gap_days": 2}]}, "phases"),
        ({"phases": [THRICE | {"min_gap_days": 2}]}, "phases"),
        ({"prep_minutes": 12}, "prep_minutes"),
        ({"prep_minutes": 125}, "prep_minutes"),
        ({"observation_minutes": 245}, "observation_minutes"),
        ({"turnover_minutes": -5}, "turnover_minutes"),
        ({"session_minutes": 25}, "session_minutes"),  # the clinic's are 30 to 50
        ({"session_minutes": 55}, "session_minutes"),
        ({"review_after": 0}, "review_after"),
        ({"missed_limit": 0}, "missed_limit"),
        ({"missed_limit": None}, "missed_limit"),
        ({"name": " "}, "name"),
        ({"follow_ups": [BASELINE, BASELINE]}, "follow_ups"),
        ({"follow_ups": [BASELINE | {"hours": 24}]}, "follow_ups"),
        ({"follow_ups": [BASELINE | {"days": 15}]}, "follow_ups"),  # it would not count (I56)
        ({"follow_ups": [{"rule": "check_in", "instrument": "phq9", "hours": 24}]}, "follow_ups"),
        ({"follow_ups": [BASELINE | {"instrument": "madrs"}]}, "follow_ups"),
        ({"follow_ups": [BASELINE | {"rule": "at_noon"}]}, "follow_ups"),
        ({"status": "x"}, "status"),
    ],
)
def test_a_protocol_that_cannot_be_is_refused_by_its_field(
    clinic: ClinicKit, fields: Json, field: str
) -> None:
    """When it is added and when it is changed."""
    made = add(clinic)
    for answer in (
        clinic.admin.post(PROTOCOLS, INDUCTION | {"name": "Other"} | fields),
        change(clinic, made["id"], **fields),
    ):
        assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})
    assert clinic.desk.get(f"{PROTOCOLS}/{made['id']}").get_json() == made


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"weekdays": [0, 0]}, "weekdays"),
        ({"weekdays": [7]}, "weekdays"),
        ({"weekdays": []}, "weekdays"),
        ({"min_gap_hours": 24 * 59 + 1}, "min_gap_hours"),
        ({"min_gap_days": 61}, "min_gap_days"),
        ({"min_gap_days": 0}, "min_gap_days"),
        ({"max_gap_days": 367}, "max_gap_days"),
        ({"sessions": 0}, "sessions"),
        ({"sessions": 53}, "sessions"),
        ({"every_days": 0}, "every_days"),
    ],
)
def test_a_phase_out_of_bounds_is_refused_at_its_place(
    clinic: ClinicKit, fields: Json, field: str
) -> None:
    answer = clinic.admin.post(PROTOCOLS, INDUCTION | {"phases": [WEEKLY, THRICE | fields]})
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]["phases"]["1"]) == {field}


def test_two_protocols_do_not_share_a_name(clinic: ClinicKit) -> None:
    made = add(clinic)
    for answer in (
        clinic.admin.post(PROTOCOLS, INDUCTION),
        clinic.admin.post(PROTOCOLS, INDUCTION | {"name": "weekly"}),
        change(clinic, made["id"], name="weekly"),
    ):
        assert (answer.status_code, set(answer.get_json()["errors"])) == (409, {"name"})


def test_the_usual_length_is_refused_where_the_clinic_does_not_treat_so_long(
    clinic: ClinicKit,
) -> None:
    """I7"""
    clinic.admin.change("PATCH", "/v1/clinic", {"session_minutes_min": 45}, version=2)
    answer = clinic.admin.post(PROTOCOLS, INDUCTION)
    assert set(answer.get_json()["errors"]) == {"session_minutes"}
    made = add(clinic, session_minutes=45)
    clinic.admin.change("PATCH", "/v1/clinic", {"session_minutes_min": 50}, version=3)
    assert change(clinic, made["id"], name="Start").status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Weekly"}, "name"),
        ({"phases": [WEEKLY]}, "phases"),
        ({"phases": [THRICE, WEEKLY]}, "phases"),
    ],
)
def test_the_protocol_of_orders_that_name_none_stays_what_they_mean(
    clinic: ClinicKit, changes: Json, field: str
) -> None:
    answer = change(clinic, weekly_of(clinic)["id"], **changes)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})
    assert weekly_of(clinic)["version"] == 1


def test_the_usual_protocol_may_change_its_lengths_and_gaps(clinic: ClinicKit) -> None:
    weekly = weekly_of(clinic)
    changed = change(clinic, weekly["id"], name="weekly", prep_minutes=20, phases=[OPEN])
    assert changed.get_json()["phases"] == [OPEN]
    series = book(clinic, a_cleared_patient(clinic), sessions=3, every_days=3)
    assert [each["starts_at"][:10] for each in series["sessions"]] == [
        "2026-12-01",
        "2026-12-04",
        "2026-12-07",
    ]


def test_three_a_week_and_then_one_a_week_books_as_planned(clinic: ClinicKit) -> None:
    """I10, I20, I23: the protocol says how many and on which days; all at one time."""
    answer = asked(clinic, add(clinic))
    assert answer.status_code == 201, answer.get_json()
    series = answer.get_json()
    days = ["11-30", "12-02", "12-04", "12-07", "12-09", "12-11", "12-18", "12-25"]
    starts = [f"2026-{day}T09:30:00-07:00" for day in days]
    starts += [f"2027-01-{day}T09:30:00-07:00" for day in ("01", "08")]
    assert [each["starts_at"] for each in series["sessions"]] == starts
    assert [each["ordinal"] for each in series["sessions"]] == list(range(1, 11))
    assert (series["sessions_planned"], series["every_days"], series["owed"]) == (10, None, 0)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"sessions": 10}, "sessions"),
        ({"sessions": 6, "every_days": 7}, "sessions"),
        ({"every_days": 7}, "every_days"),
        ({"first_on": "2026-12-01"}, "first_on"),  # a Tuesday
        ({"first_on": "2026-12-05"}, "first_on"),
    ],
)
def test_an_order_does_not_say_what_its_protocol_says(
    clinic: ClinicKit, order: Json, field: str
) -> None:
    answer = asked(clinic, add(clinic), **order)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "sessions"),
        ({"sessions": 3, "every_days": 1}, "every_days"),
        ({"sessions": 3, "every_days": 6}, "every_days"),
        ({"sessions": 2}, None),
        ({"sessions": 3, "every_days": 2}, None),
    ],
)
def test_an_open_phase_takes_the_count_and_the_days_from_the_order_within_its_gaps(
    clinic: ClinicKit, order: Json, field: str | None
) -> None:
    answer = asked(clinic, add(clinic, phases=[OPEN]), **order)
    assert answer.status_code == (422 if field else 201), answer.get_json()
    if field:
        assert set(answer.get_json()["errors"]) == {field}


def test_a_series_of_many_phases_is_refused_where_it_does_not_fit_and_suggests_what_does(
    clinic: ClinicKit,
) -> None:
    """I22: by the gaps of each session's own phase."""
    shut = {"starts_at": "2026-12-18T08:00:00-07:00", "ends_at": "2026-12-18T17:00:00-07:00"}
    clinic.desk.post("/v1/closures", shut | {"reason": "Holiday"})
    problem = asked(clinic, add(clinic)).get_json()
    (conflict,) = problem["conflicts"]
    assert (conflict["ordinal"], conflict["reason"]) == (7, "closed")
    assert [each["starts_at"][:10] for each in conflict["alternatives"]] == ["2026-12-17"] * 3
    booked = clinic.desk.post("/v1/series", problem["suggestion"])
    assert booked.status_code == 201, booked.get_json()
    assert booked.get_json()["sessions"][6]["starts_at"] == "2026-12-17T09:30:00-07:00"


@pytest.mark.parametrize(("wall", "fits"), [("09:25", False), ("09:30", True)])
def test_a_gap_in_hours_is_counted_from_start_to_start(
    clinic: ClinicKit, wall: str, fits: bool
) -> None:
    """I10: 48 hours after Tuesday 09:30 is Thursday 09:30."""
    phase = {"sessions": None, "every_days": 2, "min_gap_hours": 48, "max_gap_days": 5}
    protocol = add(clinic, phases=[phase])
    patient = a_cleared_patient(clinic)
    first = one_session(clinic, patient, protocol_id=protocol["id"])
    order = {"first_on": "2026-12-03", "at": wall, "protocol_id": protocol["id"], "sessions": 1}
    if fits:
        book(clinic, patient, every_days=2, **order)
        return
    (conflict,) = refuse(clinic, patient, every_days=2, **order)["conflicts"]
    assert conflict["reason"] == "gap"
    assert [each["id"] for each in conflict["blockers"]] == [first["id"]]


@pytest.mark.parametrize(
    ("starts_at", "status"),
    [
        ("2026-12-02T13:30:00-07:00", 201),  # 44 hours before Friday's
        ("2026-12-02T13:35:00-07:00", 409),
        ("2026-12-03T09:30:00-07:00", 409),
        ("2026-12-21T09:30:00-07:00", 409),  # the seventh: weekly
        ("2027-01-13T09:30:00-07:00", 201),  # at the end
    ],
)
def test_a_place_that_is_owed_is_filled_by_the_gap_of_its_rank(
    clinic: ClinicKit, starts_at: str, status: int
) -> None:
    """I10, I25"""
    series = asked(clinic, add(clinic)).get_json()
    second = series["sessions"][1]
    clinic.desk.step(second, "cancel", reason="Ill", by="patient")
    body = {"patient_id": series["patient_id"], "series_id": series["id"], "starts_at": starts_at}
    answer = clinic.desk.post("/v1/sessions", body)
    assert answer.status_code == status, answer.get_json()


def test_a_changed_protocol_binds_what_is_booked_from_then_on(clinic: ClinicKit) -> None:
    """I10: sessions that are booked stay as they are."""
    weekly = weekly_of(clinic)
    patient = a_cleared_patient(clinic)
    before = book(clinic, patient)
    phase = {"sessions": None, "every_days": 14, "min_gap_days": 14, "max_gap_days": 21}
    change(clinic, weekly["id"], prep_minutes=30, session_minutes=50, phases=[phase])
    after = clinic.desk.get(f"/v1/series/{before['id']}").get_json()
    assert after["sessions"] == before["sessions"]
    (conflict,) = refuse(clinic, patient, sessions=1, first_on="2027-01-15")["conflicts"]
    assert conflict["reason"] == "gap"
    later = one_session(clinic, a_cleared_patient(clinic), starts_at="2027-01-12T09:30:00-07:00")
    assert later["block_starts_at"] == "2027-01-12T09:00:00-07:00"
