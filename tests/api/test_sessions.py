"""A session's way through the clinic, and what each step refuses."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import Json, book, one_session, sessions_of, taken
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, a_patient, cleared, consents

Travel = Callable[[Any], None]

# The session is on Tuesday 1 December, 09:30 to 10:10, then 30 minutes under watch.
WAY: list[tuple[str, str, Json]] = [
    ("arrive", "09:20", {}),
    ("start", "09:32", {"vitals_recorded": True}),
    ("observe", "10:15", {}),
    ("complete", "10:45", {}),
]
STATES = ["booked", "arrived", "infusing", "observing", "completed"]
VERBS: dict[str, Json] = {
    "confirm": {},
    "cancel": {"reason": "Ill", "by": "patient"},
    "arrive": {},
    "start": {"vitals_recorded": True},
    "observe": {},
    "complete": {},
}
LEAVES = {
    "confirm": "booked",
    "cancel": "booked",
    "arrive": "booked",
    "start": "arrived",
    "observe": "infusing",
    "complete": "observing",
}


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def day(wall: str) -> str:
    return f"2026-12-01T{wall}:00-07:00"


def walked(clinic: ClinicKit, at: Travel, until: str, patient: Any = None) -> Json:
    """A session that has come as far as the state `until`; it is the time of its last step."""
    at("2026-11-30T10:00:00-07:00")
    session = one_session(clinic, patient or a_cleared_patient(clinic))
    for verb, wall, body in WAY[: STATES.index(until)]:
        at(day(wall))
        session = taken(clinic, session, verb, **body)
    return session


def refused(
    clinic: ClinicKit, session: Json, verb: str, role: str = "front_desk", **body: Any
) -> Json:
    """A step that is refused as a conflict, and leaves the session as it was."""
    answer = clinic.caller(role).step(session, verb, **body)
    assert answer.status_code == 409, answer.get_json()
    assert answer.get_json()["type"] == "/problems/not_allowed"
    assert clinic.desk.get(f"/v1/sessions/{session['id']}").get_json() == session
    return dict(answer.get_json())


def test_a_session_goes_from_booked_to_completed_and_keeps_when_each_step_was(
    clinic: ClinicKit, at: Travel
) -> None:
    session = walked(clinic, at, "completed")
    kept = {name: session[name] for name in ("arrived_at", "started_at", "infusion_ended_at")}
    assert kept == {
        "arrived_at": day("09:20"),
        "started_at": day("09:32"),
        "infusion_ended_at": day("10:15"),
    }
    assert (session["status"], session["left_at"]) == ("completed", day("10:45"))


def test_steps_recorded_later_keep_the_time_at_which_they_happened(
    clinic: ClinicKit, at: Travel
) -> None:
    """Recorded all at once in the evening, as happens on a busy day."""
    session = walked(clinic, at, "booked")
    at(day("18:00"))
    for verb, wall, body in WAY:
        session = taken(clinic, session, verb, happened_at=day(wall), **body)
    assert (session["started_at"], session["left_at"]) == (day("09:32"), day("10:45"))


@pytest.mark.parametrize("state", STATES)
def test_only_the_steps_of_the_table_leave_a_state(
    clinic: ClinicKit, at: Travel, state: str
) -> None:
    """I29: any other is a conflict that names the state and the one that is needed."""
    session = walked(clinic, at, state)
    for verb, body in VERBS.items():
        if LEAVES[verb] != state:
            problem = refused(clinic, session, verb, **body)
            assert (problem["state"], problem["missing"]) == (state, [LEAVES[verb]])


def test_a_cancelled_session_is_final(clinic: ClinicKit, at: Travel) -> None:
    """I29"""
    session = walked(clinic, at, "booked")
    session = taken(clinic, session, "cancel", reason="Ill", by="patient")
    for verb, body in VERBS.items():
        assert refused(clinic, session, verb, **body)["state"] == "cancelled"


@pytest.mark.parametrize("when", ["2026-11-30T23:59:00-07:00", "2026-12-02T00:01:00-07:00"])
def test_a_patient_arrives_on_the_sessions_own_local_day(
    clinic: ClinicKit, at: Travel, when: str
) -> None:
    session = walked(clinic, at, "booked")
    at(when)
    assert refused(clinic, session, "arrive")["missing"] == ["its_day"]


# (state, now, verb, happened_at, role, allowed)
TIMES = [
    ("booked", day("09:20"), "arrive", day("09:25"), "front_desk", False),
    ("booked", day("09:20"), "arrive", day("09:20"), "front_desk", True),
    ("arrived", day("09:40"), "start", day("09:19"), "front_desk", False),
    ("arrived", day("09:40"), "start", day("09:20"), "front_desk", True),
    ("infusing", "2026-12-02T10:15:00-07:00", "observe", day("10:15"), "front_desk", True),
    ("infusing", "2026-12-02T10:15:01-07:00", "observe", day("10:15"), "front_desk", False),
    ("infusing", "2026-12-02T10:15:01-07:00", "observe", day("10:15"), "clinician", True),
    ("infusing", "2026-12-08T10:15:00-07:00", "observe", day("10:15"), "clinician", True),
    ("infusing", "2026-12-08T10:15:01-07:00", "observe", day("10:15"), "clinician", False),
]


@pytest.mark.parametrize(("state", "now", "verb", "happened_at", "role", "allowed"), TIMES)
def test_a_step_happened_neither_in_the_future_nor_before_the_last_nor_long_ago(
    clinic: ClinicKit,
    at: Travel,
    state: str,
    now: str,
    verb: str,
    happened_at: str,
    role: str,
    allowed: bool,
) -> None:
    """24 hours back at most, 7 days for a clinician."""
    session = walked(clinic, at, state)
    at(now)
    body = VERBS[verb] | {"happened_at": happened_at}
    answer = clinic.caller(role).step(session, verb, **body)
    assert answer.status_code == (200 if allowed else 422), answer.get_json()
    if not allowed:
        assert answer.get_json()["type"] == "/problems/wrong_time"


def withdraw(clinic: ClinicKit, patient: Any) -> None:
    path = f"/v1/patients/{patient}/consents"
    (consent,) = (
        each for each in clinic.desk.get(path).get_json()["items"] if each["purpose"] == "treatment"
    )
    clinic.desk.change("POST", f"{path}/{consent['id']}/withdraw", version=1)


def revoke(clinic: ClinicKit, patient: Any) -> None:
    (clearance,) = clinic.desk.get(f"/v1/patients/{patient}/clearances").get_json()["items"]
    path = f"/v1/clearances/{clearance['id']}/revoke"
    clinic.clinician.change("POST", path, {"reason": "New finding"}, version=1)


def shorten(clinic: ClinicKit, patient: Any) -> None:
    (clearance,) = clinic.desk.get(f"/v1/patients/{patient}/clearances").get_json()["items"]
    path = f"/v1/clearances/{clearance['id']}"
    clinic.clinician.change("PATCH", path, {"expires_on": "2026-11-30"}, version=1)


def change_status(status: str) -> Callable[[ClinicKit, Any], None]:
    def change(clinic: ClinicKit, patient: Any) -> None:
        clinic.desk.change("PATCH", f"/v1/patients/{patient}", {"status": status}, version=1)

    return change


MISSING: dict[str, tuple[Callable[[ClinicKit, Any], None], bool, list[str]]] = {
    "consent withdrawn": (withdraw, True, ["treatment_consent"]),
    "clearance revoked": (revoke, True, ["clearance"]),
    "clearance cut short": (shorten, True, ["clearance"]),
    "no vitals": (lambda *_: None, False, ["vitals"]),
    "discharged": (change_status("discharged"), True, ["patient_discharged"]),
    "deceased": (change_status("deceased"), True, ["patient_deceased"]),
}


@pytest.mark.parametrize("what", MISSING)
def test_a_session_starts_only_when_nothing_is_missing(
    clinic: ClinicKit, at: Travel, what: str
) -> None:
    """I4, I5: each is named; what a clinician's key may not override either."""
    change, vitals, missing = MISSING[what]
    patient = a_cleared_patient(clinic)
    session = walked(clinic, at, "arrived", patient)
    change(clinic, patient)
    for role in ("front_desk", "clinician"):
        problem = refused(clinic, session, "start", role, vitals_recorded=vitals)
        assert (problem["state"], problem["missing"]) == ("arrived", missing)


