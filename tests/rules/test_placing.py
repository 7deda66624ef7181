"""Which chair a visit takes, what refuses it, and what is nearest instead (I22, I24)."""

from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.protocols.rules import Distance, Visit, visit_at
from scheduler.sessions.rules_calendar import Blocker, BusyNurses, Calendar, Lane
from scheduler.sessions.rules_placing import Clash, Wish, nearest, place
from scheduler.sessions.rules_slots import Slot
from scheduler.wall_time import day
from tests.rules.drawn import NEW_YORK, PHOENIX, TICK, clock_days, showing
from tests.rules.pictured import (
    LANES,
    ONE,
    THREE,
    TWO,
    USUAL,
    at,
    blocker,
    busy_calendars,
    calendar,
    fits,
)


def wishes(visits: list[Visit], lane_id: UUID | None = None) -> list[Wish]:
    return [Wish(visit, lane_id=lane_id) for visit in visits]


MORNING = visit_at(at("09:30"), USUAL)
NOON = visit_at(at("12:00"), USUAL)
TAKEN_MORNING = blocker("session", "09:00", "10:00", 1)
TAKEN_NOON = blocker("session", "12:30", "13:00", 2)

PLACED = [
    # which chairs are taken in the morning, and at noon → the chairs the two visits get
    ((), (), (ONE, ONE)),  # the first by label
    ((ONE,), (), (TWO, TWO)),  # one that is free for both
    ((), (ONE,), (TWO, TWO)),
    ((ONE,), (TWO,), (THREE, THREE)),
    ((ONE, TWO), (THREE,), (THREE, ONE)),  # none is free for both
    ((ONE, TWO, THREE), (ONE,), (None, TWO)),  # those that fit share one
    ((ONE, TWO, THREE), (ONE, TWO, THREE), (None, None)),
]


@pytest.mark.parametrize(("morning", "noon", "expected"), PLACED)
def test_one_chair_for_all_is_preferred_to_the_first_free_one(
    morning: tuple[UUID, ...], noon: tuple[UUID, ...], expected: tuple[UUID | None, ...]
) -> None:
    """I8"""
    taken = {
        lane.id: [
            *([TAKEN_MORNING] if lane.id in morning else []),
            *([TAKEN_NOON] if lane.id in noon else []),
        ]
        for lane in LANES
    }
    placed, clashes = place(wishes([MORNING, NOON]), calendar(of_lane=taken), PHOENIX)
    fitting = [chair for chair in expected if chair]
    assert [slot.lane.id for slot in placed] == fitting
    assert [clash.ordinal for clash in clashes] == [
        n for n, chair in enumerate(expected, start=1) if chair is None
    ]


def test_those_that_fit_share_a_chair_when_another_fits_nowhere() -> None:
    """I22: a plan shows the series as it would be, but for what is in the way."""
    everywhere = {lane.id: [TAKEN_MORNING] for lane in LANES}
    taken = {**everywhere, ONE: [TAKEN_MORNING, TAKEN_NOON]}
    afternoon = visit_at(at("15:00"), USUAL)
    placed, clashes = place(wishes([MORNING, NOON, afternoon]), calendar(of_lane=taken), PHOENIX)
    assert [slot.lane.id for slot in placed] == [TWO, TWO]
    assert [clash.ordinal for clash in clashes] == [1]


CLOSED = blocker("closure", "09:00", "11:00", 3)
HURT = blocker("outage", "09:00", "11:00", 4)
ELSEWHERE = blocker("consultation", "10:00", "10:30", 5)

REFUSED = [
    # the calendar, the wanted chair → the reason and what is in the way
    (calendar(CLOSED), None, "closed", [CLOSED]),
    (calendar(CLOSED), ONE, "closed", [CLOSED]),
    (calendar(of_patient=[ELSEWHERE]), None, "patient_busy", [ELSEWHERE]),
    (calendar(CLOSED, of_patient=[ELSEWHERE]), ONE, "closed", [CLOSED]),
    (calendar(of_lane={ONE: [TAKEN_MORNING]}), ONE, "chair_taken", [TAKEN_MORNING]),
    (calendar(of_lane={ONE: [HURT]}), ONE, "outage", [HURT]),
    (calendar(of_lane={ONE: [ELSEWHERE]}), ONE, "provider_busy", [ELSEWHERE]),
    (
        calendar(lanes=LANES[:2], of_lane={ONE: [TAKEN_MORNING], TWO: [HURT]}),
        None,
        "no_chair_free",
        [TAKEN_MORNING, HURT],
    ),
    (calendar(lanes=()), None, "no_chair_free", []),  # a clinic without chairs
    (calendar(lanes=LANES[:1]), TWO, "no_chair_free", []),  # retired a moment ago
]


