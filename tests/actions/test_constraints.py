"""The last line: rows that must never be are refused by the tables themselves."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from psycopg import errors as pg
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from scheduler.consults.model import Clearance
from scheduler.db import Base
from tests.api.everything import Everything, everything
from tests.builders import a_cleared_patient

Row = dict[str, Any]
Change = Callable[[Row, "Others"], Row]

CHECK, EXCLUSION, REFERENCE = pg.CheckViolation, pg.ExclusionViolation, pg.ForeignKeyViolation


class Others:
    """What else the clinic has: another patient with a clearance, another chair and provider."""

    def __init__(self, ours: Everything) -> None:
        self.chair_id = ours.clinic.chair_ids[1]
        self.patient_id = a_cleared_patient(ours.clinic)
        with ours.clinic.work() as work:
            of_patient = select(Clearance.id).where(Clearance.patient_id == self.patient_id)
            self.clearance_id = work.session.scalars(of_patient).one()


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app)


def moved(row: Row, minutes: int) -> Row:
    """The row's times, so many minutes later."""
    times = {name: at for name, at in row.items() if name in TIMES}
    return {name: at + timedelta(minutes=minutes) for name, at in times.items()}


TIMES = ("starts_at", "ends_at", "block_starts_at", "block_ends_at")


def another_patient(_: Row, others: Others) -> Row:
    return {
        "patient_id": others.patient_id,
        "clearance_id": others.clearance_id,
        "series_id": None,
    }


# (what, how a copy of a booked 40-minute session, block 95 minutes, differs, what refuses it)
SESSIONS: list[tuple[str, Change, type[Exception] | None, str]] = [
    ("I8: two patients in a chair", another_patient, EXCLUSION, "sessions_chair_free"),
    (
        "I8: a block that reaches five minutes into the next",
        lambda row, others: another_patient(row, others) | moved(row, 90),
        EXCLUSION,
        "sessions_chair_free",
    ),
    (
        "I8: back to back is allowed",
        lambda row, others: another_patient(row, others) | moved(row, 95),
        None,
        "",
    ),
    (
        "I9: a patient in two chairs",
        lambda row, others: {"chair_id": others.chair_id},
        EXCLUSION,
        "sessions_patient_free",
    ),
    ("I15: a cancelled session blocks nothing", lambda *_: {"status": "cancelled"}, None, ""),
    ("I15: a missed session blocks nothing", lambda *_: {"status": "no_show"}, None, ""),
    (
        "I28: a session of another patient's series",
        lambda row, others: (
            another_patient(row, others) | moved(row, 95) | {"series_id": row["series_id"]}
        ),
        REFERENCE,
        "sessions_clinic_id_series_id_patient_id_fkey",
    ),
    (
        "I1: a clearance of another patient",
        lambda row, others: moved(row, 95) | {"clearance_id": others.clearance_id},
        REFERENCE,
        "sessions_clinic_id_clearance_id_patient_id_fkey",
    ),
    (
        "I7: off the grid",
        lambda row, _: moved(row, 1441),
        CHECK,
        "sessions_check2",
    ),
    (
        "an end before its start",
        lambda row, _: moved(row, 1440) | {"ends_at": row["starts_at"]},
        CHECK,
        "sessions_check",
    ),
    (
        "a block longer than any search looks back",
        lambda row, _: (
            moved(row, 1440) | {"block_ends_at": row["block_starts_at"] + timedelta(days=2)}
        ),
        CHECK,
        "sessions_check1",
    ),
    ("an unknown state", lambda *_: {"status": "paused"}, CHECK, "sessions_status_check"),
]


@pytest.mark.parametrize(
    ("change", "refusal", "constraint"),
    [each[1:] for each in SESSIONS],
    ids=[each[0] for each in SESSIONS],
)
def test_the_sessions_table_refuses(
    ours: Everything, change: Change, refusal: type[Exception] | None, constraint: str
) -> None:
    """I1, I7, I8, I9, I15, I28"""
    copy(ours, "sessions", ours.ids["session_id"], change, refusal, constraint)


CONSULTATIONS: list[tuple[str, Change, type[Exception] | None, str]] = [
    (
        "I9: a provider with two patients",
        lambda _, others: {"patient_id": others.patient_id},
        EXCLUSION,
        "consultations_provider_free",
    ),
    ("back to back is allowed", lambda row, _: moved(row, 30), None, ""),
    ("a cancelled one blocks nothing", lambda *_: {"status": "cancelled"}, None, ""),
    (
        "an end before its start",
        lambda row, _: {"ends_at": row["starts_at"]},
        CHECK,
        "consultations_check",
    ),
    (
        "one completed without an outcome",
        lambda *_: {"status": "completed"},
        CHECK,
        "consultations_check1",
    ),
]


@pytest.mark.parametrize(
    ("change", "refusal", "constraint"),
    [each[1:] for each in CONSULTATIONS],
    ids=[each[0] for each in CONSULTATIONS],
)
def test_the_consultations_table_refuses(
    ours: Everything, change: Change, refusal: type[Exception] | None, constraint: str
) -> None:
    """I9"""
    copy(ours, "consultations", ours.ids["consultation_id"], change, refusal, constraint)


def copy(
    ours: Everything,
    name: str,
    row_id: UUID,
    change: Change,
    refusal: type[Exception] | None,
    constraint: str,
) -> None:
    """Insert a changed copy of a row, and see the named constraint refuse it (or nothing)."""
    table = Base.metadata.tables[name]
    others = Others(ours)
    with ours.clinic.work() as work:
        stored = work.session.execute(select(table).where(table.c.id == row_id)).mappings().one()
        row = dict(stored) | {"id": uuid4()}
    copied = insert(table).values(row | change(row, others))
    if refusal is None:
        with ours.clinic.work() as work:
            work.session.execute(copied)
        return
    with pytest.raises(DBAPIError) as caught, ours.clinic.work() as work:
        work.session.execute(copied)
    assert isinstance(caught.value.orig, refusal), caught.value.orig
    assert caught.value.orig.diag.constraint_name == constraint  # type: ignore[attr-defined]


def test_a_naive_instant_never_reaches_the_database(ours: Everything) -> None:
    """I67"""
    sessions = Base.metadata.tables["sessions"]
    naive = datetime(2026, 12, 1, 9, 30)  # noqa: DTZ001 - the point of the test
    with pytest.raises(Exception, match="naive datetime"), ours.clinic.work() as work:
        work.session.execute(select(sessions).where(sessions.c.starts_at > naive))
