"""A provider sees the patient first; what comes of it clears them, or does not."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.booking import Json, one_session
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, a_patient

Travel = Callable[[Any], None]

DAY = "2026-11-25"


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def ask(clinic: ClinicKit, patient: UUID, wall: str = "09:00", **fields: Any) -> TestResponse:
    body = {"patient_id": str(patient), "provider_id": str(clinic.provider_id), "minutes": 30}
    return clinic.desk.post(
        "/v1/consultations", body | {"starts_at": f"{DAY}T{wall}:00-07:00"} | fields
    )


def booked(clinic: ClinicKit, patient: UUID, wall: str = "09:00", **fields: Any) -> Json:
    answer = ask(clinic, patient, wall, **fields)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def complete(clinic: ClinicKit, consultation: Json, **fields: Any) -> TestResponse:
    body = {"outcome": "suitable", "history_reviewed": True, "symptoms": ["insomnia"]}
    body |= {"expires_on": "2027-06-30"} | fields
    sent = {name: value for name, value in body.items() if value is not None}
    return clinic.clinician.step(consultation, "complete", **sent)


def clearances(clinic: ClinicKit, patient: UUID) -> list[Json]:
    return list(clinic.desk.get(f"/v1/patients/{patient}/clearances").get_json()["items"])


def test_a_consultation_is_booked_and_read_and_listed(clinic: ClinicKit) -> None:
    patient = a_patient(clinic)
    made = booked(clinic, patient, reason="First visit")
    assert (made["status"], made["minutes"], made["reason"]) == ("booked", 30, "First visit")
    assert made["ends_at"] == f"{DAY}T09:30:00-07:00"
    assert clinic.desk.get(f"/v1/consultations/{made['id']}").get_json() == made
    assert clinic.desk.get("/v1/consultations", patient_id=patient).get_json()["items"] == [made]
    assert clinic.desk.get("/v1/consultations", status="arrived").get_json()["items"] == []


def test_a_provider_has_no_two_at_once_and_the_refusal_says_what_fits(clinic: ClinicKit) -> None:
    """I9: back to back is allowed; a cancelled one is in nobody's way."""
    first = booked(clinic, a_patient(clinic))
    patient = a_patient(clinic)
    refused = ask(clinic, patient, "09:25")
    assert refused.status_code == 409
    (conflict,) = refused.get_json()["conflicts"]
    assert (conflict["reason"], conflict["blockers"][0]["id"]) == ("provider_busy", first["id"])
    assert conflict["blockers"][0]["kind"] == "consultation"
    starts = [each["starts_at"][11:16] for each in conflict["alternatives"]]
    assert starts == ["09:30", "10:00", "08:30"]
    assert {e["provider_id"] for e in conflict["alternatives"]} == {str(clinic.provider_id)}
    booked(clinic, patient, "09:30")
    clinic.desk.step(first, "cancel", reason="Ill")
    booked(clinic, a_patient(clinic), "09:00")


def test_a_patient_is_not_with_a_provider_and_in_a_chair_at_once(clinic: ClinicKit) -> None:
    """I9: the whole stay counts, from 09:15 until the end of observation at 10:40."""
    patient = a_cleared_patient(clinic)
    session = one_session(clinic, patient, starts_at=f"{DAY}T09:30:00-07:00")
    for wall, fits in (("08:50", False), ("10:35", False), ("08:45", True), ("10:40", True)):
        answer = ask(clinic, patient, wall)
        assert (answer.status_code == 201) is fits, wall
        if not fits:
            (conflict,) = answer.get_json()["conflicts"]
            assert (conflict["reason"], conflict["blockers"][0]["id"]) == (
                "patient_busy",
                session["id"],
            )


def test_a_consultation_lies_in_opening_hours_and_in_the_future(clinic: ClinicKit) -> None:
    """I11"""
    patient = a_patient(clinic)
    closed = ask(clinic, patient, "16:45").get_json()
    assert [each["reason"] for each in closed["conflicts"]] == ["closed"]
    past = ask(clinic, patient, starts_at="2026-11-20T09:00:00-07:00")
    assert (past.status_code, past.get_json()["type"]) == (422, "/problems/in_the_past")


def test_an_inactive_provider_takes_no_consultation_and_offers_no_time(clinic: ClinicKit) -> None:
    path = f"/v1/providers/{clinic.provider_id}"
    clinic.admin.change("PATCH", path, {"active": False}, version=1)
    answer = ask(clinic, a_patient(clinic))
    assert (answer.status_code, answer.get_json()["type"]) == (422, "/problems/provider_inactive")
    assert free(clinic) == []


