"""What tests build with: a clinic, its callers, patients and orders. Only what matters is said."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from scheduler import clock
from scheduler.access.actions import make_key
from scheduler.answers.model import Answers
from scheduler.chairs.actions import add_chair
from scheduler.clinics.actions import create_clinic, replace_opening_hours
from scheduler.consults.actions import add_provider, complete_consultation
from scheduler.consults.model import Consultation
from scheduler.patients.actions import record_consent, register_patient
from scheduler.protocols.actions import add_weekly
from scheduler.protocols.model import Protocol, stored_phase
from scheduler.protocols.rules import Phase
from scheduler.tenancy import SYSTEM, Actor, Work, unit_of_work, working_for

_numbers = count(1)

# What `a_patient` is known by, and what no log may say (I64).
PATIENT_DATA = re.compile(
    r"Lopez-\d|patient\d+@example|602555(?!0100)\d{4}|canary\d{4}", re.IGNORECASE
)


class AnyVersion:
    """Matches whatever version there is."""

    def allows(self, version: int) -> bool:
        return version > 0


ANY = AnyVersion()


@dataclass
class Caller:
    """An API client with one key: HTTP calls as verbs."""

    client: FlaskClient
    secret: str

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> TestResponse:
        """POST that creates or books, with a new Idempotency-Key unless one is given."""
        return self.send("POST", path, body, {"Idempotency-Key": key or uuid4().hex})

    def change(
        self, method: str, path: str, body: Any = None, *, version: int | None = None
    ) -> TestResponse:
        """PATCH, PUT, DELETE or a transition, with If-Match."""
        seen = None if version is None else f'"{version}"'
        return self.send(method, path, body, {"If-Match": seen})

    def step(self, session: dict[str, Any], verb: str, **body: Any) -> TestResponse:
        """Take a session (or consultation) one step on, from the version that is given."""
        noun = "sessions" if "chair_id" in session else "consultations"
        path = f"/v1/{noun}/{session['id']}/{verb}"
        needs_body = noun == "sessions" or body
        return self.change("POST", path, body if needs_body else None, version=session["version"])

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str | None] | None = None,
        *,
        query: dict[str, Any] | None = None,
        raw: bytes | None = None,
    ) -> TestResponse:
        """Any request with this key; `raw` is sent as JSON as it stands, a None header not."""
        sent: dict[str, Any] = {} if body is None else {"json": body}
        known: dict[str, str | None] = {"Authorization": f"Bearer {self.secret}"}
        if raw is not None:
            sent, known["Content-Type"] = {"data": raw}, "application/json"
        known |= headers or {}
        kept = {name: value for name, value in known.items() if value is not None}
        # In a context of its own, as in a server: a test's own would be shared by all requests.
        with self.client.application.app_context():
            return self.client.open(path, method=method, query_string=query, headers=kept, **sent)


@dataclass
class ClinicKit:
    """A clinic for a test: its id, its people's keys, its chairs and its provider."""

    app: Flask
    id: UUID
    zone: str
    keys: dict[str, str]
    provider_id: UUID
    chair_ids: list[UUID]
    callers: dict[str, Caller] = field(default_factory=dict)

    def caller(self, role: str) -> Caller:
        if role not in self.callers:
            self.callers[role] = Caller(self.app.test_client(), self.keys[role])
        return self.callers[role]

    @property
    def desk(self) -> Caller:
        return self.caller("front_desk")

    @property
    def clinician(self) -> Caller:
        return self.caller("clinician")

    @property
    def admin(self) -> Caller:
        return self.caller("admin")

    def work(self, now: datetime | None = None, actor: Actor = SYSTEM) -> Any:
        """A unit of work for this clinic: `with clinic.work() as work: ...`."""
        return working_for(self.id, now or clock.now(), actor)

    def as_provider(self) -> Actor:
        return Actor(None, "clinician", self.provider_id)


CHECK_IN_ONLY = [{"rule": "check_in", "instrument": "check_in", "hours": 24}]
POLICY_NOTICES = "UPDATE policies SET notices = :notices WHERE clinic_id = :clinic_id"


def a_clinic(
    app: Flask,
    *,
    zone: str = "America/Phoenix",
    chairs: int = 2,
    opens: str = "08:00",
    closes: str = "17:00",
    weekdays: Iterator[int] | range = range(5),
    name: str = "Sonoran Care",
    notices: tuple[str, ...] = (),
    follow_ups: list[dict[str, Any]] | None = CHECK_IN_ONLY,
) -> ClinicKit:
    """A clinic with chairs, hours, a provider, and a key per role; it sends no notices if not said.

    So a test of reminders meets reminders alone; and its weekly series ask for the check-in alone.
    """
    now = clock.now()
    with unit_of_work() as session:
        work = create_clinic(session, name, zone, now)
        work.clinic().phone = "+16025550100"
        add_weekly(work).follow_ups = follow_ups
        # Its version stays the first: nobody changed it.
        told = {"clinic_id": work.clinic_id, "notices": list(notices)}
        session.execute(text(POLICY_NOTICES), told)
        _open(work, list(weekdays), opens, closes)
        chair_rows = [add_chair(work, f"Chair {n}") for n in range(1, chairs + 1)]
        provider = add_provider(work, name="Dr. Rivera")
        session.flush()
        others = ("front_desk", "integration", "admin")
        keys = {role: make_key(work, role, role)[1] for role in others}
        keys["clinician"] = make_key(work, "clinician", "clinician", provider.id)[1]
        session.flush()
        return ClinicKit(
            app, work.clinic_id, zone, keys, provider.id, [chair.id for chair in chair_rows]
        )


