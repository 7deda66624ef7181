"""Running the proofs over every clinic, and what is printed of them."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from scheduler.check import (
    alerts,
    answers,
    catalog,
    clearance,
    followups,
    forms,
    gaps,
    life,
    messages,
    nurses,
    schedule,
)
from scheduler.check.listed import listed, proved_listed
from scheduler.check.proof import CatalogProof, Found, Proof
from scheduler.connections import allow
from scheduler.heartbeat import Beat, last_beat
from scheduler.tenancy import SYSTEM, clinic_ids, enter, unit_of_work

OF_CLINIC: tuple[Proof, ...] = (
    *clearance.PROOFS,
    *schedule.PROOFS,
    *gaps.PROOFS,
    *nurses.PROOFS,
    *life.PROOFS,
    *messages.PROOFS,
    *followups.PROOFS,
    *answers.PROOFS,
    *alerts.PROOFS,
    *forms.PROOFS,
)
OF_DATABASE: tuple[CatalogProof, ...] = catalog.PROOFS

# A clinic with ten years of sessions is looked through, not searched.
_STATEMENT_SECONDS = 60

ClinicIds = Iterable[UUID]


@dataclass(slots=True)
class Report:
    """What was found, by proof, and in what."""

    database: str = ""
    schema: str = ""
    clinics: int = 0
    sessions: int = 0
    seconds: float = 0.0
    last_tick: Beat | None = None
    found: dict[Proof | CatalogProof, Found] = field(default_factory=dict)

    @property
    def violations(self) -> int:
        """How many rows break an invariant."""
        return sum(found.violations for found in self.found.values())

    def add(self, proof: Proof | CatalogProof, found: Found) -> None:
        """Take one more clinic's rows into a proof's sum."""
        self.found[proof] = self.found.get(proof, Found()) + found


def check(
    now: datetime, watched: Callable[[list[UUID]], ClinicIds] = lambda clinics: clinics
) -> Report:
    """Prove every invariant as of `now`, clinic by clinic, changing nothing.

    `watched` wraps the list of clinics to show how far it is.
    """
    started = time.monotonic()
    report = Report()
    with _reading() as session:
        report.database = str(session.scalar(text("SHOW server_version")))
        report.schema = str(session.scalar(text("SELECT version_num FROM alembic_version")))
        report.last_tick = last_beat(session)
        clinics = clinic_ids(session)
        for each in OF_DATABASE:
            report.add(each, each.run(session))
    report.clinics = len(clinics)
    for proof in OF_CLINIC:
        report.add(proof, Found())
    for clinic_id in watched(clinics):
        _check_clinic(report, clinic_id, now)
    report.seconds = time.monotonic() - started
    return report


def _check_clinic(report: Report, clinic_id: UUID, now: datetime) -> None:
    with _reading() as session:
        work = enter(session, clinic_id, SYSTEM, now)
        report.sessions += session.scalar(text("SELECT count(*) FROM sessions")) or 0
        known = listed(work)
        for proof in OF_CLINIC:
            report.add(proof, proved_listed(proof, proof.run(work), known))


@contextmanager
def _reading() -> Iterator[Session]:
    """A transaction that can change nothing and sees one moment: a booking between two queries
    of a proof would look like a breach.
    """
    with unit_of_work() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        allow(session, _STATEMENT_SECONDS)
        yield session


def lines(report: Report) -> Iterator[str]:
    """The report as it is printed: ids and counts, never a patient's data."""
    yield (
        f"PostgreSQL {report.database}, schema {report.schema}, clinics {report.clinics},"
        f" sessions {report.sessions}, {report.seconds:.1f} s"
    )
    ago = f"{report.last_tick.seconds_ago:.0f} s ago" if report.last_tick else "never"
    yield f"jobs last ended a tick: {ago}"
    for proof, found in sorted(report.found.items(), key=lambda each: int(each[0].number[1:])):
        line = f"{proof.number:<4} {proof.says:<60} {found.rows:>8} rows"
        line += f" {found.violations:>4} violations"
        if found.aside:
            line += f" {found.aside:>4} {proof.aside}"
        yield line
        if found.violating:
            yield f"     violating: {_some(found.violating, found.violations)}"
        if found.standing_aside:
            yield f"     {proof.aside}: {_some(found.standing_aside, found.aside)}"
    yield f"{report.violations} violations"


def _some(ids: tuple[str, ...], count: int) -> str:
    """A few ids, and a sign that there are more."""
    return ", ".join((*ids, "…") if count > len(ids) else ids)
