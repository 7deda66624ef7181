"""Every role tries every way to silence an alert: it is told all the same (I54)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from scheduler.alerts.model import AlertCall
from scheduler.messages.channels import Channel
from scheduler.messages.channels_files import FileOutbox
from tests.alarms import a_provider, an_alert, on_call
from tests.builders import Caller, ClinicKit, a_clinic, a_patient, consents
from tests.jobs.test_twilio import NUMBER, call_back, hooked, with_number  # noqa: F401
from tests.jobs.ticking import FROM, At, instant, tick

NIGHT = "2026-11-28T02:00"
PHONES = ("+16025559001", "+16025559002")
ROLES = ("front_desk", "clinician", "integration", "admin")

Try = Callable[["Danger", Caller], Any]


class Danger:
    """A clinic with two providers who can be told, the first on call, and a patient."""

    def __init__(self, app: Flask) -> None:
        self.clinic: ClinicKit = with_number(a_clinic(app))
        self.people = [
            a_provider(self.clinic, f"Dr. {n}", phone=phone, email=f"{n}@clinic.example")
            for n, phone in enumerate(PHONES)
        ]
        on_call(self.clinic, self.people[0])
        self.patient_id = a_patient(self.clinic)
        consents(self.clinic, self.patient_id)

    def change(self, caller: Caller, method: str, path: str, **body: Any) -> Any:
        return caller.send(method, path, body or None, {"If-Match": "*"})

    def calls(self) -> list[AlertCall]:
        with self.clinic.work() as work:
            return list(work.session.scalars(select(AlertCall).order_by(AlertCall.due_at)))


def policies(danger: Danger, caller: Caller) -> Any:
    """Everything as late and as seldom as it goes, and a night without end."""
    return danger.change(
        caller,
        "PATCH",
        "/v1/clinic/policies",
        alert_repeat_minutes=15,
        alert_escalate_minutes=60,
        alert_total=20,
        quiet_from="00:00",
        quiet_until="23:55",
        texts_a_day=1,
        texts_a_week=1,
        notices=[],
        reminder_days=[],
    )


def empty_rota(danger: Danger, caller: Caller) -> Any:
    return danger.change(caller, "PUT", "/v1/clinic/on-call", shifts=[], otherwise=[])


def without(**fields: Any) -> Try:
    """The one on call is gone, or has no address any more."""

    def gone(danger: Danger, caller: Caller) -> Any:
        return danger.change(caller, "PATCH", f"/v1/providers/{danger.people[0]}", **fields)

    return gone


def patient_is(status: str) -> Try:
    def become(danger: Danger, caller: Caller) -> Any:
        return danger.change(caller, "PATCH", f"/v1/patients/{danger.patient_id}", status=status)

    return become


def withdraw(danger: Danger, caller: Caller) -> Any:
    path = f"/v1/patients/{danger.patient_id}/consents"
    for each in danger.clinic.desk.get(path).get_json()["items"]:
        answer = danger.change(caller, "POST", f"{path}/{each['id']}/withdraw")
    return answer


def handled(danger: Danger, caller: Caller) -> Any:
    answer = danger.clinic.desk.get("/v1/attention")
    for each in answer.get_json()["items"]:
        answer = caller.post(f"/v1/attention/{each['id']}/handle", {"note": "Seen to"})
    return answer


def close_up(danger: Danger, caller: Caller) -> Any:
    """The clinic is shut."""
    shut = {"starts_at": "2026-11-28T00:00:00-07:00", "ends_at": "2026-12-28T00:00:00-07:00"}
    return caller.post("/v1/closures", shut | {"reason": "Holidays"})


def no_name(danger: Danger, caller: Caller) -> Any:
    return danger.change(caller, "PATCH", "/v1/clinic", neutral_name="W" * 30, phone=None)


def patients_number(danger: Danger, caller: Caller) -> Any:
    """The patient has the provider's own number."""
    return danger.change(caller, "PATCH", f"/v1/patients/{danger.patient_id}", phone=PHONES[0])


TRIES: dict[str, Try] = {
    "policies at their bounds": policies,
    "an empty rota": empty_rota,
    "who is on call left": without(active=False),
    "no phone": without(phone=None),
    "no address at all": without(phone=None, email=None),
    "the patient is discharged": patient_is("discharged"),
    "the patient is dead": patient_is("deceased"),
    "consent is withdrawn": withdraw,
    "handled": handled,
    "closed for a month": close_up,
    "another name": no_name,
    "the patient's number": patients_number,
}


@pytest.fixture
def files(tmp_path: Any) -> dict[str, Channel]:
    outbox = FileOutbox(tmp_path / "outbox", FROM)
    return {"email": outbox, "sms": outbox}


@pytest.mark.parametrize("way", TRIES)
@pytest.mark.parametrize("role", ROLES)
def test_no_role_mutes_an_alert_by_any_way(
    app: Flask, at: At, files: dict[str, Channel], role: str, way: str
) -> None:
    """I54: before it is raised and after; what is refused is no matter, somebody is told."""
    at(instant(NIGHT))
    danger = Danger(app)
    TRIES[way](danger, danger.clinic.caller(role))
    alert_id = an_alert(danger.clinic, danger.patient_id)
    answer = TRIES[way](danger, danger.clinic.caller(role))
    assert answer.status_code < 500
    done = tick(app, NIGHT, files)
    assert done["alert by email: sent"] >= 1
    later = instant("2026-11-28T02:15")
    at(later)
    assert tick(app, later, files)["alert by email: sent"] >= 1
    found = danger.clinic.clinician.get(f"/v1/alerts/{alert_id}").get_json()
    assert found["status"] == "open"
    listed = danger.clinic.desk.get("/v1/attention", kind="alert").get_json()["items"]
    assert len(listed) == 1


@pytest.mark.parametrize("word", ["STOP", "CANCEL", "UNSUBSCRIBE"])
def test_a_stop_from_a_providers_number_mutes_nothing(
    app: Flask,
    at: At,
    hooked: FlaskClient,  # noqa: F811
    files: dict[str, Channel],
    word: str,
) -> None:
    at(instant(NIGHT))
    danger = Danger(app)
    form = {"MessageSid": "SM-in", "From": PHONES[0], "To": NUMBER, "Body": word}
    assert call_back(hooked, danger.clinic.id, "inbound", form).status_code == 200
    an_alert(danger.clinic, danger.patient_id)
    assert tick(app, NIGHT, files) == {"alert by sms: sent": 1, "alert by email: sent": 1}


def test_with_nobody_left_it_is_told_as_soon_as_there_is_somebody(
    app: Flask, at: At, files: dict[str, Channel]
) -> None:
    """I54: until then it stands on top of the list."""
    at(instant(NIGHT))
    danger = Danger(app)
    for each in danger.people:
        danger.change(danger.clinic.admin, "PATCH", f"/v1/providers/{each}", active=False)
    an_alert(danger.clinic, danger.patient_id)
    assert tick(app, NIGHT, files) == {}
    first = danger.clinic.desk.get("/v1/attention").get_json()["items"][0]
    assert first["kind"] == "alert_unheard"
    assert first["detail"].endswith("Find a clinician now.")
    new: UUID = a_provider(danger.clinic, "Dr. New")
    assert tick(app, NIGHT, files) == {"alert by sms: sent": 1, "alert by email: sent": 1}
    assert {each.provider_id for each in danger.calls()} == {new}
