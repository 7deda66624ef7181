"""What needs a person: on the list as soon as it is so, off it as soon as it is mended."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import event, text

from scheduler import clock
from scheduler.check.report import check
from scheduler.clinics.model import ClinicStaffing, StaffingOverride
from scheduler.consults.model import Clearance
from scheduler.db import db
from scheduler.messages.model import Message
from scheduler.protocols.model import Protocol
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work
from tests.api.booking import Json, book, fill, one_session, taken
from tests.builders import ClinicKit, a_cleared_patient, a_clinic
from tests.conftest import NOW

Travel = Callable[[Any], None]

TUESDAY = {"starts_at": "2026-12-01T09:00:00-07:00", "ends_at": "2026-12-01T10:00:00-07:00"}


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def attention(clinic: ClinicKit, **query: Any) -> list[Json]:
    answer = clinic.desk.get("/v1/attention", **query)
    assert answer.status_code == 200, answer.get_json()
    return list(answer.get_json()["items"])


def broken(clinic: ClinicKit) -> dict[str, list[str]]:
    """The rules that each session breaks, by its id."""
    items = attention(clinic, kind="breaks_rule")
    return {each["session_id"]: [rule["rule"] for rule in each["rules"]] for each in items}


def handled(clinic: ClinicKit, item: Json, role: str = "front_desk") -> int:
    path = f"/v1/attention/{item['id']}/handle"
    return clinic.caller(role).post(path, {"note": "Called the patient."}).status_code


def changed(clinic: ClinicKit, path: str, body: Json, method: str = "PATCH") -> None:
    """A change by someone who may, whatever the version is."""
    role = "clinician" if path.startswith("/v1/clearances") else "admin"
    if path.startswith("/v1/patients"):
        role = "front_desk"
    answer = clinic.caller(role).send(method, path, body, {"If-Match": "*"})
    assert answer.status_code == 200, answer.get_json()


def posted(clinic: ClinicKit, path: str, body: Json) -> Json:
    answer = clinic.desk.post(path, body)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def staffed(clinic: ClinicKit, nurses: int, on: date | None = None) -> None:
    """So many nurses from eight to five: every weekday, or on one date."""
    with clinic.work() as work:
        if on is not None:
            fields = {"from_time": time(8), "to_time": time(17), "nurses": nurses}
            work.session.add(StaffingOverride(clinic_id=clinic.id, on_date=on, **fields))
            return
        shift = {"from": "08:00", "to": "17:00", "nurses": nurses}
        staffing = work.session.get_one(ClinicStaffing, clinic.id)
        staffing.shifts = [{"weekday": weekday, **shift} for weekday in range(5)]


def closure(clinic: ClinicKit, session: Json) -> None:
    posted(clinic, "/v1/closures", TUESDAY | {"reason": "Training"})


def outage(clinic: ClinicKit, session: Json) -> None:
    path = f"/v1/chairs/{session['chair_id']}/outages"
    posted(clinic, path, TUESDAY | {"reason": "The pump"})


def retired_chair(clinic: ClinicKit, session: Json) -> None:
    changed(clinic, f"/v1/chairs/{session['chair_id']}", {"active": False})


def new_hours(clinic: ClinicKit, session: Json) -> None:
    hours = [{"weekday": 1, "opens": "10:00", "closes": "17:00"}]
    changed(clinic, "/v1/clinic/opening-hours", {"hours": hours}, "PUT")


def no_nurses(clinic: ClinicKit, session: Json) -> None:
    staffed(clinic, 0)


def sick_nurse(clinic: ClinicKit, session: Json) -> None:
    staffed(clinic, 0, date(2026, 12, 1))


def clearance_of(session: Json) -> str:
    return f"/v1/clearances/{session['clearance_id']}"


def shortened(clinic: ClinicKit, session: Json) -> None:
    changed(clinic, clearance_of(session), {"expires_on": "2026-11-30"})


def revoked(clinic: ClinicKit, session: Json) -> None:
    changed(clinic, clearance_of(session) + "/revoke", {"reason": "Unwell"}, "POST")


def discharged(clinic: ClinicKit, session: Json) -> None:
    changed(clinic, f"/v1/patients/{session['patient_id']}", {"status": "discharged"})


def higher_age(clinic: ClinicKit, session: Json) -> None:
    changed(clinic, "/v1/clinic/policies", {"minimum_age": 60})


def shorter_sessions(clinic: ClinicKit, session: Json) -> None:
    changed(clinic, "/v1/clinic", {"session_minutes_max": 35})


BREAKS: dict[Callable[..., None], str] = {
    closure: "closed",
    new_hours: "closed",
    outage: "outage",
    retired_chair: "chair_retired",
    no_nurses: "nurse_limit",
    sick_nurse: "nurse_limit",
    shortened: "not_cleared",
    revoked: "not_cleared",
    discharged: "not_bookable",
    higher_age: "not_bookable",
    shorter_sessions: "session_minutes",
}


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
def test_a_session_that_a_changed_rule_breaks_is_there_at_once_and_gone_once_cancelled(
    clinic: ClinicKit, change: Callable[[ClinicKit, Json], None]
) -> None:
    """I1, I3, I6, I7, I11, I12, I13: with the rule named, in a sentence to be read out."""
    session = one_session(clinic, a_cleared_patient(clinic))
    assert attention(clinic) == []
    change(clinic, session)
    (item,) = attention(clinic)
    assert [rule["rule"] for rule in item["rules"]] == [BREAKS[change]]
    assert (item["kind"], item["session_id"]) == ("breaks_rule", session["id"])
    assert (item["at"], item["starts_at"]) == (session["starts_at"], session["starts_at"])
    assert item["detail"] == item["rules"][0]["detail"]
    assert item["detail"].endswith(".")
    now = clinic.desk.get(f"/v1/sessions/{session['id']}").get_json()
    taken(clinic, now, "cancel", reason="Rearranged", by="clinic")
    assert attention(clinic) == []


def test_a_session_leaves_the_list_when_the_rule_is_mended(clinic: ClinicKit) -> None:
    session = one_session(clinic, a_cleared_patient(clinic))
    shut = posted(clinic, "/v1/closures", TUESDAY | {"reason": "Training"})
    assert broken(clinic) == {session["id"]: ["closed"]}
    clinic.desk.change("DELETE", f"/v1/closures/{shut['id']}", version=1)
    assert attention(clinic) == []


def test_a_closure_says_why_and_the_item_whom_to_call(clinic: ClinicKit) -> None:
    """In one request, with all that a move needs."""
    session = one_session(clinic, a_cleared_patient(clinic))
    closure(clinic, session)
    (item,) = attention(clinic, session_id=session["id"])
    assert item["detail"] == (
        "The clinic is closed from Tuesday, December 1 at 9:00 AM to 10:00 AM: Training."
    )
    assert (item["patient"], item["session_version"]) == (whom(clinic, session), 1)
    assert item["following"] is None
    assert attention(clinic, session_id=str(uuid4())) == []


def test_of_several_broken_rules_each_is_named(clinic: ClinicKit) -> None:
    session = one_session(clinic, a_cleared_patient(clinic))
    for change in (closure, outage, retired_chair, discharged, revoked):
        change(clinic, session)
    words = ["closed", "outage", "chair_retired", "not_cleared", "not_bookable"]
    assert broken(clinic) == {session["id"]: words}


def test_a_clearance_that_covers_fewer_leaves_out_the_last_of_them(clinic: ClinicKit) -> None:
    """I3"""
    sessions = book(clinic, a_cleared_patient(clinic), sessions=4)["sessions"]
    changed(clinic, clearance_of(sessions[0]), {"max_sessions": 3})
    assert broken(clinic) == {sessions[3]["id"]: ["max_sessions"]}


def test_with_one_nurse_less_the_sessions_that_start_last_are_named(clinic: ClinicKit) -> None:
    """I12: one nurse sets up one patient at a time."""
    first = fill(clinic, "2026-12-01", chairs=1)
    order = {"first_on": "2026-12-01", "at": "09:35", "sessions": 1}
    order |= {"chair_id": str(clinic.chair_ids[1])}
    later = book(clinic, a_cleared_patient(clinic), **order)["sessions"][0]["id"]
    staffed(clinic, 2)
    assert broken(clinic) == {}
    staffed(clinic, 1)
    assert first
    assert broken(clinic) == {later: ["nurse_limit"]}


def test_a_longer_minimum_gap_names_the_later_of_two_sessions(clinic: ClinicKit) -> None:
    """I10"""
    sessions = book(clinic, a_cleared_patient(clinic), sessions=2)["sessions"]
    with clinic.work() as work:
        protocol = work.load(Protocol, UUID(sessions_protocol(work)))
        protocol.phases = [each | {"min_gap_days": 8} for each in protocol.phases]
    assert broken(clinic) == {sessions[1]["id"]: ["gap"]}


def fifteen_done(clinic: ClinicKit, at: Travel, **done: Any) -> list[Json]:
    """A series of 20, of which fifteen are over and most of those long past."""
    sessions = book(clinic, a_cleared_patient(clinic), sessions=20)["sessions"]
    with clinic.work() as work:
        for each in sessions[:15]:
            over = work.load(InfusionSession, UUID(each["id"]))
            for column, value in ({"status": "completed"} | done).items():
                setattr(over, column, value)
    at("2027-03-12T12:00:00-07:00")
    return list(sessions)


def test_what_is_long_past_still_decides_which_phase_a_session_is_in(
    clinic: ClinicKit, at: Travel
) -> None:
    """I10: from the sixteenth on the protocol now wants eight days between."""
    sessions = fifteen_done(clinic, at)
    with clinic.work() as work:
        protocol = work.load(Protocol, UUID(sessions_protocol(work)))
        (weekly,) = protocol.phases
        protocol.phases = [weekly | {"sessions": 15}, weekly | {"min_gap_days": 8}]
    # What the fifteenth allows of the sixteenth was booked rightly.
    assert broken(clinic) == {each["id"]: ["gap"] for each in sessions[16:]}


def test_what_is_long_past_still_uses_its_clearance_up(clinic: ClinicKit, at: Travel) -> None:
    """I3: also outside the series, and with a clearance that covers one more."""
    sessions = fifteen_done(clinic, at, series_id=None)
    with clinic.work() as work:
        clearance = work.load(Clearance, UUID(sessions[0]["clearance_id"]))
        clearance.max_sessions = 16
    assert broken(clinic) == {each["id"]: ["max_sessions"] for each in sessions[16:]}


def sessions_protocol(work: Work) -> str:
    return str(work.session.scalar(text("SELECT protocol_id FROM sessions LIMIT 1")))


def test_what_was_handled_is_hidden_until_its_facts_change(clinic: ClinicKit) -> None:
    one_session(clinic, a_cleared_patient(clinic))
    closure(clinic, {})
    (item,) = attention(clinic)
    assert handled(clinic, item) == 200
    assert attention(clinic) == []
    closure(clinic, {})
    (again,) = attention(clinic)
    assert again["id"] != item["id"]
    assert again["session_id"] == item["session_id"]


def test_handling_keeps_who_when_and_the_note_and_is_done_once(
    clinic: ClinicKit, at: Travel
) -> None:
    one_session(clinic, a_cleared_patient(clinic))
    closure(clinic, {})
    (item,) = attention(clinic)
    path = f"/v1/attention/{item['id']}/handle"
    answer = clinic.desk.post(path, {"note": "Will call back."})
    assert answer.get_json()["note"] == "Will call back."
    assert answer.get_json()["handled_at"] == "2026-11-23T08:00:00-07:00"
    again = clinic.desk.post(path, {"note": "Me too."})
    assert again.get_json()["type"] == "/problems/already_handled"
    assert again.status_code == 409


def test_only_what_is_on_the_list_can_be_handled(clinic: ClinicKit, app: Flask) -> None:
    """I60: another clinic's item is not there."""
    other = a_clinic(app, name="Second")
    one_session(other, a_cleared_patient(other))
    closure(other, {})
    (item,) = attention(other)
    assert attention(clinic) == []
    assert handled(clinic, item) == 404
    assert handled(clinic, {"id": uuid4()}) == 404
    assert handled(other, item, "admin") == 403
    assert [each["id"] for each in attention(other)] == [item["id"]]


