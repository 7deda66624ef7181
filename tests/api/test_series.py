"""A weekly series is booked whole or not at all, and a refusal says everything."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.api.booking import book, fill, refuse, sessions_of
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, an_order

Json = dict[str, Any]
Travel = Callable[[Any], None]


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def test_a_series_is_booked_at_the_same_wall_time_every_week(clinic: ClinicKit) -> None:
    """I8, I20, I23: one chair for all, numbered in the order of their starts."""
    series = book(clinic, a_cleared_patient(clinic))
    assert [each["starts_at"] for each in series["sessions"]] == [
        f"{on}T09:30:00-07:00"
        for on in (
            "2026-12-01",
            "2026-12-08",
            "2026-12-15",
            "2026-12-22",
            "2026-12-29",
            "2027-01-05",
        )
    ]
    assert [each["ordinal"] for each in series["sessions"]] == [1, 2, 3, 4, 5, 6]
    assert {each["chair_id"] for each in series["sessions"]} == {str(clinic.chair_ids[0])}
    first = series["sessions"][0]
    # 15 minutes of preparation before, 40 of infusion, then 30 under watch and 10 to turn over.
    assert first["ends_at"] == "2026-12-01T10:10:00-07:00"
    assert first["block_starts_at"] == "2026-12-01T09:15:00-07:00"
    assert first["block_ends_at"] == "2026-12-01T10:50:00-07:00"
    assert (series["status"], series["owed"], series["warnings"]) == ("active", 0, [])


@pytest.mark.parametrize("weeks", [2, 4, 6])
def test_a_series_with_one_session_in_the_way_books_nothing_and_names_it(
    clinic: ClinicKit, weeks: int
) -> None:
    """I22"""
    on = str(date(2026, 12, 1) + timedelta(weeks=weeks - 1))
    taken = fill(clinic, on)
    before = sessions_of(clinic)
    problem = refuse(clinic, a_cleared_patient(clinic))
    (conflict,) = problem["conflicts"]
    assert (conflict["ordinal"], conflict["reason"]) == (weeks, "no_chair_free")
    assert conflict["wanted_at"] == f"{on}T09:30:00-07:00"
    assert {each["id"] for each in conflict["blockers"]} == set(taken)
    assert sessions_of(clinic) == before
    assert len(clinic.desk.get("/v1/series").get_json()["items"]) == 2


def test_a_refusal_names_every_session_that_does_not_fit(clinic: ClinicKit) -> None:
    """I22: each with its own reason."""
    taken = fill(clinic, "2026-12-08", chairs=1)
    shut = {"starts_at": "2026-12-22T08:00:00-07:00", "ends_at": "2026-12-22T17:00:00-07:00"}
    closure = clinic.desk.post("/v1/closures", shut | {"reason": "Holiday"}).get_json()
    problem = refuse(clinic, a_cleared_patient(clinic), chair_id=str(clinic.chair_ids[0]))
    assert [
        (each["ordinal"], each["reason"], [blocker["id"] for blocker in each["blockers"]])
        for each in problem["conflicts"]
    ] == [(2, "chair_taken", taken), (4, "closed", [closure["id"]])]
    assert problem["detail"].startswith("Tuesday, December 8 at 9:30 AM does not fit")
    assert "1 more of the sessions does not fit" in problem["detail"]


def in_the_way(clinic: ClinicKit, patient: UUID) -> dict[str, Callable[[], tuple[str, Json]]]:
    """Each reason for a refusal of 1 December 09:30: what makes it, its blocker, the order."""
    chair = str(clinic.chair_ids[0])
    interval = {
        "starts_at": "2026-12-01T09:00:00-07:00",
        "ends_at": "2026-12-01T09:30:00-07:00",
        "reason": "Repair",
    }

    def posted(path: str, body: Json) -> str:
        answer = clinic.desk.post(path, body)
        assert answer.status_code == 201, answer.get_json()
        return str(answer.get_json()["id"])

    def consultation() -> str:
        body: Json = {"patient_id": str(patient), "provider_id": str(clinic.provider_id)}
        body |= {"starts_at": "2026-12-01T10:30:00-07:00", "minutes": 30}
        return posted("/v1/consultations", body)

    def own_session() -> str:
        order = {"first_on": "2026-12-01", "at": "10:30", "sessions": 1}
        return str(book(clinic, patient, **order)["sessions"][0]["id"])

    return {
        "chair_taken": lambda: (
            fill(clinic, "2026-12-01", "09:00", chairs=1)[0],
            {"chair_id": chair},
        ),
        "no_chair_free": lambda: (
            fill(clinic, "2026-12-01", "10:00", chairs=2)[0],
            {},
        ),
        "outage": lambda: (posted(f"/v1/chairs/{chair}/outages", interval), {"chair_id": chair}),
        "closed": lambda: (posted("/v1/closures", interval), {}),
        "patient_busy by a consultation": lambda: (consultation(), {}),
        "patient_busy by a session": lambda: (own_session(), {}),
    }


KINDS = {
    "chair_taken": "session",
    "no_chair_free": "session",
    "outage": "outage",
    "closed": "closure",
    "patient_busy by a consultation": "consultation",
    "patient_busy by a session": "session",
}


@pytest.mark.parametrize("what", KINDS)
def test_each_reason_comes_with_its_blocker_and_with_what_would_fit(
    clinic: ClinicKit, what: str
) -> None:
    """I8, I9, I11, I22: the whole block counts, and so does the patient's whole stay."""
    patient = a_cleared_patient(clinic)
    blocker, wish = in_the_way(clinic, patient)[what]()
    (conflict,) = refuse(clinic, patient, sessions=1, **wish)["conflicts"]
    assert conflict["reason"] == what.split(" ")[0]
    first = conflict["blockers"][0]
    assert blocker in [each["id"] for each in conflict["blockers"]]
    assert first["kind"] == KINDS[what]
    assert first["starts_at"] < first["ends_at"]
    assert len(conflict["alternatives"]) == 3
    for found in conflict["alternatives"]:
        on, wall = found["starts_at"][:10], found["starts_at"][11:16]
        order = {"first_on": on, "at": wall, "chair_id": found["chair_id"], "sessions": 1}
        plan = clinic.desk.send("POST", "/v1/series/plan", an_order(patient, **order))
        assert plan.get_json()["feasible"], found
    assert book(clinic, patient, **order)["sessions"][0]["starts_at"] == found["starts_at"]


