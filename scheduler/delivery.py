"""The work of the jobs, in pieces that may run at any time and side by side.

`scan_all` enters what fell due in the ledgers, `sweep_all` frees what dead processes held,
`deliver_all` sends by one channel: each channel works for itself, so that a slow provider holds up
nobody else's messages. Each step is a unit of work of its own.
"""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

import config
from scheduler import logs
from scheduler.messages.actions import begin_send, give_back, settle
from scheduler.messages.channels import Channels
from scheduler.messages.model import Message
from scheduler.messages.model_claims import claim, doubt_all_due, expired, hold, release
from scheduler.messages.rules import Outcome
from scheduler.messages.schema import CHANNELS
from scheduler.outreach.actions import scan
from scheduler.tenancy import clinic_ids, unit_of_work, working_for
from scheduler.web.idempotency import forget_old

# Freed at a time; where one of them breaks, that page is freed one by one.
PAGE = 50

Now = Callable[[], datetime]

# What was done: how many messages ended how, as "reminder 1d_before: sent".
Done = Counter[str]


def tick(app: Flask, now: Now, channels: Channels, *, move_mark: bool = True) -> Done:
    """Do all work that is due, once, for every clinic; one that fails stops no other.

    `now` is asked again for each step, as a long backlog may run into quiet hours.
    """
    # Twice, as a message may be led from one channel to another.
    ways = [Delivery(app, way, now, channels) for way in CHANNELS] * 2

    def all_of_one(clinic_id: UUID) -> Done:
        _scan(clinic_id, now, move_mark=move_mark)
        _sweep(clinic_id, now)
        return sum((way.run(clinic_id) for way in ways), Counter())

    return _for_each_clinic(all_of_one)


def scan_all(now: Now) -> Done:
    """Enter what fell due in every clinic's ledger."""
    return _for_each_clinic(lambda clinic_id: _scan(clinic_id, now))


def sweep_all(now: Now) -> Done:
    """Free what dead or frozen processes hold in any clinic, where their lease is over."""
    return _for_each_clinic(lambda clinic_id: _sweep(clinic_id, now))


def doubt_all(now: Now) -> Done:
    """After a restore: what fell due may have gone since the copy was made, so nothing of it goes.

    It is entered in the ledgers as unknown, for a person to see (I49).
    """

    def doubt(clinic_id: UUID) -> Done:
        with working_for(clinic_id, now()) as work:
            scan(work)
            return Counter({"unknown (restored)": doubt_all_due(work)})

    return _for_each_clinic(doubt)


def deliver_all(app: Flask, way: str, now: Now, channels: Channels) -> Done:
    """Send what is due by one channel, clinic by clinic, batch by batch until none is left."""
    return _for_each_clinic(Delivery(app, way, now, channels).run)


def count_due(now: datetime) -> int:
    """How many messages a scan at `now` would enter in the ledgers; changes nothing."""
    with unit_of_work() as session:
        clinics = clinic_ids(session)
    count = 0
    for clinic_id in clinics:
        with working_for(clinic_id, now) as work:
            count += scan(work)
            work.session.rollback()
    return count


@dataclass
class Delivery:
    """The messages of one channel on their way out.

    `is_away` once the provider was found dead: nobody waits for it a second time in this run.
    """

    app: Flask
    way: str
    now: Now
    channels: Channels
    is_away: Outcome | None = field(default=None, init=False)

    @property
    def lease(self) -> timedelta:
        settings: config.Settings = self.app.extensions["settings"]
        return timedelta(seconds=settings.lease_seconds)

    def run(self, clinic_id: UUID) -> Done:
        """Send a clinic's messages whose time has come; one that breaks stops no other."""
        done: Done = Counter()
        # A message may be meant for a channel that is not configured: it is led to another one.
        width = self.channels[self.way].width if self.way in self.channels else 1
        with ThreadPoolExecutor(width) as pool:
            while claimed := self._claim(clinic_id):
                each_in_turn = map if width == 1 else pool.map
                done.update(filter(None, each_in_turn(partial(self._apart, clinic_id), claimed)))
        return done

    def _claim(self, clinic_id: UUID) -> list[UUID]:
        with working_for(clinic_id, self.now()) as work:
            return claim(work, self.lease, self.way)

    def _apart(self, clinic_id: UUID, message_id: UUID) -> str | None:
        """In a thread of its own, which has no app context yet."""
        with self.app.app_context():
            return self._send(clinic_id, message_id)

    def _send(self, clinic_id: UUID, message_id: UUID) -> str | None:
        try:
            return self._attempt(clinic_id, message_id)
        except Exception as error:
            logs.failed("a message failed", error)
            # What could not even be begun waits for its next try, and this one counts.
            with suppress(SQLAlchemyError), working_for(clinic_id, self.now()) as work:
                give_back(work, message_id, _jitter())
            return "messages failed"

    def _attempt(self, clinic_id: UUID, message_id: UUID) -> str | None:
        """Take one claimed message to the end of an attempt; says what became of it.

        None when it was led to another channel.
        """
        with working_for(clinic_id, self.now()) as work:
            outgoing = begin_send(work, message_id, self.channels, via=self.way)
            message = work.load(Message, message_id)
            what = f"{message.kind} {message.rule}"
            if outgoing is None:
                if message.status == "planned" and message.channel != self.way:
                    return None
                return f"{what}: {message.status} ({message.reason or 'waits'})"
            # It may have stood at the end of a long batch: its own lease begins now.
            hold(message, self.lease)
        outcome = self.is_away or self.channels[outgoing.channel].send(outgoing)
        if outcome.away:
            self.is_away = outcome
        with working_for(clinic_id, self.now()) as work:
            return f"{what}: {settle(work, outgoing, outcome, _jitter())}"


def _for_each_clinic(do: Callable[[UUID], Done]) -> Done:
    """The same for every clinic; one that fails stops no other."""
    with unit_of_work() as session:
        clinics = clinic_ids(session)
    done: Done = Counter()
    for clinic_id in clinics:
        try:
            done += do(clinic_id)
        except Exception as error:
            logs.failed("a clinic's tick failed", error)
            done["clinics failed"] += 1
    return done


def _scan(clinic_id: UUID, now: Now, *, move_mark: bool = True) -> Done:
    with working_for(clinic_id, now()) as work:
        scan(work, move_mark=move_mark)
        forget_old(work)
    return Counter()


def _sweep(clinic_id: UUID, now: Now) -> Done:
    with working_for(clinic_id, now()) as work:
        held = expired(work)
    for start in range(0, len(held), PAGE):
        page = held[start : start + PAGE]
        try:
            _release(clinic_id, page, now)
        except SQLAlchemyError:
            for message_id in page:
                with suppress(SQLAlchemyError):
                    _release(clinic_id, [message_id], now)
    return Counter()


def _release(clinic_id: UUID, held: list[UUID], now: Now) -> None:
    with working_for(clinic_id, now()) as work:
        release(work, held)


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - it spreads retries, it is no secret
