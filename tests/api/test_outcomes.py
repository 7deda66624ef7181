"""A cohort whose outcomes are set in advance is reported as exactly that."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from flask import Flask

from scheduler.embedded import Server
from tests.api.booking import book
from tests.api.test_course import completed
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, answered
from tests.conftest import as_superuser

Json = dict[str, Any]
Travel = Callable[[datetime | str], None]


class Group(NamedTuple):
    """So many patients with these totals: the baseline, one in between, the last."""

    size: int
    baseline: int | None
    between: int | None
    last: int | None
    says: tuple[str, ...] = ()


COHORT = (
    Group(20, 20, 15, 4, ("response", "remission")),
    Group(16, 20, 21, 10, ("response",)),
    Group(4, 6, 6, 4, ("remission",)),
    Group(14, 20, 3, 18),  # better for a while
    Group(8, 15, 4, 20, ("worse",)),
    Group(6, None, 20, 3),  # nothing to compare with
    Group(6, 20, None, None),
)
SIZE = sum(group.size for group in COHORT)

START = datetime.fromisoformat("2026-12-01T09:30:00-07:00")


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app, chairs=SIZE)


def after(days: float) -> datetime:
    return START + timedelta(days=days)


def answers_of(clinic: ClinicKit, patient: UUID, group: Group, chance: Random) -> None:
    """The group's totals, and much that counts for nothing."""
    given = (
        (-chance.uniform(0.1, 13.9), group.baseline),
        (chance.uniform(0.1, 6.9), group.between),
    )
    for days, total in (*given, (chance.uniform(7, 40), group.last)):
        if total is not None:
            answered(clinic, patient, after(days), total)
    # Too early, in part, of another instrument, and corrected.
    answered(clinic, patient, after(-chance.uniform(14.1, 30)), 27)
    answered(clinic, patient, after(41), 1, left_out=chance.randint(1, 9))
    answered(clinic, patient, after(42), 0, instrument="phq2", items={"1": 0, "2": 0})
    if group.last is not None:
        wrong = answered(clinic, patient, after(43), 27)
        corrects: Json = {"corrects_id": wrong, "correction_reason": "Another patient's"}
        answered(clinic, patient, after(43), group.last, **corrects)


def test_a_cohort_with_its_outcomes_set_in_advance_is_reported_as_exactly_that(
    clinic: ClinicKit, at: Travel
) -> None:
    """I56"""
    chance, expected = Random(7), {}  # noqa: S311 - answers, not secrets
    for group in COHORT:
        for _ in range(group.size):
            patient = a_cleared_patient(clinic)
            series = book(clinic, patient, sessions=2)
            stops = group.last is None
            completed(clinic, series["sessions"][: 1 if stops else 2])
            answers_of(clinic, patient, group, chance)
            expected[series["id"]] = group
            if stops:
                path = f"/v1/series/{series['id']}/cancel"
                body = {"reason": "Does not want to go on", "by": "patient"}
                assert clinic.desk.send("POST", path, body, {"If-Match": "*"}).status_code == 200
    at(after(60))
    found = clinic.clinician.get("/v1/clinic/outcomes").get_json()
    counts = {name: value for name, value in found.items() if isinstance(value, int)}
    assert counts == {
        "series": SIZE,
        "completed": SIZE - 6,
        "stopped": 6,
        "with_baseline": SIZE - 6,
        "with_final_score": SIZE - 6,
        "unanswered": 6,
        "judged": 62,
    }
    assert found["response"] == {"count": 36, "rate": 0.581, "low": 0.457, "high": 0.695}
    assert (found["remission"]["count"], found["worse"]["count"]) == (24, 8)
    assert "id" not in str(found)
    courses_are(clinic, expected)


def courses_are(clinic: ClinicKit, expected: dict[str, Group]) -> None:
    """Each patient's own course says what the group was made for."""
    for series_id, group in expected.items():
        course = clinic.clinician.get(f"/v1/series/{series_id}/course").get_json()
        said = {each["state"]: each["holds"] for each in course["states"]}
        judged = None not in (group.baseline, group.last)
        for state in ("response", "remission", "worse"):
            assert said[state] is ((state in group.says) if judged else None), (group, state)
        assert (course["baseline"] or {}).get("total") == group.baseline


def test_a_series_counts_when_it_is_over_by_when_its_last_session_started(
    clinic: ClinicKit, at: Travel
) -> None:
    series = book(clinic, a_cleared_patient(clinic), sessions=2)
    completed(clinic, series["sessions"][:1])
    at(after(60))

    def ended(first: float, last: float) -> int:
        query = {"from": after(first).isoformat(), "to": after(last).isoformat()}
        return int(clinic.clinician.get("/v1/clinic/outcomes", **query).get_json()["series"])

    assert ended(-30, 30) == 0
    completed(clinic, series["sessions"])
    assert ended(-30, 30) == 1
    assert ended(7, 8) == 1
    assert ended(-30, 7) == 0
    assert ended(7.001, 30) == 0


# Of everything there is of one patient, so many copies, each a patient of their own.
COPIES = 1_666
MULTIPLIED = {
    "patients": ("id", "external_id"),
    "series": ("id", "patient_id"),
    "sessions": ("id", "patient_id", "series_id", "clearance_id"),
    "answers": ("id", "patient_id"),
}


def multiplied(connection: Any) -> None:
    """Copies of the one patient with all that a course is made of."""
    connection.execute("SET session_replication_role = replica")
    for table, changed in MULTIPLIED.items():
        columns = [each[0] for each in connection.execute(COLUMNS, [table])]
        ids = {name: f"md5({name}::text || n)::uuid" for name in columns if name in changed}
        if "external_id" in ids:
            ids["external_id"] = "external_id || n"
        chosen = ", ".join(ids.get(name, name) for name in columns)
        connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT {chosen} FROM {table}, generate_series(1, {COPIES}) AS n"
        )
    connection.execute("ANALYZE")


COLUMNS = """
    SELECT column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
"""


def test_the_outcomes_of_ten_thousand_sessions_are_answered_in_time(
    clinic: ClinicKit, at: Travel, server: Server, database: str
) -> None:
    """The database stops a statement after five seconds, and it would be 503."""
    patient = a_cleared_patient(clinic)
    completed(clinic, book(clinic, patient)["sessions"])
    for week in range(7):
        answered(clinic, patient, after(7 * week - 1), 20 - 2 * week)
    with as_superuser(server, database) as connection:
        multiplied(connection)
    at(after(60))
    found = clinic.clinician.get("/v1/clinic/outcomes")
    assert found.status_code == 200
    counts = [found.get_json()[name] for name in ("series", "judged")]
    assert [*counts, found.get_json()["response"]["count"]] == [COPIES + 1] * 3
