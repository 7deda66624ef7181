"""A refusal that says what is in the way of each visit, and what would fit instead."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from scheduler.errors import Conflict, Facts
from scheduler.protocols.rules import VisitParts
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.model_patient import PatientFacts, facts_of
from scheduler.sessions.rules_openings import Openings
from scheduler.sessions.rules_placing import ALTERNATIVES, Clash, Wish
from scheduler.sessions.rules_planning import alternatives
from scheduler.sessions.rules_slots import Slot
from scheduler.sessions.searches import days_around, days_of, still_bookable
from scheduler.spans import Span, merged
from scheduler.tenancy import Work

# How many clashes of one order get alternatives, and how many days off these lie at best. An order
# of a year that does not fit at all would keep a process busy for what nobody reads to its end.
EXPLAINED = 12
DAYS_AROUND = 3
# Looked at where the nearer days have nothing.
FARTHEST_DAYS = 14

# Looks, in a fresh unit of work, for what would fit instead.
Explain = Callable[[Work], Facts]

_READ_OUT = {
    "chair_taken": "the chair is taken",
    "no_chair_free": "no chair is free",
    "closed": "the clinic is closed",
    "outage": "the chair is out of order",
    "provider_busy": "the provider has another appointment",
    "patient_busy": "the patient has another visit",
    "nurse_limit": "no nurse is free then",
}


def does_not_fit(work: Work, clashes: Sequence[Clash], explain: Explain) -> Conflict:
    """The refusal that names every clash; `explain` looks for what fits once no lock is held."""
    first, count = clashes[0], len(clashes)
    detail = f"{work.spoken(first.wanted_at)} does not fit: {_read_out(work, first)}."
    if count > 1:
        detail += f" {count - 1} more of the sessions {'do' if count > 2 else 'does'} not fit."
    return Conflict("does_not_fit", detail, explain=explain)


def _read_out(work: Work, clash: Clash) -> str:
    shut = [each for each in clash.blockers if each.kind == "opening_hours"]
    only_hours = len(shut) == len(clash.blockers)
    if only_hours and shut and shut[0].span.start > clash.wanted_at:
        closes = f"{shut[0].span.start.astimezone(work.zone):%-I:%M %p}"
        return f"the clinic closes at {closes}, before the visit would be over"
    if clash.reason == "gap":
        other = clash.blockers[0].span.start.astimezone(work.zone)
        far = "far from" if clash.too_far else "near to"
        return f"it is too {far} the patient's session on {other:%A, %B %-d}"
    return _READ_OUT[clash.reason]


def conflict_list(
    work: Work,
    clashes: Sequence[Clash],
    find: Callable[[Clash], Iterable[dict[str, Any]]],
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
            "alternatives": list(find(clash)),
        }
        for clash in clashes
    ]


def openings_for(
    work: Work,
    patient: PatientFacts,
    parts: VisitParts,
    windows: Sequence[Span],
    without: UUID | None = None,
) -> Openings:
    """The free starts in these windows (whole local days) that are legal for the patient."""
    calendar = chair_calendar(work, merged(windows), patient, without)
    whole = Span(min(each.start for each in windows), max(each.end for each in windows))
    within = still_bookable(work, whole)
    return Openings(calendar, parts, work.zone, within, days_of(work, patient))


def windows_around(
    work: Work, wishes: Sequence[Wish], ordinals: Iterable[int], days: int
) -> list[Span]:
    """Where to look: whole days around those that are to move, the blocks of the others."""
    moving = set(ordinals)
    return [
        days_around(work, wish.visit.starts_at, days if ordinal in moving else 0)
        for ordinal, wish in enumerate(wishes, start=1)
    ]


class Outlook:
    """What is free around an order's clashes; each calendar is read when it is first needed."""

    def __init__(
        self,
        work: Work,
        patient: PatientFacts,
        parts: VisitParts,
        wishes: Sequence[Wish],
        clashes: Sequence[Clash],
        without: UUID | None = None,
    ) -> None:
        self.work, self.patient, self.parts = work, patient, parts
        self.wishes, self.clashes, self.without = wishes, clashes, without
        self._openings: dict[int, Openings] = {}

    def openings(self, days: int) -> Openings:
        """The free starts so many days around: the clashes' when near, all sessions' when far."""
        if days not in self._openings:
            ordinals = range(1, len(self.wishes) + 1)
            explained = [clash.ordinal for clash in self.clashes[:EXPLAINED]]
            moving = explained if days <= DAYS_AROUND else ordinals
            windows = windows_around(self.work, self.wishes, moving, days)
            self._openings[days] = openings_for(
                self.work, self.patient, self.parts, windows, self.without
            )
        return self._openings[days]

    def alternatives(self, clash: Clash) -> list[dict[str, Any]]:
        """What would fit instead of a clash: the nearest within a few days, else within two weeks.

        On its own day there are often enough, and then nothing is nearer.
        """
        for days, enough in ((0, ALTERNATIVES), (DAYS_AROUND, 1), (FARTHEST_DAYS, 1)):
            openings = self.openings(days)
            found = alternatives(self.wishes, clash.ordinal, openings, days)
            if len(found) >= enough:
                return [shown_alternative(self.work, slot, openings) for slot in found]
        return []


def conflicts_with(view: Outlook) -> list[dict[str, Any]]:
    """The conflicts of an order, the first of them with what would fit beside the rest."""
    explained = {clash.ordinal for clash in view.clashes[:EXPLAINED]}

    def find(clash: Clash) -> list[dict[str, Any]]:
        return view.alternatives(clash) if clash.ordinal in explained else []

    return conflict_list(view.work, view.clashes, find)


def explain_visit(
    patient_id: UUID,
    parts: VisitParts,
    wishes: Sequence[Wish],
    clashes: Sequence[Clash],
    without: UUID | None = None,
    ordinal: int | None = None,
) -> Explain:
    """What would fit instead of a single visit, which has this ordinal in its series, if any."""

    def explain(fresh: Work) -> Facts:
        # Everything is read afresh: what was loaded before the rollback is gone.
        patient = facts_of(fresh, patient_id, without)
        view = Outlook(fresh, patient, parts, wishes, clashes, without)
        return {"conflicts": [each | {"ordinal": ordinal} for each in conflicts_with(view)]}

    return explain


def shown_slot(work: Work, slot: Slot) -> dict[str, Any]:
    """A slot as it is offered."""
    return {
        "starts_at": work.local(slot.visit.starts_at),
        "chair_id": str(slot.lane.id),
        "chair": slot.lane.label,
    }


def shown_alternative(work: Work, slot: Slot, openings: Openings) -> dict[str, Any]:
    """A slot that would fit instead, to be read out, and what it makes of the day."""
    peak = str(openings.loads.peak(slot))
    return shown_slot(work, slot) | {"says": says(work, slot), "note": peak}


def says(work: Work, slot: Slot) -> str:
    """`Tuesday, March 9 at 2:30 PM, Chair 2`; of today only the time."""
    return f"{work.spoken(slot.visit.starts_at)}, {slot.lane.label}"
