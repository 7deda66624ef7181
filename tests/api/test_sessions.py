"""A session's way through the clinic, and what each step refuses."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask

from scheduler.clinics.model import policy_of
from tests.api.booking import Json, book, one_session, sessions_of, taken
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, a_patient, cleared, consents
from tests.jobs.ticking import tick

Travel = Callable[[Any], None]

# The session is on Tuesday 1 December, 09:30 to 10:10, then 30 minutes under watch.
WAY: list[tuple[str, str, Json]] = [
    ("arrive", "09:20", {}),
    ("start", "09:32", {"vitals_recorded": True}),
    ("observe", "10:15", {}),
    ("complete", "10:45", {}),
]
STATES = ["booked", "arrived", "infusing", "observing", "completed"]
VERBS: dict[str, Json] = {"start": {"vitals_recorded": True}}


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
    # What it runs into is said once, when it is started.
    return {name: value for name, value in session.items() if name != "collisions"}


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
    body = VERBS.get(verb, {}) | {"happened_at": happened_at}
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


def policy(clinic: ClinicKit, **fields: Any) -> None:
    """What the clinic decides from now on."""
    with clinic.work() as work:
        for name, value in fields.items():
            setattr(policy_of(work), name, value)


def test_who_comes_late_is_judged_by_the_policy_of_that_day(clinic: ClinicKit, at: Travel) -> None:
    """I32: not by that of another day."""
    sessions = [walked(clinic, at, "booked") for _ in range(2)]
    at(day("09:41"))
    assert taken(clinic, sessions[0], "arrive")["arrived_late"] is False
    policy(clinic, late_minutes=10)
    late = taken(clinic, sessions[1], "arrive")
    assert late["arrived_late"] is True
    policy(clinic, late_minutes=15)
    assert clinic.desk.get(f"/v1/sessions/{late['id']}").get_json()["arrived_late"] is True


ASKED = {"escort_asked": True, "fasting_asked": True}
CONFIRMED: Json = {"escort_confirmed": True, "fasting_confirmed": True}


def test_escort_and_fasting_are_asked_for_where_the_policy_does(
    clinic: ClinicKit, at: Travel
) -> None:
    """I5: said on arrival or at the start; everything that is missing is named."""
    sessions = [walked(clinic, at, "booked", a_cleared_patient(clinic)) for _ in range(2)]
    policy(clinic, **ASKED)
    at(day("09:30"))
    early = taken(clinic, sessions[0], "arrive", **CONFIRMED)
    assert (early["escort_confirmed"], early["fasting_confirmed"]) == (True, True)
    assert taken(clinic, early, "start", vitals_recorded=True)["status"] == "infusing"
    session = taken(clinic, sessions[1], "arrive")
    problem = refused(clinic, session, "start", vitals_recorded=False)
    assert problem["missing"] == ["vitals", "escort", "fasting"]
    assert "no escort is confirmed" in problem["detail"]
    fasting: Json = {"vitals_recorded": True, "fasting_confirmed": True}
    assert refused(clinic, session, "start", **fasting)["missing"] == ["escort"]
    started = taken(clinic, session, "start", **CONFIRMED, vitals_recorded=True)
    assert (started["escort_confirmed"], started["override_reason"]) == (True, None)


def test_a_clinician_overrides_vitals_escort_and_fasting_with_a_reason(
    clinic: ClinicKit, at: Travel
) -> None:
    """I5: nobody else; and never clearance, consent or the patient's status."""
    patient = a_cleared_patient(clinic)
    session = walked(clinic, at, "arrived", patient)
    policy(clinic, **ASKED)
    override = {"vitals_recorded": False, "override": "Seen by Dr. Rivera"}
    desk = clinic.desk.step(session, "start", **override)
    assert (desk.status_code, desk.get_json()["type"]) == (403, "/problems/forbidden")
    revoke(clinic, patient)
    assert refused(clinic, session, "start", "clinician", **override)["missing"] == ["clearance"]
    withdraw(clinic, patient)
    missing = refused(clinic, session, "start", "clinician", **override)["missing"]
    assert missing == ["clearance", "treatment_consent"]
    cleared(clinic, patient)
    consents(clinic, patient, "treatment")
    started = taken(clinic, session, "start", "clinician", **override)
    assert (started["status"], started["override_reason"]) == ("infusing", "Seen by Dr. Rivera")


