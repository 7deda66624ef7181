"""`flask check` finds what breaks an invariant, names it, and changes nothing.

One story is told once, on a database of its own. Each case breaks it by force, as the superuser
and without the constraints in the way, looks at it as the app's role, and rolls back.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from scheduler import embedded
from scheduler.check import report
from scheduler.check.listed import listed, proved_listed
from scheduler.check.proof import NAMED, CatalogProof, Found, Proof
from scheduler.databases import APP_ROLE
from scheduler.db import db
from scheduler.tenancy import SYSTEM, Work, enter
from tests.actions.check_cases import ASIDE, BROKEN, SOUND
from tests.alarms import an_alert, heard
from tests.api.linked import form_link
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, an_order
from tests.conftest import NOW, app_on, as_superuser, new_database
from tests.jobs.ticking import Outbox, a_visit, instant, tick

CHECKED_AT = instant("2026-12-04T12:00")

PROOFS: tuple[Proof | CatalogProof, ...] = (*report.OF_CLINIC, *report.OF_DATABASE)
NUMBERS = {each.number for each in PROOFS}


@dataclass(frozen=True)
class Story:
    """Ana was treated on 1 December, reminded twice, followed up once by a link to a form; she has
    five sessions ahead; Ben has one on Ana's next day, and a consultation the day after,
    and an open alert.
    """

    app: Flask
    superuser_url: str
    clinic: ClinicKit
    ana: UUID
    ben: UUID

    def words(self, sql: str) -> str:
        """SQL with the names of the story put in."""
        ids = {"ana": self.ana, "ben": self.ben, "clinic": self.clinic.id}
        known = {name: f"'{each}'::uuid" for name, each in ids.items()}
        of_ana = f"(SELECT id FROM sessions WHERE patient_id = {known['ana']}"
        known["done"] = f"{of_ana} AND status = 'completed')"
        known["next"] = f"{of_ana} AND starts_at::date = '2026-12-08')"
        known["later"] = f"{of_ana} AND starts_at::date = '2026-12-15')"
        known["bens"] = f"(SELECT id FROM sessions WHERE patient_id = {known['ben']})"
        known["consultation"] = "(SELECT id FROM consultations WHERE status = 'booked')"
        return sql.format(**known)


@pytest.fixture(scope="module")
def story(
    server: embedded.Server, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    name = f"check_{os.getpid()}"
    folder = tmp_path_factory.mktemp("check")
    with as_superuser(server) as connection:
        new_database(connection, name, template)
    app = app_on(server, name, folder)
    with app.app_context(), time_machine.travel(NOW, tick=False) as travel:
        clinic, ana, ben = told(app, travel, folder)
        db.session.remove()
        yield Story(app, server.url("postgres", name), clinic, ana, ben)
        db.engine.dispose()
    with as_superuser(server) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def told(app: Flask, travel: Any, folder: Path) -> tuple[ClinicKit, UUID, UUID]:
    """What happened until now: the clinic, Ana and Ben."""

    def at(moment: datetime | str) -> None:
        travel.move_to(instant(moment) if isinstance(moment, str) else moment)

    channels = Outbox(folder / "outbox").channels
    clinic = a_clinic(app)
    ana, ben = a_cleared_patient(clinic), a_cleared_patient(clinic)
    (first, *_) = booked(clinic, an_order(ana, chair_id=str(clinic.chair_ids[0])))
    booked(
        clinic,
        an_order(ben, sessions=1, first_on="2026-12-08", at="11:30")
        | {"chair_id": str(clinic.chair_ids[0])},
    )
    consultation = {
        "patient_id": str(ben),
        "provider_id": str(clinic.provider_id),
        "starts_at": "2026-12-09T10:00:00-07:00",
        "minutes": 30,
    }
    assert clinic.desk.post("/v1/consultations", consultation).status_code == 201
    for when in ("2026-11-28T09:31", "2026-11-30T09:31"):
        tick(app, when, channels)
    a_visit(clinic, at, first)
    for when in ("2026-12-02T10:41", "2026-12-04T11:59"):
        tick(app, when, channels)
    form_link(clinic, first, "check_in", "check_in")
    at("2026-12-04T11:59:59-07:00")
    heard(clinic, an_alert(clinic, ben), clinic.provider_id)
    at(CHECKED_AT)
    return clinic, ana, ben


def booked(clinic: ClinicKit, order: dict[str, Any]) -> list[dict[str, Any]]:
    answer = clinic.desk.post("/v1/series", order)
    assert answer.status_code == 201, answer.get_json()
    return list(answer.get_json()["sessions"])


UNGUARDED = """
    SET session_replication_role = replica;
    DROP INDEX messages_one_reminder, messages_one_follow_up;
    DO $$ DECLARE each record; BEGIN
        FOR each IN SELECT conrelid::regclass AS at, conname FROM pg_constraint
                    WHERE contype IN ('c', 'x') AND connamespace = 'public'::regnamespace
        LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', each.at, each.conname); END LOOP;
    END $$