def test_a_visit_that_nobody_closed_is_there_an_hour_after_its_block(
    clinic: ClinicKit, at: Travel
) -> None:
    session = one_session(clinic, a_cleared_patient(clinic))
    # Turnover included it takes its chair until 10:50.
    at("2026-12-01T11:49:00-07:00")
    assert attention(clinic) == []
    at("2026-12-01T11:50:00-07:00")
    (item,) = attention(clinic)
    assert (item["kind"], item["session_id"]) == ("not_closed", session["id"])
    assert "nobody said whether the patient came" in item["detail"]
    arrived = taken(clinic, session, "arrive", happened_at="2026-12-01T09:20:00-07:00")
    (another,) = attention(clinic, kind="not_closed")
    assert another["id"] != item["id"]
    taken(clinic, arrived, "start", vitals_recorded=True, happened_at="2026-12-01T09:30:00-07:00")
    assert "still infusing" in attention(clinic, kind="not_closed")[0]["detail"]


def test_a_visit_that_will_reach_the_next_is_a_collision(clinic: ClinicKit, at: Travel) -> None:
    """I18: the chair is planned until 10:50, and the next patient's block begins then."""
    chair = {"chair_id": str(clinic.chair_ids[0])}
    session = one_session(clinic, a_cleared_patient(clinic), **chair)
    following = {"starts_at": "2026-12-01T11:05:00-07:00"} | chair
    later = one_session(clinic, a_cleared_patient(clinic), **following)
    later = taken(clinic, later, "confirm")
    at("2026-12-01T09:30:00-07:00")
    session = taken(clinic, session, "arrive")
    session = taken(clinic, session, "start", vitals_recorded=True)
    assert attention(clinic) == []
    at("2026-12-01T10:11:00-07:00")
    (item,) = attention(clinic)
    assert (item["kind"], item["session_id"]) == ("collision", session["id"])
    assert item["detail"] == (
        "Chair 1 is needed until 10:51 AM by the visit of 9:30 AM. The next patient there is booked"
        " for 11:05 AM and would start 1 minute late."
    )
    assert item["patient"] == whom(clinic, session)
    assert item["session_version"] == session["version"]
    assert item["following"] == {
        "session_id": later["id"],
        "session_version": later["version"],
        "patient_id": later["patient_id"],
        "patient": whom(clinic, later),
        "starts_at": later["starts_at"],
    }
    assert attention(clinic, patient_id=later["patient_id"]) == [item]
    assert attention(clinic, session_id=later["id"]) == [item]
    assert attention(clinic, patient_id=str(uuid4())) == []
    rows = clinic.admin.get("/v1/audit", object_id=later["patient_id"]).get_json()["items"]
    assert "/v1/attention" in {each["route"] for each in rows}
    taken(clinic, session, "observe", happened_at="2026-12-01T10:09:00-07:00")
    assert attention(clinic) == []


