"""Nurses, as an admin plans them for the week and the front desk for a day, and what they allow."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.api.booking import Json, book, one_session, refuse, sessions_of
from tests.builders import Caller, ClinicKit, a_cleared_patient, a_clinic, an_order
from tests.conftest import Size
from tests.progress import shown

STAFFING = "/v1/clinic/staffing"
OVERRIDES = f"{STAFFING}/overrides"
TUESDAY = {"from": "2026-12-01T00:00:00-07:00", "to": "2026-12-02T00:00:00-07:00", "minutes": 40}

At = tuple[str, str, int]


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app, chairs=4)


def shift(starts: str, ends: str, nurses: int, weekday: int = 1) -> Json:
    return {"weekday": weekday, "from": starts, "to": ends, "nurses": nurses}


def put(clinic: ClinicKit, body: Json) -> Any:
    version = clinic.admin.get(STAFFING).get_json()["version"]
    return clinic.admin.change("PUT", STAFFING, body, version=version)


def staff(clinic: ClinicKit, *tuesdays: At, **more: int) -> Json:
    """Plan the nurses of Tuesdays; as it is answered."""
    answer = put(clinic, {"shifts": [shift(*each) for each in tuesdays], **more})
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def override(clinic: ClinicKit, on: str, starts: str, ends: str, nurses: int) -> Json:
    body = {"on": on, "from": starts, "to": ends, "nurses": nurses}
    answer = clinic.desk.post(OVERRIDES, body)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def span(starts: str, ends: str) -> Json:
    """A blocker of Tuesday 1 December."""
    on = "2026-12-01T"
    times = {"starts_at": f"{on}{starts}:00-07:00", "ends_at": f"{on}{ends}:00-07:00"}
    return {"kind": "nurse_limit", **times}


def test_nothing_limits_the_nurses_of_a_new_clinic(clinic: ClinicKit) -> None:
    """Four chairs, four patients at the same time."""
    assert clinic.desk.get(STAFFING).get_json() == {
        "shifts": None,
        "watch_ratio": 4,
        "setup_minutes": 15,
        "version": 1,
    }
    for chair in clinic.chair_ids:
        one_session(clinic, a_cleared_patient(clinic), chair_id=str(chair))


def test_the_week_is_replaced_as_a_whole_and_read_as_it_was_written(clinic: ClinicKit) -> None:
    shifts = [shift("08:00", "12:00", 2), shift("11:00", "17:00", 1), shift("09:00", "10:00", 0, 6)]
    whole = {"shifts": shifts, "watch_ratio": 3, "setup_minutes": 20}
    answer = put(clinic, whole)
    assert answer.get_json() == clinic.desk.get(STAFFING).get_json() == whole | {"version": 2}
    assert answer.headers["ETag"] == '"2"'
    # What is left out stays; null takes the limit away.
    assert put(clinic, {"shifts": None}).get_json() == whole | {"shifts": None, "version": 3}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"shifts"}),
        ({"shifts": [shift("08:00", "08:00", 1)]}, {"shifts": {"0": {"to"}}}),
        ({"shifts": [shift("08:00", "09:00", 1), shift("17:00", "08:00", 1)]},
         {"shifts": {"1": {"to"}}}),
        ({"shifts": [shift("08:01", "17:00", 1)]}, {"shifts": {"0": {"from"}}}),
        ({"shifts": [shift("08:00", "24:00", 1)]}, {"shifts": {"0": {"to"}}}),
        ({"shifts": [shift("08:00", "17:00", 101)]}, {"shifts": {"0": {"nurses"}}}),
        ({"shifts": [shift("08:00", "17:00", -1)]}, {"shifts": {"0": {"nurses"}}}),
        ({"shifts": [shift("08:00", "17:00", 1, 7)]}, {"shifts": {"0": {"weekday"}}}),
        ({"shifts": [shift("08:00", "17:00", 1)] * 201}, {"shifts"}),
        ({"shifts": None, "watch_ratio": 0}, {"watch_ratio"}),
        ({"shifts": None, "watch_ratio": 21}, {"watch_ratio"}),
        ({"shifts": None, "setup_minutes": 0}, {"setup_minutes"}),
        ({"shifts": None, "setup_minutes": 12}, {"setup_minutes"}),
        ({"shifts": None, "setup_minutes": 125}, {"setup_minutes"}),
    ],
)  # fmt: skip
def test_staffing_that_cannot_be_is_refused_by_its_field(
    clinic: ClinicKit, body: Json, errors: Any
) -> None:
    answer = put(clinic, body)
    assert answer.status_code == 422
    found = answer.get_json()["errors"]
    if isinstance(errors, dict):
        ((_, at),) = errors.items()
        assert {n: set(each) for n, each in found["shifts"].items()} == at
    else:
        assert set(found) == errors
    assert clinic.admin.get(STAFFING).get_json()["version"] == 1


def test_the_nurses_of_one_date_are_set_read_listed_and_taken_back(clinic: ClinicKit) -> None:
    made = [
        override(clinic, "2026-12-08", "12:00", "17:00", 0),
        override(clinic, "2026-12-08", "08:00", "12:00", 1),  # they meet, and do not overlap
        override(clinic, "2026-12-01", "08:00", "12:00", 1),
    ]
    assert made[0] == {
        "id": made[0]["id"],
        "on": "2026-12-08",
        "from": "12:00",
        "to": "17:00",
        "nurses": 0,
        "version": 1,
    }
    assert clinic.caller("integration").get(f"{OVERRIDES}/{made[0]['id']}").get_json() == made[0]
    assert listed(clinic) == [made[2], made[1], made[0]]
    assert listed(clinic, **{"from": "2026-12-02"}) == [made[1], made[0]]
    assert listed(clinic, to="2026-12-01") == [made[2]]
    assert listed(clinic, **{"from": "2026-12-08", "to": "2026-12-08"}) == [made[1], made[0]]
    path = f"{OVERRIDES}/{made[0]['id']}"
    assert clinic.clinician.change("DELETE", path, version=1).status_code == 204
    assert clinic.desk.get(path).status_code == 404
    assert listed(clinic) == [made[2], made[1]]


def listed(clinic: ClinicKit, **query: str) -> list[Json]:
    return list(clinic.desk.get(OVERRIDES, **query).get_json()["items"])


@pytest.mark.parametrize(
    ("starts", "ends", "status"),
    [("08:00", "10:00", 201), ("12:00", "17:00", 201), ("09:00", "10:05", 409),
     ("11:55", "17:00", 409), ("10:00", "12:00", 409), ("08:00", "17:00", 409),
     ("10:30", "11:00", 409)],
)  # fmt: skip
def test_two_numbers_for_one_time_of_a_date_are_refused(
    clinic: ClinicKit, starts: str, ends: str, status: int
) -> None:
    override(clinic, "2026-12-01", "10:00", "12:00", 1)
    override(clinic, "2026-12-02", "08:00", "17:00", 1)
    body = {"on": "2026-12-01", "from": starts, "to": ends, "nurses": 1}
    answer = clinic.desk.post(OVERRIDES, body)
    assert answer.status_code == status
    if status == 409:
        assert set(answer.get_json()["errors"]) == {"from"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"to": "08:00"}, "to"), ({"to": "07:00"}, "to"), ({"from": "8:00"}, "from"),
     ({"on": "2026-02-30"}, "on"), ({"on": "2026-12-01T08:00:00-07:00"}, "on"),
     ({"nurses": 101}, "nurses"), ({"nurses": None}, "nurses"), ({"weekday": 1}, "weekday")],
)  # fmt: skip
def test_a_date_that_cannot_be_staffed_so_is_refused_by_its_field(
    clinic: ClinicKit, fields: Json, field: str
) -> None:
    body = {"on": "2026-12-01", "from": "08:00", "to": "12:00", "nurses": 1}
    answer = clinic.desk.post(OVERRIDES, body | fields)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})


# What somebody may ask for instead of 09:30, beside a patient who is set up from 09:15 to 09:30
# and watched from 09:30 to 10:40: one nurse with a ratio of one, or of four.
WRITES = ["POST /v1/sessions", "POST /v1/series", "POST /v1/series/plan"]


def asked(clinic: ClinicKit, what: str, wall: str) -> list[Json]:
    """Ask for Tuesday at that time in one of three ways; the conflicts."""
    patient = a_cleared_patient(clinic)
    path = what.split(" ")[1]
    body = an_order(patient, at=wall, sessions=1)
    if path == "/v1/sessions":
        body = {"patient_id": str(patient), "starts_at": f"2026-12-01T{wall}:00-07:00"}
    answer = clinic.desk.post(path, body)
    found = answer.get_json()
    if path != "/v1/series/plan":
        assert answer.status_code == (409 if "conflicts" in found else 201), found
    return list(found.get("conflicts", []))


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize(
    ("ratio", "wall", "blockers"),
    [
        (4, "09:15", []),  # set up from 09:00
        (4, "09:20", [span("09:15", "09:30")]),
        (4, "09:30", [span("09:15", "09:30")]),
        (4, "09:40", [span("09:15", "09:30")]),
        (4, "09:45", []),  # set up from 09:30
        (1, "09:45", [span("09:30", "10:40")]),
        (1, "09:30", [span("09:15", "09:30"), span("09:30", "10:40")]),
        (1, "10:35", [span("09:30", "10:40")]),
        (1, "10:40", []),
        (1, "08:25", [span("09:30", "10:40")]),  # would be watched until 09:35
        (1, "08:20", []),
    ],
)
def test_a_nurse_sets_up_one_patient_at_a_time_and_watches_so_many(
    clinic: ClinicKit, what: str, ratio: int, wall: str, blockers: list[Json]
) -> None:
    """I12: on every write, and named with its times."""
    staff(clinic, ("08:00", "17:00", 1), watch_ratio=ratio)
    one_session(clinic, a_cleared_patient(clinic))
    conflicts = asked(clinic, what, wall)
    assert [each["reason"] for each in conflicts] == ["nurse_limit"] * bool(blockers)
    assert [each["blockers"] for each in conflicts] == [blockers] * bool(blockers)


def test_a_refusal_for_want_of_nurses_is_read_out_and_names_what_books(
    clinic: ClinicKit,
) -> None:
    """I12, I22: each alternative books as it stands."""
    staff(clinic, ("08:00", "17:00", 1))
    one_session(clinic, a_cleared_patient(clinic))
    patient = a_cleared_patient(clinic)
    problem = refuse(clinic, patient, sessions=1)
    assert problem["detail"] == (
        "Tuesday, December 1 at 9:30 AM does not fit: no nurse is free then."
    )
    (conflict,) = problem["conflicts"]
    walls = [each["starts_at"][11:16] for each in conflict["alternatives"]]
    assert walls == ["09:15", "09:45", "08:45"]
    for found in conflict["alternatives"]:
        place = {name: found[name] for name in ("starts_at", "chair_id")}
        session = one_session(clinic, patient, **place)
        clinic.desk.step(session, "cancel", reason="Only tried", by="clinic")


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize(
    ("wall", "blockers"),
    [
        ("08:15", [span("00:00", "10:00")]),
        ("10:00", [span("00:00", "10:00")]),  # its set-up begins before
        ("10:15", []),
        ("10:50", []),  # its observation ends at 12:00
        ("10:55", [span("12:00", "13:00")]),
        ("13:10", [span("12:00", "13:00")]),
        ("13:15", []),
    ],
)
def test_time_that_no_shift_covers_has_no_nurses(
    clinic: ClinicKit, what: str, wall: str, blockers: list[Json]
) -> None:
    """I12: though the clinic is open; nobody need watch an empty chair's turnover."""
    staff(clinic, ("10:00", "12:00", 1), ("13:00", "17:00", 1))
    conflicts = asked(clinic, what, wall)
    assert [(each["reason"], each["blockers"]) for each in conflicts] == [
        ("nurse_limit", blockers)
    ] * bool(blockers)