# The block of a 40-minute infusion is 15 minutes before it and 40 after it: 08:15 to 16:20.
@pytest.mark.parametrize(
    ("wall", "fits"), [("08:10", False), ("08:15", True), ("15:40", True), ("15:45", False)]
)
def test_the_whole_block_lies_in_opening_hours(clinic: ClinicKit, wall: str, fits: bool) -> None:
    """I11: preparation, observation and turnover included."""
    patient = a_cleared_patient(clinic)
    if fits:
        book(clinic, patient, at=wall)
        return
    problem = refuse(clinic, patient, at=wall)
    assert [each["reason"] for each in problem["conflicts"]] == ["closed"] * 6
    assert problem["conflicts"][0]["blockers"][0]["kind"] == "opening_hours"


def test_alternatives_are_the_nearest_ones_on_the_same_day_first(clinic: ClinicKit) -> None:
    """I22: 09:30 is gone, a block takes 95 minutes; 07:55 would be before opening.

    No two are within half an hour: a person wants a choice.
    """
    fill(clinic, "2026-12-01")
    (conflict,) = refuse(clinic, a_cleared_patient(clinic), sessions=1)["conflicts"]
    starts = [each["starts_at"] for each in conflict["alternatives"]]
    assert starts == [f"2026-12-01T{wall}:00-07:00" for wall in ("11:05", "11:35", "12:05")]


@pytest.mark.parametrize(("sessions", "days"), [(2, {"2026-12-11"}), (3, set())])
def test_alternatives_keep_the_protocols_gap_to_the_other_sessions(
    clinic: ClinicKit, sessions: int, days: set[str]
) -> None:
    """I10, I22: of the days around 8 December only the 11th is open, four days before the 15th."""
    closed = {"starts_at": "2026-12-07T00:00:00-07:00", "ends_at": "2026-12-11T00:00:00-07:00"}
    clinic.desk.post("/v1/closures", closed | {"reason": "Holiday"})
    (conflict,) = refuse(clinic, a_cleared_patient(clinic), sessions=sessions)["conflicts"]
    assert {each["starts_at"][:10] for each in conflict["alternatives"]} == days


def test_a_plan_says_what_booking_does_and_books_nothing(clinic: ClinicKit) -> None:
    """I24: the same input, the same answer."""
    patient = a_cleared_patient(clinic)
    order = an_order(patient)
    plan = clinic.desk.send("POST", "/v1/series/plan", order).get_json()
    assert sessions_of(clinic) == []
    booked = book(clinic, patient)
    chosen = [{name: each[name] for name in ("starts_at", "chair_id")} for each in plan["sessions"]]
    assert plan["feasible"]
    assert chosen == [
        {name: each[name] for name in ("starts_at", "chair_id")} for each in booked["sessions"]
    ]


def test_a_plan_that_does_not_fit_has_the_conflicts_of_the_refusal(clinic: ClinicKit) -> None:
    fill(clinic, "2026-12-15")
    patient = a_cleared_patient(clinic)
    plan = clinic.desk.send("POST", "/v1/series/plan", an_order(patient)).get_json()
    assert plan["feasible"] is False
    assert [each["starts_at"][:10] for each in plan["sessions"]].count("2026-12-15") == 0
    assert plan["conflicts"] == refuse(clinic, patient)["conflicts"]


def test_an_order_of_a_year_that_does_not_fit_is_refused_without_searching_the_year(
    clinic: ClinicKit,
) -> None:
    """Every session is named; alternatives are looked up for the first twelve."""
    patient = a_cleared_patient(clinic)
    problem = refuse(clinic, patient, at="16:30", sessions=52)
    assert [each["ordinal"] for each in problem["conflicts"]] == list(range(1, 53))
    assert [bool(each["alternatives"]) for each in problem["conflicts"]] == [True] * 12 + [
        False
    ] * 40
    assert "the clinic closes at 5:00 PM, before the visit would be over" in problem["detail"]
