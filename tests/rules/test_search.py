"""Search against a slow, obvious checker: every start, every rule, on clinics drawn at random.

The clinic is drawn as its rows are: hours, shifts, sessions, closures. The product makes its
picture of them (blockers, busy nurses, masks of ticks); the checker looks at the rows alone, a
tick at a time (I8, I9, I10, I11, I12, I17).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.clinics.rules import Hours
from scheduler.clinics.rules_staffing import Override, Shift, Staffing, nurses_at_work
from scheduler.protocols.rules import Distance, Visit, VisitParts, visit_at
from scheduler.sessions.rules_calendar import Blocker, BusyNurses, Calendar, closed
from scheduler.sessions.rules_nurses import all_busy
from scheduler.sessions.rules_placing import Wish, place
from scheduler.sessions.rules_slots import free_days, slots
from scheduler.spans import Span
from scheduler.wall_time import day
from tests.conftest import Size
from tests.rules.drawn import TICK, reached, showing, whole_days
from tests.rules.pictured import LANES, some_parts

NO_ID = UUID(int=9)


@dataclass(frozen=True)
class Taken:
    """A session of somebody else: its lane and its visit."""

    lane: int
    visit: Visit


@dataclass(frozen=True)
class Drawn:
    """A clinic around one local day, as rows; the nurses' set-up in minutes."""

    zone: tzinfo
    on: date
    lanes: int
    hours: list[Hours]
    closures: list[Span]
    outages: list[tuple[int, Span]]
    sessions: list[Taken]
    visits: list[Span]
    infusions: list[datetime]
    staffing: Staffing