def test_everything_that_is_missing_is_named_at_once(clinic: ClinicKit, at: Travel) -> None:
    """I5"""
    patient = a_patient(clinic)
    cleared(clinic, patient)
    session = walked(clinic, at, "arrived", patient)
    revoke(clinic, patient)
    problem = refused(clinic, session, "start", vitals_recorded=False)
    assert problem["missing"] == ["clearance", "treatment_consent", "vitals"]


def test_a_start_names_the_clearance_that_is_in_force_then(clinic: ClinicKit, at: Travel) -> None:
    """I4: the one it was booked on is revoked; another one of the patient holds."""
    patient = a_cleared_patient(clinic)
    session = walked(clinic, at, "arrived", patient)
    revoke(clinic, patient)
    cleared(clinic, patient, expires_on=date(2026, 12, 1))
    started = taken(clinic, session, "start", vitals_recorded=True)
    items = clinic.desk.get(f"/v1/patients/{patient}/clearances").get_json()["items"]
    (second,) = (each["id"] for each in items if each["revoked_at"] is None)
    assert started["clearance_id"] == second != session["clearance_id"]


def test_a_patient_leaves_once_observed_or_when_a_clinician_says_why_not(
    clinic: ClinicKit, at: Travel
) -> None:
    """I33: the infusion ended at 10:15, and 30 minutes are watched, to the minute."""
    session = walked(clinic, at, "observing")
    at(day("10:44"))
    problem = refused(clinic, session, "complete")
    assert problem["missing"] == ["early_reason"]
    assert "observed until 10:45 AM" in problem["detail"]
    desk = clinic.desk.step(session, "complete", early_reason="Felt well")
    assert desk.status_code == 403
    left = taken(clinic, session, "complete", "clinician", early_reason="Felt well")
    assert (left["left_at"], left["early_reason"]) == (day("10:44"), "Felt well")


