"""The demo clinic's past, one thing after the other, each as of its own instant."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TypeVar

from scheduler.errors import Conflict
from scheduler.messages.actions import begin_all
from scheduler.messages.actions_settle import settle_all
from scheduler.messages.channels import Channels
from scheduler.messages.model_claims import claim
from scheduler.outreach.actions import scan
from scheduler.tenancy import SYSTEM, Actor, Work
from scheduler.wall_time import on_wall

Made = TypeVar("Made")

# Longer than the whole demo takes: nobody else works on a clinic that is not committed yet.
LEASE = timedelta(minutes=10)


class AnyVersion:
    """Matches whatever version there is: nobody else changes this clinic meanwhile."""

    def allows(self, version: int) -> bool:
        return version > 0


ANY = AnyVersion()


class Timeline:
    """What is still to happen in one clinic, played by instant within one transaction."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._now = work.now
        self._coming: list[tuple[datetime, int, Actor, Callable[[Work], object]]] = []
        self._serial = count()

    def at(self, instant: datetime, do: Callable[[Work], object], actor: Actor = SYSTEM) -> None:
        """Do this then; of two things at one instant the one entered first goes first.

        Raises ValueError when that instant has gone by: nothing is done before what led to it.
        """
        if instant < self._now:
            raise ValueError(f"{instant.isoformat()} has gone by")
        heappush(self._coming, (instant, next(self._serial), actor, do))

    def on(self, on: date, at: time) -> datetime:
        """The instant of a wall time of the clinic."""
        return on_wall(on, at, self.work.zone).at

    def play(self, until: datetime) -> Iterator[datetime]:
        """Do everything up to `until` in order; yields each instant once its thing is done."""
        while self._coming and self._coming[0][0] <= until:
            self._now, _, actor, do = heappop(self._coming)
            do(replace(self.work, now=self._now, actor=actor))
            self.work.session.flush()
            # As if each were a transaction of its own: the next one reads everything afresh.
            self.work.session.expunge_all()
            yield self._now


@dataclass(frozen=True, slots=True)
class Outreach:
    """What a tick of the jobs does, with channels of its own."""

    channels: Channels

    def tick(self, work: Work) -> None:
        """Enter what fell due in the ledger, and send it."""
        scan(work)
        work.session.flush()
        while claimed := claim(work, LEASE):
            while claimed:
                begun = begin_all(work, claimed, self.channels)
                ended = [(each, self.channels[each.channel].send(each)) for each in begun.outgoing]
                settle_all(work, ended, lambda: 0)
                claimed = begun.left
            work.session.expunge_all()


def first_that_fits(work: Work, attempts: Iterable[Callable[[], Made]]) -> Made:
    """What the first attempt makes that meets no conflict. Raises LookupError if all do."""
    for attempt in attempts:
        with suppress(Conflict), work.session.begin_nested():
            return attempt()
    raise LookupError("nothing fits")
