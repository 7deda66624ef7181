"""Verbs of the front desk: book a series, be refused, fill chairs, walk a session along."""

from typing import Any
from uuid import UUID

from tests.builders import ClinicKit, a_cleared_patient, an_order

Json = dict[str, Any]


def book(clinic: ClinicKit, patient: UUID, **order: Any) -> Json:
    """Book a series; as it is answered."""
    answer = clinic.desk.post("/v1/series", an_order(patient, **order))
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def refuse(clinic: ClinicKit, patient: UUID, status: int = 409, **order: Any) -> Json:
    """Ask for a series that is refused; the problem."""
    answer = clinic.desk.post("/v1/series", an_order(patient, **order))
    assert answer.status_code == status, answer.get_json()
    return dict(answer.get_json())


def sessions_of(clinic: ClinicKit, **query: Any) -> list[Json]:
    """The clinic's sessions, as they are listed."""
    return list(clinic.desk.get("/v1/sessions", **query).get_json()["items"])


def fill(clinic: ClinicKit, on: str, wall: str = "09:30", chairs: int = 2) -> list[str]:
    """Take so many chairs at that time; the ids of the sessions that took them."""
    taken = []
    for chair in clinic.chair_ids[:chairs]:
        order = {"first_on": on, "at": wall, "sessions": 1, "chair_id": str(chair)}
        taken.append(book(clinic, a_cleared_patient(clinic), **order)["sessions"][0]["id"])
    return taken


def one_session(clinic: ClinicKit, patient: UUID, **order: Any) -> Json:
    """Book a single session on Tuesday 1 December, 09:30 to 10:10; as it is answered."""
    body = {"patient_id": str(patient), "starts_at": "2026-12-01T09:30:00-07:00", "minutes": 40}
    answer = clinic.desk.post("/v1/sessions", body | order)
    assert answer.status_code == 201, answer.get_json()
    # The warnings are said once, when it is booked.
    return {name: value for name, value in answer.get_json().items() if name != "warnings"}


def taken(
    clinic: ClinicKit, session: Json, verb: str, role: str = "front_desk", **body: Any
) -> Json:
    """Take a session one step on; as it is answered."""
    answer = clinic.caller(role).step(session, verb, **body)
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())
