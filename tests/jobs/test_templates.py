"""A clinic's own words reach its patients, and those that must not go do not (I42)."""

import pytest
from flask import Flask
from sqlalchemy import text

from scheduler.check.messages import PROOFS
from tests.builders import ClinicKit, a_cleared_patient, a_clinic
from tests.jobs.ticking import Outbox, a_booking, ends, tick, words_of

pytestmark = pytest.mark.usefixtures("at")

T_3, T_1 = "2026-11-28T09:30", "2026-11-30T09:30"

OURS = {
    "subject": "{clinic}: see you {when}",
    "body": "Hello,\n\nSee you on {when}. If not, {call}.",
    "text": "{clinic}: see you {when}. If not, {call}.",
}


def put(clinic: ClinicKit, message: str, language: str = "en", **words: str) -> None:
    path = f"/v1/clinic/templates/{message}/{language}"
    version = clinic.admin.get(path).get_json()["version"]
    answer = clinic.admin.change("PUT", path, OURS | words, version=version)
    assert answer.status_code == 200, answer.get_json()


def neutral(clinic: ClinicKit) -> list[bool]:
    """What `flask check` says of the messages as they would be written now."""
    (proof,) = (each for each in PROOFS if each.number == "I42")
    with clinic.work() as work:
        return [bool(proof.run(work).violations)]


def test_a_reminder_and_a_notice_go_out_in_the_clinics_own_words(
    app: Flask, outbox: Outbox
) -> None:
    clinic = a_clinic(app, notices=("booked",))
    put(clinic, "booked", subject="{clinic} is glad: {when}")
    put(clinic, "reminder", "es", subject="{clinic}: hasta el {when}")
    a_booking(clinic, a_cleared_patient(clinic))
    a_booking(clinic, a_cleared_patient(clinic, language="es"), at="11:00")
    tick(app, "2026-11-23T09:03", outbox.channels)
    tick(app, T_1, outbox.channels)
    subjects = sorted(str(mail["Subject"]) for mail in outbox.mails)
    assert "Sonoran Care is glad: Tue Dec 1 9:30 AM" in subjects
    assert "Sonoran Care: appt Tue Dec 1 9:30 AM" in subjects


def test_words_taken_back_are_the_standard_ones_with_the_next_message(
    app: Flask, outbox: Outbox
) -> None:
    clinic = a_clinic(app)
    put(clinic, "reminder")
    a_booking(clinic)
    tick(app, T_3, outbox.channels)
    assert words_of(outbox.mails[0]).startswith("Hello,\n\nSee you on Tuesday, December 1, at 9:30")
    path = "/v1/clinic/templates/reminder/en"
    assert clinic.admin.change("DELETE", path, version=2).status_code == 204
    tick(app, T_1, outbox.channels)
    assert "You have an appointment with" in words_of(outbox.mails[1])


def test_own_words_that_a_new_name_makes_tell_send_nothing_and_are_shown(
    app: Flask, outbox: Outbox
) -> None:
    """I42: neither is forbidden by itself."""
    clinic = a_clinic(app)
    put(clinic, "reminder", subject="Your IV {clinic}: {when}")
    a_booking(clinic)
    assert neutral(clinic) == [False]
    version, name = clinic.admin.get("/v1/clinic").get_json()["version"], "Drip Creek"
    path = "/v1/clinic"
    renamed = clinic.admin.change("PATCH", path, {"neutral_name": name}, version=version)
    assert renamed.status_code == 200
    tick(app, T_3, outbox.channels)
    assert ends(clinic) == [("3d_before", "failed", "forbidden_words")]
    assert outbox.files == []
    assert neutral(clinic) == [True]
    kinds = [each["kind"] for each in clinic.desk.get("/v1/attention").get_json()["items"]]
    assert kinds == ["message_failed"]
    shown = clinic.admin.send("POST", "/v1/clinic/templates/reminder/en/preview", {})
    assert list(shown.get_json()["errors"]) == ["subject"]


def test_a_text_that_came_in_too_long_sends_nothing_and_is_shown(
    app: Flask, outbox: Outbox
) -> None:
    """I42: past the API."""
    clinic = a_clinic(app)
    put(clinic, "reminder")
    with clinic.work() as work:
        work.session.execute(
            text("UPDATE message_templates SET text = repeat('x', 161) WHERE clinic_id = :id"),
            {"id": clinic.id},
        )
    a_booking(clinic)
    tick(app, T_3, outbox.channels)
    assert ends(clinic) == [("3d_before", "failed", "too_long")]
    assert outbox.files == []
