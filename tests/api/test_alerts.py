"""Alerts as clinicians hear of them and close them; what the others see; and nobody mutes one."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from scheduler.alerts.actions import close_alert
from scheduler.alerts.rules import Rota
from scheduler.errors import Stale
from scheduler.tenancy import Actor
from tests.alarms import a_provider, an_alert, answered, on_call
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, a_patient, an_order

Json = dict[str, Any]
At = Callable[[str], None]


class Version:
    """What somebody saw."""

    def __init__(self, seen: int) -> None:
        self.seen = seen

    def allows(self, version: int) -> bool:
        return version == self.seen


@pytest.fixture
def clinic(app: Flask, at: At) -> ClinicKit:
    return a_clinic(app)


def read(clinic: ClinicKit, alert_id: UUID) -> Json:
    answer = clinic.clinician.get(f"/v1/alerts/{alert_id}")
    assert answer.status_code == 200
    return dict(answer.get_json())


def act(clinic: ClinicKit, alert: Json, verb: str, body: Json | None = None) -> Any:
    path = f"/v1/alerts/{alert['id']}/{verb}"
    return clinic.clinician.change("POST", path, body, version=alert["version"])


def attention(clinic: ClinicKit, role: str = "front_desk") -> list[Json]:
    items = clinic.caller(role).get("/v1/attention").get_json()["items"]
    return [each for each in items if each["kind"].startswith("alert")]


def test_an_alert_is_acknowledged_and_closed_by_a_named_clinician(clinic: ClinicKit) -> None:
    """I54"""
    patient_id = a_patient(clinic)
    alert_id = an_alert(clinic, patient_id)
    listed = clinic.clinician.get("/v1/alerts", status="open", patient_id=str(patient_id))
    assert [each["id"] for each in listed.get_json()["items"]] == [str(alert_id)]
    alert = read(clinic, alert_id)
    assert (alert["status"], alert["patient_id"]) == ("open", str(patient_id))
    (raised,) = alert["events"]
    assert (raised["kind"], raised["reasons"]) == ("raised", ["self_harm"])
    assert raised["answers_id"]

    heard = act(clinic, alert, "acknowledge").get_json()
    provider = str(clinic.provider_id)
    assert (heard["status"], heard["acknowledged_by"]) == ("acknowledged", provider)
    # Twice changes nothing.
    assert act(clinic, heard, "acknowledge").get_json() == heard
    closed = act(clinic, heard, "close", {"note": "Spoke by phone.\nSeen tomorrow."}).get_json()
    assert (closed["status"], closed["closed_by"]) == ("closed", provider)
    assert closed["note"] == "Spoke by phone.\nSeen tomorrow."
    kinds = [each["kind"] for each in closed["events"]]
    assert kinds == ["raised", "acknowledged", "closed"]
    again = act(clinic, closed, "close", {"note": "Twice"})
    assert (again.status_code, again.get_json()["state"]) == (409, "closed")
    for status, count in (("open", 0), ("acknowledged", 0), ("closed", 1)):
        found = clinic.clinician.get("/v1/alerts", status=status).get_json()["items"]
        assert len(found) == count


@pytest.mark.parametrize("note", [None, "", "   ", "\n"])
def test_closing_takes_a_note(clinic: ClinicKit, note: str | None) -> None:
    """I54"""
    alert = read(clinic, an_alert(clinic))
    answer = act(clinic, alert, "close", {} if note is None else {"note": note})
    assert answer.status_code == 422
    assert read(clinic, UUID(alert["id"]))["status"] == "open"


def test_whoever_closes_has_seen_every_answer(clinic: ClinicKit, at: At) -> None:
    """I53, I54: a further answer since makes closing stale, and it un-acknowledges."""
    patient_id = a_patient(clinic)
    alert_id = an_alert(clinic, patient_id)
    at("2026-11-23T08:01:00-07:00")
    heard = act(clinic, read(clinic, alert_id), "acknowledge").get_json()
    at("2026-11-23T08:02:00-07:00")
    assert an_alert(clinic, patient_id) == alert_id
    assert act(clinic, heard, "close", {"note": "Safe"}).status_code == 412
    alert = read(clinic, alert_id)
    assert (alert["status"], alert["acknowledged_by"]) == ("open", None)
    assert [each["kind"] for each in alert["events"]] == ["raised", "acknowledged", "joined"]


def arrived(clinic: ClinicKit, at: At, patient_id: UUID) -> Json:
    """The patient's session of 1 December, and they are here."""
    order = an_order(patient_id, sessions=1)
    session = clinic.desk.post("/v1/series", order).get_json()["sessions"][0]
    at("2026-12-01T09:20:00-07:00")
    return dict(clinic.desk.step(session, "arrive").get_json())


