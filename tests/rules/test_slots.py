"""Free starts: the fast way finds what trying every start against every rule finds (I8 to I11)."""

from datetime import date, datetime, time, timedelta, tzinfo
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules import Hours
from scheduler.protocols.rules import Visit, VisitParts, visit_at
from scheduler.sessions.rules_calendar import Blocker, Calendar, Lane, closed
from scheduler.sessions.rules_openings import ANY_TIME, Flexibility, Openings
from scheduler.sessions.rules_placing import Wish, place
from scheduler.sessions.rules_slots import FreeDay, Slot, free_days, slots
from scheduler.spans import Span
from scheduler.wall_time import day, local_date, on_wall
from tests.rules.drawn import CLOCK_DAYS, PHOENIX, TICK, clock_days, showing
from tests.rules.pictured import (
    LANES,
    ONE,
    USUAL,
    at,
    blocker,
    busy_calendars,
    calendar,
    fits,
    seconds,
    some_parts,
    within_a_day,
)

NO_TIME_AROUND = VisitParts(0, 30, 0, 0)
TUESDAY = day(date(2026, 11, 24), PHOENIX)
NIGHT = (blocker("opening_hours", "00:00", "08:00"), blocker("opening_hours", "17:00", "23:59"))


def found(picture: Calendar, within: Span = TUESDAY, parts: VisitParts = USUAL) -> list[Slot]:
    return list(slots(free_days(picture, within, parts, PHOENIX), parts))


def starts(picture: Calendar, within: Span = TUESDAY, parts: VisitParts = USUAL) -> list[str]:
    """The wall times at which something may start on the first lane."""
    return [
        f"{showing(slot.visit.starts_at, PHOENIX):%H:%M}"
        for slot in found(picture, within, parts)
        if slot.lane.id == ONE
    ]


def stretches(picture: Calendar, within: Span = TUESDAY) -> list[str]:
    return [
        f"{showing(free.start(first), PHOENIX):%H:%M}-{showing(free.start(last), PHOENIX):%H:%M}"
        for free in free_days(picture, within, USUAL, PHOENIX)
        for lane, mask in free.starts
        if lane.id == ONE
        for first, last in free.stretches(mask)
    ]


#  08:00                                                          17:00
#    [-------------------------- open -----------------------------)
#    [prep 08:15 infusion  ... 09:35)       first block
#                                           [15:25 ... 15:40 ... 17:00)  last block
PICTURES = [
    # what is in the way on the chair; where an infusion may start
    ([], ["08:15-15:40"]),
    ([("outage", "08:00", "17:00")], []),
    ([("session", "08:00", "09:35")], ["09:50-15:40"]),  # back to back is free
    ([("session", "08:00", "09:36")], ["09:55-15:40"]),  # a tick that is touched is taken
    ([("session", "09:35", "17:00")], ["08:15-08:15"]),  # just room for one
    ([("session", "09:34", "17:00")], []),
    ([("session", "11:00", "12:00")], ["08:15-09:40", "12:15-15:40"]),
    ([("session", "11:00", "12:00"), ("session", "13:35", "14:00")],
     ["08:15-09:40", "12:15-12:15", "14:15-15:40"]),
    ([("session", "11:00", "12:00"), ("session", "13:30", "14:00")],
     ["08:15-09:40", "14:15-15:40"]),
    ([("outage", "11:02", "11:03")], ["08:15-09:40", "11:20-15:40"]),
    ([("outage", "10:00", "12:00"), ("session", "11:00", "13:00")], ["08:15-08:40", "13:15-15:40"]),
]  # fmt: skip


@pytest.mark.parametrize(("taken", "expected"), PICTURES)
def test_a_block_fits_between_what_takes_the_chair(
    taken: list[tuple[str, str, str]], expected: list[str]
) -> None:
    """I8, I11"""
    picture = calendar(*NIGHT, of_lane={ONE: [blocker(*each) for each in taken]})
    assert stretches(picture) == expected


def test_a_closure_shuts_every_chair_and_the_hours_hold_for_the_whole_block() -> None:
    """I11: observation and turnover included."""
    picture = calendar(*NIGHT, blocker("closure", "12:00", "13:00"))
    assert stretches(picture) == ["08:15-10:40", "13:15-15:40"]
    assert {slot.lane for slot in found(picture)} == set(LANES)