@pytest.mark.parametrize(
    ("shifts", "more", "stretches"),
    [
        ([("08:00", "17:00", 1)], {}, [["08:15", "09:15"], ["09:45", "15:40"]]),
        ([("08:00", "17:00", 1)], {"setup_minutes": 30}, [["08:15", "09:00"], ["10:00", "15:40"]]),
        ([("08:00", "17:00", 1)], {"watch_ratio": 1}, [["08:15", "08:20"], ["10:40", "15:40"]]),
        ([("08:00", "17:00", 2)], {"watch_ratio": 1}, [["08:15", "15:40"]]),
        ([("10:00", "12:00", 1), ("13:00", "17:00", 1)], {},
         [["10:15", "10:50"], ["13:15", "15:40"]]),
        ([], {}, None),
    ],
)  # fmt: skip
def test_search_leaves_out_when_the_nurses_are_busy(
    clinic: ClinicKit, shifts: list[At], more: Json, stretches: list[list[str]] | None
) -> None:
    """I12, I17: beside a patient at 09:30, on another chair."""
    one_session(clinic, a_cleared_patient(clinic), chair_id=str(clinic.chair_ids[0]))
    staff(clinic, *shifts, **more)
    chair = str(clinic.chair_ids[1])
    (day,) = clinic.desk.get("/v1/slots", **TUESDAY, view="windows", chair_id=chair).get_json()[
        "days"
    ]
    assert day["chairs"] == ([{"chair_id": chair, "starts": stretches}] if stretches else [])


