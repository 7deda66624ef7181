"""A plan is the least of all that are legal, by the published order (I24); so is a suggestion."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.clinics.rules import Hours
from scheduler.protocols.rules import Distance, VisitParts, visit_at
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane, closed
from scheduler.sessions.rules_openings import ANY_TIME, Flexibility, Openings
from scheduler.sessions.rules_placing import Wish
from scheduler.sessions.rules_planning import alternatives, plan, suggestion
from scheduler.sessions.rules_slots import Slot
from scheduler.spans import Span
from tests.conftest import Size
from tests.rules.drawn import PHOENIX, TICK, phoenix
from tests.rules.pictured import LANES, ONE, TWO, USUAL, calendar
from tests.rules.planned import fitting, fixed_slots, least

SHORT = VisitParts(0, 30, 0, 0)
FIRST = phoenix("2026-11-24 09:00")
WINDOW = Span(phoenix("2026-11-20 00:00"), phoenix("2026-12-20 00:00"))


def openings(picture: Calendar, parts: VisitParts = SHORT, within: Span = WINDOW) -> Openings:
    return Openings(picture, parts, PHOENIX, within, lambda _: True)


def nine(days: int) -> datetime:
    """09:00 so many days after the first."""
    return FIRST + timedelta(days=days)


@st.composite
def small_clinics(draw: st.DrawFn) -> Calendar:
    """Open for a few starts a day, a chair or two, with much in the way."""
    closes = draw(st.sampled_from([30, 35, 40]))
    hours = [
        Hours(n, FIRST.astimezone(PHOENIX).time(), nine(0).astimezone(PHOENIX).time())
        for n in range(7)
    ]
    hours = [
        replace(each, closes=(FIRST + timedelta(minutes=closes)).astimezone(PHOENIX).time())
        for each in hours
    ]
    lanes = LANES[: draw(st.integers(1, 2))]
    starts = st.integers(-3, 14).flatmap(
        lambda day: st.integers(0, 6).map(lambda tick: nine(day) + tick * TICK)
    )

    def taken() -> list[Blocker]:
        drawn = draw(st.lists(starts, max_size=6))
        lengths = draw(st.lists(st.integers(1, 8), min_size=6, max_size=6))
        return [
            Blocker("session", Span(at, at + length * TICK), UUID(int=9))
            for at, length in zip(drawn, lengths, strict=False)
        ]

    others = draw(st.lists(st.integers(-3, 14), max_size=2))
    return Calendar(
        lanes=lanes,
        everywhere=tuple(closed(hours, [WINDOW], PHOENIX)),
        of_lane={lane.id: taken() for lane in lanes},
        of_patient=tuple(taken()[:1]),
        infusions=tuple(
            Blocker("session", Span(nine(n), nine(n) + 6 * TICK), UUID(int=8)) for n in others
        ),
    )


@st.composite
def small_orders(draw: st.DrawFn) -> list[Wish]:
    """Up to four sessions at one time, a few days apart."""
    every = draw(st.integers(2, 4))
    least_days = draw(st.integers(1, every))
    distance = draw(
        st.sampled_from(
            [
                Distance(min_days=least_days, max_days=every + 1),
                Distance(min_hours=24 * least_days, max_days=every + 2),
            ]
        )
    )
    tick, lane = draw(st.integers(0, 2)), draw(st.sampled_from([None, None, ONE]))
    return [
        Wish(visit_at(nine(every * n) + tick * TICK, SHORT), distance, lane)
        for n in range(draw(st.integers(1, 4)))
    ]


flexibilities = st.builds(Flexibility, st.integers(0, 1), st.sampled_from([0, 5, ANY_TIME]))


def shown(slots: dict[int, Slot] | None) -> list[tuple[datetime, Lane]] | None:
    if slots is None:
        return None
    return [(slot.visit.starts_at, slot.lane) for _, slot in sorted(slots.items())]


@pytest.mark.proof
def test_plans_and_suggestions_are_what_trying_everything_finds(size: Size) -> None:
    """I22, I24: at most four sessions of a dozen candidates each."""

    @settings(max_examples=size(ci=150, proof=1500), deadline=None)
    @given(small_orders(), small_clinics(), flexibilities)
    def check(wishes: list[Wish], picture: Calendar, flexibility: Flexibility) -> None:
        found = fitting(wishes, SHORT, picture, PHOENIX)
        fixed = fixed_slots(found)
        usual = next(iter(fixed.values())).id if fixed else None
        made = plan(wishes, openings(picture), flexibility)
        expected = least(wishes, fixed, SHORT, picture, PHOENIX, flexibility, usual)
        assert made.feasible is (expected is not None)
        assert [each.ordinal for each in made.clashes] == (
            [] if expected else [n for n in range(1, len(wishes) + 1) if n not in found]
        )
        assert shown(made.slots) == (
            expected or [(wishes[n - 1].visit.starts_at, lane) for n, lane in fixed.items()]
        )

        anywhere = Flexibility(1, ANY_TIME)
        best = least(wishes, fixed, SHORT, picture, PHOENIX, anywhere, usual) or least(
            wishes, {}, SHORT, picture, PHOENIX, anywhere, usual
        )
        assert shown(suggestion(wishes, openings(picture), 1)) == best

    check()


def test_without_flexibility_nothing_moves() -> None:
    """I22"""
    taken = Blocker("session", Span(nine(0), nine(0) + 6 * TICK), UUID(int=1))
    picture = calendar(lanes=LANES[:1], of_lane={ONE: [taken]})
    made = plan([Wish(visit_at(nine(0), SHORT), Distance())], openings(picture))
    assert (made.slots, [each.reason for each in made.clashes]) == ({}, ["no_chair_free"])


def test_those_that_fit_keep_the_pattern_and_the_others_stay_near() -> None:
    """I24: the second of three finds its chair taken and moves by five minutes."""
    taken = Blocker("session", Span(nine(7), nine(7) + 6 * TICK), UUID(int=1))
    picture = calendar(lanes=LANES[:1], of_lane={ONE: [taken]})
    wishes = [Wish(visit_at(nine(7 * n), SHORT), Distance(min_days=5)) for n in range(3)]
    made = plan(wishes, openings(picture), Flexibility(days=3, minutes=60))
    assert [slot.visit.starts_at for slot in made.slots.values()] == [
        nine(0),
        nine(7) - 6 * TICK,
        nine(14),
    ]


def test_of_equally_near_alternatives_the_one_that_keeps_the_peak_low_comes_first() -> None:
    """09:30 is gone; half an hour earlier would be the second patient, later the first."""
    wanted = phoenix("2026-11-24 09:30")
    here = Blocker("session", Span(wanted, wanted + 6 * TICK), UUID(int=1))
    early = Blocker("session", Span(wanted - 6 * TICK, wanted), UUID(int=2))
    picture = calendar(lanes=LANES[:2], of_lane={ONE: [here], TWO: [here, early]})
    asked = [Wish(visit_at(wanted, SHORT), Distance())]
    found = alternatives(asked, 1, openings(picture), 0)
    assert [slot.visit.starts_at for slot in found][:2] == [
        wanted + 6 * TICK,
        wanted - 6 * TICK,
    ]
    peaks = [str(openings(picture).loads.peak(slot)) for slot in found[:2]]
    assert peaks == ["keeps the peak at 2 of 2 chairs"] * 2


@pytest.mark.parametrize(
    ("taken", "text"),
    [
        ([], "raises the peak to 1 of 3 chairs"),
        ([("09:00", 1)], "raises the peak to 2 of 3 chairs"),
        ([("13:00", 1)], "keeps the peak at 1 of 3 chairs"),
        ([("13:00", 1), ("13:00", 2), ("09:00", 1)], "keeps the peak at 2 of 3 chairs"),
    ],
)
def test_a_slot_says_what_it_makes_of_its_day(taken: list[tuple[str, int]], text: str) -> None:
    lanes: dict[UUID, list[Blocker]] = {}
    for wall, lane in taken:
        at = phoenix(f"2026-11-24 {wall}")
        blocker = Blocker("session", Span(at, at + 12 * TICK), UUID(int=5))
        lanes.setdefault(UUID(int=lane), []).append(blocker)
    view = openings(calendar(of_lane=lanes), USUAL)
    (slot, *_) = alternatives(
        [Wish(visit_at(phoenix("2026-11-24 09:30"), USUAL), None, UUID(int=3))], 1, view, 0
    )
    assert str(view.loads.peak(slot)) == text


def test_a_year_of_plans_is_the_same_each_time() -> None:
    """I24: the same input gives the same plan."""
    wishes = [Wish(visit_at(nine(7 * n), USUAL), Distance(min_days=5)) for n in range(4)]
    taken = Blocker("session", Span(nine(7), nine(7) + 20 * TICK), UUID(int=1))
    picture = calendar(of_lane={lane.id: [taken] for lane in LANES})
    made = [plan(wishes, openings(picture), Flexibility(3, 240)) for _ in range(3)]
    assert made[0] == made[1] == made[2]
    assert made[0].feasible
