"""Another clinic's id is 404 everywhere: on every route, in paths, bodies, lists and searches."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.api.everything import Everything, Operation, everything, operations
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, an_order


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app, name="Ours")


@pytest.fixture
def theirs(app: Flask, ours: Everything) -> Everything:
    return everything(app, name="Theirs")


def refused(answer: Any) -> bool:
    return answer.status_code == 404 and answer.get_json()["type"] == "/problems/not_found"


def test_another_clinics_id_in_a_path_is_404_on_every_route_and_method(
    app: Flask, ours: Everything, theirs: Everything
) -> None:
    """I60"""
    found = [each for each in operations(app) if each.path_ids]
    assert len(found) > 20
    let_in = [each.name for each in found if not refused(ours.send(each, ids=theirs.ids))]
    assert let_in == []


def test_a_part_is_not_reached_through_another_clinics_whole_nor_through_our_own(
    app: Flask, ours: Everything, theirs: Everything
) -> None:
    """I60: the chair may be ours and the outage theirs, or the other way round."""
    found = [each for each in operations(app) if len(each.path_ids) > 1]
    assert {name for each in found for name in each.path_ids} >= {"outage_id", "consent_id"}
    let_in = [
        (each.name, name)
        for each in found
        for name in each.path_ids
        if not refused(ours.send(each, ids={name: theirs.ids[name]}))
    ]
    assert let_in == []


def test_another_clinics_id_in_a_body_is_404_and_names_the_field(
    app: Flask, ours: Everything, theirs: Everything
) -> None:
    """I60"""
    asked, wrong = set(), []
    for each in operations(app):
        for name in each.ids_in("json"):
            asked.add(name)
            answer = ours.send(each, body=ours.bodies[each.name] | {name: str(theirs.ids[name])})
            if not refused(answer) or set(answer.get_json()["errors"]) != {name}:
                wrong.append((each.name, name, answer.get_json()))
    assert asked == {
        "patient_id",
        "provider_id",
        "chair_id",
        "protocol_id",
        "series_id",
        "session_id",
    }
    assert wrong == []


def test_another_clinics_id_in_a_query_finds_nothing(
    app: Flask, ours: Everything, theirs: Everything
) -> None:
    """I60: a list that is narrowed is empty, a search for free times says there is no such id."""
    wrong = []
    for each in operations(app):
        for name in each.ids_in("query"):
            query = _needed(each) | {name: str(theirs.ids[name])}
            answer = ours.send(each, query=query)
            shown = answer.get_json().get("items")
            if shown != [] and not (refused(answer) and name in answer.get_json()["errors"]):
                wrong.append((each.name, name, answer.get_json()))
    assert wrong == []


def _needed(operation: Operation) -> dict[str, Any]:
    week = {"from": "2026-12-07T00:00:00-07:00", "to": "2026-12-12T00:00:00-07:00"}
    return week | {"minutes": 40} if operation.rule.endswith("slots") else {}


def test_no_answer_ever_shows_another_clinics_id(
    app: Flask, ours: Everything, theirs: Everything
) -> None:
    """I60: neither what we read nor what we are told when something is in the way."""
    foreign = {str(each) for each in theirs.ids.values()} | {str(theirs.clinic.id)}
    leaks = []
    for each in operations(app):
        answer = ours.send(each)
        assert answer.status_code < 500, each.name
        leaks += [(each.name, found) for found in foreign if found in answer.get_data(as_text=True)]
    assert leaks == []


def test_a_new_clinic_is_empty_beside_a_busy_one(app: Flask, theirs: Everything) -> None:
    """I60: lists and searches; only what a clinic is made with is there."""
    ours = a_clinic(app, name="New", chairs=0)
    made_with = {"/v1/protocols": 1, "/v1/providers": 1, "/v1/clinic/templates": 18}
    made_with["/v1/instruments"] = 4
    for each in operations(app):
        if each.method == "GET" and not each.path_ids:
            query = _needed(each)
            answer = ours.desk.get(each.rule, **query).get_json()
            if "items" in answer and "consultations/slots" not in each.rule:
                assert len(answer["items"]) == made_with.get(each.rule, 0), each.rule


def test_another_clinics_patient_is_not_found_by_their_number(
    ours: Everything, theirs: Everything
) -> None:
    """I60: both clinics know an EXT-1, and each finds its own."""
    found = [
        each.clinic.desk.get("/v1/patients", external_id="EXT-1").get_json()["items"]
        for each in (ours, theirs)
    ]
    assert [item["id"] for (item,) in found] == [
        str(ours.ids["patient_id"]),
        str(theirs.ids["patient_id"]),
    ]


def test_two_clinics_book_the_same_time_and_neither_is_in_the_others_way(
    ours: Everything, theirs: Everything
) -> None:
    """I60: what blocks one clinic's chairs is no concern of the other's."""

    def book(clinic: ClinicKit) -> int:
        order = an_order(a_cleared_patient(clinic), at="13:00", sessions=1)
        return clinic.desk.post("/v1/series", order).status_code

    assert [book(each.clinic) for each in (ours, theirs)] == [201, 201]


def test_a_key_used_at_one_clinic_says_nothing_about_another(
    ours: Everything, theirs: Everything
) -> None:
    """I60, I65: the same Idempotency-Key at two clinics is two requests."""
    body, key = {"name": "Dr. Chen"}, uuid4().hex
    mine = ours.clinic.admin.post("/v1/providers", body, key=key)
    others = theirs.clinic.admin.post("/v1/providers", body, key=key)
    assert [mine.status_code, others.status_code] == [201, 201]
    assert mine.get_json()["id"] != others.get_json()["id"]
    assert "Idempotent-Replayed" not in others.headers