def test_shifts_that_overlap_add_up(clinic: ClinicKit) -> None:
    """I12"""
    staff(clinic, ("08:00", "17:00", 1), ("09:00", "12:00", 1))
    for chair in clinic.chair_ids[:2]:
        one_session(clinic, a_cleared_patient(clinic), chair_id=str(chair))
    assert [each["reason"] for each in asked(clinic, WRITES[0], "09:30")] == ["nurse_limit"]


@pytest.mark.parametrize("limited", [True, False])
def test_a_sick_nurse_changes_one_date_only(clinic: ClinicKit, limited: bool) -> None:
    """I12, I22: of six Tuesdays the second is refused; the suggestion books as it stands."""
    if limited:
        put(clinic, {"shifts": [shift("08:00", "17:00", 1, weekday) for weekday in range(5)]})
    override(clinic, "2026-12-08", "08:00", "17:00", 0)
    patient = a_cleared_patient(clinic)
    problem = refuse(clinic, patient)
    assert [(each["ordinal"], each["reason"]) for each in problem["conflicts"]] == [
        (2, "nurse_limit")
    ]
    assert clinic.desk.post("/v1/series", problem["suggestion"]).status_code == 201
    (sick,) = listed(clinic)
    clinic.desk.change("DELETE", f"{OVERRIDES}/{sick['id']}", version=1)
    book(clinic, a_cleared_patient(clinic), first_on="2026-12-08", sessions=1, at="15:00")


