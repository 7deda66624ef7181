"""Is a patient cleared on a day, and by which clearance?"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

from scheduler.wall_time import local_date

# A clearance that ends within this is about to: a provider has to see the patient first.
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Term:
    """A clearance as a value: from when, until the end of which day, and whether revoked.

    `max_sessions` is None where the provider set no limit.
    """

    id: UUID
    cleared_at: datetime
    expires_on: date
    revoked: bool
    max_sessions: int | None = None

    def holds_at(self, at: datetime, zone: tzinfo) -> bool:
        """Is it in force at `at`? `expires_on` is inclusive, on the clinic's calendar (I1, I3)."""
        return (
            not self.revoked and self.cleared_at <= at and local_date(at, zone) <= self.expires_on
        )


def clearance_at(terms: Iterable[Term], at: datetime, zone: tzinfo) -> Term | None:
    """The clearance a session at `at` uses: of those in force, the one that expires first (I3)."""
    holding = [term for term in terms if term.holds_at(at, zone)]
    return min(holding, key=lambda term: (term.expires_on, term.id), default=None)


def with_room(terms: Iterable[Term], used: Mapping[UUID, int]) -> list[Term]:
    """The clearances that cover one more session; `used` counts those each covers already (I3)."""
    return [
        term
        for term in terms
        if term.max_sessions is None or used.get(term.id, 0) < term.max_sessions
    ]


def clearances_of(
    terms: Sequence[Term], used: Mapping[UUID, int], starts: Iterable[datetime], zone: tzinfo
) -> list[Term | None]:
    """The clearance each of these sessions uses, or None where none holds or has room (I1, I3)."""
    taken = Counter(used)
    found: list[Term | None] = []
    for at in starts:
        term = clearance_at(with_room(terms, taken), at, zone)
        if term is not None:
            taken[term.id] += 1
        found.append(term)
    return found


def lacking(terms: Sequence[Term], at: datetime, zone: tzinfo) -> str:
    """What a patient who is not cleared at `at` lacks, in words for the front desk."""
    if clearance_at(terms, at, zone):
        return "Every session that the clearance covers is taken."
    if not any(not term.revoked for term in terms):
        return "No clearance: a provider has to clear the patient in a consultation."
    if last := _ended_on(terms, at, zone):
        return f"The clearance ends on {last:%A, %B %-d, %Y}."
    return "The clearance begins later."


def covers_only(covered: int, asked: int, terms: Sequence[Term], at: datetime, zone: tzinfo) -> str:
    """What to say when only some of so many sessions are covered, and the first other is at `at`.

    For the front desk, and to the patient.
    """
    if covered == 0:
        return f"Not cleared for any of these {asked} sessions. {lacking(terms, at, zone)}"
    text = f"The clearance covers {covered} of these {asked} sessions"
    if clearance_at(terms, at, zone):
        text += ": it allows no more"
    elif last := _ended_on(terms, at, zone):
        text += f": it ends on {last:%A, %B %-d}"
    return f"{text}. For the other{'s' * (asked - covered > 1)} a provider has to renew it."


def _ended_on(terms: Sequence[Term], at: datetime, zone: tzinfo) -> date | None:
    """The last day of the latest clearance, if it is over by then."""
    last = max((term.expires_on for term in terms if not term.revoked), default=None)
    return last if last and local_date(at, zone) > last else None


def ends_soon(terms: Iterable[Term], at: datetime, zone: tzinfo) -> date | None:
    """The last day of the clearance in force that ends last, if that is within two weeks."""
    last = max((term.expires_on for term in terms if term.holds_at(at, zone)), default=None)
    return last if last and last - local_date(at, zone) <= SOON else None