def whom(clinic: ClinicKit, session: Json) -> Json:
    known = clinic.desk.get(f"/v1/patients/{session['patient_id']}").get_json()
    return {name: known[name] for name in ("given_name", "family_name", "phone")}


def missed(clinic: ClinicKit, session: Json) -> None:
    with clinic.work() as work:
        lost = work.load(InfusionSession, UUID(session["id"]))
        lost.missed_at = lost.starts_at + timedelta(minutes=40)
        lost.move_to("no_show", work.now)


def test_a_series_that_owes_a_session_is_there_until_it_is_booked(clinic: ClinicKit) -> None:
    """I25"""
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, sessions=3)
    missed(clinic, series["sessions"][0])
    (item,) = attention(clinic)
    assert (item["kind"], item["series_id"]) == ("owed", series["id"])
    assert item["detail"] == ("The series still owes 1 session: Tuesday, December 1 was missed.")
    assert (item["patient"], item["session_version"]) == (whom(clinic, series), None)
    assert handled(clinic, item) == 200
    missed(clinic, series["sessions"][1])
    assert {each["kind"] for each in attention(clinic)} == {"owed", "missed_limit"}
    assert "2 sessions" in attention(clinic, kind="owed")[0]["detail"]
    for on in ("2026-12-22", "2026-12-29"):
        one_session(clinic, patient, series_id=series["id"], starts_at=f"{on}T09:30:00-07:00")
    assert [each["kind"] for each in attention(clinic)] == ["missed_limit"]


