"""What hardly changes about a clinic is kept in the process: hours, chairs, nurses, protocols.

Each unit of work learns the site's stamp with the key, or with the schedule's lock, and takes
only what was kept under that very stamp: one changed by anybody is read anew at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, select

from scheduler.tenancy import ClinicSchedule, Work

Value = TypeVar("Value")

# Many more clinics than one process serves in a morning; each keeps some kilobytes.
CLINICS = 1_000

Values = dict[Any, Any]


@dataclass
class _Latest:
    """What is known of one clinic, by the function that reads it, under the stamp seen last."""

    known: tuple[UUID | None, Values]


@lru_cache(maxsize=CLINICS)
def _latest(clinic_id: UUID) -> _Latest:  # noqa: ARG001 - the key
    return _Latest((None, {}))


def _known(clinic_id: UUID, site_stamp: UUID) -> Values:
    """What is known of one clinic under one stamp; what was known under another is let go."""
    latest = _latest(clinic_id)
    stamp, values = latest.known
    if stamp != site_stamp:
        values = {}
        # Both at once: another thread may still be at the stamp of before.
        latest.known = site_stamp, values
    return values


def kept(read: Callable[[Work], Value]) -> Callable[[Work], Value]:
    """Read it once for each stamp. The value is shared: nobody may change it.

    `read` asks for columns, never for rows of the session: those may hold what was there before
    the schedule's lock, or what was changed and is not sent yet.
    A unit of work that itself changes the site goes on seeing what was there before.
    """

    @wraps(read)
    def known(work: Work) -> Value:
        values = _known(work.clinic_id, work.site_stamp)
        if read in values:
            found: Value = values[read]
            return found
        value = read(work)
        # Kept if nothing changed since the stamp was read: no other transaction, nor this one.
        if work.session.scalars(_STAMP, {"clinic_id": work.clinic_id}).one() == work.site_stamp:
            values[read] = value
        return value

    return known


_STAMP = select(ClinicSchedule.site_stamp).where(ClinicSchedule.clinic_id == bindparam("clinic_id"))
