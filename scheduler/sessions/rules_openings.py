"""Where a patient could still be treated: the free starts around a wish, nearest first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from heapq import merge
from uuid import UUID

from scheduler.protocols.rules import Distance, VisitParts, visit_at
from scheduler.sessions.rules_calendar import Calendar
from scheduler.sessions.rules_load import Loads
from scheduler.sessions.rules_placing import Wish, minutes_of, wall_minutes
from scheduler.sessions.rules_slots import TICK, FreeDay, Slot, free_days
from scheduler.spans import ALWAYS, Span
from scheduler.wall_time import day, local_date, on_wall


@dataclass(frozen=True, slots=True)
class Flexibility:
    """How far a session may move: whole days, and minutes on the wall."""

    days: int = 0
    minutes: int = 0


ANY_TIME = 24 * 60
DAY = timedelta(days=1)
ALL_DAY = (time.min, time.max)


class Openings:
    """The free starts of a calendar, a day at a time, worked out when first asked for.

    Nothing is free on days that the calendar does not cover. `within` bounds the starts, `may_on`
    says on which days the patient may be treated at all, `between` which times suit them.
    """

    def __init__(
        self,
        calendar: Calendar,
        parts: VisitParts,
        zone: tzinfo,
        within: Span,
        may_on: Callable[[date], bool],
        between: tuple[time, time] = ALL_DAY,
    ) -> None:
        self.calendar, self.parts, self.zone = calendar, parts, zone
        self.within, self.may_on, self.between = within, may_on, between
        self.loads = Loads(calendar, zone)
        self._known: dict[tuple[date, Distance | None], list[FreeDay]] = {}

    def on(self, on: date, distance: Distance | None) -> list[FreeDay]:
        """The day's free starts, at this distance from the patient's other infusions."""
        if (on, distance) not in self._known:
            whole = day(on, self.zone)
            asked = Span(max(whole.start, self.within.start), min(whole.end, self.within.end))
            self._known[on, distance] = (
                list(free_days(self.calendar, asked, self.parts, self.zone, distance))
                if asked and self.calendar.covers(whole) and self.may_on(on)
                else []
            )
        return self._known[on, distance]

    def allow(self, at: datetime) -> bool:
        """May a session start then, as far as the patient and the time go?"""
        wall = at.astimezone(self.zone)
        first, last = self.between
        in_time = self.within.start <= at < self.within.end
        return in_time and first <= wall.time() <= last and self.may_on(wall.date())

    def near(
        self,
        wish: Wish,
        flexibility: Flexibility,
        preferred: UUID | None,
        room: Span = ALWAYS,
    ) -> Iterator[Slot]:
        """The free starts within the flexibility and `room`, nearest to the wish first (I24).

        Each once: fewest days off, then fewest minutes, then the earlier; the preferred lane if
        it is free.
        """
        for days in self._rings(wish, flexibility.days, room):
            for at in self._nearest_first(days, wish):
                if room.start <= at < room.end and self._suits(at, wish, flexibility):
                    yield self.slot_at(at, wish, preferred)

    def _nearest_first(self, days: list[FreeDay], wish: Wish) -> Iterator[datetime]:
        """The starts of a ring's days by how near they are to a wish."""
        if any(map(self._is_odd, days)):
            yield from sorted(
                (at for free in days for at in free.all_starts()), key=self.nearness(wish)
            )
            return
        wished = wish.visit.starts_at.astimezone(self.zone).time()
        each = (free.nearest_to(on_wall(free.on, wished, self.zone).at) for free in days)
        yield from (at for _, at in merge(*each))

    def _is_odd(self, free: FreeDay) -> bool:
        """Is the wall on this day another measure than the hours from its start?

        Clocks change on it, or what is prepared on it starts on the next.
        """
        whole = day(free.on, self.zone)
        return whole.end - whole.start != DAY or any(
            mask >> (DAY - free.prep) // TICK for _, mask in free.starts
        )

    def nearness(self, wish: Wish) -> Callable[[datetime], tuple[int, int, datetime]]:
        """How near a start is to a wish."""
        wished = wish.visit.starts_at.astimezone(self.zone)
        on, minutes = wished.date(), minutes_of(wished.time())

        def key(at: datetime) -> tuple[int, int, datetime]:
            wall = at.astimezone(self.zone)
            return abs((wall.date() - on).days), abs(minutes_of(wall.time()) - minutes), at

        return key

    def starts(self, wish: Wish, flexibility: Flexibility) -> list[datetime]:
        """The same starts, in their own order."""
        return sorted(
            at
            for days in self._rings(wish, flexibility.days, ALWAYS)
            for free in days
            for at in free.all_starts()
            if self._suits(at, wish, flexibility)
        )

    def slot_at(self, at: datetime, wish: Wish, preferred: UUID | None) -> Slot:
        """The slot of a free start: on the preferred lane if it is free, else on the first."""
        days = self._for(wish, local_date(at, self.zone))
        lanes = [lane for free in days for lane in free.lanes_at(at)]
        lane = next((each for each in lanes if each.id == preferred), lanes[0])
        return Slot(lane, visit_at(at, self.parts))

    def _rings(self, wish: Wish, days: int, room: Span) -> Iterator[list[FreeDay]]:
        """The days around a wish that meet `room`, those that are as far off together."""
        on = local_date(wish.visit.starts_at, self.zone)
        for days_off in range(days + 1):
            ring = {on - timedelta(days=days_off), on + timedelta(days=days_off)}
            yield [
                free
                for each in sorted(ring)
                if day(each, self.zone).overlaps(room)
                for free in self._for(wish, each)
            ]

    def _for(self, wish: Wish, on: date) -> list[FreeDay]:
        """The day's free starts for a wish.

        On a day with another session of its series, the only one where ranks change, none is.
        """
        return self.on(on, wish.distance_at(day(on, self.zone).start))

    def _suits(self, at: datetime, wish: Wish, flexibility: Flexibility) -> bool:
        """Is a free start near enough to the wish, and at a time that suits the patient?"""
        if flexibility.minutes >= ANY_TIME and self.between == ALL_DAY:
            return True
        first, last = map(minutes_of, self.between)
        minutes = wall_minutes(at, self.zone)
        far = abs(minutes - wall_minutes(wish.visit.starts_at, self.zone))
        return first <= minutes <= last and far <= flexibility.minutes