"""


@contextmanager
def forced(story: Story, *, guarded: bool = False) -> Iterator[Connection]:
    """A superuser's transaction in which nothing is refused; it is rolled back."""
    engine = create_engine(story.superuser_url)
    with engine.connect() as connection:
        if not guarded:
            connection.execute(text(UNGUARDED))
        yield connection
        connection.rollback()
    engine.dispose()


def proved(story: Story, connection: Connection, number: str) -> Found:
    """What one proof finds in this transaction, as the app's role."""
    # The triggers that do this are off.
    connection.exec_driver_sql("UPDATE clinic_schedules SET site_stamp = gen_random_uuid()")
    connection.exec_driver_sql(f"SET LOCAL ROLE {APP_ROLE}")
    with Session(connection) as session:
        proof: Proof | CatalogProof
        for proof in report.OF_DATABASE:
            if proof.number == number:
                return proof.run(session)
        work = enter(session, story.clinic.id, SYSTEM, CHECKED_AT)
        (proof,) = (each for each in report.OF_CLINIC if each.number == number)
        return proof.run(work)


def broken(story: Story, connection: Connection, sql: str) -> list[str]:
    """Carry out statements; the last one answers the ids that a proof has to name."""
    *before, last = (each for each in story.words(sql).split(";") if each.strip())
    for statement in before:
        connection.execute(text(statement))
    return sorted(str(row[0]) for row in connection.execute(text(last)))


def named(cases: list[tuple[str, str, str]]) -> list[str]:
    return [f"{number} {what}" for number, what, _ in cases]


def _listed_as(proof: Proof | CatalogProof) -> tuple[str, ...]:
    return proof.listed_as if isinstance(proof, Proof) else ()


def test_a_healthy_clinic_has_no_violation_and_every_proof_looked_at_rows(story: Story) -> None:
    found = report.check(CHECKED_AT)
    assert {each.number: each for each in found.found}.keys() == NUMBERS
    for proof, each in found.found.items():
        assert each.rows > 0, proof.number
        assert (each.violations, each.aside) == (0, 0), proof.number
    assert (found.clinics, found.sessions, found.schema) == (1, 7, "0018")


@pytest.mark.parametrize(("number", "what", "sql"), BROKEN, ids=named(BROKEN))
def test_a_row_that_breaks_an_invariant_is_named(
    story: Story, number: str, what: str, sql: str
) -> None:
    with forced(story, guarded=number in {each.number for each in report.OF_DATABASE}) as it:
        expected = broken(story, it, sql)
        found = proved(story, it, number)
    assert expected
    assert (found.violations, list(found.violating)) == (len(expected), expected[:NAMED]), what


def test_no_proof_is_without_a_case_that_makes_it_speak() -> None:
    assert {number for number, _, _ in (*BROKEN, *ASIDE)} == NUMBERS
    # What holds now says nothing of when a session was booked: the actions' tests prove these.
    assert {number for number, _, _ in BROKEN} == NUMBERS - {"I11", "I12", "I13", "I21", "I25"}


@pytest.mark.parametrize(("number", "what", "sql"), ASIDE, ids=named(ASIDE))
def test_what_a_later_change_leaves_behind_is_counted_and_no_violation(
    story: Story, number: str, what: str, sql: str
) -> None:
    with forced(story) as it:
        expected = broken(story, it, sql)
        found = proved(story, it, number)
    assert expected
    assert (found.aside, list(found.standing_aside)) == (len(expected), expected), what
    assert found.violations == 0


TO_BE_LISTED = [
    case for case in ASIDE for each in PROOFS if each.number == case[0] and _listed_as(each)
]


@pytest.mark.parametrize(("number", "what", "sql"), TO_BE_LISTED, ids=named(TO_BE_LISTED))
def test_what_is_to_be_rearranged_is_on_the_attention_list_or_a_violation(
    story: Story, number: str, what: str, sql: str
) -> None:
    """Attention and the proof, each by its own judgement, name the same rows."""
    with forced(story) as it:
        expected = broken(story, it, sql)
        found = proved(story, it, number)
        with Session(it) as session:
            known = listed(enter(session, story.clinic.id, SYSTEM, CHECKED_AT))
    (proof,) = (each for each in report.OF_CLINIC if each.number == number)
    proven = proved_listed(proof, found, known)
    assert (proven.violations, proven.aside) == (0, len(expected)), what
    others = {word: ids - set(expected) for word, ids in known.items()}
    forgotten = proved_listed(proof, found, others)
    assert (forgotten.violations, forgotten.aside) == (len(expected), 0)
    assert list(forgotten.violating) == expected[:NAMED]


@pytest.mark.parametrize(
    ("number", "sql"), SOUND, ids=[f"{n} {at}" for at, (n, _) in enumerate(SOUND)]
)
def test_what_keeps_just_inside_an_invariant_is_no_violation(
    story: Story, number: str, sql: str
) -> None:
    with forced(story) as it:
        broken(story, it, f"{sql}; SELECT 1")
        found = proved(story, it, number)
    assert (found.violations, found.aside) == (0, 0)


