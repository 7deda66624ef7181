"""Free times: what a search offers can be booked, and what it does not offer cannot."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import one_session
from tests.builders import (
    ClinicKit,
    a_cleared_patient,
    a_clinic,
    a_patient,
    a_protocol,
    an_order,
    cleared,
)

Json = dict[str, Any]
TUESDAY = {"from": "2026-12-01T00:00:00-07:00", "to": "2026-12-02T00:00:00-07:00", "minutes": 40}


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def search(clinic: ClinicKit, **query: Any) -> list[Json]:
    answer = clinic.desk.get("/v1/slots", **{"limit": 200, **TUESDAY, **query})
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["items"])


def walls(slots: list[Json], chair: Any = None) -> list[str]:
    return [s["starts_at"][11:16] for s in slots if chair in (None, s["chair_id"])]


def test_an_empty_day_offers_every_start_whose_block_lies_in_opening_hours(
    clinic: ClinicKit,
) -> None:
    """I11: 08:15 to 15:40, every five minutes, on each chair, by start and then label."""
    slots = search(clinic, limit=200)
    first, second = map(str, clinic.chair_ids)
    assert [each["chair_id"] for each in slots[:4]] == [first, second, first, second]
    assert len(slots) == 180
    assert (walls(slots)[0], walls(slots)[-1]) == ("08:15", "15:40")
    assert slots[0] == {
        "chair_id": first,
        "chair": "Chair 1",
        "starts_at": "2026-12-01T08:15:00-07:00",
        "ends_at": "2026-12-01T08:55:00-07:00",
        "block_starts_at": "2026-12-01T08:00:00-07:00",
        "block_ends_at": "2026-12-01T09:35:00-07:00",
    }


def test_a_booked_session_takes_its_whole_block_from_the_search(clinic: ClinicKit) -> None:
    """I8: 09:15 to 10:50 is taken, so the next block may start at 10:50."""
    chair = str(clinic.chair_ids[0])
    one_session(clinic, a_cleared_patient(clinic), chair_id=chair)
    left = walls(search(clinic, chair_id=chair))
    assert left[0] == "11:05"
    assert len(walls(search(clinic, chair_id=clinic.chair_ids[1]))) == 90


def test_what_a_search_offers_is_bookable_and_what_it_does_not_is_not(clinic: ClinicKit) -> None:
    """I17: around a session, a consultation of the patient, an outage and a closure."""
    patient, chair = a_cleared_patient(clinic), str(clinic.chair_ids[0])
    one_session(clinic, a_cleared_patient(clinic), chair_id=chair)
    visit = {"patient_id": str(patient), "provider_id": str(clinic.provider_id), "minutes": 30}
    clinic.desk.post("/v1/consultations", visit | {"starts_at": "2026-12-01T13:00:00-07:00"})
    interval = {"starts_at": "2026-12-01T15:00:00-07:00", "ends_at": "2026-12-01T15:30:00-07:00"}
    clinic.desk.post(f"/v1/chairs/{chair}/outages", interval | {"reason": "Repair"})
    offered = set(walls(search(clinic, chair_id=chair, patient_id=patient)))
    assert offered
    body = {"patient_id": str(patient), "minutes": 40, "chair_id": chair}
    for minute in range(8 * 60, 17 * 60, 15):
        wall = f"{minute // 60:02d}:{minute % 60:02d}"
        answer = clinic.desk.post(
            "/v1/sessions", body | {"starts_at": f"2026-12-01T{wall}:00-07:00"}
        )
        assert (answer.status_code == 201) is (wall in offered), (wall, answer.get_json())
        if answer.status_code == 201:
            clinic.desk.step(answer.get_json(), "cancel", reason="Only tried", by="clinic")


def test_windows_say_the_same_in_fewer_words(clinic: ClinicKit) -> None:
    chair = str(clinic.chair_ids[0])
    one_session(
        clinic, a_cleared_patient(clinic), chair_id=chair, starts_at="2026-12-01T10:30:00-07:00"
    )
    (day,) = clinic.desk.get("/v1/slots", **TUESDAY, view="windows").get_json()["days"]
    stretches = {each["chair_id"]: each["starts"] for each in day["chairs"]}
    assert day["on"] == "2026-12-01"
    # The block of 10:30 is 10:15 to 11:50: one that ends at 10:15 starts its infusion at 08:55.
    assert stretches[chair] == [["08:15", "08:55"], ["12:05", "15:40"]]
    by_slots = walls(search(clinic, chair_id=chair), chair)
    assert [by_slots[0], by_slots[-1]] == [stretches[chair][0][0], stretches[chair][-1][1]]
    assert stretches[str(clinic.chair_ids[1])] == [["08:15", "15:40"]]


@pytest.mark.parametrize("status", ["active", "discharged"])
def test_a_search_for_a_patient_offers_only_days_on_which_they_may_be_booked(
    clinic: ClinicKit, status: str
) -> None:
    """I1, I6, I17: cleared through 2 December."""
    patient = a_patient(clinic)
    cleared(clinic, patient, expires_on=date(2026, 12, 2))
    clinic.desk.change("PATCH", f"/v1/patients/{patient}", {"status": status}, version=1)
    found = clinic.desk.get(
        "/v1/slots",
        **TUESDAY | {"to": "2026-12-05T00:00:00-07:00"},
        patient_id=patient,
        view="windows",
    ).get_json()
    days = [each["on"] for each in found["days"] if each["chairs"]]
    assert days == (["2026-12-01", "2026-12-02"] if status == "active" else [])


def test_nothing_is_offered_in_the_past(clinic: ClinicKit, at: Callable[[Any], None]) -> None:
    """I17"""
    at("2026-12-01T12:02:00-07:00")
    assert walls(search(clinic))[0] == "12:05"
    assert search(clinic, **{"from": "2026-11-20T00:00:00-07:00"})[0]["starts_at"][11:16] == "12:05"


def test_a_search_across_a_change_of_the_clocks_keeps_to_the_wall(
    app: Flask, at: Callable[[Any], None]
) -> None:
    """I11, I67: open from midnight; 02:00 to 03:00 does not exist on 14 March 2027."""
    clinic = a_clinic(
        app, zone="America/New_York", weekdays=range(7), opens="00:00", closes="06:00"
    )
    day = {"from": "2027-03-14T00:00:00-05:00", "to": "2027-03-15T00:00:00-04:00", "minutes": 40}
    slots = search(clinic, **day, chair_id=clinic.chair_ids[0])
    assert not any(wall.startswith("02:") for wall in walls(slots))
    assert "03:00" in walls(slots)
    # Five hours long, one less than the wall says; a block is 95 minutes.
    assert len(slots) == (5 * 60 - 95) // 5 + 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"minutes": 25}, "minutes"),
        ({"minutes": 42}, "minutes"),
        ({"to": "2026-11-30T00:00:00-07:00"}, "to"),
        ({"to": "2027-02-02T00:00:00-07:00"}, "to"),
        ({"from": "2026-12-01T00:00:00"}, "from"),
        ({"view": "days"}, "view"),
    ],
)
def test_a_search_out_of_bounds_is_refused_by_its_field(
    clinic: ClinicKit, query: Json, field: str
) -> None:
    """62 days at most; a naive instant is refused (I67)."""
    answer = clinic.desk.get("/v1/slots", **TUESDAY | query)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})


DECEMBER = {"from": "2026-12-01T00:00:00-07:00", "to": "2027-01-01T00:00:00-07:00"}


def movable(clinic: ClinicKit, session: Json, **query: Any) -> list[Json]:
    """Where a session may be moved to."""
    body = DECEMBER | {"session_id": session["id"], "limit": 200} | query
    found: list[Json] = []
    while True:
        page = clinic.desk.get("/v1/slots", **body).get_json()
        found += page["items"]
        if page["next"] is None:
            return found
        body["cursor"] = page["next"]


PHASES = [
    {"sessions": 2, "every_days": 8, "min_gap_days": 5, "max_gap_days": 10},
    {"sessions": 1, "every_days": 8, "min_gap_days": 8, "max_gap_days": 10},
]


@pytest.mark.parametrize("phases", [None, PHASES])
def test_where_a_session_may_move_to_is_where_a_move_takes_it(
    clinic: ClinicKit, phases: list[Json] | None
) -> None:
    """I10, I17: it is in its own way nowhere; the others of its series are, by their rank."""
    protocol = {"protocol_id": str(a_protocol(clinic, phases=phases))} if phases else {}
    order = {"every_days": None, "sessions": None} if phases else {"sessions": 3}
    wanted = {n: v for n, v in (an_order(a_cleared_patient(clinic)) | order).items() if v}
    answer = clinic.desk.post("/v1/series", wanted | protocol)
    assert answer.status_code == 201, answer.get_json()
    session = answer.get_json()["sessions"][1]
    chair = {"chair_id": session["chair_id"]}
    offered = {each["starts_at"] for each in movable(clinic, session, **chair)}
    assert session["starts_at"] in offered
    tried = {True: 0, False: 0}
    for day in range(1, 32):
        starts_at = f"2026-12-{day:02d}T10:00:00-07:00"
        session = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
        fits = clinic.desk.step(session, "reschedule", starts_at=starts_at, **chair)
        assert (fits.status_code == 200) is (starts_at in offered), (starts_at, fits.get_json())
        tried[starts_at in offered] += 1
    assert min(tried.values()) >= 2


def test_a_session_gives_its_place_on_its_clearance_back_to_move(clinic: ClinicKit) -> None:
    """I3: the patient's own search finds nothing more."""
    patient = a_patient(clinic)
    cleared(clinic, patient, max_sessions=1)
    session = one_session(clinic, patient)
    assert search(clinic, patient_id=patient) == []
    assert movable(clinic, session, patient_id=patient, minutes=40) != []


def test_a_search_that_says_no_length_takes_the_protocols(clinic: ClinicKit) -> None:
    protocol = a_protocol(clinic, session_minutes=50)
    for query, ends in (({}, "08:55"), ({"protocol_id": protocol}, "09:05")):
        first = clinic.desk.get("/v1/slots", **DECEMBER, **query).get_json()["items"][0]
        assert (first["starts_at"][11:16], first["ends_at"][11:16]) == ("08:15", ends)


def test_a_session_to_move_says_itself_whose_and_how_long_it_is(clinic: ClinicKit) -> None:
    session = one_session(clinic, a_cleared_patient(clinic))
    query = DECEMBER | {"session_id": session["id"]}
    other = {
        "patient_id": ("session_id", a_cleared_patient(clinic)),
        "protocol_id": ("protocol_id", a_protocol(clinic)),
        "minutes": ("minutes", 45),
    }
    for name, (field, value) in other.items():
        answer = clinic.desk.get("/v1/slots", **query, **{name: value})
        assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {field})
    clinic.desk.step(session, "cancel", reason="Ill", by="patient")
    over = clinic.desk.get("/v1/slots", **query)
    assert (over.status_code, over.get_json()["type"]) == (409, "/problems/not_allowed")