def test_the_patient_must_have_left_before_their_other_visit_but_the_chair_need_not_be_ready() -> (
    None
):
    """I9: their stay is 85 of the 95 minutes."""
    picture = calendar(*NIGHT, of_patient=[blocker("consultation", "11:00", "12:00")])
    assert stretches(picture) == ["08:15-09:50", "12:15-15:40"]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("10:00", "10:15", ["10:00", "10:05", "10:10"]),  # from the first, without the last
        ("09:59", "10:06", ["10:00", "10:05"]),
        ("10:01", "10:05", []),
        ("10:00", "10:01", ["10:00"]),
        ("06:00", "08:20", ["08:15"]),
        ("15:35", "20:00", ["15:35", "15:40"]),
    ],
)
def test_starts_lie_from_the_first_instant_up_to_the_last(
    first: str, last: str, expected: list[str]
) -> None:
    """The infusion's start counts, not the block's."""
    assert starts(calendar(*NIGHT), Span(at(first), at(last))) == expected


def test_slots_come_by_start_and_then_by_the_lanes_order() -> None:
    picture = calendar(*NIGHT, lanes=[LANES[2], LANES[0]])
    order = [(slot.visit.starts_at, slot.lane) for slot in found(picture)][:4]
    assert order == [
        (at("08:15"), LANES[2]),
        (at("08:15"), LANES[0]),
        (at("08:20"), LANES[2]),
        (at("08:20"), LANES[0]),
    ]


def test_no_block_reaches_over_midnight() -> None:
    """A clinic's hours end at 23:55 at the latest."""
    two_days = Span(TUESDAY.start, TUESDAY.end + timedelta(days=1))
    days = list(free_days(calendar(lanes=LANES[:1]), two_days, USUAL, PHOENIX))
    assert [
        (free.start(first), free.start(last))
        for free in days
        for first, last in free.stretches(free.starts[0][1])
    ] == [(at("00:15", on), at("22:40", on)) for on in ("2026-11-24", "2026-11-25")]


