"""A small clinic for the tests of slots and placing: lanes, blockers, and one day to draw."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

from hypothesis import strategies as st

from scheduler.protocols.rules import Visit, VisitParts
from scheduler.sessions.rules_calendar import Blocker, BusyNurses, Calendar, Lane
from scheduler.spans import Span
from scheduler.wall_time import day
from tests.rules.drawn import MINUTE, phoenix, showing, spans

# 15 minutes before, 40 of infusion, 30 after, 10 for the chair: the usual 95.
USUAL = VisitParts(15, 40, 30, 10)

LANES = tuple(Lane(UUID(int=n), f"Chair {n}") for n in (1, 2, 3))
ONE, TWO, THREE = (lane.id for lane in LANES)


def at(wall: str, on: str = "2026-11-24") -> datetime:
    """A wall time in Phoenix on the pictured Tuesday."""
    return phoenix(f"{on} {wall}")


def blocker(kind: str, starts: str, ends: str, number: int = 9) -> Blocker:
    """Something in the way on the pictured day."""
    return Blocker(kind, Span(at(starts), at(ends)), UUID(int=number))


def calendar(
    *everywhere: Blocker,
    lanes: Iterable[Lane] = LANES,
    of_lane: Mapping[UUID, list[Blocker]] | None = None,
    of_patient: Iterable[Blocker] = (),
    nurses: BusyNurses | None = None,
) -> Calendar:
    return Calendar(
        tuple(lanes), tuple(everywhere), of_lane or {}, tuple(of_patient), nurses=nurses
    )


def meets(one: Span, other: Span) -> bool:
    """Do two spans share an instant? Said another way than the rule says it."""
    return max(one.start, other.start) < min(one.end, other.end)


def fits(visit: Visit, lane: Lane, picture: Calendar) -> bool:
    """Is nothing in the way of the visit on this lane? The slow model of everything."""
    on_lane = [*picture.everywhere, *picture.of_lane.get(lane.id, ())]
    return not (
        any(meets(each.span, visit.block) for each in on_lane)
        or any(meets(each.span, visit.stay) for each in picture.of_patient)
    )


def within_a_day(visit: Visit, in_zone: tzinfo) -> bool:
    """Does the block begin and end on one local day?"""
    last = visit.block.end - timedelta(microseconds=1)
    return showing(visit.block.start, in_zone).date() == showing(last, in_zone).date()


@st.composite
def busy_calendars(draw: st.DrawFn, on: date, in_zone: tzinfo) -> Calendar:
    """Up to three lanes around a local day, with things in the way that keep to no grid."""
    noon = day(on, in_zone).start + timedelta(hours=12)

    def blockers(kind: str, longest: int, most: int) -> tuple[Blocker, ...]:
        drawn = draw(st.lists(spans(noon, 18 * 60, longest), max_size=most))
        return tuple(Blocker(kind, span, UUID(int=n)) for n, span in enumerate(drawn))

    lanes = LANES[: draw(st.integers(0, 3))]
    return Calendar(
        lanes=lanes,
        everywhere=blockers("closure", 5 * 60, 2),
        of_lane={lane.id: blockers("session", 4 * 60, 3) for lane in lanes},
        of_patient=blockers("session", 3 * 60, 2),
    )


some_parts = st.builds(
    VisitParts,
    prep=st.sampled_from([0, 15, 20]),
    infusion=st.sampled_from([5, 30, 50]),
    observation=st.sampled_from([0, 30]),
    turnover=st.sampled_from([0, 5, 10]),
)

seconds = st.integers(-20 * 60, 40 * 60).map(lambda n: n * MINUTE / 2)
