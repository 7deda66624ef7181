"""Series that a provider has to look at: a review point, a clearance that ends, a gap too long.

That there is something to look at is for everybody to see; what the patient answered is not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from scheduler.attention.rules import Losses
from scheduler.attention.rules_items import Item, of_session
from scheduler.attention.rules_picture import Picture, Planned
from scheduler.consults.rules import Term, ends_soon
from scheduler.protocols.rules import Distance, phase_at
from scheduler.series.rules import owed
from scheduler.sessions.rules_states import COUNTED
from scheduler.wall_time import day, local_date


@dataclass(frozen=True, slots=True)
class Reached:
    """The session after which the protocol asks for a review, completed."""

    session_id: UUID
    series_id: UUID
    patient_id: UUID
    starts_at: datetime
    ordinal: int


def of_reviews(reached: Sequence[Reached]) -> Iterator[Item]:
    """Series at their protocol's review point, until somebody has seen to it."""
    for each in reached:
        yield Item(
            kind="review",
            subject=each.series_id,
            series_id=each.series_id,
            session_id=each.session_id,
            patient_id=each.patient_id,
            starts_at=each.starts_at,
            at=each.starts_at,
            detail=f"Session {each.ordinal} is over: a provider is to review how it goes on.",
            facts=(each.session_id,),
        )


def of_clearances(
    losses: Sequence[Losses], terms: Mapping[UUID, Sequence[Term]], now: datetime, zone: tzinfo
) -> Iterator[Item]:
    """Series that owe a session, of patients whose clearance is about to end.

    A session that is booked for after that breaks a rule, and is on the list for it.
    """
    for each in losses:
        count = owed(each.planned, each.states, cancelled=False)
        on = ends_soon(terms.get(each.patient_id, ()), now, zone)
        if not count or on is None:
            continue
        if each.last_at is not None and local_date(each.last_at, zone) > on:
            continue
        many = "1 session" if count == 1 else f"{count} sessions"
        yield Item(
            kind="clearance_ending",
            subject=each.series_id,
            series_id=each.series_id,
            patient_id=each.patient_id,
            at=day(on, zone).start,
            detail=f"The clearance ends on {on:%A, %B %-d}, and the series still owes {many}.",
            facts=(on,),
        )


def of_gaps(picture: Picture) -> Iterator[Item]:
    """Sessions ahead that start too long after the one before in their series (I21)."""
    distances: dict[tuple[UUID, int], Distance] = {}
    for sessions in picture.by_patient.values():
        before: dict[UUID, tuple[int, Planned]] = {}
        for each in sessions:
            if each.series_id is None:
                continue
            rank, earlier = before.get(each.series_id, (0, None))
            before[each.series_id] = rank + 1, each
            if earlier is None or not picture.is_ahead(each):
                continue
            kind = (each.protocol_id, rank + 1)
            if kind not in distances:
                phases = picture.protocols[each.protocol_id].phases
                distances[kind] = phase_at(phases, rank + 1).distance
            if distances[kind].too_long(earlier.starts_at, each.starts_at, picture.zone):
                yield _gap(each, earlier, distances[kind].max_days, picture.zone)


def _gap(each: Planned, earlier: Planned, most: int | None, zone: tzinfo) -> Item:
    days = (local_date(each.starts_at, zone) - local_date(earlier.starts_at, zone)).days
    detail = f"It is {days} days after the session before it; {most} are the most."
    return of_session("gap_too_long", each, each.starts_at, detail, earlier.starts_at)


def of_standstills(losses: Sequence[Losses], now: datetime, zone: tzinfo) -> Iterator[Item]:
    """Series that owe a session and have none ahead, the last one too long ago (I21)."""
    for each in losses:
        if each.last_at is None or each.last_at > now:
            continue
        if not owed(each.planned, each.states, cancelled=False):
            continue
        following = sum(state in COUNTED for state in each.states) + 1
        distance = phase_at(each.phases, following).distance
        if distance.too_long(each.last_at, now, zone):
            last = f"{each.last_at.astimezone(zone):%A, %B %-d}"
            yield Item(
                kind="gap_too_long",
                subject=each.series_id,
                series_id=each.series_id,
                patient_id=each.patient_id,
                at=each.last_at,
                detail=f"The last session was on {last}, more than {distance.max_days} days ago.",
                facts=(each.last_at,),
            )
