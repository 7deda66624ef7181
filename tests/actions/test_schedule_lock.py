"""What waits for the schedule goes on with the time and the zone of when its turn came."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from scheduler import clock, embedded
from scheduler.access.actions import authenticate
from scheduler.clinics.actions import change_clinic
from scheduler.patients.actions import withdraw_consent
from scheduler.patients.model import Consent
from scheduler.tenancy import ClinicSchedule, Work, lock_schedule, unit_of_work
from scheduler.web.idempotency import forget_old
from tests.api.everything import everything, operations
from tests.builders import ANY, ClinicKit, a_clinic, a_patient, consents
from tests.conftest import NOW, as_superuser


def test_the_order_of_stamps_is_the_order_of_turns(
    app: Flask, at: Callable[[datetime], None]
) -> None:
    """I4, I5: a start that waited for a revocation must not seem to lie before it."""
    clinic = a_clinic(app)
    with clinic.work(NOW) as work:
        at(NOW + timedelta(seconds=1))
        assert lock_schedule(work).now == NOW
        assert lock_schedule(replace(work, waits=True)).now == NOW + timedelta(seconds=1)


def test_a_first_booking_that_waited_for_a_change_of_zone_goes_by_the_new_one(
    app: Flask, at: Callable[[datetime], None]
) -> None:
    """I23: its wall times are promised in the zone that the clinic then has."""
    clinic = a_clinic(app, zone="America/New_York")
    with clinic.work() as waiting:
        pass
    with clinic.work() as work:
        change_clinic(work, ANY, {"time_zone": "America/Los_Angeles"})
    for seconds in (1, 2):  # The second waits behind the first booking of all.
        with clinic.work(NOW + timedelta(seconds=seconds)) as work:
            stale = replace(work, zone=waiting.zone, site_stamp=waiting.site_stamp)
            assert lock_schedule(stale, books=True).zone == clock.zone("America/Los_Angeles")


def test_a_key_is_told_the_zone_that_goes_with_its_stamp(
    app: Flask, at: Callable[[datetime], None], server: embedded.Server, database: str
) -> None:
    """I17, I23: a zone of before under the stamp of after would be kept, and booked by."""
    clinic, lock = a_clinic(app, zone="America/New_York"), "LOCK TABLE clinic_schedules"
    with ThreadPoolExecutor() as pool, as_superuser(server, database) as change:
        with change.transaction():
            change.execute(lock)
            found = pool.submit(_authenticated, app, clinic.keys["front_desk"])
            while not change.execute(_WAITING).fetchone()[0]:  # type: ignore[index]
                assert not found.done()
            change.execute("UPDATE clinics SET time_zone = 'America/Los_Angeles'")
            changed = "SELECT site_stamp FROM clinic_schedules"
            (stamp,) = change.execute(changed).fetchone()  # type: ignore[misc]
        known = found.result()
    assert (known.site_stamp, known.zone) == (stamp, clock.zone("America/Los_Angeles"))


_WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def _authenticated(app: Flask, secret: str) -> Work:
    with app.app_context(), unit_of_work() as session:
        known = authenticate(session, secret, NOW, reads_only=True)
        assert known
        return known


def test_a_withdrawal_of_consent_waits_its_turn(app: Flask, at: Callable[[datetime], None]) -> None:
    """I5: a start looks at the consents under the schedule's lock."""
    clinic = a_clinic(app)
    patient_id = a_patient(clinic)
    consents(clinic, patient_id, "treatment")
    with clinic.work() as work:
        consent = work.session.scalars(select(Consent)).one()
        before = work.session.get_one(ClinicSchedule, clinic.id).schedule_version
    with clinic.work() as work:
        withdraw_consent(work, patient_id, consent.id, ANY)
    with clinic.work() as work:
        assert work.session.get_one(ClinicSchedule, clinic.id).schedule_version == before + 1


# Search and booking go by what these change.
SET_UPS = [
    "PATCH /v1/clinic/policies",
    "PUT /v1/clinic/opening-hours",
    "PUT /v1/clinic/staffing",
    "POST /v1/clinic/staffing/overrides",
    "DELETE /v1/clinic/staffing/overrides/{override_id}",
    "POST /v1/protocols",
    "PATCH /v1/protocols/{protocol_id}",
    "POST /v1/closures",
    "POST /v1/chairs",
    "PATCH /v1/chairs/{chair_id}",
    "POST /v1/chairs/{chair_id}/outages",
]


def test_whoever_changes_what_bookings_go_by_waits_their_turn(
    app: Flask, at: Callable[[datetime], None]
) -> None:
    """I10, I11, I12: a booking never reads half of a change; each raises the schedule's version."""
    ours = everything(app)
    known = {each.name: each for each in operations(app)}
    for name in SET_UPS:
        before = schedule_version(ours.clinic)
        assert ours.send(known[name]).status_code < 300, name
        assert schedule_version(ours.clinic) == before + 1, name


def schedule_version(clinic: ClinicKit) -> int:
    with clinic.work() as work:
        return work.session.get_one(ClinicSchedule, clinic.id).schedule_version


def test_answers_are_kept_for_a_weekend_and_then_forgotten(
    app: Flask, at: Callable[[datetime], None], server: Any, database: str
) -> None:
    """I65: the same request is a new intent after 72 hours."""
    clinic = a_clinic(app)
    clinic.desk.post("/v1/patients", _PERSON, key="one")
    at(NOW + timedelta(hours=1))
    clinic.desk.post("/v1/patients", _PERSON, key="two")
    with clinic.work(NOW + timedelta(hours=72, seconds=1)) as work:
        forget_old(work)
    with as_superuser(server, database) as connection:
        kept = connection.execute("SELECT idempotency_key FROM idempotent_answers").fetchall()
    assert kept == [("two",)]


_PERSON = {"given_name": "Eva", "family_name": "Ruiz", "birth_date": "1979-05-06"}