@pytest.mark.parametrize(("picture", "wanted", "reason", "blockers"), REFUSED)
def test_a_refusal_says_why_and_names_what_is_in_the_way(
    picture: Calendar, wanted: UUID | None, reason: str, blockers: list[Blocker]
) -> None:
    """I14, I22"""
    placed, clashes = place(wishes([MORNING], wanted), picture, PHOENIX)
    assert placed == []
    assert clashes == [Clash(1, at("09:30"), reason, tuple(blockers))]


def test_a_wanted_chair_is_taken_even_when_another_would_do_for_all() -> None:
    placed, clashes = place(
        wishes([MORNING, NOON], TWO), calendar(of_lane={TWO: [TAKEN_NOON]}), PHOENIX
    )
    assert [slot.lane.id for slot in placed] == [TWO]
    assert [(clash.ordinal, clash.reason) for clash in clashes] == [(2, "chair_taken")]


@given(clock_days, st.data())
def test_every_visit_is_placed_where_nothing_is_in_the_way_or_refused_with_what_is(
    clock_day: tuple[tzinfo, date], data: st.DataObject
) -> None:
    """I8, I9, I11, I22"""
    in_zone, on = clock_day
    picture = data.draw(busy_calendars(on, in_zone))
    wanted = data.draw(st.sampled_from([None, ONE, TWO]))
    ticks = data.draw(st.lists(st.integers(0, 280), min_size=1, max_size=5))
    visits = [visit_at(day(on, in_zone).start + n * TICK, USUAL) for n in ticks]
    placed, clashes = place(wishes(visits, wanted), picture, in_zone)
    assert placed == placed_slowly(visits, picture, wanted)
    refused = {clash.ordinal for clash in clashes}
    assert len(refused) + len(placed) == len(visits)
    assert [slot.visit for slot in placed] == [
        visit for n, visit in enumerate(visits, start=1) if n not in refused
    ]
    asked = [lane for lane in picture.lanes if wanted in (None, lane.id)]
    assert all(clash.blockers or not asked for clash in clashes)


def placed_slowly(visits: list[Visit], picture: Calendar, wanted: UUID | None) -> list[Slot]:
    asked = [lane for lane in picture.lanes if wanted in (None, lane.id)]
    choices = [(visit, [x for x in asked if fits(visit, x, picture)]) for visit in visits]
    fitting = [(visit, lanes) for visit, lanes in choices if lanes]
    for lane in asked:
        if all(lane in lanes for _, lanes in fitting):
            return [Slot(lane, visit) for visit, _ in fitting]
    return [Slot(lanes[0], visit) for visit, lanes in fitting]


def slot(lane: int, wall: str, on: str = "2026-11-24") -> Slot:
    return Slot(LANES[lane - 1], visit_at(at(wall, on), USUAL))


NEAREST = [
    # wanted 09:30 on the 24th on chair 2, each as "chair time day" → the three nearest
    ("1 09:35, 2 09:35, 3 09:35", "2 09:35"),  # each start once, the wanted chair first
    ("1 09:35, 3 09:35", "1 09:35"),  # then by label
    ("2 16:00, 1 09:30 25", "2 16:00, 1 09:30 25"),  # the same day before the same time
    ("2 10:30, 1 10:00, 2 09:00", "2 09:00, 1 10:00, 2 10:30"),  # earlier first
    ("2 09:20, 2 09:35, 2 10:00, 2 10:05", "2 09:35, 2 10:05"),  # half an hour apart
    ("2 09:30 25, 2 09:30 23, 2 09:30 26", "2 09:30 23, 2 09:30 25, 2 09:30 26"),
    ("2 09:30 26, 2 08:00 23, 2 10:00 25", "2 10:00 25, 2 08:00 23, 2 09:30 26"),
    ("1 06:00, 1 06:30, 1 07:00, 1 07:30", "1 07:30, 1 07:00, 1 06:30"),  # three at most
    ("", ""),
]


def pictured_slots(text: str) -> list[Slot]:
    found = []
    for each in filter(None, text.split(", ")):
        lane, wall, on = (*each.split(), "24")[:3]
        found.append(slot(int(lane), wall, f"2026-11-{on}"))
    return found


@pytest.mark.parametrize(("offered", "expected"), NEAREST)
def test_the_nearest_come_in_the_published_order(offered: str, expected: str) -> None:
    """I24"""
    found = nearest(at("09:30"), pictured_slots(offered), PHOENIX, TWO)
    assert found == pictured_slots(expected)


def test_nearness_is_on_the_wall_and_not_in_hours_elapsed() -> None:
    """I23, I24: over the day on which New York's clock goes back, the same time is nearer."""
    wanted = datetime.fromisoformat("2024-11-02T09:30:00-04:00")
    same, elapsed = (datetime.fromisoformat(f"2024-11-03T{t}:00-05:00") for t in ("09:30", "08:30"))
    offered = [Slot(LANES[0], visit_at(each, USUAL)) for each in (elapsed, same)]
    assert [each.visit.starts_at for each in nearest(wanted, offered, NEW_YORK)] == [same, elapsed]


