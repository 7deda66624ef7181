"""Sessions that take longer: the block grows, or the answer says into what it runs (I18).

The session is on Tuesday 1 December, 09:30 to 10:10, on its chair until 10:50.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import Json, one_session, taken
from tests.builders import ClinicKit, a_cleared_patient, a_clinic

Travel = Callable[[Any], None]


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def day(wall: str) -> str:
    return f"2026-12-01T{wall}:00-07:00"


def on_chair(clinic: ClinicKit, wall: str, chair: int = 0) -> Json:
    fields = {"starts_at": day(wall), "chair_id": str(clinic.chair_ids[chair])}
    return one_session(clinic, a_cleared_patient(clinic), **fields)


def here(clinic: ClinicKit, at: Travel) -> Json:
    """The session, its patient arrived; what else is booked has to be so already."""
    session = on_chair(clinic, "09:30")
    at(day("09:20"))
    return taken(clinic, session, "arrive")


def extended(clinic: ClinicKit, session: Json, minutes: int, dry_run: str | None = None) -> Json:
    query = {} if dry_run is None else {"dry_run": dry_run}
    headers: dict[str, str | None] = {"If-Match": f'"{session["version"]}"'}
    path = f"/v1/sessions/{session['id']}/extend"
    answer = clinic.desk.send("POST", path, {"minutes": minutes}, headers, query=query)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def test_the_block_grows_where_its_chair_is_free(clinic: ClinicKit, at: Travel) -> None:
    """I7, I18: the planned infusion stays; back to back with the next block is free."""
    following = on_chair(clinic, "11:20")
    session = here(clinic, at)
    longer = extended(clinic, session, 15)
    assert (longer["block_ends_at"], longer["extra_minutes"]) == (day("11:05"), 15)
    assert following["block_starts_at"] == day("11:05")
    kept = ("starts_at", "ends_at", "block_starts_at", "status", "time_version")
    assert [longer[name] for name in kept] == [session[name] for name in kept]
    assert (longer["collisions"], longer["version"]) == ([], session["version"] + 1)


def test_where_there_is_no_room_it_is_recorded_and_the_collision_named(
    clinic: ClinicKit, at: Travel
) -> None:
    """I8, I18: by how much, and what would fit for the next one: the same start comes first."""
    following = on_chair(clinic, "11:20")
    session = here(clinic, at)
    longer = extended(clinic, session, 20)
    assert (longer["block_ends_at"], longer["extra_minutes"]) == (day("10:50"), 20)
    (collision,) = longer["collisions"]
    named = ("session_id", "chair_id", "starts_at", "block_starts_at", "minutes")
    expected = [following["id"], session["chair_id"], day("11:20"), day("11:05"), 5]
    assert [collision[name] for name in named] == expected
    assert collision["detail"] == (
        "The next patient on this chair is booked for 11:20 AM and would start 5 minutes late."
    )
    known = clinic.desk.get(f"/v1/patients/{following['patient_id']}").get_json()
    whom = {name: known[name] for name in ("given_name", "family_name", "phone")}
    assert (collision["patient"], collision["patient_id"]) == (whom, following["patient_id"])
    assert collision["version"] == following["version"]
    fits = collision["alternatives"]
    assert (fits[0]["starts_at"], fits[0]["chair"]) == (day("11:20"), "Chair 2")
    assert len(fits) == 3
    assert len({each["starts_at"] for each in fits}) == 3
    best = {name: fits[0][name] for name in ("starts_at", "chair_id")}
    taken(clinic, following, "reschedule", **best)


def test_what_would_fit_stands_clear_of_the_overrun(clinic: ClinicKit, at: Travel) -> None:
    """I17: the other chair is taken then; on this one only what starts after the overrun fits."""
    following = on_chair(clinic, "11:20")
    on_chair(clinic, "11:20", chair=1)
    longer = extended(clinic, here(clinic, at), 20)
    (collision,) = longer["collisions"]
    assert collision["alternatives"][0]["starts_at"] == day("11:25")
    assert collision["alternatives"][0]["chair_id"] == following["chair_id"]


def test_what_did_not_fit_is_made_up_for_once_there_is_room(clinic: ClinicKit, at: Travel) -> None:
    """I18: the block holds all of the extra time then."""
    following = on_chair(clinic, "11:20")
    session = extended(clinic, here(clinic, at), 20)
    worse = extended(clinic, session, 5)
    assert [each["minutes"] for each in worse["collisions"]] == [10]
    taken(clinic, following, "cancel", reason="Ill", by="patient")
    fine = extended(clinic, worse, 5)
    assert (fine["block_ends_at"], fine["extra_minutes"]) == (day("11:20"), 30)
    assert fine["collisions"] == []


def test_a_dry_run_says_the_same_and_changes_nothing(clinic: ClinicKit, at: Travel) -> None:
    """I18: not even the version; and it needs If-Match as well."""
    on_chair(clinic, "11:20")
    session = here(clinic, at)
    tried = extended(clinic, session, 20, "true")
    assert clinic.desk.get(f"/v1/sessions/{session['id']}").get_json() == session
    assert {name: tried[name] for name in session} == session
    assert tried["collisions"] == extended(clinic, session, 20, "false")["collisions"]
    stale = clinic.desk.change(
        "POST", f"/v1/sessions/{session['id']}/extend?dry_run=true", {"minutes": 5}, version=1
    )
    assert stale.status_code == 412
    wrong = clinic.desk.change(
        "POST", f"/v1/sessions/{session['id']}/extend?dry_run=yes", {"minutes": 5}, version=1
    )
    assert (wrong.status_code, list(wrong.get_json()["errors"])) == (422, ["dry_run"])


def test_an_outage_of_the_chair_is_a_collision_too(clinic: ClinicKit, at: Travel) -> None:
    outage = {"starts_at": day("11:00"), "ends_at": day("12:00"), "reason": "Repair"}
    made = clinic.desk.post(f"/v1/chairs/{clinic.chair_ids[0]}/outages", outage).get_json()
    longer = extended(clinic, here(clinic, at), 15)
    (collision,) = longer["collisions"]
    assert (collision["outage_id"], collision["minutes"]) == (made["id"], 5)
    assert longer["block_ends_at"] == day("10:50")


def test_closing_time_and_the_other_chair_are_in_nobodys_way(clinic: ClinicKit, at: Travel) -> None:
    """I18: who is here stays; only its own chair matters."""
    on_chair(clinic, "11:05", chair=1)
    session = here(clinic, at)
    for minutes in (240, 240):
        session = extended(clinic, session, minutes)
        assert session["collisions"] == []
    assert session["block_ends_at"] == day("18:50")
    # A block has twelve hours at most; what is longer is recorded all the same.
    session = extended(clinic, session, 240)
    assert (session["block_ends_at"], session["extra_minutes"]) == (day("18:50"), 720)


@pytest.mark.parametrize(
    ("started", "until", "extra"),
    [("09:25", "10:50", 0), ("09:30", "10:50", 0), ("09:31", "10:55", 5), ("09:42", "11:05", 15)],
)
def test_a_late_start_lengthens_the_block_by_its_delay(
    clinic: ClinicKit, at: Travel, started: str, until: str, extra: int
) -> None:
    """I18: up to the next five minutes."""
    session = here(clinic, at)
    at(day(started))
    running = taken(clinic, session, "start", vitals_recorded=True)
    assert (running["block_ends_at"], running["extra_minutes"]) == (day(until), extra)
    assert running["collisions"] == []


def test_a_late_start_without_room_names_the_collision(clinic: ClinicKit, at: Travel) -> None:
    """I18"""
    following = on_chair(clinic, "11:10")
    session = here(clinic, at)
    at(day("09:42"))
    running = taken(clinic, session, "start", vitals_recorded=True)
    (collision,) = running["collisions"]
    assert (collision["session_id"], collision["minutes"]) == (following["id"], 10)
    assert (running["block_ends_at"], running["extra_minutes"]) == (day("10:50"), 15)


def test_a_late_start_says_what_it_means(clinic: ClinicKit, at: Travel) -> None:
    """I18: it was not asked for."""
    session = here(clinic, at)
    at(day("09:42"))
    running = taken(clinic, session, "start", vitals_recorded=True)
    (warning,) = running["warnings"]
    assert warning == {
        "word": "takes_longer",
        "detail": "The late start makes it 15 minutes longer: its chair is needed until 11:05 AM.",
    }


def test_a_start_in_time_has_nothing_to_say(clinic: ClinicKit, at: Travel) -> None:
    session = here(clinic, at)
    at(day("09:30"))
    assert taken(clinic, session, "start", vitals_recorded=True)["warnings"] == []


@pytest.mark.parametrize(("minutes", "words"), [(60, []), (65, ["past_closing"])])
def test_what_goes_on_past_closing_time_says_so(
    clinic: ClinicKit, at: Travel, minutes: int, words: list[str]
) -> None:
    """I18: the visit of 2:40 takes its chair until 4; the clinic closes at 5."""
    session = on_chair(clinic, "14:40")
    at(day("14:30"))
    longer = extended(clinic, taken(clinic, session, "arrive"), minutes)
    assert [each["word"] for each in longer["warnings"]] == words
    if words:
        assert longer["warnings"][0]["detail"] == (
            "The chair is needed until 5:05 PM; the clinic closes at 5:00 PM."
        )


def test_who_runs_into_whom_is_in_the_audit_log(clinic: ClinicKit, at: Travel) -> None:
    """I59: the answer shows the next patient's name."""
    following = on_chair(clinic, "11:20")
    extended(clinic, here(clinic, at), 20)
    rows = clinic.admin.get("/v1/audit", object_id=following["patient_id"]).get_json()["items"]
    assert [each["route"] for each in rows if each["route"].endswith("/extend")]