def test_no_session_starts_while_an_alert_is_open(clinic: ClinicKit, at: At) -> None:
    """I5, I54: neither does an override help; closing it does. Booking goes on."""
    patient_id = a_cleared_patient(clinic)
    alert_id = an_alert(clinic, patient_id)
    # Booked beside the open alert.
    session = arrived(clinic, at, patient_id)
    for caller, more in ((clinic.desk, {}), (clinic.clinician, {"override": "It is urgent"})):
        refused = caller.step(session, "start", vitals_recorded=True, **more)
        assert refused.status_code == 409
        assert refused.get_json()["missing"] == ["stopped"]
        assert "a clinician has to close first" in refused.get_json()["detail"]
    heard = act(clinic, read(clinic, alert_id), "acknowledge").get_json()
    assert clinic.desk.step(session, "start", vitals_recorded=True).status_code == 409
    assert act(clinic, heard, "close", {"note": "Safe"}).status_code == 200
    assert clinic.desk.step(session, "start", vitals_recorded=True).status_code == 200


def test_another_patients_alert_stops_nobody_else(clinic: ClinicKit, at: At) -> None:
    an_alert(clinic)
    session = arrived(clinic, at, a_cleared_patient(clinic))
    assert clinic.desk.step(session, "start", vitals_recorded=True).status_code == 200


def test_an_answer_that_races_a_close_is_never_lost(clinic: ClinicKit, app: Flask) -> None:
    """I53, I54: whichever comes first, an open alert and its stop are left, and they are a pair."""
    ended = set()
    for _ in range(40):
        patient_id = a_patient(clinic)
        alert_id = an_alert(clinic, patient_id)
        start = threading.Barrier(2)

        def closing(alert_id: UUID = alert_id, start: threading.Barrier = start) -> str:
            with app.app_context():
                start.wait()
                try:
                    with clinic.work(actor=clinic.as_provider()) as work:
                        close_alert(work, alert_id, Version(1), "Safe")
                except Stale:
                    return "stale"
                except Exception as error:
                    return type(error).__name__
                return "closed"

        def answering(patient_id: UUID = patient_id, start: threading.Barrier = start) -> UUID:
            with app.app_context():
                start.wait()
                with clinic.work() as work:
                    return answered(work, patient_id)

        with ThreadPoolExecutor(2) as pool:
            close, answer = pool.submit(closing), pool.submit(answering)
            ended.add(close.result())
            left = answer.result()
        with clinic.work() as work:
            pairs = work.session.execute(
                text(
                    "SELECT a.id, a.acknowledged_at, s.lifted_at FROM alerts a JOIN stops s"
                    " ON s.alert_id = a.id WHERE a.patient_id = :id AND a.closed_at IS NULL"
                ),
                {"id": patient_id},
            ).all()
        assert [tuple(each) for each in pairs] == [(left, None, None)]
        assert (left == alert_id) == (close.result() != "closed")
    assert "closed" in ended
    assert ended <= {"closed", "stale", "StaleDataError"}


def test_everybody_sees_that_there_is_an_alert_and_nobody_why(clinic: ClinicKit) -> None:
    """I61"""
    a_provider(clinic)
    alert_id = an_alert(clinic)
    (item,) = attention(clinic)
    assert item["kind"] == "alert"
    assert "self_harm" not in str(item)
    assert item["patient"]["given_name"] == "Ana"
    for role in ("front_desk", "integration", "admin"):
        for path in ("/v1/alerts", f"/v1/alerts/{alert_id}"):
            assert clinic.caller(role).get(path).status_code == 403
        for verb, body in (("acknowledge", None), ("close", {"note": "x"})):
            path = f"/v1/alerts/{alert_id}/{verb}"
            assert clinic.caller(role).change("POST", path, body, version=1).status_code == 403