def test_the_command_prints_a_line_an_invariant_and_ends_well(story: Story) -> None:
    result = story.app.test_cli_runner().invoke(args=["check"])
    header, ticked, *lines, last = result.stdout.splitlines()
    assert result.exit_code == 0, result.output
    assert header.startswith("PostgreSQL 1")
    assert ticked == "jobs last ended a tick: never"
    assert ", schema 0018, clinics 1, sessions 7, " in header
    assert [line.split()[0] for line in lines] == sorted(NUMBERS, key=lambda n: int(n[1:]))
    assert last == "0 violations"


def test_the_command_fails_and_names_ids_and_no_patient(story: Story) -> None:
    engine = create_engine(story.superuser_url)
    with engine.begin() as connection:
        series_ids = broken(
            story,
            connection,
            "UPDATE series SET sessions_planned = 5 WHERE patient_id = {ana} RETURNING id",
        )
        names = connection.execute(text("SELECT family_name, email, phone FROM patients")).all()
    try:
        result = story.app.test_cli_runner().invoke(args=["check"])
    finally:
        with engine.begin() as connection:
            connection.execute(
                text(f"UPDATE series SET sessions_planned = 6 WHERE id = '{series_ids[0]}'")
            )
        engine.dispose()
    assert result.exit_code == 1
    assert f"     violating: {series_ids[0]}" in result.stdout.splitlines()
    assert result.stdout.endswith("\n1 violations\n")
    assert not [word for row in names for word in row if word and word in result.output]


def test_every_clinic_is_looked_at_and_their_rows_add_up(app: Flask, at: Any) -> None:
    at(NOW)
    first, second = a_clinic(app), a_clinic(app, name="Second")
    for clinic in (first, first, second):
        booked(clinic, an_order(a_cleared_patient(clinic), sessions=2))
    with second.work() as work:
        work.session.execute(text("UPDATE series SET sessions_planned = 1 RETURNING id"))
    watched: list[UUID] = []

    def watching(clinic_ids: list[UUID]) -> list[UUID]:
        watched.extend(clinic_ids)
        return clinic_ids

    found = report.check(datetime.now(UTC), watching)
    by_number = {proof.number: each for proof, each in found.found.items()}
    assert sorted(watched) == sorted([first.id, second.id])
    assert (by_number["I8"].rows, by_number["I20"].rows, by_number["I20"].violations) == (6, 3, 1)
    assert (found.clinics, found.sessions) == (2, 6)


def test_a_check_cannot_change_a_row(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def writing(work: Work) -> Found:
        work.session.execute(text("UPDATE chairs SET active = false"))
        return Found()

    monkeypatch.setattr(report, "OF_CLINIC", (Proof("I0", "writes", writing),))
    with pytest.raises(InternalError, match="read-only transaction"):
        report.check(CHECKED_AT)


def test_a_clinic_is_seen_as_it_was_at_one_moment(
    app: Flask, server: embedded.Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(app, chairs=2)
    chairs = text("SELECT count(*) FROM chairs")

    def reading(work: Work) -> Found:
        before = work.session.scalar(chairs)
        with as_superuser(server, database) as elsewhere:
            elsewhere.execute("DELETE FROM chairs WHERE id = %s", [clinic.chair_ids[0]])
        assert (before, work.session.scalar(chairs)) == (2, 2)
        return Found(rows=2)

    monkeypatch.setattr(report, "OF_CLINIC", (Proof("I0", "reads twice", reading),))
    assert report.check(NOW).clinics == 1


def test_of_many_ids_a_few_are_printed_and_a_sign_that_there_are_more() -> None:
    found = Found(9, 6, 0, tuple("abcde"))
    printed = report.Report(found={report.OF_CLINIC[0]: found})
    assert "     violating: a, b, c, d, e, …" in report.lines(printed)


def test_a_broken_session_that_is_on_no_list_makes_the_check_fail(
    app: Flask, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(NOW)
    clinic = a_clinic(app)
    (session,) = booked(clinic, an_order(a_cleared_patient(clinic), sessions=1))
    training = {"starts_at": session["starts_at"], "ends_at": session["ends_at"], "reason": "-"}
    assert clinic.desk.post("/v1/closures", training).status_code == 201

    def of_i11() -> Found:
        return next(f for p, f in report.check(NOW).found.items() if p.number == "I11")

    assert (of_i11().violations, of_i11().standing_aside) == (0, (session["id"],))
    (item,) = clinic.desk.get("/v1/attention").get_json()["items"]
    clinic.desk.post(f"/v1/attention/{item['id']}/handle", {"note": "Called."})
    assert (of_i11().violations, of_i11().aside) == (0, 1)
    monkeypatch.setattr(report, "listed", lambda work: {})
    assert (of_i11().aside, of_i11().violating) == (0, (session["id"],))