@given(
    clock_days,
    st.lists(st.tuples(st.integers(-600, 600), st.sampled_from(LANES)), max_size=12),
    st.sampled_from([None, *(lane.id for lane in LANES)]),
    st.integers(1, 4),
)
def test_nearest_is_the_published_order_cut_short(
    clock_day: tuple[tzinfo, date], offered: list[tuple[int, Lane]], preferred: UUID, count: int
) -> None:
    """I24: days off, minutes off, earlier, the preferred lane, the label; the same each time."""
    in_zone, on = clock_day
    wanted = day(on, in_zone).start + timedelta(hours=9, minutes=30)
    in_order = sorted({(n, lane.label, lane) for n, lane in offered}, key=lambda each: each[:2])
    free = [Slot(lane, visit_at(wanted + n * TICK, USUAL)) for n, _, lane in in_order]

    def published(each: Slot) -> tuple[object, ...]:
        wall, wished = showing(each.visit.starts_at, in_zone), showing(wanted, in_zone)
        days = abs(wall.date().toordinal() - wished.date().toordinal())
        minutes = abs((wall.hour - wished.hour) * 60 + wall.minute - wished.minute)
        other = each.lane.id != preferred
        return days, minutes, each.visit.starts_at, other, each.lane.label

    best: list[Slot] = []
    for each in sorted(free, key=published):
        at = each.visit.starts_at
        if not any(abs(at - one.visit.starts_at) < timedelta(minutes=30) for one in best):
            best.append(each)
    assert nearest(wanted, free, in_zone, preferred, count) == best[:count]


FIVE_TO_TEN = Distance(min_days=5, max_days=10)
TWO_DAYS = Distance(min_hours=48, max_days=4)


@pytest.mark.parametrize(
    ("distance", "wall", "on", "refused"),
    [
        (FIVE_TO_TEN, "09:30", "19", False),
        (FIVE_TO_TEN, "23:00", "19", False),  # days are the clinic's, not 24 hours
        (FIVE_TO_TEN, "09:30", "20", True),
        (FIVE_TO_TEN, "09:30", "24", True),
        (FIVE_TO_TEN, "09:30", "28", True),
        (FIVE_TO_TEN, "05:00", "29", False),
        (TWO_DAYS, "12:00", "26", False),
        (TWO_DAYS, "11:55", "26", True),
        (TWO_DAYS, "12:00", "22", False),
        (TWO_DAYS, "12:05", "22", True),
        (Distance(), "20:00", "24", True),  # never two on a day
        (Distance(), "08:00", "25", False),
    ],
)
def test_a_session_keeps_its_distance_to_the_patients_other_infusions(
    distance: Distance, wall: str, on: str, refused: bool
) -> None:
    """I10: to either side; the blocker is the other infusion as it is."""
    other = blocker("session", "12:00", "12:40")
    picture = replace(calendar(), infusions=(other,))
    visit = visit_at(at(wall, f"2026-11-{on}"), USUAL)
    _, clashes = place([Wish(visit, distance)], picture, PHOENIX)
    assert [(each.reason, each.blockers) for each in clashes] == (
        [("gap", (other,))] if refused else []
    )


@pytest.mark.parametrize(
    ("second", "reasons", "too_far"),
    [("2026-11-28", ["gap"], False), ("2026-11-29", [], False), ("2026-12-04", [], False),
     ("2026-12-05", ["gap"], True)],
)  # fmt: skip
def test_the_sessions_of_an_order_keep_their_distance_from_each_other(
    second: str, reasons: list[str], too_far: bool
) -> None:
    """I10, I21: the later one is named, and which way it is wrong."""
    starts = [at("09:30"), at("09:30", second)]
    asked = [Wish(visit_at(start, USUAL), FIVE_TO_TEN) for start in starts]
    placed, clashes = place(asked, calendar(), PHOENIX)
    assert [(each.ordinal, each.reason, each.too_far) for each in clashes] == [
        (2, reason, too_far) for reason in reasons
    ]
    assert len(placed) == 2 - len(reasons)


def test_busy_nurses_refuse_a_visit_on_every_chair() -> None:
    """I12: when they set up somebody else, and when they watch as many as they may."""
    full = blocker("nurse_limit", "09:00", "09:20")
    for setting_up, watching, wall, fits_then in [
        ((full,), (), "09:30", False),  # set up from 09:15 on
        ((full,), (), "09:35", True),
        ((full,), (), "08:55", True),  # set up by 08:55
        ((), (full,), "09:20", True),
        ((), (full,), "09:15", False),
        ((), (full,), "08:15", False),  # watched until 09:25
    ]:
        picture = calendar()
        nurses = BusyNurses(timedelta(minutes=15), setting_up, watching)
        visit = visit_at(at(wall), USUAL)
        placed, clashes = place([Wish(visit)], replace(picture, nurses=nurses), PHOENIX)
        assert bool(placed) is fits_then, wall
        assert [each.reason for each in clashes] == ([] if fits_then else ["nurse_limit"])