def test_another_clinics_clinician_finds_nothing(clinic: ClinicKit, app: Flask) -> None:
    """I60"""
    alert_id = an_alert(clinic)
    other = a_clinic(app).clinician
    assert other.get("/v1/alerts").get_json()["items"] == []
    path = f"/v1/alerts/{alert_id}"
    assert other.get(path).status_code == 404
    assert other.change("POST", f"{path}/acknowledge", version=1).status_code == 404
    assert other.change("POST", f"{path}/close", {"note": "x"}, version=1).status_code == 404


def test_a_clinician_who_left_closes_nothing(clinic: ClinicKit) -> None:
    alert = read(clinic, an_alert(clinic))
    path = f"/v1/providers/{clinic.provider_id}"
    assert clinic.admin.change("PATCH", path, {"active": False}, version=1).status_code == 200
    assert act(clinic, alert, "acknowledge").status_code == 403
    assert act(clinic, alert, "close", {"note": "Safe"}).status_code == 403


ROLES = ("front_desk", "clinician", "integration", "admin")


@pytest.mark.parametrize("role", ROLES)
def test_nobody_hides_an_alert_by_handling_it(clinic: ClinicKit, role: str) -> None:
    """I54: nor a row that somebody wrote into the database for it."""
    an_alert(clinic)
    before = attention(clinic)
    assert {each["kind"] for each in before} == {"alert", "alert_unheard"}
    for item in before:
        path = f"/v1/attention/{item['id']}/handle"
        answer = clinic.caller(role).post(path, {"note": "Seen to"})
        assert answer.status_code == (403 if role == "admin" else 409)
        with clinic.work() as work:
            work.session.execute(
                text(
                    "INSERT INTO attention_handled (clinic_id, id, note, handled_at)"
                    " VALUES (:clinic, :id, 'hidden', now())"
                ),
                {"clinic": clinic.id, "id": item["id"]},
            )
    assert attention(clinic) == before


def test_the_rota_is_replaced_as_a_whole(clinic: ClinicKit) -> None:
    provider_id = str(a_provider(clinic))
    nights = {"weekday": 4, "from": "17:00", "to": "08:00", "provider_ids": [provider_id]}
    body = {"shifts": [nights], "otherwise": [provider_id]}
    for version, role in enumerate(("clinician", "admin"), start=1):
        caller, body["otherwise"] = clinic.caller(role), [provider_id] * (version - 1)
        answer = caller.change("PUT", "/v1/clinic/on-call", body, version=version)
        assert answer.get_json() == body | {"version": version + 1}
    for role in ROLES:
        assert clinic.caller(role).get("/v1/clinic/on-call").get_json()["shifts"] == [nights]
    for role in ("front_desk", "integration"):
        answer = clinic.caller(role).change("PUT", "/v1/clinic/on-call", body, version=3)
        assert answer.status_code == 403


@pytest.mark.parametrize("who", ["unknown", "another clinic's", "inactive", "without an address"])
def test_nobody_is_on_call_who_cannot_be_told(clinic: ClinicKit, app: Flask, who: str) -> None:
    """I54, I60: the refusal names the field."""
    bad = {
        "unknown": lambda: (uuid4(), "No provider with this id."),
        "another clinic's": lambda: (a_clinic(app).provider_id, "No provider with this id."),
        "inactive": lambda: (a_provider(clinic, active=False), "Dr. Chen is not active."),
        "without an address": lambda: (
            clinic.provider_id,
            "Dr. Rivera has neither a phone nor a mail address.",
        ),
    }
    provider_id, said = bad[who]()
    good = str(a_provider(clinic))
    shift = {"weekday": 0, "from": "08:00", "to": "17:00", "provider_ids": [good, str(provider_id)]}
    body = {"shifts": [shift | {"provider_ids": [good]}, shift], "otherwise": [str(provider_id)]}
    answer = clinic.admin.change("PUT", "/v1/clinic/on-call", body, version=1)
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {
        "shifts": {"1": {"provider_ids": {"1": [said]}}},
        "otherwise": {"0": [said]},
    }