def test_a_series_is_asked_what_it_owes_until_a_season_after_its_last_session(
    clinic: ClinicKit, app: Flask, at: Travel
) -> None:
    """I25: it counts from the last session, whatever became of it, and not from the lost one."""
    patient = a_cleared_patient(clinic)
    series = book(clinic, patient, sessions=16)
    last = datetime.fromisoformat(series["sessions"][-1]["starts_at"])
    missed(clinic, series["sessions"][0])
    for days, listed in ((89, 1), (90, 0)):
        at(last + timedelta(days=days, minutes=1))
        assert len(attention(clinic, kind="owed")) == listed
        assert check(clock.now()).violations == 0


def test_nobody_is_asked_to_fill_the_series_of_a_patient_who_left(clinic: ClinicKit) -> None:
    series = book(clinic, a_cleared_patient(clinic), sessions=2)
    for session in series["sessions"]:
        taken(clinic, session, "cancel", reason="Moves away", by="patient")
    assert [each["kind"] for each in attention(clinic)] == ["owed"]
    discharged(clinic, series["sessions"][0])
    assert attention(clinic) == []


@pytest.mark.parametrize("status", ["failed", "unknown"])
def test_a_message_that_did_not_go_is_there_for_a_week(
    clinic: ClinicKit, at: Travel, status: str
) -> None:
    session = one_session(clinic, a_cleared_patient(clinic))
    with clinic.work() as work:
        work.session.add(
            Message(
                clinic_id=clinic.id,
                kind="reminder",
                rule="1d_before",
                session_id=UUID(session["id"]),
                patient_id=UUID(session["patient_id"]),
                time_version=1,
                due_at=NOW,
                not_after=NOW + timedelta(days=7),
                next_attempt_at=NOW,
                created_at=NOW,
                status=status,
                reason="smtp_550",
            )
        )
    (item,) = attention(clinic)
    assert (item["kind"], item["session_id"]) == (f"message_{status}", session["id"])
    assert "smtp_550" in item["detail"]
    at("2026-12-08T09:30:00-07:00")
    assert attention(clinic, kind=f"message_{status}") == []