def free(clinic: ClinicKit, **query: Any) -> list[str]:
    day = {"from": f"{DAY}T00:00:00-07:00", "to": f"{DAY}T23:59:00-07:00", "minutes": 30}
    answer = clinic.desk.get("/v1/consultations/slots", **{**day, "limit": 200, **query})
    assert answer.status_code == 200, answer.get_json()
    return [each["starts_at"][11:16] for each in answer.get_json()["items"]]


def test_a_search_for_a_provider_offers_what_can_be_booked(clinic: ClinicKit) -> None:
    """I17"""
    booked(clinic, a_patient(clinic), "09:00")
    offered = free(clinic, provider_id=clinic.provider_id)
    assert offered[0] == "08:00"
    assert offered[-1] == "16:30"
    assert not {"08:35", "09:00", "09:25"} & set(offered)
    for wall in ("08:30", "09:30"):
        assert wall in offered
        booked(clinic, a_patient(clinic), wall)


def test_a_suitable_patient_is_cleared_by_the_provider_until_that_day(
    clinic: ClinicKit, at: Travel
) -> None:
    """I2: the clearance names the consultation it comes from and the provider."""
    patient = a_patient(clinic)
    made = booked(clinic, patient)
    at(f"{DAY}T08:00:00-07:00")  # the provider may be ahead of time, on the day itself
    done = complete(clinic, made, max_sessions=6)
    assert done.status_code == 200, done.get_json()
    assert (done.get_json()["status"], done.get_json()["outcome"]) == ("completed", "suitable")
    (clearance,) = clearances(clinic, patient)
    assert clearance["consultation_id"] == made["id"]
    assert clearance["provider_id"] == str(clinic.provider_id)
    assert (clearance["expires_on"], clearance["max_sessions"]) == ("2027-06-30", 6)
    assert clearance["cleared_at"] == f"{DAY}T08:00:00-07:00"


@pytest.mark.parametrize("outcome", ["unsuitable", "undecided"])
def test_any_other_outcome_clears_nobody(clinic: ClinicKit, at: Travel, outcome: str) -> None:
    """I2"""
    patient = a_patient(clinic)
    made = booked(clinic, patient)
    at(f"{DAY}T09:30:00-07:00")
    assert complete(clinic, made, outcome=outcome, expires_on=None).status_code == 200
    assert clearances(clinic, patient) == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"expires_on": None}, "expires_on"),
        ({"outcome": "unsuitable"}, "expires_on"),
        ({"outcome": "undecided", "expires_on": None, "max_sessions": 3}, "max_sessions"),
        ({"history_reviewed": False}, "history_reviewed"),
        ({"symptoms": ["made_up"]}, "symptoms"),
        ({"max_sessions": 0}, "max_sessions"),
    ],
)
def test_a_completion_that_contradicts_itself_is_refused(
    clinic: ClinicKit, at: Travel, fields: Json, wrong: str
) -> None:
    """I2"""
    made = booked(clinic, a_patient(clinic))
    at(f"{DAY}T09:30:00-07:00")
    answer = complete(clinic, made, **fields)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {wrong})


def test_a_clearance_that_is_over_already_is_none(clinic: ClinicKit, at: Travel) -> None:
    made = booked(clinic, a_patient(clinic))
    at(f"{DAY}T09:30:00-07:00")
    answer = complete(clinic, made, expires_on="2026-11-24")
    assert (answer.status_code, answer.get_json()["type"]) == (422, "/problems/already_expired")
    assert complete(clinic, made, expires_on=DAY).status_code == 200


def test_a_consultation_goes_its_way_and_no_other(clinic: ClinicKit, at: Travel) -> None:
    """I29: booked, arrived, completed; from its local day on; then it is final."""
    made = booked(clinic, a_patient(clinic))
    early = [clinic.desk.step(made, "arrive"), complete(clinic, made)]
    assert [each.get_json()["type"] for each in early] == ["/problems/not_allowed"] * 2
    at(f"{DAY}T08:55:00-07:00")
    arrived = clinic.desk.step(made, "arrive").get_json()
    assert (arrived["status"], arrived["arrived_at"]) == ("arrived", f"{DAY}T08:55:00-07:00")
    assert clinic.desk.step(arrived, "cancel", reason="Ill").status_code == 409
    at("2026-11-27T10:00:00-07:00")
    done = complete(clinic, arrived).get_json()
    assert done["status"] == "completed"
    late = [
        clinic.desk.step(done, "arrive"),
        clinic.desk.step(done, "cancel", reason="Ill"),
        complete(clinic, done),
    ]
    assert [(e.status_code, e.get_json()["state"]) for e in late] == [(409, "completed")] * 3


