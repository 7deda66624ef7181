"""A retried request gets the first answer again, and has one effect."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from scheduler.tenancy import lock_schedule
from tests.api.booking import one_session, sessions_of
from tests.api.everything import Everything, everything, operations
from tests.builders import Caller, ClinicKit, a_cleared_patient, a_clinic, a_protocol, an_order

PATIENT = {"given_name": "Eva", "family_name": "Ruiz", "birth_date": "1979-05-06"}


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app)


def is_replay(answer: TestResponse) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


def test_every_post_that_creates_needs_a_key_and_no_other_write_does(
    app: Flask, ours: Everything
) -> None:
    """I65: those that answer 201, and those that send."""
    needed = set()
    for each in operations(app):
        answer = ours.send(each, headers={"Idempotency-Key": None})
        if answer.status_code == 400:
            assert answer.get_json()["type"] == "/problems/idempotency_key_needed"
            needed.add(each.name)
    assert needed == {
        "POST /v1/answers/{answers_id}/correct",
        "POST /v1/chairs",
        "POST /v1/chairs/{chair_id}/outages",
        "POST /v1/clinic/staffing/overrides",
        "POST /v1/closures",
        "POST /v1/consultations",
        "POST /v1/keys",
        "POST /v1/messages/release",
        "POST /v1/patients",
        "POST /v1/patients/{patient_id}/answers",
        "POST /v1/patients/{patient_id}/consents",
        "POST /v1/protocols",
        "POST /v1/providers",
        "POST /v1/series",
        "POST /v1/sessions",
        "POST /v1/sessions/{session_id}/reminders/{rule}/send",
        "POST /v1/sessions/{session_id}/reminders/{rule}/skip",
    }


@pytest.mark.parametrize("key", ["", " ", "with space", "é", "x" * 256])
def test_a_malformed_key_is_refused(clinic: ClinicKit, key: str) -> None:
    answer = clinic.desk.send("POST", "/v1/patients", PATIENT, {"Idempotency-Key": key})
    assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/malformed")


def test_a_retry_of_any_write_gets_the_same_bytes_and_changes_nothing(
    app: Flask, ours: Everything
) -> None:
    """I65: also where a key is optional, and looked up before If-Match, which is stale by then."""
    replayed = set()
    for each in operations(app):
        # What shows a secret never shows it again: `test_keys.py`.
        if not each.writes or each.endpoint.shows_secret:
            continue
        headers = {"Idempotency-Key": uuid4().hex}
        first = ours.send(each, headers=headers)
        if first.status_code >= 300:
            continue
        before = _state(ours)
        if each.endpoint.if_match:
            headers["If-Match"] = '"999"'
        second = ours.send(each, headers=headers)
        assert is_replay(second), each.name
        assert not is_replay(first)
        assert second.status_code == first.status_code
        assert second.get_data() == first.get_data()
        kept = ("ETag", "Location", "Content-Type", "Cache-Control")
        assert [second.headers.get(n) for n in kept] == [first.headers.get(n) for n in kept]
        assert _state(ours) == before, each.name
        replayed.add(each.name)
    assert len(replayed) >= 18


def _state(ours: Everything) -> list[Any]:
    """Everything a write could have changed: how many rows there are, and their versions."""
    tables = "chairs closures outages providers patients consents consultations clearances series"
    with ours.clinic.work() as work:
        return [
            work.session.execute(text(f"SELECT count(*), sum(version) FROM {name}")).one()
            for name in (*tables.split(), "sessions", "clinics", "opening_hours")
        ]


def test_the_same_key_with_another_body_is_refused(clinic: ClinicKit) -> None:
    """I65: also where only a value's type or a field's presence differs; order and space do not."""
    key = uuid4().hex
    assert clinic.desk.post("/v1/patients", PATIENT, key=key).status_code == 201
    for other in (PATIENT | {"given_name": "Eve"}, PATIENT | {"phone": None}):
        answer = clinic.desk.post("/v1/patients", other, key=key)
        assert answer.status_code == 422
        assert answer.get_json()["type"] == "/problems/idempotency_key_reused"
    turned = dict(reversed(PATIENT.items()))
    assert is_replay(clinic.desk.post("/v1/patients", turned, key=key))


def test_a_refusal_is_not_kept_so_that_trying_again_may_succeed(clinic: ClinicKit) -> None:
    """I65: the same key and body, after room was made."""
    chair = {"chair_id": str(clinic.chair_ids[0])}
    in_the_way = one_session(clinic, a_cleared_patient(clinic), **chair)
    order, key = an_order(a_cleared_patient(clinic), sessions=1, **chair), uuid4().hex
    assert clinic.desk.post("/v1/series", order, key=key).status_code == 409
    assert clinic.desk.post("/v1/series", order, key=key).status_code == 409
    clinic.desk.step(in_the_way, "cancel", reason="Ill", by="patient")
    booked = clinic.desk.post("/v1/series", order, key=key)
    assert (booked.status_code, is_replay(booked)) == (201, False)
    assert is_replay(clinic.desk.post("/v1/series", order, key=key))
    assert len(sessions_of(clinic, status="booked")) == 1


def test_a_key_belongs_to_its_caller_and_its_path(clinic: ClinicKit) -> None:
    """I65: another caller's, or another path's, is another request."""
    key = uuid4().hex
    first = clinic.desk.post("/v1/patients", PATIENT, key=key).get_json()
    for caller in (clinic.clinician, clinic.caller("integration")):
        answer = caller.post("/v1/patients", PATIENT, key=key)
        assert (answer.status_code, is_replay(answer)) == (201, False)
        assert answer.get_json()["id"] != first["id"]
    body = {"starts_at": "2026-12-01T08:00:00-07:00", "ends_at": "2026-12-01T09:00:00-07:00"}
    assert clinic.desk.post("/v1/closures", body | {"reason": "x"}, key=key).status_code == 201


def test_a_key_from_before_a_change_of_role_tells_nothing_new(clinic: ClinicKit) -> None:
    """I60, I65: who may not do it is told so, whatever was stored."""
    key = uuid4().hex
    clinic.admin.post("/v1/providers", {"name": "Dr. Chen"}, key=key)
    assert clinic.desk.post("/v1/providers", {"name": "Dr. Chen"}, key=key).status_code == 403


def both(callers: list[Caller], body: Any, key: str) -> list[TestResponse]:
    """The same request from several threads at once."""
    start = threading.Barrier(len(callers))

    def client(caller: Caller) -> TestResponse:
        start.wait()
        return caller.post("/v1/series", body, key=key)

    with ThreadPoolExecutor(len(callers)) as pool:
        return list(pool.map(client, callers))


def test_two_requests_with_one_key_at_once_have_one_effect(clinic: ClinicKit) -> None:
    """I65: the second waits for the first and replays it, or is told that it still runs."""
    patient, daily = a_cleared_patient(clinic), {"protocol_id": str(a_protocol(clinic))}
    for number in range(4):
        order = an_order(patient, first_on=f"2026-12-{1 + number:02d}", sessions=1, **daily)
        callers = [Caller(clinic.app.test_client(), clinic.desk.secret) for _ in range(4)]
        answers = both(callers, order, uuid4().hex)
        fresh = [each for each in answers if each.status_code == 201 and not is_replay(each)]
        assert len(fresh) == 1
        for each in answers:
            if each.status_code == 409:
                assert each.get_json()["type"] == "/problems/still_running"
            else:
                assert each.get_data() == fresh[0].get_data()
        assert len(sessions_of(clinic)) == number + 1


def test_a_request_that_outlasts_the_wait_is_still_running_for_the_second(
    clinic: ClinicKit,
) -> None:
    """I65: 409 with Retry-After; the first is held up by the schedule's lock, and answers 503."""
    order, key = an_order(a_cleared_patient(clinic), sessions=1), uuid4().hex
    callers = [Caller(clinic.app.test_client(), clinic.desk.secret) for _ in range(2)]
    with clinic.work() as work:
        lock_schedule(work)
        answers = both(callers, order, key)
    statuses = sorted(each.status_code for each in answers)
    assert statuses in ([409, 503], [503, 503])
    assert all(each.headers["Retry-After"] for each in answers)
    assert sessions_of(clinic) == []
    assert clinic.desk.post("/v1/series", order, key=key).status_code == 201


def test_while_the_first_is_in_flight_the_second_is_told_to_come_back(clinic: ClinicKit) -> None:
    """I65: the first one's row is written, and its transaction open for longer than the wait."""
    key = uuid4().hex
    claim = text(
        "INSERT INTO idempotent_answers"
        " (clinic_id, key_id, method, path, idempotency_key, fingerprint, created_at)"
        " SELECT clinic_id, id, 'POST', '/v1/patients', :key, '', created_at"
        " FROM api_keys WHERE role = 'front_desk'"
    )
    with clinic.work() as work:
        work.session.execute(claim, {"key": key})
        answer = clinic.desk.post("/v1/patients", PATIENT, key=key)
        work.session.rollback()
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/still_running")
    assert answer.headers["Retry-After"] == "1"
    after = clinic.desk.post("/v1/patients", PATIENT, key=key)
    assert (after.status_code, is_replay(after)) == (201, False)
