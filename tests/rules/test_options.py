"""Options are the best of every series there is, by the published order."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.clinics.rules import Hours
from scheduler.protocols.rules import WEEKLY, Distance, Phase, VisitParts, phases_of, visit_at
from scheduler.series.rules import wished_days
from scheduler.series.rules_options import (
    FIRST_WITHIN_DAYS,
    MOVED_DAYS,
    Option,
    Wanted,
    options,
    patterns,
)
from scheduler.sessions.rules_calendar import Blocker, Calendar, closed
from scheduler.sessions.rules_openings import ANY_TIME, Flexibility, Openings
from scheduler.sessions.rules_placing import Wish
from scheduler.spans import Span
from scheduler.wall_time import on_wall
from tests.conftest import Size
from tests.rules.drawn import NEW_YORK, TICK, showing
from tests.rules.pictured import LANES
from tests.rules.planned import Suits, fitting, fixed_slots, least

SHORT = VisitParts(0, 30, 0, 0)
# New York's clock goes back on 1 November 2026.
FIRST_ON = date(2026, 10, 12)
WINDOW = Span(
    on_wall(FIRST_ON - timedelta(days=5), time(), NEW_YORK).at,
    on_wall(FIRST_ON + timedelta(days=70), time(), NEW_YORK).at,
)
PHASES = [
    [WEEKLY],
    [Phase(sessions=2, weekdays=(0, 2), min_gap_hours=48, max_gap_days=5),
     Phase(sessions=1, every_days=7, min_gap_days=5, max_gap_days=10)],
]  # fmt: skip

# What is compared: everything an option says.
Shown = tuple[int, date, bool, int, time, tuple[tuple[datetime, UUID], ...]]


@st.composite
def clinics(draw: st.DrawFn) -> Calendar:
    """Open for one to three starts a day, a chair or two, some days with much in the way."""
    closes = draw(st.sampled_from([30, 35, 40]))
    hours = [Hours(n, time(9), time(9, closes)) for n in range(7)]
    lanes = LANES[: draw(st.integers(1, 2))]
    of_lane = {}
    for lane in lanes:
        # One a day: a chair has never two sessions at once.
        days = draw(st.lists(st.integers(0, 45), max_size=14, unique=True))
        ticks = draw(st.lists(st.integers(-2, 7), min_size=14, max_size=14))
        of_lane[lane.id] = [
            Blocker("session", Span(at, at + 3 * TICK), UUID(int=9))
            for n, tick in zip(days, ticks, strict=False)
            for at in [nine(n) + tick * TICK]
        ]
    shut = draw(st.lists(st.integers(0, 45), max_size=25))
    closures = [Blocker("closure", Span(nine(n), nine(n) + 12 * TICK), UUID(int=7)) for n in shut]
    others = draw(st.lists(st.integers(-3, 40), max_size=1))
    return Calendar(
        lanes=lanes,
        everywhere=(*closed(hours, [WINDOW], NEW_YORK), *closures),
        of_lane=of_lane,
        infusions=tuple(
            Blocker("session", Span(nine(n), nine(n) + 6 * TICK), UUID(int=8)) for n in others
        ),
    )


def nine(days: int) -> datetime:
    return on_wall(FIRST_ON + timedelta(days=days), time(9), NEW_YORK).at


wishes_of_patients = st.builds(
    Wanted,
    first_on=st.integers(0, 2).map(lambda n: FIRST_ON + timedelta(days=n)),
    sessions=st.integers(1, 3),
    weekdays=st.sampled_from([frozenset({1}), frozenset({1, 3}), frozenset({5})]),
    between=st.sampled_from([(time(9), time(9, 5)), (time(9, 5), time(9, 10))]),
    lane_id=st.sampled_from([None, None, LANES[0].id]),
)


def searched(phases: list[Phase], wanted: Wanted, picture: Calendar) -> list[Option]:
    named = {each for phase in phases for each in phase.weekdays or ()}
    openings = Openings(
        picture if wanted.lane_id is None else picture.on_lanes(LANES[:1]),
        SHORT,
        NEW_YORK,
        WINDOW,
        lambda on: wanted.on(on) or on.weekday() in named,
        wanted.between,
    )
    return options(patterns(phases, wanted), wanted, openings, lambda: openings, lambda _: True)


def tried(phases: list[Phase], wanted: Wanted, picture: Calendar) -> list[Shown]:
    """Every first day and every time, each with everything that may move, then the order."""
    named = {each for phase in phases for each in phase.weekdays or ()}
    lanes = picture.lanes if wanted.lane_id is None else picture.lanes[:1]
    found: list[Shown] = []

    def suits(at: datetime) -> bool:
        wall = showing(at, NEW_YORK)
        low, high = wanted.between
        weekdays = named | (wanted.weekdays or frozenset())
        return wall.weekday() in weekdays and low <= wall.time() <= high

    for n in range(FIRST_WITHIN_DAYS):
        first_on = wanted.first_on + timedelta(days=n)
        asked_days = days_from(first_on, phases, wanted)
        for at in ticks(*wanted.between) if asked_days else ():
            asked = [
                Wish(visit_at(on_wall(on, at, NEW_YORK).at, SHORT), distance, wanted.lane_id)
                for on, distance in asked_days
            ]
            option = tried_at(asked, picture.on_lanes(lanes), picture, suits)
            if option is not None:
                moved, one, most, places = option
                found.append((moved, first_on, not one, most, at, places))
    return best_of(sorted(found))


def days_from(first_on: date, phases: list[Phase], wanted: Wanted) -> list[tuple[date, Distance]]:
    """The days of a series, none if they do not suit the patient or the protocol."""
    if phases[0].weekdays and first_on.weekday() not in phases[0].weekdays:
        return []
    days = wished_days(phases, first_on, wanted.sessions, None)
    each = phases_of(phases, wanted.sessions)
    suit = [
        bool(phase.weekdays) or on.weekday() in (wanted.weekdays or ())
        for on, phase in zip(days, each, strict=True)
    ]
    return [(on, p.distance) for on, p in zip(days, each, strict=True)] if all(suit) else []


def tried_at(
    asked: list[Wish], allowed: Calendar, picture: Calendar, suits: Suits
) -> tuple[int, bool, int, tuple[tuple[datetime, UUID], ...]] | None:
    """One first day and time: how many move, whether one chair, how full, and where."""
    as_wished = fitting(asked, SHORT, allowed, NEW_YORK)
    moved = len(asked) - len(as_wished)
    if moved > min(2, len(asked) - 1):
        return None
    fixed = fixed_slots(as_wished)
    usual, flexibility = next(iter(fixed.values())).id, Flexibility(MOVED_DAYS, ANY_TIME)
    series = least(asked, fixed, SHORT, allowed, NEW_YORK, flexibility, usual, suits)
    if series is None:
        return None
    most = max(at_once(start, picture) for start, _ in series)
    one = len({lane for _, lane in series}) == 1
    return moved, one, most, tuple((start, lane.id) for start, lane in series)


def ticks(first: time, last: time) -> list[time]:
    walls = (time(n // 12, n % 12 * 5) for n in range(288))
    return [wall for wall in walls if first <= wall <= last]


def at_once(start: datetime, picture: Calendar) -> int:
    """The patients in chairs at any five minutes of a visit, with this one."""
    steps = [start + n * TICK for n in range(6)]
    taken = [each.span for lane in picture.of_lane.values() for each in lane]
    return 1 + max(sum(span.start <= step < span.end for span in taken) for step in steps)


def best_of(ranked: list[Shown]) -> list[Shown]:
    shown: list[Shown] = []
    for option in ranked:
        minutes = option[4].hour * 60 + option[4].minute
        if all(
            option[1] != each[1] or abs(minutes - each[4].hour * 60 - each[4].minute) >= 60
            for each in shown
        ):
            shown.append(option)
    return shown[:5]


@pytest.mark.proof
def test_options_are_what_trying_everything_finds(size: Size) -> None:
    """The five best, exactly by the published order, over a change of the clocks."""

    @settings(max_examples=size(ci=40, proof=600), deadline=None)
    @given(st.sampled_from(PHASES), wishes_of_patients, clinics())
    def check(phases: list[Phase], wanted: Wanted, picture: Calendar) -> None:
        asked = wanted if phases[0].sessions is None else replace(wanted, sessions=None)
        made = [
            (*each.rank, tuple((slot.visit.starts_at, slot.lane.id) for slot in each.slots))
            for each in searched(phases, asked, picture)
        ]
        assert made == tried(phases, asked, picture)

    check()


def test_a_series_that_no_clearance_covers_is_no_option() -> None:
    """I3"""
    wanted = Wanted(first_on=FIRST_ON, sessions=2)
    view = Openings(Calendar(LANES, (), {}), SHORT, NEW_YORK, WINDOW, lambda _: True)
    found = patterns([WEEKLY], wanted)
    assert len(options(found, wanted, view, lambda: view, lambda _: True)) == 5
    assert options(found, wanted, view, lambda: view, lambda _: False) == []