def test_the_last_who_can_be_told_may_go_and_that_shows(clinic: ClinicKit) -> None:
    """I54"""
    provider_id = a_provider(clinic)
    on_call(clinic, provider_id)
    an_alert(clinic)
    assert [each["kind"] for each in attention(clinic)] == ["alert"]
    path = f"/v1/providers/{provider_id}"
    assert clinic.admin.change("PATCH", path, {"active": False}, version=1).status_code == 200
    assert [each["kind"] for each in attention(clinic)] == ["alert_unheard", "alert"]


AS_THE_PROGRAM = [
    "DELETE FROM alerts",
    "DELETE FROM alert_events",
    "DELETE FROM alert_calls",
    "DELETE FROM stops",
    "DELETE FROM answers",
    "TRUNCATE alerts CASCADE",
    "UPDATE alerts SET patient_id = gen_random_uuid()",
    "UPDATE alerts SET raised_at = raised_at - interval '1 day'",
    "UPDATE alerts SET clock_from = clock_from - interval '1 day'",
    "UPDATE alerts SET acknowledged_at = now()",
    "UPDATE alerts SET closed_at = now()",
    "UPDATE alerts SET closed_at = now(), closed_by = gen_random_uuid(), note = 'x'",
    "UPDATE alerts SET closed_at = now(), note = '',"
    " closed_by = (SELECT id FROM providers LIMIT 1)",
    "UPDATE alert_events SET reasons = '{}'",
    "UPDATE stops SET lifted_at = now()",
    "UPDATE stops SET patient_id = gen_random_uuid()",
    "UPDATE alert_calls SET due_at = now() + interval '1 year'",
    "UPDATE policies SET alert_repeat_minutes = 0",
    "UPDATE policies SET alert_repeat_minutes = 10000",
    "UPDATE policies SET alert_escalate_minutes = 10000",
    "UPDATE policies SET alert_total = 28",
    "ALTER TABLE alerts DISABLE TRIGGER keep_alerts",
]


@pytest.mark.parametrize("statement", AS_THE_PROGRAM)
def test_not_even_the_program_can_undo_an_alert(clinic: ClinicKit, statement: str) -> None:
    """I54: as the role that it works under."""
    a_provider(clinic)
    alert_id = an_alert(clinic)
    with clinic.work() as work:
        work.session.execute(
            text(
                "INSERT INTO alert_calls (clinic_id, id, alert_id, clock_from, number, provider_id,"
                " channel, address, due_at, status, next_attempt_at, version) SELECT clinic_id,"
                " gen_random_uuid(), id, clock_from, 1, (SELECT id FROM providers LIMIT 1), 'sms',"
                " '+16025559001', now(), 'planned', now(), 1 FROM alerts"
            )
        )
    with pytest.raises(DBAPIError), clinic.work() as work:
        work.session.execute(text(statement))
    assert read(clinic, alert_id)["status"] == "open"


def test_a_closed_alert_stays_closed_and_as_it_was(clinic: ClinicKit) -> None:
    alert_id = an_alert(clinic)
    act(clinic, read(clinic, alert_id), "close", {"note": "Safe"})
    with pytest.raises(DBAPIError), clinic.work() as work:
        work.session.execute(text("UPDATE alerts SET note = 'nothing happened'"))
    assert read(clinic, alert_id)["note"] == "Safe"


def test_a_rota_of_nobody_is_one(clinic: ClinicKit) -> None:
    """Then everybody who is active is told (tests/jobs/test_alerts.py)."""
    on_call(clinic, rota=Rota())
    assert clinic.desk.get("/v1/clinic/on-call").get_json()["otherwise"] == []


def test_an_unbound_clinician_decides_nothing(clinic: ClinicKit) -> None:
    alert_id = an_alert(clinic)
    with (
        pytest.raises(Exception, match="forbidden"),
        clinic.work(actor=Actor(None, "clinician", None)) as work,
    ):
        close_alert(work, alert_id, Version(1), "Safe")
