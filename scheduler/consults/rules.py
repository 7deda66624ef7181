"""Is a patient cleared on a day, and by which clearance?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from uuid import UUID

from scheduler.wall_time import local_date


@dataclass(frozen=True, slots=True)
class Term:
    """A clearance as a value: from when, until the end of which day, and whether revoked."""

    id: UUID
    cleared_at: datetime
    expires_on: date
    revoked: bool

    def holds_at(self, at: datetime, zone: tzinfo) -> bool:
        """Is it in force at `at`? `expires_on` is inclusive, on the clinic's calendar (I1, I3)."""
        return (
            not self.revoked and self.cleared_at <= at and local_date(at, zone) <= self.expires_on
        )


def clearance_at(terms: Iterable[Term], at: datetime, zone: tzinfo) -> Term | None:
    """The clearance a session at `at` uses: of those in force, the one that expires first (I3)."""
    holding = [term for term in terms if term.holds_at(at, zone)]
    return min(holding, key=lambda term: (term.expires_on, term.id), default=None)


def lacking(terms: Iterable[Term], at: datetime, zone: tzinfo) -> str:
    """What a patient who is not cleared at `at` lacks, in words for the front desk."""
    usable = [term for term in terms if not term.revoked]
    if not usable:
        return "No clearance: a provider has to clear the patient in a consultation."
    last = max(term.expires_on for term in usable)
    if local_date(at, zone) > last:
        return f"The clearance ends on {last.isoformat()}."
    return "The clearance begins later."
