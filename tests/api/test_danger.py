"""What patients say of danger is heard at once, by whom it has to be (I53)."""

from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from scheduler.clinics.rules_crisis import CRISIS
from tests.alarms import heard
from tests.api.answered import Json, alerts_of, read, submit, whole
from tests.builders import ClinicKit, a_clinic, a_patient

LATER = "2026-11-24T08:00:00-07:00"


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def patient(clinic: ClinicKit) -> UUID:
    return a_patient(clinic)


def test_the_language_is_the_patients_if_none_is_said(clinic: ClinicKit) -> None:
    maria = a_patient(clinic, language="es")
    taken = submit(clinic.desk, maria, {"9": 1})
    assert taken["crisis_text"] == CRISIS["es"]
    assert read(clinic, taken["id"])["language"] == "es"
    assert submit(clinic.desk, maria, {"9": 1}, language="en")["crisis_text"] == CRISIS["en"]


def test_the_clinics_own_words_are_read_to_the_patient(clinic: ClinicKit, patient: UUID) -> None:
    own = {"en": "Call 555-0100 at any hour."}
    changed = clinic.admin.change("PATCH", "/v1/clinic/policies", {"crisis_text": own}, version=1)
    assert changed.status_code == 200
    assert submit(clinic.desk, patient, {"9": 3})["crisis_text"] == own["en"]
    assert submit(clinic.desk, patient, {"9": 3}, language="es")["crisis_text"] == CRISIS["es"]


PATIENTS, TIMES = 40, 25


def drawn(draw: Random) -> Json:
    """Some of the nine items, most of them, answered at random."""
    return {str(n): draw.randrange(4) for n in range(1, 10) if draw.random() < 0.8} or {"1": 0}


def test_of_a_thousand_answers_none_that_tells_of_danger_goes_unheard(clinic: ClinicKit) -> None:
    """I53: complete or not, the first or a further one, whatever is said before and after."""
    draw = Random(53)  # noqa: S311 - the same each time, and no secret
    partial = harmless = 0
    for patient in [a_patient(clinic) for _ in range(PATIENTS)]:
        positive: list[str] = []
        for _ in range(TIMES):
            items = drawn(draw)
            grave = items.get("9", 0) >= 1 or (len(items) == 9 and sum(items.values()) >= 20)
            taken = submit(clinic.desk, patient, items)
            said = (taken["alert"], taken["crisis_text"])
            assert said == ((True, CRISIS["en"]) if grave else (False, None)), items
            if grave:
                positive.append(taken["id"])
            alerts, events, stopped = alerts_of(clinic, patient)
            assert (len(alerts), stopped) == (1 if positive else 0, bool(positive))
            assert {str(each.answers_id) for each in events} == set(positive)
            assert len(events) == len(positive)
            partial += grave and len(items) < 9
            harmless += not grave
    assert min(partial, harmless) > 300


# (instrument, what is said, why a clinician must hear of it)
REASONS: list[tuple[str, Json, list[str]]] = [
    ("phq9", {"9": 1}, ["self_harm"]),
    ("phq9", whole(3, i9=0), ["high_total"]),
    ("phq9", whole(3), ["self_harm", "high_total"]),
    ("check_in", {"self_harm": 1, "words": "Please help"}, ["self_harm"]),
    ("check_in", {"side_effects": 3, "call": 1}, ["severe_side_effect", "call_wanted"]),
]


@pytest.mark.parametrize(("instrument", "items", "reasons"), REASONS)
def test_an_alert_says_why(
    clinic: ClinicKit, patient: UUID, instrument: str, items: Json, reasons: list[str]
) -> None:
    """I53"""
    taken = submit(clinic.desk, patient, items, instrument)
    ((alert,), (event,), stopped) = alerts_of(clinic, patient)
    assert (alert.status, event.kind, event.reasons, stopped) == ("open", "raised", reasons, True)
    assert str(event.answers_id) == taken["id"]


def test_a_total_is_too_high_from_the_clinics_own_on(clinic: ClinicKit, patient: UUID) -> None:
    items = whole(1, i1=3, i9=0)  # 10
    assert submit(clinic.desk, patient, items)["alert"] is False
    changed = clinic.admin.change("PATCH", "/v1/clinic/policies", {"alert_total": 10}, version=1)
    assert changed.status_code == 200
    assert submit(clinic.desk, patient, items)["alert"] is True


def test_a_further_answer_of_danger_joins_the_open_alert_and_nobody_has_heard_of_it_yet(
    clinic: ClinicKit, patient: UUID, at: Callable[[Any], None]
) -> None:
    """I53"""
    submit(clinic.desk, patient, {"9": 1})
    ((alert,), _, _) = alerts_of(clinic, patient)
    heard(clinic, alert.id, clinic.provider_id)
    at(LATER)
    submit(clinic.desk, patient, {"9": 2})
    ((joined,), events, stopped) = alerts_of(clinic, patient)
    assert (joined.id, joined.raised_at) == (alert.id, alert.raised_at)
    assert (joined.status, joined.clock_from.isoformat()) == ("open", "2026-11-24T15:00:00+00:00")
    assert sorted(each.kind for each in events) == ["acknowledged", "joined", "raised"]
    assert stopped


def test_a_later_zero_changes_nothing_about_an_alert(clinic: ClinicKit, patient: UUID) -> None:
    """I53"""
    submit(clinic.desk, patient, {"9": 1})
    ((alert,), _, _) = alerts_of(clinic, patient)
    heard(clinic, alert.id, clinic.provider_id)
    taken = submit(clinic.desk, patient, whole(0))
    assert (taken["alert"], taken["crisis_text"]) == (False, None)
    ((after,), events, stopped) = alerts_of(clinic, patient)
    assert (after.status, stopped) == ("acknowledged", True)
    assert sorted(each.kind for each in events) == ["acknowledged", "raised"]


def status(clinic: ClinicKit, patient: UUID, now: str) -> None:
    changed = clinic.desk.change("PATCH", f"/v1/patients/{patient}", {"status": now}, version=1)
    assert changed.status_code == 200


def test_a_discharged_patient_is_still_heard(clinic: ClinicKit, patient: UUID) -> None:
    """I53: who was sent home may be in danger all the same."""
    status(clinic, patient, "discharged")
    assert submit(clinic.desk, patient, {"9": 1})["crisis_text"] == CRISIS["en"]
    assert len(alerts_of(clinic, patient)[0]) == 1


def test_a_deceased_patient_answers_nothing(clinic: ClinicKit, patient: UUID) -> None:
    status(clinic, patient, "deceased")
    body = {"instrument": "phq9", "items": {"9": 1}}
    refused = clinic.desk.post(f"/v1/patients/{patient}/answers", body)
    assert (refused.status_code, refused.get_json()["state"]) == (409, "deceased")


def test_a_front_desks_retry_is_one_answer_and_one_alert(clinic: ClinicKit, patient: UUID) -> None:
    """I53, I65"""
    body = {"instrument": "phq9", "items": {"9": 2}}
    first, again = (
        clinic.desk.post(f"/v1/patients/{patient}/answers", body, key="call-1") for _ in range(2)
    )
    assert first.get_json() == again.get_json()
    _, events, _ = alerts_of(clinic, patient)
    assert len(events) == 1
