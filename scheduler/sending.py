"""What goes out by one channel: claimed, begun, sent and settled, a chunk at a time.

Each step is a unit of work of its own. Where a step breaks for a chunk, it is done one by one.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

import config
from scheduler import logs
from scheduler.messages.actions import Begun, begin_all
from scheduler.messages.actions_bounces import heed_all
from scheduler.messages.actions_settle import give_back, settle_all
from scheduler.messages.channels import Channels
from scheduler.messages.links import with_links
from scheduler.messages.model_claims import claim
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import NOT_TRIED, Outcome
from scheduler.messages.rules_bounces import OF_ADDRESS
from scheduler.tenancy import working_for

# So many are begun at once where they go out one after the other; a crash leaves them in doubt.
# Where some go out side by side it is two rounds of them.
CHUNK = 25

# The part of a lease in which what was begun may still be sent.
SHARE = 1 / 3

# Nobody knows what became of it: it is left to its lease.
BROKEN = Outcome("unknown", "broken")

Now = Callable[[], datetime]

# What was done: how many messages ended how, as "reminder 1d_before: sent".
Done = Counter[str]

Ended = tuple[Outgoing, Outcome]
Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass
class Delivery:
    """The messages of one channel on their way out.

    `is_away` once the provider was found dead: nobody waits for it a second time in this run.
    With `stopped` set no further chunk is begun; what was claimed is free when its lease is over.
    """

    app: Flask
    way: str
    now: Now
    channels: Channels
    stopped: threading.Event = field(default_factory=threading.Event)
    is_away: Outcome | None = field(default=None, init=False)

    @property
    def settings(self) -> config.Settings:
        settings: config.Settings = self.app.extensions["settings"]
        return settings

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.settings.lease_seconds)

    @property
    def width(self) -> int:
        # A message may be meant for a channel that is not configured: it is led to another one.
        return self.channels[self.way].width if self.way in self.channels else 1

    def run(self, clinic_id: UUID) -> Done:
        """Send a clinic's messages whose time has come; one that breaks stops no other."""
        done: Done = Counter()
        at_once = 2 * self.width if self.width > 1 else CHUNK
        with ThreadPoolExecutor(self.width) as pool:
            while not self.stopped.is_set() and (waiting := self._claim(clinic_id)):
                while waiting and not self.stopped.is_set():
                    left = self._attempt(clinic_id, waiting[:at_once], pool, done)
                    waiting = left + waiting[at_once:]
        return done

    def _claim(self, clinic_id: UUID) -> list[UUID]:
        with working_for(clinic_id, self.now()) as work:
            return claim(work, self.lease, self.way)

    def _attempt(
        self, clinic_id: UUID, claimed: list[UUID], pool: ThreadPoolExecutor, done: Done
    ) -> list[UUID]:
        """Take a chunk of claimed messages to the end of an attempt; which of them are left."""
        began = time.monotonic()

        def not_begun(message_id: UUID) -> None:
            done["messages failed"] += 1
            # What could not even be begun waits for its next try, and this one counts.
            with suppress(SQLAlchemyError), working_for(clinic_id, self.now()) as work:
                give_back(work, message_id, _jitter())

        def not_settled(_: Ended) -> None:
            done["messages failed"] += 1

        parts = _together(partial(self._begin, clinic_id, done), claimed, not_begun)
        begun = [outgoing for part in parts for outgoing in part.outgoing]
        outcomes = self._send(begun, pool, began + self.lease.total_seconds() * SHARE)
        ended = [each for each in zip(begun, outcomes, strict=True) if each[1] is not BROKEN]
        done.update(["messages failed"] * (len(begun) - len(ended)))
        _together(partial(self._settle, clinic_id, done), ended, not_settled)
        return [message_id for part in parts for message_id in part.left]

    def _begin(self, clinic_id: UUID, done: Done, claimed: list[UUID]) -> Begun:
        """Commit to sending those that may go; say of the others why not.

        Nothing of one that was led to another channel. Their leases begin now: they may have stood
        at the end of a long batch.
        """
        with working_for(clinic_id, self.now()) as work:
            url = self.settings.public_url
            begun = begin_all(
                work, claimed, self.channels, via=self.way, lease=self.lease, public_url=url
            )
            going = with_links(work, begun.outgoing, url)
        for entry in begun.ended:
            if entry.status != "planned" or entry.channel == self.way:
                why = entry.reason or "waits"
                done[f"{entry.kind} {entry.rule}: {entry.status} ({why})"] += 1
        return replace(begun, outgoing=going)

    def _send(self, begun: list[Outgoing], pool: ThreadPoolExecutor, until: float) -> list[Outcome]:
        """Let them go, those whose turn comes in time: the others' leases would run out first."""

        def send(place: int, outgoing: Outgoing) -> Outcome:
            if place >= self.width and time.monotonic() > until:
                return NOT_TRIED
            try:
                outcome = self.is_away or self.channels[outgoing.channel].send(outgoing)
            except Exception as error:
                logs.failed("a message failed", error)
                return BROKEN
            if outcome.away:
                self.is_away = outcome
            return outcome

        each_in_turn = map if self.width == 1 else pool.map
        return list(each_in_turn(send, range(len(begun)), begun))

    def _settle(self, clinic_id: UUID, done: Done, ended: list[Ended]) -> None:
        with working_for(clinic_id, self.now()) as work:
            statuses = settle_all(work, ended, _jitter)
            heeded = heed_all(work, [s.id for s, outcome in ended if outcome.reason in OF_ADDRESS])
        for (sent, outcome), status in zip(ended, statuses, strict=True):
            if outcome is not NOT_TRIED:
                done[f"{sent.kind} {sent.rule}: {heeded.get(sent.id, status)}"] += 1


def _together(
    do: Callable[[list[Item]], Made], items: list[Item], broken: Callable[[Item], None]
) -> list[Made]:
    """Do it to all at once; where that breaks, one by one, so that one stops no other."""
    if not items:
        return []
    try:
        return [do(items)]
    except Exception as error:
        if len(items) > 1:
            return [made for item in items for made in _together(do, [item], broken)]
        logs.failed("a message failed", error)
        broken(items[0])
        return []


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - it spreads retries, it is no secret