def test_a_consultation_moves_with_all_the_checks_of_a_booking(clinic: ClinicKit) -> None:
    """I9, I31: it is in its own way nowhere; a refusal says what fits, and changes nothing."""
    patient = a_patient(clinic)
    made = booked(clinic, patient)
    other = booked(clinic, a_patient(clinic), "11:00")
    refused = clinic.desk.step(made, "reschedule", starts_at=f"{DAY}T11:15:00-07:00")
    assert refused.status_code == 409
    (conflict,) = refused.get_json()["conflicts"]
    assert (conflict["reason"], conflict["blockers"][0]["id"]) == ("provider_busy", other["id"])
    fits = conflict["alternatives"][0]
    assert fits["starts_at"] == f"{DAY}T11:30:00-07:00"
    assert clinic.desk.get(f"/v1/consultations/{made['id']}").get_json() == made
    for starts_at in (f"{DAY}T09:15:00-07:00", fits["starts_at"]):
        answer = clinic.desk.step(made, "reschedule", starts_at=starts_at)
        assert answer.status_code == 200, answer.get_json()
        made = answer.get_json()
        assert (made["starts_at"], made["minutes"], made["status"]) == (starts_at, 30, "booked")
    past = clinic.desk.step(made, "reschedule", starts_at="2026-11-20T09:00:00-07:00")
    assert past.get_json()["type"] == "/problems/in_the_past"


def test_a_consultation_moves_to_another_provider(clinic: ClinicKit) -> None:
    """I31: whose times count then; one who is not active takes none."""
    chen = clinic.admin.post("/v1/providers", {"name": "Dr. Chen"}).get_json()
    made = booked(clinic, a_patient(clinic))
    change = {"starts_at": made["starts_at"], "provider_id": chen["id"]}
    moved = clinic.desk.step(made, "reschedule", **change).get_json()
    assert (moved["provider_id"], moved["starts_at"]) == (chen["id"], made["starts_at"])
    booked(clinic, a_patient(clinic))
    clinic.admin.change("PATCH", f"/v1/providers/{chen['id']}", {"active": False}, version=1)
    stays = clinic.desk.step(moved, "reschedule", starts_at=f"{DAY}T12:00:00-07:00")
    assert (stays.status_code, stays.get_json()["type"]) == (422, "/problems/provider_inactive")


def test_a_missed_consultation_is_noted_once_the_grace_is_over(
    clinic: ClinicKit, at: Travel
) -> None:
    """I15, I29, I30: then it is final, and in nobody's way."""
    made = booked(clinic, a_patient(clinic))
    at(f"{DAY}T09:29:00-07:00")
    early = clinic.desk.step(made, "no-show")
    assert (early.status_code, early.get_json()["missing"]) == (409, ["grace"])
    assert "from 9:30 AM on" in early.get_json()["detail"]
    at(f"{DAY}T09:30:00-07:00")
    missed = clinic.desk.step(made, "no-show").get_json()
    assert (missed["status"], missed["missed_at"]) == ("no_show", f"{DAY}T09:30:00-07:00")
    moved = {"starts_at": f"{DAY}T12:00:00-07:00"}
    for verb, body in (("no-show", {}), ("arrive", {}), ("reschedule", moved)):
        answer = clinic.desk.step(missed, verb, **body)
        assert (answer.status_code, answer.get_json()["state"]) == (409, "no_show")


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [({"expires_on": "2027-07-01"}, "expires_on"), ({"max_sessions": 7}, "max_sessions")],
)
def test_a_clearance_is_shortened_and_never_lengthened(
    clinic: ClinicKit, at: Travel, changes: Json, wrong: str
) -> None:
    patient = a_patient(clinic)
    made = booked(clinic, patient)
    at(f"{DAY}T09:30:00-07:00")
    complete(clinic, made, max_sessions=6)
    path = f"/v1/clearances/{clearances(clinic, patient)[0]['id']}"
    longer = clinic.clinician.change("PATCH", path, changes, version=1)
    assert (longer.status_code, set(longer.get_json()["errors"])) == (422, {wrong})
    shorter = {"expires_on": "2027-01-31", "max_sessions": 4}
    kept = clinic.clinician.change("PATCH", path, shorter, version=1).get_json()
    assert {name: kept[name] for name in shorter} == shorter
