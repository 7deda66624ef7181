"""Two people hear the same patient at the same time: nothing is lost, nothing is doubled."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from tests.api.answered import Json, alerts_of, submit
from tests.builders import Caller, ClinicKit, a_clinic, a_patient

AT_ONCE = 4


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


def at_once(clinic: ClinicKit, path: str, body: Json) -> list[Any]:
    """The answers to one request of several clinicians."""
    key = clinic.keys["clinician"]
    callers = [Caller(clinic.app.test_client(), key) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda caller: caller.post(path, body), callers))


def test_answers_of_danger_at_once_make_one_alert_that_holds_each_of_them(
    clinic: ClinicKit,
) -> None:
    """I53"""
    for patient in [a_patient(clinic) for _ in range(5)]:
        body = {"instrument": "phq9", "items": {"9": 1}}
        heard = at_once(clinic, f"/v1/patients/{patient}/answers", body)
        assert [each.status_code for each in heard] == [201] * AT_ONCE
        ((_,), events, stopped) = alerts_of(clinic, patient)
        assert Counter(each.kind for each in events) == {"raised": 1, "joined": AT_ONCE - 1}
        assert {str(each.answers_id) for each in events} == {
            each.get_json()["id"] for each in heard
        }
        assert stopped


def test_of_corrections_at_once_one_counts(clinic: ClinicKit) -> None:
    """I57"""
    patient: UUID = a_patient(clinic)
    for _ in range(5):
        taken = submit(clinic.desk, patient, {"1": 1})
        body = {"items": {"1": 2}, "reason": "Misheard"}
        corrected = at_once(clinic, f"/v1/answers/{taken['id']}/correct", body)
        statuses = sorted(each.status_code for each in corrected)
        assert statuses == [201] + [409] * (AT_ONCE - 1)
