"""Who is told of an alert, and when: who is on call, in which order, and how often (I54).

In rounds: everybody whose turn has come is told once in each, by every channel they have. A round
begins a while after the one before, until somebody acknowledges the alert. Nobody makes up for
rounds that passed while no job ran: the next begins at once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from uuid import UUID

# What happens to an alert, in the order in which some of it may happen at once.
EVENTS = ("raised", "joined", "acknowledged", "closed")

# The clocks of two machines differ; by more than this, one of them was set back.
SKEW = timedelta(seconds=60)

# Where nobody was reached for so long, everybody is told.
UNREACHED = timedelta(minutes=1)

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """These providers are on call on every such weekday (Monday 0), by the clinic's wall clock.

    One that does not end after it starts ends on the next day.
    """

    weekday: int
    starts: time
    ends: time
    provider_ids: tuple[UUID, ...]

    def covers(self, wall: datetime) -> bool:
        """Is it on when the clinic's clock shows that?"""
        overnight = self.ends <= self.starts
        if wall.weekday() == self.weekday:
            return self.starts <= wall.time() and (overnight or wall.time() < self.ends)
        since_yesterday = wall.weekday() == (self.weekday + 1) % 7
        return overnight and since_yesterday and wall.time() < self.ends


@dataclass(frozen=True, slots=True)
class Rota:
    """Who is on call when, in the order of telling; `otherwise` after those, or when nobody is."""

    shifts: tuple[Shift, ...] = ()
    otherwise: tuple[UUID, ...] = ()

    def on_call(self, at: datetime, zone: tzinfo) -> list[UUID]:
        """Whom the rota names at that instant, each once."""
        wall = at.astimezone(zone)
        on = [each for shift in self.shifts if shift.covers(wall) for each in shift.provider_ids]
        return list(dict.fromkeys([*on, *self.otherwise]))


@dataclass(frozen=True, slots=True)
class Pace:
    """A round begins every `repeat`; every `escalate` it is one person more."""

    repeat: timedelta
    escalate: timedelta


@dataclass(frozen=True, slots=True)
class Told:
    """What was done since an alert's clock began: its latest round and when that began.

    `reached`: did a channel take a word for anybody at all?
    """

    clock_from: datetime
    number: int = 0
    at: datetime | None = None
    reached: bool = False


def round_now(told: Told, pace: Pace, now: datetime) -> int:
    """The number of the round that it is now, from 1.

    Rounds are counted on from the latest, so that a clock that was set back holds up none.
    """
    if told.at is None:
        return 1
    since = now - told.at
    return told.number + (since >= pace.repeat or since < -SKEW)


def people_now(
    told: Told, pace: Pace, now: datetime, named: Sequence[UUID], reachable: Collection[UUID]
) -> list[UUID]:
    """Who is to be told by now: of those whom the rota `named`, the first, and one more each time.

    Everybody who is `reachable` where that is none of them, once they all were told, where nobody
    was reached, and where a clock that was set back does not tell how long it has been.
    """
    in_turn = [one for one in named if one in reachable]
    everybody = list(dict.fromkeys([*in_turn, *sorted(reachable)]))
    since = now - told.clock_from
    if not in_turn or since < -SKEW or (since >= UNREACHED and not told.reached):
        return everybody
    more = max(since, timedelta(0)) // pace.escalate
    return in_turn[: 1 + more] if more < len(in_turn) else everybody


def wait_after(attempt: int) -> timedelta:
    """How long to wait after the n-th attempt (from 1) failed: 5 s · 2^(n-1), a minute at most."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempt - 1, 10)
    return min(doubled, LONGEST_WAIT)
