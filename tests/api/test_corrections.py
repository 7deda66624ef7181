"""Answers never change: a correction is a record of its own (I57)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from psycopg.errors import RaiseException
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from scheduler.answers.model import Answers
from scheduler.clinics.rules_crisis import CRISIS
from scheduler.embedded import Server
from tests.api.answered import alerts_of, correct, read, submit, whole
from tests.builders import ClinicKit, a_clinic, a_patient
from tests.conftest import as_superuser

LATER = "2026-11-24T08:00:00-07:00"


@pytest.fixture
def clinic(app: Flask, at: Callable[[Any], None]) -> ClinicKit:
    return a_clinic(app)


@pytest.fixture
def patient(clinic: ClinicKit) -> UUID:
    return a_patient(clinic)


def test_a_correction_is_a_record_of_its_own_of_when_the_patient_said_it(
    clinic: ClinicKit, patient: UUID, at: Callable[[Any], None]
) -> None:
    """I57"""
    taken = submit(clinic.desk, patient, whole(2, i9=0))
    before = read(clinic, taken["id"])
    at(LATER)
    corrected = correct(clinic, taken["id"], whole(1, i9=0)).get_json()
    assert (corrected["total"], corrected["received_at"]) == (8, LATER)
    found = read(clinic, corrected["id"])
    assert (found["corrects_id"], found["correction_reason"]) == (taken["id"], "Misheard")
    assert (found["answered_at"], found["submitted_at"]) == (before["answered_at"], LATER)
    assert read(clinic, taken["id"]) == before | {"corrected_by_id": corrected["id"]}


def test_answers_are_corrected_once_and_then_their_correction_is(
    clinic: ClinicKit, patient: UUID
) -> None:
    """I57: what counts is always one."""
    first = submit(clinic.desk, patient, {"1": 1})["id"]
    second = correct(clinic, first, {"1": 2}).get_json()["id"]
    again = correct(clinic, first, {"1": 3})
    assert (again.status_code, again.get_json()["state"]) == (409, "corrected")
    third = correct(clinic, second, {}, "Another patient's").get_json()["id"]
    listed = clinic.clinician.get(f"/v1/patients/{patient}/answers").get_json()["items"]
    assert {each["id"]: each["corrected_by_id"] for each in listed} == {
        first: second,
        second: third,
        third: None,
    }


def test_what_the_patient_has_not_submitted_is_still_theirs_to_change(
    clinic: ClinicKit, patient: UUID
) -> None:
    """I57: a clinician reads it, and corrects nothing before it is done."""
    with clinic.work() as work:
        open_form = Answers(
            clinic_id=clinic.id,
            patient_id=patient,
            instrument="phq9",
            instrument_version=1,
            language="en",
            source="link",
            items={"1": 3},
            started_at=work.now,
            answered_at=work.now,
        )
        work.session.add(open_form)
        work.session.flush()
    found = read(clinic, str(open_form.id))
    assert (found["items"], found["submitted_at"]) == ({"1": 3}, None)
    refused = correct(clinic, found["id"], {"1": 0})
    assert (refused.status_code, refused.get_json()["state"]) == (409, "open")


def test_a_correction_is_heard_of_as_any_answer_is(clinic: ClinicKit, patient: UUID) -> None:
    """I53"""
    taken = submit(clinic.desk, patient, whole(0))
    corrected = correct(clinic, taken["id"], whole(0, i9=1)).get_json()
    assert (corrected["alert"], corrected["crisis_text"]) == (True, CRISIS["en"])
    ((_,), (event,), stopped) = alerts_of(clinic, patient)
    assert (str(event.answers_id), stopped) == (corrected["id"], True)


def test_a_correction_that_takes_the_danger_back_closes_no_alert(
    clinic: ClinicKit, patient: UUID
) -> None:
    """I53, I54: a clinician does, with a note."""
    taken = submit(clinic.desk, patient, {"9": 3})
    corrected = correct(clinic, taken["id"], {"9": 0}).get_json()
    assert (corrected["alert"], corrected["crisis_text"]) == (False, None)
    ((alert,), _, stopped) = alerts_of(clinic, patient)
    assert (alert.status, stopped) == ("open", True)


def test_a_correction_takes_only_what_the_instrument_asks(clinic: ClinicKit, patient: UUID) -> None:
    taken = submit(clinic.desk, patient, {"1": 3}, "phq2")
    refused = correct(clinic, taken["id"], {"9": 3})
    assert (refused.status_code, set(refused.get_json()["errors"]["items"])) == (422, {"9"})


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE answers SET items = '{}', version = 2",
        "UPDATE answers SET submitted_at = NULL, version = 2",
        "UPDATE answers SET answered_at = now()",
        "DELETE FROM answers",
    ],
)
def test_the_database_itself_keeps_what_was_submitted(
    clinic: ClinicKit, patient: UUID, server: Server, database: str, change: str
) -> None:
    """I57: from the app, and from whoever else comes in."""
    taken = submit(clinic.desk, patient, {"9": 1})
    before = read(clinic, taken["id"])
    with pytest.raises(DBAPIError), clinic.work() as work:
        work.session.execute(text(change))
    with (
        pytest.raises(RaiseException, match="submitted answers never change"),
        as_superuser(server, database) as connection,
    ):
        connection.execute(change)
    assert read(clinic, taken["id"]) == before