def test_a_series_is_refused_for_each_day_on_which_the_nurses_are_busy(clinic: ClinicKit) -> None:
    """I12, I22"""
    staff(clinic, ("08:00", "17:00", 1))
    book(clinic, a_cleared_patient(clinic), sessions=3)
    problem = refuse(clinic, a_cleared_patient(clinic), sessions=4)
    assert [(each["ordinal"], each["reason"]) for each in problem["conflicts"]] == [
        (n, "nurse_limit") for n in (1, 2, 3)
    ]
    assert clinic.desk.post("/v1/series", problem["suggestion"]).status_code == 201


def test_of_four_who_want_the_only_nurse_at_once_exactly_one_gets_her(
    clinic: ClinicKit,
) -> None:
    """I12: there are four chairs, so only the schedule's lock keeps them apart."""
    staff(clinic, ("08:00", "17:00", 1))
    for day in (1, 8, 15):
        patients = [a_cleared_patient(clinic) for _ in clinic.chair_ids]
        start = threading.Barrier(len(patients))

        def client(
            patient: UUID, day: int = day, start: threading.Barrier = start
        ) -> tuple[int, Any]:
            caller = Caller(clinic.app.test_client(), clinic.desk.secret)
            start.wait()
            visit = {"starts_at": f"2026-12-{day:02d}T09:30:00-07:00", "minutes": 40}
            answer = caller.post("/v1/sessions", visit | {"patient_id": str(patient)})
            return answer.status_code, answer.get_json()

        with ThreadPoolExecutor(len(patients)) as pool:
            answers = list(pool.map(client, patients))
        assert sorted(status for status, _ in answers) == [201, 409, 409, 409]
        for found in (found for status, found in answers if status == 409):
            assert found["conflicts"][0]["reason"] == "nurse_limit"


