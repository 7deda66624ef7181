"""One clinic at a time: the unit of work, the clinic it is for, and the schedule's lock.

Row security hides every row of another clinic, whatever a query forgets (I60): the clinic is a
setting of the transaction, made by `access.authenticate` for a request and by `enter` elsewhere.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Protocol, TypeVar
from uuid import UUID

from psycopg import errors as pg
from sqlalchemy import FetchedValue, ForeignKey, Select, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column

from scheduler import clock
from scheduler.db import Base, OfClinic, Versioned, db
from scheduler.errors import NotFound, Stale

Row = TypeVar("Row", bound=OfClinic)
Result = TypeVar("Result")

TRIES = 3


class Clinic(Versioned, Base):
    """A clinic: the tenant. Its time zone is the promise behind every wall time."""

    __tablename__ = "clinics"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    neutral_name: Mapped[str]
    phone: Mapped[str | None]
    time_zone: Mapped[str]
    session_minutes_min: Mapped[int] = mapped_column(default=30)
    session_minutes_max: Mapped[int] = mapped_column(default=50)
    created_at: Mapped[datetime]


class ClinicSchedule(Base):
    """The row that every writer of a clinic's schedule takes first."""

    __tablename__ = "clinic_schedules"

    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinics.id"), primary_key=True)
    schedule_version: Mapped[int] = mapped_column(default=0)
    # Triggers change it with the clinic, its hours, closures, chairs, outages, staffing, policy,
    # protocols and templates.
    site_stamp: Mapped[UUID] = mapped_column(server_default=FetchedValue())
    first_booked_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a key with its role, or the program itself (no key, role `system`)."""

    key_id: UUID | None
    role: str
    provider_id: UUID | None = None


SYSTEM = Actor(key_id=None, role="system")


class Match(Protocol):
    """What the caller believes the version to be (an If-Match header, or nothing)."""

    def allows(self, version: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Work:
    """One unit of work: the open transaction, the clinic set in it, who acts, and now (UTC)."""

    session: Session
    clinic_id: UUID
    zone: tzinfo
    actor: Actor
    now: datetime
    # Changes with every change of the clinic's site (`site.kept`).
    site_stamp: UUID
    # Rises with every change of its schedule; None where nobody asked, or once it is locked.
    schedule_version: int | None = None
    # A request's now moves on while it waits for the schedule; a job's or a test's does not.
    waits: bool = False

    def load(
        self,
        model: type[Row],
        row_id: UUID,
        *,
        match: Match | None = None,
        field: str | None = None,
    ) -> Row:
        """The clinic's row with this id. `field` names the body's field that held the id.

        Raises NotFound, and Stale when `match` was given and does not allow its version.
        """
        row = self.session.get(model, (self.clinic_id, row_id))
        if row is None:
            raise NotFound(model.noun, field)
        if match is not None:
            check_match(match, row.version)  # type: ignore[attr-defined]
        return row

    def local(self, at: datetime) -> str:
        """An instant as it is answered: RFC 3339 in the clinic's zone."""
        return at.astimezone(self.zone).isoformat()

    def spoken(self, at: datetime) -> str:
        """An instant as it is read out: by the clinic's wall, its day named if it is not today."""
        wall = at.astimezone(self.zone)
        time = f"{wall:%-I:%M %p}"
        today = self.now.astimezone(self.zone).date()
        return time if wall.date() == today else f"{wall:%A, %B %-d} at {time}"

    def clinic(self) -> Clinic:
        """The clinic's own row."""
        return self.session.get_one(Clinic, self.clinic_id)


def check_match(match: Match, version: int) -> None:
    """Raises Stale unless the caller saw this very version (I34)."""
    if not match.allows(version):
        raise Stale


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """A transaction: committed once at the end, rolled back on any error. Actions never commit."""
    session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


def set_clinic(session: Session, clinic_id: UUID) -> None:
    """Show this transaction the rows of one clinic, and no others."""
    session.execute(select(func.set_config("app.clinic_id", str(clinic_id), True)))


def _zone_of(clinic_id: UUID) -> Select[str]:
    return select(Clinic.time_zone).where(Clinic.id == clinic_id)


_ENTER = text("SELECT time_zone, site_stamp FROM enter_clinic(:clinic_id)")


def enter(session: Session, clinic_id: UUID, actor: Actor, now: datetime) -> Work:
    """Set the clinic in this transaction, without a key: for jobs, commands and refusals."""
    found = session.execute(_ENTER, {"clinic_id": clinic_id}).one_or_none()
    if found is None:
        raise NotFound("clinic")
    return Work(session, clinic_id, clock.zone(found.time_zone), actor, now, found.site_stamp)


@contextmanager
def working_for(clinic_id: UUID, now: datetime, actor: Actor = SYSTEM) -> Iterator[Work]:
    """A unit of work of its own for one clinic: for jobs and commands."""
    with unit_of_work() as session:
        yield enter(session, clinic_id, actor, now)
        session.flush()


def clinic_ids(session: Session) -> list[UUID]:
    """Every clinic there is, for the jobs: the one list that looks past row security."""
    return list(session.scalars(text("SELECT id FROM all_clinic_ids() AS id")))


_LOCK = text(
    """
    UPDATE clinic_schedules
       SET schedule_version = schedule_version + 1,
           first_booked_at = coalesce(first_booked_at, CAST(:booked_at AS timestamptz))
     WHERE clinic_id = :clinic_id
    RETURNING site_stamp
    """
)


def lock_schedule(work: Work, *, books: bool = False) -> Work:
    """Take the clinic's schedule for this transaction; returns the unit of work to go on with.

    One writer a clinic for the few milliseconds of a booking. Exclusion constraints alone
    deadlock under contention (`docs/decisions/0002`). While we waited time went on and the
    clinic's zone may have changed, so the order of stamps is the order of commits only with
    what is read now. `books` notes the clinic's first booking.
    """
    asked = {"clinic_id": work.clinic_id, "booked_at": work.now if books else None}
    site_stamp = work.session.scalars(_LOCK, asked).one()
    zone = work.zone
    if site_stamp != work.site_stamp:
        # Whoever booked first may have done so since, so that alone does not tell.
        zone = clock.zone(work.session.scalars(_zone_of(work.clinic_id)).one())
    now = clock.now() if work.waits else work.now
    return replace(work, now=now, zone=zone, site_stamp=site_stamp, schedule_version=None)


def retrying(attempt: Callable[[], Result]) -> Result:
    """Run a whole unit of work again, up to three times, when PostgreSQL broke a tie."""
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except OperationalError as error:
            if not isinstance(error.orig, pg.DeadlockDetected | pg.SerializationFailure):
                raise
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311 - jitter, not a secret
    return attempt()
