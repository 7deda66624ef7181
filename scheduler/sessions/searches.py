"""Free times, to be offered: what a search shows and what a refusal suggests instead."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import dropwhile, islice
from typing import Any
from uuid import UUID

from scheduler.clinics.model import policy_of
from scheduler.consults.rules import clearance_at, with_room
from scheduler.patients.rules import not_bookable
from scheduler.protocols.rules import Distance, VisitParts
from scheduler.sessions.model_patient import PatientFacts
from scheduler.sessions.rooms import rooms_on
from scheduler.sessions.rules_calendar import Calendar
from scheduler.sessions.rules_slots import (
    TICK,
    FreeDay,
    Slot,
    forbidden,
    free_day,
    free_days,
    slots,
)
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.wall_time import dates, day, local_date
from scheduler.web import paging

MONTHS_AHEAD = 24

DayRule = Callable[[date], bool]


def latest_start(now: datetime) -> datetime:
    """The last instant at which anything booked now may start."""
    # From 29 February on, two years lead to 1 March.
    on = now.replace(day=1, year=now.year + MONTHS_AHEAD // 12)
    return on + timedelta(days=now.day - 1)


def whole_days(work: Work, span: Span) -> Span:
    """The local days that a span touches, from the first instant to the last."""
    first = day(local_date(span.start, work.zone), work.zone)
    last = day(local_date(span.end - timedelta(microseconds=1), work.zone), work.zone)
    return Span(first.start, last.end)


def days_around(work: Work, at: datetime, days: int) -> Span:
    """The whole local days around an instant."""
    on = local_date(at, work.zone)
    first = day(on - timedelta(days=days), work.zone)
    last = day(on + timedelta(days=days), work.zone)
    return Span(first.start, last.end)


def still_bookable(work: Work, within: Span) -> Span:
    """The starts of a span that are not past and not too far ahead."""
    last = latest_start(work.now) + timedelta(microseconds=1)
    return Span(max(within.start, work.now), min(within.end, last))


def open_rooms(
    work: Work,
    within: Span,
    parts: VisitParts,
    patient: PatientFacts | None = None,
    distance: Distance | None = None,
    without: UUID | None = None,
) -> Iterator[FreeDay]:
    """The chairs' days with their free starts; with a patient those that are legal for them.

    `without` is a session to be moved, which is not in its own way.
    """
    still = still_bookable(work, within)
    if not still:
        return
    may_on = days_of(work, patient) if patient else None
    stays, infusions = (patient.stays, patient.infusions) if patient else ((), ())
    near = forbidden(infusions, distance, work.zone)
    for rooms in rooms_on(work, list(dates(still, work.zone)), parts, without):
        if may_on is None or may_on(rooms.on):
            yield free_day(rooms, still, parts, stays, near)


def open_days(work: Work, calendar: Calendar, within: Span, parts: VisitParts) -> Iterator[FreeDay]:
    """A calendar's days with their free starts: not past, and not too far ahead."""
    still = still_bookable(work, within)
    return free_days(calendar, still, parts, work.zone) if still else iter(())


def days_of(work: Work, patient: PatientFacts) -> DayRule:
    """On which days the patient may be booked and is cleared once more (I1, I3, I6)."""
    terms = with_room(patient.terms, patient.used)
    minimum_age = policy_of(work).minimum_age

    def may_on(on: date) -> bool:
        if not_bookable(patient.status, patient.birth_date, on, minimum_age):
            return False
        # All starts offered are from now on, and a clearance holds for a whole day.
        first = max(day(on, work.zone).start, work.now)
        return clearance_at(terms, first, work.zone) is not None

    return may_on


def slot_page(
    days: Iterable[FreeDay], parts: VisitParts, after: Sequence[Any] | None, limit: int
) -> paging.Page:
    """A page of slots, from the one after the cursor's place (start and lane) on."""
    found = slots(days, parts)
    if after is not None:
        found = _after(found, *after)
    return paging.sliced(
        list(islice(found, limit + 1)), limit, lambda slot: [slot.visit.starts_at, slot.lane.id]
    )


def place_of(cursor: str | None) -> list[Any] | None:
    """The start and the lane in a slot page's cursor. Raises Problem 400 if it is not ours."""
    return None if cursor is None else paging.decode(cursor, datetime, UUID)


def windows(days: Iterable[FreeDay], work: Work) -> list[dict[str, Any]]:
    """Every free stretch, a few bytes each: wall times, or instants when the clock changes."""
    return [
        {
            "on": free.on,
            "chairs": [
                {"chair_id": lane.id, "starts": _pairs(free, mask, work)}
                for lane, mask in free.starts
                if mask
            ],
        }
        for free in days
    ]


# What the wall shows at each tick of a day on which the clock does not change.
_WALLS = [f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(0, 24 * 60, 5)]


def _pairs(free: FreeDay, mask: int, work: Work) -> list[list[str]]:
    plain, prep = _is_plain(free.on, work), free.prep // TICK

    def shown(tick: int) -> str:
        if plain:
            return _WALLS[(tick + prep) % len(_WALLS)]
        return work.local(free.start(tick))

    return [[shown(first), shown(last)] for first, last in free.stretches(mask)]


def _is_plain(on: date, work: Work) -> bool:
    whole = day(on, work.zone)
    return whole.end - whole.start == timedelta(days=1)


def _after(found: Iterator[Slot], start: datetime, lane_id: UUID) -> Iterator[Slot]:
    at_start = dropwhile(lambda slot: slot.visit.starts_at < start, found)
    held: list[Slot] = []
    for slot in at_start:
        if slot.visit.starts_at > start:
            yield from held
            yield slot
            yield from at_start
            return
        held = [] if slot.lane.id == lane_id else [*held, slot]
    yield from held
