"""What the callers ask for on the standard clinic: places that are free, and wishes for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench import standard
from bench.clients import written
from bench.databases import Cluster


@dataclass(frozen=True, slots=True)
class Asked:
    """A clinic in a database, and who asks."""

    clinic_id: UUID
    secret: str
    chairs: list[str]
    patients: dict[str, str]

    def chair_day(self) -> bytes:
        """Free starts on one chair on one day."""
        return self.slots(days=1, chair_id=self.chairs[6])

    def week(self) -> bytes:
        """Free stretches on all chairs in a week."""
        return self.slots(days=7, view="windows")

    def slots(self, days: int, week: int = 3, **query: str) -> bytes:
        """A search over some days of a standard week."""
        first = datetime.combine(standard.day_of(week, 0), datetime.min.time(), standard.ZONE)
        last = first + timedelta(days=days)
        asked = {"from": first.isoformat(), "to": last.isoformat(), "minutes": standard.MINUTES}
        return written("GET", f"/v1/slots?{urlencode(asked | query)}", self.secret)

    def bookings(self, count: int, skip: int = 0) -> list[bytes]:
        """So many single sessions, each in a free place of its own, by patients who fit there."""
        return [self.booking(*divmod(skip + number, 100)) for number in range(count)]

    def booking(self, week: int, place: int, patient: int | None = None) -> bytes:
        """One session in the free place of a chair and weekday."""
        weekday, chair = divmod(place, standard.CHAIRS)
        at = standard.wall(standard.free_start(chair))
        starts_at = datetime.combine(standard.day_of(week, weekday), at, standard.ZONE)
        body = {"starts_at": starts_at.isoformat(), "minutes": standard.MINUTES}
        return self.post("/v1/sessions", body, place, patient)

    def series(self, place: int, patient: int | None = None) -> bytes:
        """Six weekly sessions in the free place of a chair and weekday."""
        return self.post("/v1/series", self._pattern(place, 6), place, patient)

    def taken_plan(self) -> bytes:
        """26 weekly sessions on a chair at a time that is taken for twelve weeks."""
        chair = 7
        at = standard.wall(standard.block_starts(chair)[1])
        body = self._pattern(chair, 26) | {"at": f"{at:%H:%M}"}
        return self.post("/v1/series/plan", body, chair)

    def flexible_plan(self) -> bytes:
        """The same, where each may move by two days and two hours, to any chair."""
        chair = 7
        at = standard.wall(standard.block_starts(chair)[1])
        body = self._pattern(chair, 26) | {"at": f"{at:%H:%M}", "chair_id": None}
        body |= {"flexibility": {"days": 2, "minutes": 120}}
        del body["chair_id"]
        return self.post("/v1/series/plan", body, chair, on_chair=False)

    def options(self) -> bytes:
        """Whole series of six on three weekdays, all day."""
        body = {"sessions": 6, "minutes": standard.MINUTES, "weekdays": [0, 2, 4]}
        body |= {"between": ["08:00", "17:00"], "from": standard.FIRST_MONDAY.isoformat()}
        return self.post("/v1/series/options", body, 3, on_chair=False)

    def _pattern(self, place: int, sessions: int) -> dict[str, Any]:
        weekday, chair = divmod(place, standard.CHAIRS)
        at = standard.wall(standard.free_start(chair))
        first_on = standard.day_of(0, weekday).isoformat()
        pattern: dict[str, Any] = {"first_on": first_on, "at": f"{at:%H:%M}", "sessions": sessions}
        return pattern | {"minutes": standard.MINUTES, "every_days": 7}

    def post(
        self,
        path: str,
        body: dict[str, Any],
        place: int,
        patient: int | None = None,
        *,
        on_chair: bool = True,
    ) -> bytes:
        """A POST about a place by its own patient, or by another."""
        weekday, chair = divmod(place if patient is None else patient, standard.CHAIRS)
        body = body | {"patient_id": self.patients[f"further-{weekday}-{chair}"]}
        if on_chair:
            body["chair_id"] = self.chairs[place % standard.CHAIRS]
        return written("POST", path, self.secret, body)


def asked_on(cluster: Cluster, name: str) -> list[Asked]:
    """For each clinic of a database, the standard one first."""
    found = []
    with cluster.superuser(name) as connection:
        for clinic_id, secret in cluster.keys(name):
            chairs = "SELECT id FROM chairs WHERE clinic_id = %s ORDER BY label"
            further = (
                "SELECT external_id, id FROM patients"
                " WHERE clinic_id = %s AND external_id ~ '^further-[0-9]+-[0-9]+$'"
            )
            found.append(
                Asked(
                    clinic_id,
                    secret,
                    [str(row[0]) for row in connection.execute(chairs, [clinic_id])],
                    {row[0]: str(row[1]) for row in connection.execute(further, [clinic_id])},
                )
            )
    return found


def undo(cluster: Cluster, name: str) -> None:
    """Take back what the callers booked, and tell whoever remembers the schedule."""
    with cluster.superuser(name) as connection:
        connection.execute(
            """
            SET session_replication_role = replica;
            CREATE TEMP TABLE further AS
                SELECT id FROM patients WHERE external_id ~ '^further-[0-9]+-[0-9]+$';
            DELETE FROM sessions WHERE patient_id IN (SELECT id FROM further);
            DELETE FROM series WHERE patient_id IN (SELECT id FROM further);
            DELETE FROM idempotent_answers;
            UPDATE clinic_schedules SET schedule_version = schedule_version + 1;
            """
        )
        connection.execute("VACUUM sessions, series, idempotent_answers, clinic_schedules")