@st.composite
def clinics(draw: st.DrawFn) -> Drawn:
    zone, on = draw(whole_days)
    noon = on_grid(day(on, zone).start + timedelta(hours=12))
    lanes = draw(st.integers(1, 3))

    def instants(most_minutes: int) -> st.SearchStrategy[datetime]:
        ticks = most_minutes // 5
        return st.integers(-ticks, ticks).map(lambda n: noon + n * TICK)

    def spans(longest: int) -> st.SearchStrategy[Span]:
        lengths = st.integers(1, longest // 5)
        return st.builds(lambda at, n: Span(at, at + n * TICK), instants(600), lengths)

    lane = st.integers(0, lanes - 1)
    return Drawn(
        zone,
        on,
        lanes,
        draw(hours_of(on.weekday())),
        draw(st.lists(spans(180), max_size=1)),
        draw(st.lists(st.tuples(lane, spans(180)), max_size=2)),
        [
            Taken(where, visit_at(at, parts))
            for where, at, parts in draw(
                st.lists(st.tuples(lane, instants(600), some_parts), max_size=7)
            )
        ],
        draw(st.lists(spans(90), max_size=1)),
        draw(st.lists(instants(4 * 24 * 60), max_size=2)),
        draw(staffings(on)),
    )


def on_grid(at: datetime) -> datetime:
    return at - (at - datetime(2000, 1, 1, tzinfo=at.tzinfo)) % TICK


walls = st.integers(0, 287).map(lambda n: time(n // 12, n % 12 * 5))


def hours_of(weekday: int) -> st.SearchStrategy[list[Hours]]:
    """Nearly always open from the morning on, sometimes with a break."""
    usual = [Hours(weekday, time(7), time(19))]
    broken = [Hours(weekday, time(0), time(12)), Hours(weekday, time(13), time(23, 55))]
    drawn = st.lists(walls, min_size=2, max_size=2, unique=True).map(
        lambda pair: [Hours(weekday, *sorted(pair))]
    )
    return st.one_of(st.just(usual), st.just(broken), drawn)


def staffings(on: date) -> st.SearchStrategy[Staffing]:
    pair = st.lists(walls, min_size=2, max_size=2, unique=True).map(sorted)
    nurses = st.integers(0, 2)
    shift = st.builds(lambda p, n: Shift(on.weekday(), p[0], p[1], n), pair, nurses)
    all_day = st.builds(lambda n: Shift(on.weekday(), time(0), time(23, 55), n), nurses)
    override = st.builds(lambda p, n: Override(on, p[0], p[1], n), pair, nurses)
    return st.builds(
        Staffing,
        st.one_of(
            st.none(),
            st.tuples(all_day),
            st.lists(shift, max_size=3).map(tuple),
        ),
        st.integers(1, 3),
        st.sampled_from([5, 15, 20]),
        st.lists(override, max_size=1).map(tuple),
    )


def pictured(drawn: Drawn) -> Calendar:
    """The product's picture of the clinic, made as it is made from the database's rows."""
    whole = day(drawn.on, drawn.zone)
    of_lane: dict[UUID, list[Blocker]] = {}
    for taken in drawn.sessions:
        blocker = Blocker("session", taken.visit.block, NO_ID)
        of_lane.setdefault(LANES[taken.lane].id, []).append(blocker)
    for lane, span in drawn.outages:
        of_lane.setdefault(LANES[lane].id, []).append(Blocker("outage", span, NO_ID))
    shut = [Blocker("closure", span, NO_ID) for span in drawn.closures]
    return Calendar(
        lanes=LANES[: drawn.lanes],
        everywhere=(*closed(drawn.hours, [whole], drawn.zone), *shut),
        of_lane=of_lane,
        of_patient=tuple(Blocker("consultation", span, NO_ID) for span in drawn.visits),
        infusions=tuple(Blocker("session", Span(at, at + 6 * TICK)) for at in drawn.infusions),
        nurses=busy(drawn, whole),
    )


def busy(drawn: Drawn, whole: Span) -> BusyNurses | None:
    staffing = drawn.staffing
    if not staffing.limited:
        return None
    setup = timedelta(minutes=staffing.setup_minutes)
    nurses = list(nurses_at_work(staffing, whole, drawn.zone))
    starts = [each.visit.block.start for each in drawn.sessions]
    setups = all_busy([Span(at, at + setup) for at in starts], nurses)
    watches = [each.visit.watch for each in drawn.sessions]
    watched = all_busy(watches, nurses, staffing.watch_ratio)
    limit = [[Blocker("nurse_limit", span) for span in spans] for spans in (setups, watched)]
    return BusyNurses(setup, tuple(limit[0]), tuple(limit[1]))


class Checker:
    """Every rule, said in the plainest way; instants of wall times are walked up to."""

    def __init__(self, drawn: Drawn, distance: Distance) -> None:
        self.drawn, self.distance = drawn, distance
        self.opened = [self.wall_span(each.opens, each.closes) for each in drawn.hours]
        shifts = drawn.staffing.shifts
        self.unlimited = shifts is None
        self.shifts = [(self.wall_span(x.starts, x.ends), x.nurses) for x in shifts or ()]
        self.changed = [
            (self.wall_span(x.starts, x.ends), x.nurses) for x in drawn.staffing.overrides
        ]

    def wall_span(self, first: time, last: time) -> tuple[datetime, datetime]:
        zone, on = self.drawn.zone, self.drawn.on
        return reached(on, first, zone, TICK), reached(on, last, zone, TICK)

    def allows(self, visit: Visit, lane: int) -> bool:
        block = list(steps(visit.block))
        return (
            all(self.open_at(step) for step in block)
            and not any(on == lane and meets(span, visit.block) for on, span in self.on_chairs())
            and not any(meets(span, visit.stay) for span in self.drawn.visits)
            and all(self.far_enough(visit.starts_at, other) for other in self.drawn.infusions)
            and self.nurses_can(visit)
        )

    def open_at(self, at: datetime) -> bool:
        is_open = any(first <= at < last for first, last in self.opened)
        return is_open and not any(span.start <= at < span.end for span in self.drawn.closures)

    def on_chairs(self) -> list[tuple[int, Span]]:
        taken = [(each.lane, each.visit.block) for each in self.drawn.sessions]
        return [*taken, *self.drawn.outages]

    def far_enough(self, at: datetime, other: datetime) -> bool:
        zone = self.drawn.zone
        days = abs((showing(at, zone).date() - showing(other, zone).date()).days)
        minutes = abs(at - other) / timedelta(minutes=1)
        return days >= self.distance.min_days and minutes >= 60 * self.distance.min_hours

    def nurses_can(self, visit: Visit) -> bool:
        setup = timedelta(minutes=self.drawn.staffing.setup_minutes)
        others = [each.visit for each in self.drawn.sessions]
        for at in steps(Span(visit.block.start, visit.block.start + setup)):
            there = sum(each.block.start <= at < each.block.start + setup for each in others)
            if there + 1 > self.nurses_at(at):
                return False
        for at in steps(Span(visit.infusion.start, visit.stay.end)):
            there = sum(each.infusion.start <= at < each.stay.end for each in others)
            if there + 1 > self.nurses_at(at) * self.drawn.staffing.watch_ratio:
                return False
        return True

    def nurses_at(self, at: datetime) -> float:
        changed = [nurses for (first, last), nurses in self.changed if first <= at < last]
        if changed:
            return sum(changed)
        if self.unlimited or not self.on_the_day(at):
            return float("inf")
        return sum(nurses for (first, last), nurses in self.shifts if first <= at < last)

    def on_the_day(self, at: datetime) -> bool:
        return showing(at, self.drawn.zone).date() == self.drawn.on


def steps(span: Span) -> list[datetime]:
    return [span.start + n * TICK for n in range((span.end - span.start) // TICK)]


def meets(one: Span, other: Span) -> bool:
    return max(one.start, other.start) < min(one.end, other.end)


distances = st.sampled_from(
    [Distance(), Distance(min_days=2), Distance(min_hours=20), Distance(min_hours=48)]
)


@pytest.mark.proof
def test_search_finds_what_trying_every_start_against_every_rule_finds(size: Size) -> None:
    """I17: and everything it offers, booking accepts; everything else, booking refuses."""

    @settings(max_examples=size(ci=250, proof=10_000), deadline=None)
    @given(clinics(), some_parts, distances, st.integers(-90, 90))
    def check(drawn: Drawn, parts: VisitParts, distance: Distance, tick: int) -> None:
        picture, checker = pictured(drawn), Checker(drawn, distance)
        whole = day(drawn.on, drawn.zone)
        first = on_grid(whole.start + timedelta(hours=12) + tick * TICK)
        within = Span(max(first, whole.start), min(first + 24 * TICK, whole.end))
        days = free_days(picture, within, parts, drawn.zone, distance)
        offered = {(slot.visit.starts_at, slot.lane.id) for slot in slots(days, parts)}
        for start in steps(within):
            visit = visit_at(start, parts)
            for lane in range(drawn.lanes):
                lane_id = LANES[lane].id
                expected = checker.allows(visit, lane) and one_day(visit, drawn)
                assert ((start, lane_id) in offered) is expected
                wish = Wish(visit, distance, lane_id)
                placed, _ = place([wish], picture, drawn.zone)
                assert bool(placed) is expected or not one_day(visit, drawn)

    check()


def one_day(visit: Visit, drawn: Drawn) -> bool:
    """Blocks lie within one local day, as opening hours do."""
    last = visit.block.end - TICK
    return all(showing(at, drawn.zone).date() == drawn.on for at in (visit.block.start, last))
