"""The best whole series for a wish, each with the order that books it as it stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import UUID

from scheduler.clinics.model import session_minutes_in_bounds
from scheduler.consults.rules import clearances_of
from scheduler.errors import Facts, Invalid
from scheduler.protocols.model import Protocol, protocol_for
from scheduler.protocols.rules import visit_at
from scheduler.series.covered import fewer_fit
from scheduler.series.orders import Offer
from scheduler.series.rules import disallowed_count
from scheduler.series.rules_options import (
    MOVED_DAYS,
    Option,
    Pattern,
    Wanted,
    options,
    patterns,
)
from scheduler.series.rules_says import read_out
from scheduler.sessions.checks import (
    Shorten,
    active_chair,
    bookable_patient,
    clearances_for,
)
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.model_patient import PatientFacts, facts_of
from scheduler.sessions.refusals import Explain, shown_slot
from scheduler.sessions.rules_openings import Openings
from scheduler.sessions.rules_slots import Slot
from scheduler.sessions.searches import DayRule, days_around, days_of, still_bookable
from scheduler.spans import Span, merged
from scheduler.tenancy import Work
from scheduler.wall_time import local_date, on_wall

NOON = time(12)


def find_options(
    work: Work,
    *,
    patient_id: UUID,
    sessions: int | None = None,
    minutes: int | None = None,
    weekdays: Sequence[int] | None = None,
    between: tuple[time, time] = (time(0), time(23, 55)),
    from_: date | None = None,
    chair_id: UUID | None = None,
    protocol_id: UUID | None = None,
) -> dict[str, Any]:
    """The five best whole series that start within four weeks of `from_` (today if not said).

    Raises Refused when the patient may not be booked at all, or is not cleared.
    """
    protocol = protocol_for(work, protocol_id)
    minutes = minutes or protocol.session_minutes
    session_minutes_in_bounds(work, minutes)
    active_chair(work, chair_id)
    if why := disallowed_count(protocol.all_phases(), sessions):
        raise Invalid({"sessions": [why]})
    wanted = Wanted(
        first_on=max(from_ or date.min, local_date(work.now, work.zone)),
        sessions=sessions,
        weekdays=None if weekdays is None else frozenset(weekdays),
        between=between,
        lane_id=chair_id,
    )
    found = patterns(protocol.all_phases(), wanted)
    patient = _bookable(work, patient_id, protocol, minutes, wanted, found)
    search = Search(work, patient, protocol, minutes, wanted)
    best = search.best(found)
    return {"options": [search.shown(option) for option in best]}


def _bookable(
    work: Work,
    patient_id: UUID,
    protocol: Protocol,
    minutes: int,
    wanted: Wanted,
    found: Sequence[Pattern],
) -> PatientFacts:
    """The patient; a wish that no clearance covers on its first days is refused as an order is."""
    days = found[0].days if found else (wanted.first_on,)
    starts = [max(on_wall(on, NOON, work.zone).at, work.now) for on in days]
    visits = [visit_at(start, protocol.parts(minutes)) for start in starts]
    patient = bookable_patient(work, patient_id, visits)
    clearances_for(work, patient, visits, shorten=_fewer(patient_id, protocol, minutes, wanted))
    return patient


def _fewer(patient_id: UUID, protocol: Protocol, minutes: int, wanted: Wanted) -> Shorten:
    """How a refusal finds the best series of the sessions that the clearance covers."""
    protocol_id, is_open = protocol.id, protocol.all_phases()[0].sessions is None

    def shorten(count: int, detail: str) -> Explain:
        def explain(fresh: Work) -> Facts:
            if not is_open:
                return {}
            again, fewer = protocol_for(fresh, protocol_id), replace(wanted, sessions=count)
            search = Search(fresh, facts_of(fresh, patient_id), again, minutes, fewer)
            best = search.best(patterns(again.all_phases(), fewer))
            if not best:
                return {}
            says = read_out(best[0].slots, fresh.zone, best[0].at, chairs=False)
            return fewer_fit(detail, says, search.shown(best[0])["order"])

        return explain

    return shorten


class Search:
    """One wish of one patient, with what is read for it."""

    def __init__(
        self, work: Work, patient: PatientFacts, protocol: Protocol, minutes: int, wanted: Wanted
    ) -> None:
        self.work, self.patient, self.protocol, self.wanted = work, patient, protocol, wanted
        self.parts = protocol.parts(minutes)

    def best(self, found: Sequence[Pattern]) -> list[Option]:
        """The best options of these patterns."""
        days = sorted({on for pattern in found for on in pattern.days})
        if not days:
            return []

        def wide() -> Openings:
            return self._openings(days, MOVED_DAYS)

        return options(found, self.wanted, self._openings(days, 0), wide, self._covered)

    def _openings(self, days: Sequence[date], around: int) -> Openings:
        """The free starts on these days and so many around them."""
        work = self.work
        noons = [on_wall(on, NOON, work.zone).at for on in days]
        windows = merged(days_around(work, noon, around) for noon in noons)
        whole = Span(windows[0].start, windows[-1].end)
        calendar = chair_calendar(work, windows, self.patient)
        if self.wanted.lane_id is not None:
            calendar = calendar.on_lanes(
                lane for lane in calendar.lanes if lane.id == self.wanted.lane_id
            )
        return Openings(
            calendar,
            self.parts,
            work.zone,
            still_bookable(work, whole),
            self._may_on(days_of(work, self.patient)),
            self.wanted.between,
        )

    def _may_on(self, legal: DayRule) -> DayRule:
        """A session may lie on the weekdays that are wished for, or that the protocol names."""
        named = {each for phase in self.protocol.all_phases() for each in phase.weekdays or ()}
        return lambda on: (self.wanted.on(on) or on.weekday() in named) and legal(on)

    def _covered(self, slots: Sequence[Slot]) -> bool:
        starts = [slot.visit.starts_at for slot in slots]
        patient = self.patient
        return None not in clearances_of(patient.terms, patient.used, starts, self.work.zone)

    def shown(self, option: Option) -> dict[str, Any]:
        """An option as it is answered: what to read out, and the order that books it."""
        order = Offer(self.patient.id, self.protocol.id, self.parts)
        return {
            "says": f"{read_out(option.slots, self.work.zone, option.at)}.",
            "note": str(option.peak),
            "first_on": option.first_on,
            "at": option.at,
            "moved": option.moved,
            "sessions": [shown_slot(self.work, slot) for slot in option.slots],
            "order": order.body(self.work, option.slots),
        }
