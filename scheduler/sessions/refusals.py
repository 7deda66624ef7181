"""A refusal that says what is in the way of each visit, and what would fit instead."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from scheduler.errors import Conflict, Facts
from scheduler.patients.model import Patient
from scheduler.protocols.rules import Visit, VisitParts
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.rules_placing import ALTERNATIVES, Clash, far_enough, nearest
from scheduler.sessions.rules_slots import FreeDay, Slot, one_a_start
from scheduler.sessions.searches import days_around, open_days
from scheduler.tenancy import Work
from scheduler.wall_time import local_date

# How many clashes of one order get alternatives, and how many days off these may lie.
EXPLAINED = 12
DAYS_AROUND = 3

# Looks, in a fresh unit of work, for what would fit instead of a clash.
Finder = Callable[[Work, Clash], list[Slot]]

_READ_OUT = {
    "chair_taken": "the chair is taken",
    "no_chair_free": "no chair is free",
    "closed": "the clinic is closed",
    "outage": "the chair is out of order",
    "provider_busy": "the provider has another appointment",
    "patient_busy": "the patient has another visit",
}


def does_not_fit(
    work: Work,
    clashes: Sequence[Clash],
    find: Finder,
    lane_field: str = "chair_id",
) -> Conflict:
    """The refusal that names every clash; `find` looks for alternatives once no lock is held."""

    def explain(fresh: Work) -> Facts:
        return {"conflicts": conflict_list(fresh, clashes, find, lane_field)}

    first, count = clashes[0], len(clashes)
    detail = f"{work.spoken(first.wanted_at)} does not fit: {_read_out(work, first)}."
    if count > 1:
        detail += f" {count - 1} more of the sessions {'do' if count > 2 else 'does'} not fit."
    return Conflict("does_not_fit", detail, explain=explain)


def _read_out(work: Work, clash: Clash) -> str:
    shut = [each for each in clash.blockers if each.kind == "opening_hours"]
    if clash.reason == "closed" and shut and shut[0].span.start > clash.wanted_at:
        closes = f"{shut[0].span.start.astimezone(work.zone):%-I:%M %p}"
        return f"the clinic closes at {closes}, before the visit would be over"
    return _READ_OUT[clash.reason]


def conflict_list(
    work: Work,
    clashes: Sequence[Clash],
    find: Finder,
    lane_field: str = "chair_id",
) -> list[dict[str, Any]]:
    """Each clash with its blockers and alternatives, as it is answered."""
    return [
        {
            "ordinal": clash.ordinal,
            "wanted_at": work.local(clash.wanted_at),
            "reason": clash.reason,
            "blockers": [
                {
                    "kind": blocker.kind,
                    **({"id": str(blocker.id)} if blocker.id else {}),
                    "starts_at": work.local(blocker.span.start),
                    "ends_at": work.local(blocker.span.end),
                }
                for blocker in clash.blockers
            ],
            "alternatives": [
                {"starts_at": work.local(slot.visit.starts_at), lane_field: str(slot.lane.id)}
                for slot in find(work, clash)
            ],
        }
        for clash in clashes
    ]


def chair_alternatives(
    patient_id: UUID,
    parts: VisitParts,
    *,
    chair_id: UUID | None,
    others: Sequence[Visit] = (),
    min_gap_days: int = 0,
) -> Finder:
    """How to look for what would fit instead of a clash: legal beside the other visits.

    It looks for the first clashes of an order only: an order of a year that does not fit at all
    would keep a process busy for what nobody reads to its end.
    """

    def find(work: Work, clash: Clash) -> list[Slot]:
        if clash.ordinal not in looked_at and len(looked_at) == EXPLAINED:
            return []
        looked_at.add(clash.ordinal)
        # Everything is read afresh: what was loaded before the rollback is gone.
        patient = work.load(Patient, patient_id)
        around = days_around(work, clash.wanted_at, DAYS_AROUND)
        calendar = chair_calendar(work, [around], patient_id)
        others_on = {
            local_date(each.starts_at, work.zone)
            for each in others
            if each.starts_at != clash.wanted_at
        }
        days = [
            free
            for free in open_days(work, calendar, around, parts, patient)
            if far_enough(free.on, others_on, min_gap_days)
        ]
        found: list[Slot] = []
        for near in nearest_days(days, local_date(clash.wanted_at, work.zone)):
            missing = ALTERNATIVES - len(found)
            starts = one_a_start(near, parts, chair_id)
            found += nearest(clash.wanted_at, starts, work.zone, chair_id, missing)
            if len(found) == ALTERNATIVES:
                break
        return found

    looked_at: set[int] = set()
    return find


def nearest_days(days: Iterable[FreeDay], on: date) -> Iterator[Iterator[FreeDay]]:
    """The days by how far off they are, so that a far one is looked at only when needed."""

    def days_off(free: FreeDay) -> int:
        return abs((free.on - on).days)

    return (near for _, near in groupby(sorted(days, key=days_off), key=days_off))