def test_pages_show_each_item_once_the_most_urgent_first(clinic: ClinicKit, at: Travel) -> None:
    """I70"""
    series = book(clinic, a_cleared_patient(clinic), sessions=8)
    fill(clinic, "2026-12-01", "11:30")
    missed(clinic, series["sessions"][7])
    retired_chair(clinic, series["sessions"][0])
    at("2026-12-01T14:00:00-07:00")
    whole = attention(clinic)
    kinds = [each["kind"] for each in whole]
    assert kinds == ["not_closed"] * 3 + ["breaks_rule"] * 6 + ["owed"]
    paged: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = clinic.desk.get("/v1/attention", limit=3, **cursor).get_json()
        paged += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert paged == whole
    assert clinic.desk.get("/v1/attention", cursor="x").status_code == 400
    assert clinic.desk.get("/v1/attention", kind="x").status_code == 422


def test_however_many_sessions_there_are_each_kind_of_fact_is_read_once(clinic: ClinicKit) -> None:
    """5,000 sessions ahead are looked through in well under a second."""
    statements: list[str] = []

    def noted(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", noted)
    try:
        counts = []
        for sessions in (2, 20):
            book(clinic, a_cleared_patient(clinic), sessions=sessions)
            changed(clinic, "/v1/clinic", {"session_minutes_max": 35})
            statements.clear()
            assert len(attention(clinic)) >= sessions
            counts.append(len(statements))
            changed(clinic, "/v1/clinic", {"session_minutes_max": 50})
    finally:
        event.remove(db.engine, "before_cursor_execute", noted)
    assert counts[0] == counts[1] < 32
