"""Verbs of who hears patients: submit answers, read them, correct them, see what they raised."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.alerts.model import Alert, AlertEvent
from scheduler.patients.model_stops import is_stopped
from tests.builders import Caller, ClinicKit

Json = dict[str, Any]


def submit(
    caller: Caller, patient: UUID, items: Json, instrument: str = "phq9", **fields: Any
) -> Json:
    """Tell the clinic on the phone; as it is answered."""
    body = {"instrument": instrument, "items": items, **fields}
    answer = caller.post(f"/v1/patients/{patient}/answers", body)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def read(clinic: ClinicKit, answers_id: str) -> Json:
    answer = clinic.clinician.get(f"/v1/answers/{answers_id}")
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def correct(clinic: ClinicKit, answers_id: str, items: Json, reason: str = "Misheard") -> Any:
    body = {"items": items, "reason": reason}
    return clinic.clinician.post(f"/v1/answers/{answers_id}/correct", body)


def whole(value: int, **others: int) -> Json:
    """Every item of the PHQ-9 answered with one value, but for `i<number>=...`."""
    items = {str(number): value for number in range(1, 10)}
    return items | {name.removeprefix("i"): other for name, other in others.items()}


def alerts_of(clinic: ClinicKit, patient: UUID) -> tuple[list[Alert], list[AlertEvent], bool]:
    """The patient's open alerts, what happened to them, and whether the patient is stopped."""
    with clinic.work() as work:
        alerts = select(Alert).where(Alert.patient_id == patient, Alert.closed_at.is_(None))
        found = list(work.session.scalars(alerts))
        ids = [alert.id for alert in found]
        events = select(AlertEvent).where(AlertEvent.alert_id.in_(ids)).order_by(AlertEvent.at)
        return found, list(work.session.scalars(events)), is_stopped(work, patient)
