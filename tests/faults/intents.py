"""What clients want done: any number of different writes, each possible beside all the others."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from psycopg import sql

from scheduler import clock
from scheduler.embedded import Server
from tests.builders import ClinicKit, a_cleared_patient, a_clinic
from tests.conftest import as_superuser
from tests.faults.web_client import Request
from tests.faults.web_server import building_on

CHAIRS, WEEKS = 8, 48
WALLS = ("08:15", "09:45", "11:15", "12:45", "14:15", "15:45")
# What of every hundred writes does what, by the table whose row it makes.
SHARES = {"patients": 45, "consents": 30, "sessions": 10, "series": 5, "chairs": 10}

Json = dict[str, Any]
Ids = dict[str, set[UUID]]


@dataclass
class Intents:
    """Makes requests by number. Visits are in one clinic, what is not a visit in another."""

    visits: ClinicKit
    others: ClinicKit
    patients: list[UUID]
    places: Iterator[Json]

    def make(self, number: int, *kinds: str) -> Request:
        """The request of this number, of one of these kinds; of any, if none is named."""
        weights = [SHARES[kind] for kind in kinds or SHARES]
        chance = random.Random(number)  # noqa: S311 - the same requests each time
        (kind,) = chance.choices(kinds or tuple(SHARES), weights)
        clinic = self.visits if kind in ("sessions", "series") else self.others
        secret = clinic.keys["admin" if kind == "chairs" else "front_desk"]
        if kind == "patients":
            return a_registration(number, secret)
        patient = self.patients[number % len(self.patients)]
        path = f"/v1/patients/{patient}/consents" if kind == "consents" else f"/v1/{kind}"
        return Request(path, self._body(kind, number), secret, f"key-{number}")

    def _body(self, kind: str, number: int) -> Json:
        if kind in ("sessions", "series"):
            place = next(self.places)
            on, at = place.pop("on"), place.pop("at")
            single = {"starts_at": f"{on}T{at}:00-07:00"}
            order = {"first_on": on, "at": at, "sessions": 1}
            return place | (single if kind == "sessions" else order)
        if kind == "chairs":
            return {"label": f"Place {number}"}
        given = {"purpose": "check_ins", "channel": "email", "source": "paper form"}
        return given | {"wording_version": f"{number}"}


def a_registration(number: int, secret: str) -> Request:
    """A new patient."""
    name = {"given_name": "Ana", "family_name": f"Lopez-{number}"}
    return Request("/v1/patients", name | {"birth_date": "1980-02-03"}, secret, f"key-{number}")


def intents_on(server: Server, name: str, count: int) -> Intents:
    """Two clinics, one of them with as many places for visits as so many requests may need."""
    with building_on(server, name) as app:
        visits = a_clinic(app, chairs=CHAIRS, weekdays=range(7))
        others = a_clinic(app, name="Mesa Care")
        chairs = visits.chair_ids
        columns = [(day, at, chair) for at in WALLS for chair in chairs for day in range(7)]
        visitors = [a_cleared_patient(visits) for _ in columns[: count // 100 + 5]]
        patients = [a_cleared_patient(others) for _ in range(10)]
    return Intents(visits, others, patients, _places(visitors, columns))


def _places(visitors: list[UUID], columns: list[tuple[int, str, UUID]]) -> Iterator[Json]:
    """Each patient at one time on one chair, week after week."""
    first = clock.now().date() + timedelta(days=2)
    for week in range(WEEKS):
        for patient, (day, at, chair) in zip(visitors, columns, strict=False):
            on: date = first + timedelta(days=day, weeks=week)
            length: Json = {"minutes": 30, "chair_id": str(chair), "patient_id": str(patient)}
            yield length | {"on": str(on), "at": at}


def ids_in_tables(server: Server, name: str) -> Ids:
    """The ids of the rows there are, by table."""
    ids = sql.SQL("SELECT id FROM {}")
    with as_superuser(server, name) as connection:
        return {
            table: {row[0] for row in connection.execute(ids.format(sql.Identifier(table)))}
            for table in SHARES
        }