def test_a_clearance_cut_to_fewer_sessions_starts_no_more_of_them(
    clinic: ClinicKit, at: Travel
) -> None:
    """I3, I4: the first one may still start, the second not; another with room is taken."""
    patient = a_cleared_patient(clinic)
    first, second = book(clinic, patient, sessions=2)["sessions"]
    path = f"/v1/clearances/{first['clearance_id']}"
    clinic.clinician.change("PATCH", path, {"max_sessions": 1}, version=1)
    for session, wall in ((first, "2026-12-01"), (second, "2026-12-08")):
        at(f"{wall}T09:20:00-07:00")
        session = taken(clinic, session, "arrive")
        if session["id"] == first["id"]:
            taken(clinic, session, "start", vitals_recorded=True)
    assert refused(clinic, session, "start", vitals_recorded=True)["missing"] == ["clearance"]
    cleared(clinic, patient)
    started = taken(clinic, session, "start", vitals_recorded=True)
    assert started["clearance_id"] != first["clearance_id"]


def test_a_missed_session_gives_its_chair_and_its_clearance_back_and_is_owed(
    clinic: ClinicKit, at: Travel
) -> None:
    """I3, I15, I25, I30: only from the end of the grace on, which the policy sets."""
    patient = a_patient(clinic)
    consents(clinic, patient)
    cleared(clinic, patient, max_sessions=2)
    series = book(clinic, patient, sessions=2)
    session = series["sessions"][0]
    policy(clinic, no_show_grace_minutes=20)
    at(day("09:49"))
    problem = refused(clinic, session, "no-show")
    assert problem["missing"] == ["grace"]
    assert "from 9:50 AM on" in problem["detail"]
    at(day("09:50"))
    missed = taken(clinic, session, "no-show")
    assert (missed["missed_at"], missed["time_version"]) == (day("09:50"), 2)
    assert missed["ordinal"] is None
    owing = clinic.desk.get(f"/v1/series/{series['id']}").get_json()
    assert (owing["owed"], owing["status"]) == (1, "active")
    with_series = {"series_id": series["id"], "starts_at": "2026-12-15T09:30:00-07:00"}
    one_session(clinic, patient, **with_series)
    chair = {"chair_id": session["chair_id"], "starts_at": day("10:05")}
    one_session(clinic, a_cleared_patient(clinic), **chair)


def test_nothing_misses_a_session_by_itself(clinic: ClinicKit, at: Travel) -> None:
    """I30: days later it is still as it was."""
    session = walked(clinic, at, "booked")
    at("2026-12-05T10:00:00-07:00")
    tick(clinic.app, "2026-12-05T10:00", {})
    assert clinic.desk.get(f"/v1/sessions/{session['id']}").get_json() == session


def test_a_patient_who_cannot_be_treated_is_turned_away_by_the_clinic(
    clinic: ClinicKit, at: Travel
) -> None:
    """I15, I32: that they came is kept, and that it was not their doing."""
    session = walked(clinic, at, "arrived")
    at(day("09:25"))
    gone = taken(clinic, session, "turn-away", reason="Blood pressure")
    assert (gone["status"], gone["cancelled_by"]) == ("cancelled", "clinic")
    assert (gone["cancel_reason"], gone["cancelled_at"]) == ("Blood pressure", day("09:25"))
    assert (gone["arrived_at"], gone["cancelled_late"]) == (day("09:20"), None)
    one_session(
        clinic, a_cleared_patient(clinic), chair_id=session["chair_id"], starts_at=day("09:40")
    )


@pytest.mark.parametrize(
    ("hours", "late"), [(None, [False, True]), (48, [True, True]), (0, [False, False])]
)
def test_whether_a_cancellation_was_late_is_judged_by_the_notice_then_asked(
    clinic: ClinicKit, at: Travel, hours: int | None, late: list[bool]
) -> None:
    """I32: 24 hours if the policy does not say otherwise."""
    found = []
    if hours is not None:
        policy(clinic, notice_hours=hours)
    for when in ("2026-11-30T09:30:00-07:00", "2026-11-30T09:31:00-07:00"):
        at(when)
        session = one_session(clinic, a_cleared_patient(clinic))
        gone = taken(clinic, session, "cancel", reason="Ill", by="patient")
        found.append(gone["cancelled_late"])
    policy(clinic, notice_hours=1)
    assert found == late
    assert [each["cancelled_late"] for each in sessions_of(clinic)].count(True) == sum(late)


def test_an_infusion_that_ended_early_is_kept_as_such(clinic: ClinicKit, at: Travel) -> None:
    session = walked(clinic, at, "infusing")
    at(day("09:50"))
    watched = taken(clinic, session, "observe", ended_early=True)
    assert (watched["ended_early"], watched["infusion_ended_at"]) == (True, day("09:50"))


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