@pytest.mark.parametrize(("in_zone", "on", "minutes"), CLOCK_DAYS)
def test_a_day_has_as_many_starts_as_its_clock_gives_it(
    in_zone: tzinfo, on: date, minutes: int
) -> None:
    """Between 264 and 312 ticks, less the five in which half an hour no longer fits."""
    whole = day(on, in_zone)
    within = Span(whole.start, max(whole.end, whole.start + TICK))
    days = free_days(calendar(lanes=LANES[:1]), within, NO_TIME_AROUND, in_zone)
    (count,) = [free.starts[0][1].bit_count() for free in days if free.on == on] or [0]
    assert count == max(0, minutes // 5 - 5)


def tried(picture: Calendar, within: Span, parts: VisitParts, in_zone: tzinfo) -> list[Slot]:
    """The slow model: every start of five minutes on every lane, against every rule."""
    return [
        Slot(lane, visit)
        for visit in tried_visits(within, parts, in_zone)
        for lane in picture.lanes
        if fits(visit, lane, picture)
    ]


def tried_visits(within: Span, parts: VisitParts, in_zone: tzinfo) -> list[Visit]:
    first = within.start.replace(minute=0, second=0, microsecond=0)
    ticks = range((within.end - first) // TICK + 1)
    visits = [visit_at(first + n * TICK, parts) for n in ticks]
    return [
        visit
        for visit in visits
        if within.start <= visit.starts_at < within.end and within_a_day(visit, in_zone)
    ]


@given(clock_days, st.data())
def test_the_free_starts_are_those_that_break_no_rule(
    clock_day: tuple[tzinfo, date], data: st.DataObject
) -> None:
    """I8, I9, I11, I17: over days on which clocks change, with blockers on no grid."""
    in_zone, on = clock_day
    picture = data.draw(busy_calendars(on, in_zone))
    parts = data.draw(some_parts)
    start = day(on, in_zone).start + data.draw(seconds)
    within = Span(start, start + timedelta(minutes=data.draw(st.integers(1, 2000))))

    days = list(free_days(picture, within, parts, in_zone))
    expected = tried(picture, within, parts, in_zone)
    assert list(slots(days, parts)) == expected
    for lane in picture.lanes:
        assert [
            (free.start(first), free.start(last))
            for free in days
            for each, mask in free.starts
            if each == lane
            for first, last in free.stretches(mask)
        ] == runs(expected, lane, in_zone)


def runs(free: list[Slot], lane: Lane, in_zone: tzinfo) -> list[tuple[object, object]]:
    """The first and last of each run of starts, five minutes apart and of one day's blocks."""
    joined: list[list[Visit]] = []
    for visit in (slot.visit for slot in free if slot.lane == lane):
        before = joined[-1][-1] if joined else None
        if (
            before
            and visit.starts_at - before.starts_at == TICK
            and showing(visit.block.start, in_zone).date()
            == showing(before.block.start, in_zone).date()
        ):
            joined[-1].append(visit)
        else:
            joined.append([visit])
    return [(run[0].starts_at, run[-1].starts_at) for run in joined]


@given(clock_days, st.data())
def test_what_search_offers_booking_accepts_and_no_less(
    clock_day: tuple[tzinfo, date], data: st.DataObject
) -> None:
    """I17: both ask the same picture, here with opening hours as the clinic has them."""
    in_zone, on = clock_day
    whole = day(on, in_zone)
    window = Span(whole.start, max(whole.end, whole.start + TICK))
    shut = closed([Hours(n, time(8), time(17)) for n in range(7)], [window], in_zone)
    picture = data.draw(busy_calendars(on, in_zone))
    with_hours = Calendar(
        picture.lanes, (*picture.everywhere, *shut), picture.of_lane, picture.of_patient
    )
    offered = {
        (slot.visit.starts_at, slot.lane)
        for slot in slots(free_days(with_hours, window, USUAL, in_zone), USUAL)
    }
    for visit in tried_visits(window, USUAL, in_zone)[::7]:
        for lane in picture.lanes:
            placed, clashes = place([Wish(visit, lane_id=lane.id)], with_hours, in_zone)
            assert bool(placed) is ((visit.starts_at, lane) in offered)
            assert bool(clashes) is not bool(placed)


@given(
    st.lists(st.integers(0, (1 << 288) - 1), min_size=1, max_size=3),
    st.integers(-400, 700),
    st.integers(0, 4),
)
def test_the_nearest_starts_come_first_however_far_the_wish_is(
    masks: list[int], wished: int, seconds: int
) -> None:
    first = day(date(2026, 12, 1), PHOENIX).start
    lanes = [Lane(uuid4(), f"Chair {n}") for n in range(len(masks))]
    free = FreeDay(
        date(2026, 12, 1), first, timedelta(minutes=15), tuple(zip(lanes, masks, strict=True))
    )
    at = first + wished * TICK + timedelta(seconds=seconds)
    slowly = sorted(free.all_starts(), key=lambda start: (abs(start - at), start))
    assert [start for _, start in free.nearest_to(at)] == slowly
    assert [far for far, _ in free.nearest_to(at)] == [abs(start - at) for start in slowly]


@pytest.mark.parametrize("closes", [time(20), time.min], ids=["by day", "day and night"])
@given(clock_days, st.integers(0, 47).map(lambda n: time(n // 2, n % 2 * 30)))
def test_what_is_near_is_near_on_the_wall(
    closes: time, clock_day: tuple[tzinfo, date], wall: time
) -> None:
    """I24: fewest days off, then fewest minutes on the wall, then the earlier."""
    zone, on = clock_day
    parts, lane = VisitParts(15, 40, 30, 10), Lane(uuid4(), "Chair 1")
    days = [on - timedelta(days=1), on, on + timedelta(days=1)]
    whole = Span(day(days[0], zone).start, day(days[-1], zone).end)
    nights = [
        Blocker("closure", Span(on_wall(each, closes, zone).at, day(each, zone).end))
        for each in days
        if closes != time.min
    ]
    calendar = Calendar((lane,), tuple(nights), {}, covered=(whole,))
    openings = Openings(calendar, parts, zone, whole, lambda _: True)
    wish, anywhere = Wish(visit_at(on_wall(on, wall, zone).at, parts)), Flexibility(1, ANY_TIME)
    found = [slot.visit.starts_at for slot in openings.near(wish, anywhere, None)]

    def days_off(at: datetime) -> int:
        # Which day a start is of is said by when its preparation begins.
        return abs((local_date(at - timedelta(minutes=15), zone) - on).days)

    nearness = openings.nearness(wish)
    every = openings.starts(wish, anywhere)
    wished = local_date(wish.visit.starts_at, zone) == on
    if wished:
        assert found == sorted(every, key=lambda at: (days_off(at), nearness(at)))
    assert sorted(found) == every