def test_a_cancelled_session_frees_its_chair_and_its_patient_at_once(
    clinic: ClinicKit, at: Travel
) -> None:
    """I15, I32: who cancelled, when and why is kept."""
    patient = a_cleared_patient(clinic)
    chair = {"chair_id": str(clinic.chair_ids[0])}
    first = one_session(clinic, patient, **chair)
    at("2026-11-30T10:00:00-07:00")
    gone = taken(clinic, first, "cancel", reason="Moved away", by="patient")
    assert (gone["cancelled_by"], gone["cancel_reason"]) == ("patient", "Moved away")
    assert gone["cancelled_at"] == "2026-11-30T10:00:00-07:00"
    again = one_session(clinic, patient, **chair)
    assert again["id"] != first["id"]
    assert [each["status"] for each in sessions_of(clinic)].count("booked") == 1


def test_a_cancelled_session_has_no_ordinal_and_the_later_ones_move_up(
    clinic: ClinicKit,
) -> None:
    """I20: in the series, in the list and alone."""
    series = book(clinic, a_cleared_patient(clinic), sessions=4)
    second = series["sessions"][1]
    assert taken(clinic, second, "cancel", reason="Ill", by="clinic")["ordinal"] is None
    now = clinic.desk.get(f"/v1/series/{series['id']}").get_json()["sessions"]
    assert [each["ordinal"] for each in now] == [1, None, 2, 3]
    assert [each["ordinal"] for each in sessions_of(clinic)] == [1, None, 2, 3]
    third = clinic.desk.get(f"/v1/sessions/{now[2]['id']}").get_json()
    assert third["ordinal"] == 2


def test_time_version_rises_only_when_the_promise_to_the_patient_changes(
    clinic: ClinicKit, at: Travel
) -> None:
    """I34: by leaving the live states, and by no step between them."""
    session = walked(clinic, at, "booked")
    assert session["time_version"] == 1
    assert taken(clinic, session, "confirm")["time_version"] == 1
    assert walked_again(clinic, at)["time_version"] == 2
    cancelled = one_session(clinic, a_cleared_patient(clinic), starts_at=day("13:00"))
    gone = taken(clinic, cancelled, "cancel", reason="Ill", by="clinic")
    assert gone["time_version"] == 2


def walked_again(clinic: ClinicKit, at: Travel) -> Json:
    """Another patient's session, observed and completed."""
    session = walked(clinic, at, "observing", a_cleared_patient(clinic))
    assert session["time_version"] == 1
    at(day("10:45"))
    completed = taken(clinic, session, "complete")
    at("2026-11-30T10:00:00-07:00")
    return completed


def test_sessions_are_listed_by_start_and_narrowed(clinic: ClinicKit) -> None:
    patients = [a_cleared_patient(clinic) for _ in range(2)]
    late = one_session(clinic, patients[0], starts_at=day("13:00"))
    early = one_session(clinic, patients[1])
    consents(clinic, patients[0])
    assert [each["id"] for each in sessions_of(clinic)] == [early["id"], late["id"]]
    narrowed: list[tuple[Json, list[str]]] = [
        ({"from": day("13:00")}, [late["id"]]),
        ({"to": day("13:00")}, [early["id"]]),
        ({"patient_id": patients[0]}, [late["id"]]),
        ({"status": "cancelled"}, []),
        ({"chair_id": early["chair_id"], "status": "booked"}, [early["id"], late["id"]]),
    ]
    for query, expected in narrowed:
        assert [each["id"] for each in sessions_of(clinic, **query)] == expected, query