def _open(work: Work, weekdays: list[int], opens: str, closes: str) -> None:
    hours = {
        "opens": datetime.strptime(opens, "%H:%M").replace(tzinfo=UTC).time(),
        "closes": datetime.strptime(closes, "%H:%M").replace(tzinfo=UTC).time(),
    }
    week = [{"weekday": weekday, **hours} for weekday in weekdays]
    replace_opening_hours(work, ANY, week)


def a_patient(clinic: ClinicKit, **fields: Any) -> UUID:
    """A registered patient, who has a mail address unless told otherwise."""
    number = next(_numbers)
    known = {
        "given_name": "Ana",
        "family_name": f"Lopez-{number}",
        "birth_date": date(1980, 2, 3),
        "phone": f"+1602555{number % 10000:04d}",
        "email": f"patient{number}@example.com",
    }
    with clinic.work() as work:
        patient = register_patient(work, **known | fields)
        work.session.flush()
        return patient.id


def consents(
    clinic: ClinicKit,
    patient_id: UUID,
    *purposes: str,
    channel: str = "email",
) -> None:
    """The patient consents; to everything when no purpose is named."""
    with clinic.work() as work:
        for purpose in purposes or ("treatment", "reminders", "check_ins"):
            record_consent(
                work,
                patient_id,
                purpose=purpose,
                channel=None if purpose == "treatment" else channel,
                source="paper form",
                wording_version="2026-01",
            )


def cleared(
    clinic: ClinicKit,
    patient_id: UUID,
    expires_on: date | None = None,
    max_sessions: int | None = None,
) -> UUID:
    """A consultation just now clears the patient, for a year if not said; the clearance's id.

    The consultation is written directly, so that it needs no free time of the provider.
    """
    now = clock.now()
    with clinic.work(now, clinic.as_provider()) as work:
        consultation = Consultation(
            clinic_id=clinic.id,
            patient_id=patient_id,
            provider_id=clinic.provider_id,
            starts_at=now - timedelta(minutes=30, seconds=next(_numbers)),
            ends_at=now - timedelta(minutes=30, seconds=0) + timedelta(minutes=30),
            status="arrived",
        )
        work.session.add(consultation)
        work.session.flush()
        complete_consultation(
            work,
            consultation.id,
            ANY,
            outcome="suitable",
            symptoms=["insomnia"],
            history_reviewed=True,
            expires_on=expires_on or (now + timedelta(days=365)).date(),
            max_sessions=max_sessions,
        )
        work.session.flush()
        return consultation.id


def a_cleared_patient(clinic: ClinicKit, **fields: Any) -> UUID:
    """A patient who has consented to everything and is cleared for a year."""
    patient_id = a_patient(clinic, **fields)
    consents(clinic, patient_id)
    cleared(clinic, patient_id)
    return patient_id


def answered(
    clinic: ClinicKit,
    patient_id: UUID,
    at: datetime | str,
    total: int,
    *,
    left_out: int = 0,
    **fields: Any,
) -> UUID:
    """PHQ-9 answers by phone that add up to a total, with so many left out; their id.

    They are stored as they are, and raise no alert.
    """
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    # From the first item on, so that the ninth stays 0 as long as it can.
    items = {str(n): min(3, max(0, total - 3 * (n - 1))) for n in range(1, 10 - left_out)}
    known: dict[str, Any] = {"instrument": "phq9", "source": "phone", "language": "en"}
    known |= {"session_id": None, "rule": None, "corrects_id": None, "recorded_by": None}
    known |= {"items": items, "instrument_version": 1}
    known |= dict.fromkeys(("started_at", "answered_at", "submitted_at"), moment)
    with clinic.work() as work:
        answers = Answers(clinic_id=clinic.id, patient_id=patient_id, **known | fields)
        work.session.add(answers)
        work.session.flush()
        return answers.id


def a_protocol(clinic: ClinicKit, **fields: Any) -> UUID:
    """A protocol that lets a patient come every day, where the distance does not matter."""
    daily = Phase(every_days=1, min_gap_days=1, max_gap_days=365)
    with clinic.work() as work:
        known = {
            "name": f"daily {next(_numbers)}",
            "phases": [stored_phase(daily)],
            "follow_ups": CHECK_IN_ONLY,
        }
        protocol = Protocol(clinic_id=clinic.id, **known | fields)
        work.session.add(protocol)
        work.session.flush()
        return protocol.id


def an_order(patient_id: UUID, **fields: Any) -> dict[str, Any]:
    """The body that books six weekly 40-minute sessions on Tuesdays at 09:30."""
    order: dict[str, Any] = {
        "patient_id": str(patient_id),
        "first_on": "2026-12-01",
        "at": "09:30",
        "sessions": 6,
        "minutes": 40,
        "every_days": 7,
    }
    return order | fields
