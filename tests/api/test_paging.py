"""Pages: every row once over an unchanged set, none twice while others are added."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.api.answered import submit
from tests.api.booking import book, one_session
from tests.api.everything import NEEDED_QUERIES, Everything, everything, operations
from tests.builders import (
    ClinicKit,
    a_cleared_patient,
    a_clinic,
    a_patient,
    a_protocol,
    cleared,
    consents,
)
from tests.conftest import NOW

Json = dict[str, Any]


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def pages(
    clinic: ClinicKit, path: str, limit: int, role: str = "front_desk", **query: Any
) -> list[list[Json]]:
    """All pages of a list, one after the other."""
    found: list[list[Json]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = clinic.caller(role).get(path, limit=limit, **query, **cursor)
        assert answer.status_code == 200, answer.get_json()
        page = answer.get_json()
        found.append(page["items"])
        assert len(found) < 300
        if page["next"] is None:
            return found
        assert len(page["items"]) == limit
        cursor = {"cursor": page["next"]}


def filled(clinic: ClinicKit) -> UUID:
    """A clinic with three or more of everything that is listed; a patient who has them."""
    patient = a_cleared_patient(clinic)
    consents(clinic, patient)
    for _ in range(2):
        a_patient(clinic)
        cleared(clinic, patient)
    daily = str(a_protocol(clinic))
    for n in (1, 2, 3):
        book(clinic, patient, sessions=3, first_on=f"2026-12-0{n}", protocol_id=daily)
        sick = {"on": f"2027-03-0{n}", "from": "08:00", "to": "12:00", "nurses": n}
        clinic.desk.post("/v1/clinic/staffing/overrides", sick)
        phase = {"sessions": n, "every_days": 7, "min_gap_days": 7, "max_gap_days": 7}
        clinic.admin.post("/v1/protocols", {"name": f"Weeks: {n}", "phases": [phase]})
        interval = {
            "starts_at": f"2027-03-0{n}T08:00:00-07:00",
            "ends_at": f"2027-03-0{n}T09:00:00-07:00",
            "reason": "Training",
        }
        clinic.desk.post("/v1/closures", interval)
        clinic.desk.post(f"/v1/chairs/{clinic.chair_ids[0]}/outages", interval)
        clinic.admin.post("/v1/chairs", {"label": f"New {n}"})
        clinic.admin.post("/v1/providers", {"name": f"Dr. {n}"})
        consultation = {"patient_id": str(patient), "provider_id": str(clinic.provider_id)}
        consultation |= {"starts_at": f"2026-12-0{n}T14:00:00-07:00"}
        assert (
            clinic.desk.post("/v1/consultations", {**consultation, "minutes": 30}).status_code
            == 201
        )
        submit(clinic.desk, patient, {"1": n})
    return patient


def test_every_list_shows_each_row_once_whatever_the_size_of_its_pages(
    app: Flask, clinic: ClinicKit
) -> None:
    """I70"""
    ids = {"patient_id": filled(clinic), "chair_id": clinic.chair_ids[0]}
    session = clinic.desk.get("/v1/sessions").get_json()["items"][0]
    ids["session_id"] = UUID(session["id"])
    lists = 0
    for each in operations(app):
        # Reading the audit log adds to it: it has a test of its own.
        if each.writes or "query" not in each.schemas or each.rule == "/v1/audit":
            continue
        if "limit" not in each.schemas["query"].fields:
            continue
        path, query = each.path(ids), dict(NEEDED_QUERIES.get(each.rule, {}))
        if query:
            query["to"] = "2026-12-08T00:00:00-07:00"
        if each.rule.endswith(("/reminders", "/follow-ups")):
            query = {"from": "2026-11-25T00:00:00-07:00"}
        role = sorted(each.endpoint.access.roles)[-1]
        whole = [row for page in pages(clinic, path, 200, role, **query) for row in page]
        assert len({str(each) for each in whole}) == len(whole), path
        for limit in (1, 2, 7):
            if len(whole) <= 40 or limit == 7:
                paged = pages(clinic, path, limit, role, **query)
                assert [each for page in paged for each in page] == whole, (path, limit)
        lists += len(whole) > 2
    assert lists >= 16


def test_pages_of_the_audit_log_repeat_none_of_its_rows(
    clinic: ClinicKit, at: Callable[[Any], None]
) -> None:
    """I70: though reading it adds to it."""
    for minute in range(5):
        at(NOW + timedelta(minutes=minute))
        clinic.desk.get("/v1/clinic")
    at(NOW + timedelta(minutes=5))
    until = (NOW + timedelta(minutes=5)).isoformat()
    read = [each for page in pages(clinic, "/v1/audit", 2, "admin", to=until) for each in page]
    assert [each["route"] for each in read] == ["/v1/clinic"] * 5
    assert len({each["id"] for each in read}) == 5


def test_rows_added_between_two_pages_repeat_none_and_hide_none(clinic: ClinicKit) -> None:
    """I70: before the place that was read, and after it."""
    old = [
        one_session(clinic, a_cleared_patient(clinic), starts_at=f"2026-12-0{n}T11:00:00-07:00")
        for n in (1, 2, 3, 4)
    ]
    first = clinic.desk.get("/v1/sessions", limit=2).get_json()
    one_session(clinic, a_cleared_patient(clinic), starts_at="2026-12-01T09:00:00-07:00")
    late = one_session(clinic, a_cleared_patient(clinic), starts_at="2026-12-04T15:00:00-07:00")
    rest = clinic.desk.get("/v1/sessions", limit=200, cursor=first["next"]).get_json()
    seen = [each["id"] for each in first["items"] + rest["items"]]
    assert seen == [each["id"] for each in [*old, late]]


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1.5", "ten", "", "1e1", "٣"])
def test_a_limit_is_a_whole_number_from_1_to_200(clinic: ClinicKit, limit: str) -> None:
    answer = clinic.desk.get("/v1/patients", limit=limit)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {"limit"})


def test_a_cursor_of_one_list_is_not_one_of_another(clinic: ClinicKit) -> None:
    """Patients are ordered by time and id, chairs by id alone."""
    for _ in range(2):
        a_patient(clinic)
    cursor = clinic.desk.get("/v1/patients", limit=1).get_json()["next"]
    answer = clinic.desk.get("/v1/chairs", cursor=cursor)
    assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/malformed")


def test_a_list_without_a_limit_has_a_hundred_at_most(clinic: ClinicKit) -> None:
    patients = [a_patient(clinic) for _ in range(101)]
    page = clinic.desk.get("/v1/patients").get_json()
    assert len(page["items"]) == 100
    last = clinic.desk.get("/v1/patients", cursor=page["next"]).get_json()
    assert (len(last["items"]), last["next"]) == (1, None)
    assert {each["id"] for each in page["items"] + last["items"]} == set(map(str, patients))


def test_a_page_of_everything_is_whole_for_each_clinic(app: Flask, clinic: ClinicKit) -> None:
    """I60, I70: another clinic's rows take no place on a page."""
    other: Everything = everything(app)
    mine = [a_patient(clinic) for _ in range(3)]
    assert len(pages(clinic, "/v1/patients", 2)) == 2
    assert {each["id"] for page in pages(clinic, "/v1/patients", 2) for each in page} == set(
        map(str, mine)
    )
    assert len(pages(other.clinic, "/v1/patients", 2)) == 1