def test_what_is_booked_stays_when_the_day_changes_afterwards(clinic: ClinicKit) -> None:
    """I12, I11: fewer nurses, other shifts, a closure, an outage, new hours, a retired chair."""
    staff(clinic, ("08:00", "17:00", 1))
    chair = str(clinic.chair_ids[0])
    book(clinic, a_cleared_patient(clinic), chair_id=chair)
    before = sessions_of(clinic)
    times = {"starts_at": "2026-12-01T08:00:00-07:00", "ends_at": "2026-12-01T17:00:00-07:00"}
    override(clinic, "2026-12-01", "08:00", "17:00", 0)
    staff(clinic, ("13:00", "17:00", 1), watch_ratio=1, setup_minutes=30)
    clinic.desk.post("/v1/closures", times | {"reason": "Burst pipe"})
    clinic.desk.post(f"/v1/chairs/{chair}/outages", times | {"reason": "Repair"})
    clinic.admin.change("PUT", "/v1/clinic/opening-hours", {"hours": []}, version=2)
    clinic.admin.change("PATCH", f"/v1/chairs/{chair}", {"active": False}, version=1)
    assert sessions_of(clinic) == before
    assert {each["version"] for each in before} == {1}


@pytest.mark.proof
def test_search_offers_exactly_what_booking_takes_however_few_nurses_there_are(
    app: Flask, at: Callable[[Any], None], size: Size
) -> None:
    """I12, I17: random shifts, dates of their own, ratios, set-ups and sessions."""
    random = Random(20261201)  # noqa: S311 - a draw, not a secret
    rounds = size(ci=3, proof=100)
    for _ in shown(range(rounds), "days", rounds):
        clinic = a_random_day(app, random)
        patient = str(a_cleared_patient(clinic))
        offered = {
            (each["chair_id"], each["starts_at"])
            for chair in clinic.chair_ids
            for each in clinic.desk.get(
                "/v1/slots", **TUESDAY, chair_id=chair, patient_id=patient, limit=200
            ).get_json()["items"]
        }
        every = [
            (str(chair), f"2026-12-01T{n // 12:02d}:{n % 12 * 5:02d}:00-07:00")
            for chair in clinic.chair_ids
            for n in range(8 * 12, 17 * 12)
        ]
        tried = random.sample(every, 8) + random.sample(sorted(offered), min(len(offered), 4))
        for chair, starts_at in tried:
            body = {"patient_id": patient, "chair_id": chair, "starts_at": starts_at}
            answer = clinic.desk.post("/v1/sessions", body | {"minutes": 40})
            assert (answer.status_code == 201) is ((chair, starts_at) in offered), body
            if answer.status_code == 201:
                clinic.desk.step(answer.get_json(), "cancel", reason="Only tried", by="clinic")


def a_random_day(app: Flask, random: Random) -> ClinicKit:
    """A clinic with some sessions on 1 December and few nurses."""
    clinic = a_clinic(app, chairs=random.randint(1, 3))
    for _ in range(random.randint(2, 6)):
        wall = f"{random.randint(8, 15):02d}:{random.randrange(0, 60, 5):02d}"
        starts_at = f"2026-12-01T{wall}:00-07:00"
        body = {"patient_id": str(a_cleared_patient(clinic)), "starts_at": starts_at}
        clinic.desk.post("/v1/sessions", body)
    shifts = [(*two_walls(random), random.randint(0, 1)) for _ in range(random.randint(0, 2))]
    staff(
        clinic,
        ("08:00", "17:00", 1),
        *shifts,
        watch_ratio=random.choice([1, 1, 2, 4]),
        setup_minutes=random.choice([5, 15, 25]),
    )
    if random.random() < 0.5:
        override(clinic, "2026-12-01", *two_walls(random), random.randint(0, 3))
    return clinic


def two_walls(random: Random) -> tuple[str, str]:
    first, second = sorted(random.sample(range(6 * 12, 20 * 12), 2))
    return f"{first // 12:02d}:{first % 12 * 5:02d}", f"{second // 12:02d}:{second % 12 * 5:02d}"
