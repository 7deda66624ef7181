"""Adding and changing chairs, and taking one out of order for a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from scheduler.chairs.model import Chair, Outage
from scheduler.errors import NotFound
from scheduler.tenancy import Match, Work, lock_schedule


def add_chair(work: Work, label: str, *, active: bool = True) -> Chair:
    """A new chair."""
    work = lock_schedule(work)
    chair = Chair(clinic_id=work.clinic_id, label=label, active=active)
    work.session.add(chair)
    return chair


def change_chair(work: Work, chair_id: UUID, match: Match, changes: dict[str, Any]) -> Chair:
    """Rename a chair, or retire it. The sessions it still has stay."""
    work = lock_schedule(work)
    chair = work.load(Chair, chair_id, match=match)
    for field, value in changes.items():
        setattr(chair, field, value)
    return chair


def add_outage(
    work: Work, chair_id: UUID, starts_at: datetime, ends_at: datetime, reason: str
) -> Outage:
    """Take a chair out of order for a time. Sessions already booked on it stay."""
    work = lock_schedule(work)
    chair = work.load(Chair, chair_id)
    outage = Outage(
        clinic_id=work.clinic_id,
        chair_id=chair.id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
    )
    work.session.add(outage)
    return outage


def load_outage(work: Work, chair_id: UUID, outage_id: UUID, match: Match | None = None) -> Outage:
    """The outage of this very chair."""
    outage = work.load(Outage, outage_id, match=match)
    if outage.chair_id != chair_id:
        raise NotFound(Outage.noun)
    return outage


def remove_outage(work: Work, chair_id: UUID, outage_id: UUID, match: Match) -> None:
    """Put the chair back in order."""
    work = lock_schedule(work)
    work.session.delete(load_outage(work, chair_id, outage_id, match))