def test_what_would_fit_can_still_be_reached(clinic: ClinicKit, at: Travel) -> None:
    """At 11:20 nobody comes for 11:25 who is to be here a quarter of an hour before."""
    on_chair(clinic, "13:30")
    on_chair(clinic, "13:30", chair=1)
    on_chair(clinic, "15:10")
    session = here(clinic, at)
    at(day("11:20"))
    (collision,) = extended(clinic, session, 60)["collisions"]
    starts = [each["starts_at"] for each in collision["alternatives"]]
    assert starts == [day("11:55"), day("15:05"), day("15:35")]


def offered(clinic: ClinicKit, wall: str) -> bool:
    """Does a search offer the start on the first chair?"""
    query = {"from": day(wall), "to": day("17:00"), "minutes": 40, "limit": 1}
    items = clinic.desk.get("/v1/slots", chair_id=clinic.chair_ids[0], **query).get_json()["items"]
    return [each["starts_at"] for each in items] == [day(wall)]


def booked(clinic: ClinicKit, path: str, **body: Any) -> Any:
    patient = {"patient_id": str(a_cleared_patient(clinic)), "minutes": 40}
    return clinic.desk.post(path, patient | {"chair_id": str(clinic.chair_ids[0])} | body)


def test_nothing_new_is_put_where_an_overrun_will_be(clinic: ClinicKit, at: Travel) -> None:
    """I8, I17, I18: the next one left after the collision; the chair is taken until 11:10."""
    following = on_chair(clinic, "11:20")
    session = extended(clinic, here(clinic, at), 20)
    assert session["block_ends_at"] == day("10:50")
    taken(clinic, following, "cancel", reason="Ill", by="patient")
    for wall, free in (("11:20", False), ("11:25", True)):
        assert offered(clinic, wall) is free
        pattern = {"first_on": "2026-12-01", "at": wall, "sessions": 1}
        plan = booked(clinic, "/v1/series/plan", **pattern).get_json()
        assert plan["feasible"] is free
        answer = booked(clinic, "/v1/sessions", starts_at=day(wall))
        assert answer.status_code == (201 if free else 409)
    (conflict,) = booked(clinic, "/v1/sessions", starts_at=day("11:00")).get_json()["conflicts"]
    ends = {each["id"]: each["ends_at"] for each in conflict["blockers"]}
    assert ends[session["id"]] == day("11:10")


def test_nor_where_one_who_runs_late_will_be(clinic: ClinicKit, at: Travel) -> None:
    """I18: nobody said that it takes longer; at 10:20 it cannot be over before 11."""
    session = here(clinic, at)
    at(day("09:30"))
    running = taken(clinic, session, "start", vitals_recorded=True)
    moving = on_chair(clinic, "14:00", chair=1)
    at(day("10:20"))
    assert [offered(clinic, wall) for wall in ("11:10", "11:15")] == [False, True]
    chair = {"chair_id": str(clinic.chair_ids[0])}
    move = {"starts_at": day("11:10"), **chair}
    assert clinic.desk.step(moving, "reschedule", **move).status_code == 409
    taken(clinic, running, "observe", happened_at=day("10:10"))
    assert offered(clinic, "11:05")
    taken(clinic, moving, "reschedule", **move)


def test_a_minute_that_is_no_five_or_too_many_is_refused(clinic: ClinicKit, at: Travel) -> None:
    session = here(clinic, at)
    for minutes in (0, -5, 7, 245):
        answer = clinic.desk.step(session, "extend", minutes=minutes)
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["minutes"])
