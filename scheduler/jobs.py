"""The background process. APScheduler only ticks; each tick asks the database what is due.

It holds no truth: any number of job processes may run, and one that dies loses nothing.
"""

import logging
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

import config
from scheduler import clock, databases, logs
from scheduler.heartbeat import beat
from scheduler.messages.actions import begin_send, give_back, settle
from scheduler.messages.channels import CHANNEL_AWAY, Channels, open_channels
from scheduler.messages.model import Message, claim, hold, release_expired
from scheduler.outreach.actions import scan
from scheduler.tenancy import clinic_ids, unit_of_work, working_for
from scheduler.web.idempotency import forget_old

# A loop that gave no sign of life in so many looks hangs.
BEATS = 3

Now = Callable[[], datetime]

# What a tick did: how many messages ended how, as "reminder 1d_before: sent".
Done = Counter[str]


def run(app: Flask) -> None:
    """Tick until SIGTERM or SIGINT; a tick that has begun is finished first."""
    settings: config.Settings = app.extensions["settings"]
    channels = open_channels(settings)
    stopped, alive = threading.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())

    def now() -> datetime:
        # Each step of a tick asks for the time, so each is a sign of life.
        alive.set()
        return clock.now()

    def tick_now() -> None:
        alive.set()
        try:
            clock.mark(settings.data_dir)
            with app.app_context():
                tick(app, now, channels)
                with unit_of_work() as session:
                    beat(session)
        except Exception as error:
            # The database may be away; the next tick asks again. The laptop's own is ours to mend.
            logs.failed("a tick failed", error)
            if settings.embedded:
                databases.find(settings)

    # It warns of every tick that is skipped because the one before still runs.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # One thread: a tick that takes long is followed by the next, not joined by it.
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone="UTC")
    # The default of one second of grace makes late runs vanish, here and below.
    scheduler.add_job(tick_now, misfire_grace_time=None)
    scheduler.add_job(
        tick_now,
        "interval",
        seconds=settings.tick_seconds,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.start()
    watch(stopped, alive, max(settings.tick_seconds, settings.jobs_stuck_seconds / BEATS))
    scheduler.shutdown(wait=True)


def watch(stopped: threading.Event, alive: threading.Event, seconds: float) -> None:
    """Wait to be stopped; end the process at once, as a failure, when the loop misses its beats.

    Looks are counted and not seconds: a process that was frozen is not to blame for that time.
    """
    missed = 0
    while not stopped.wait(seconds):
        missed = 0 if alive.is_set() else missed + 1
        alive.clear()
        if missed == BEATS:
            logs.log.error("the jobs hang")
            # A thread that hangs would hold up any other way out.
            os._exit(1)


def tick(app: Flask, now: Now, channels: Channels, *, move_mark: bool = True) -> Done:
    """Do all work that is due, once, for every clinic; one that fails stops no other.

    `now` is asked again for each step, as a long backlog may run into quiet hours.
    """
    with unit_of_work() as session:
        clinics = clinic_ids(session)
    done: Done = Counter()
    for clinic_id in clinics:
        try:
            with working_for(clinic_id, now()) as work:
                scan(work, move_mark=move_mark)
                forget_old(work)
            done += deliver(app, clinic_id, now, channels)
        except Exception as error:
            logs.failed("a clinic's tick failed", error)
            done["clinics failed"] += 1
    return done


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


def deliver(app: Flask, clinic_id: UUID, now: Now, channels: Channels) -> Done:
    """Send a clinic's messages whose time has come, batch by batch until none is left."""
    settings: config.Settings = app.extensions["settings"]
    lease = timedelta(seconds=settings.lease_seconds)
    # With no channel left nobody knows what the one it went by would do.
    dedupes = bool(channels) and all(channel.dedupes for channel in channels.values())
    with working_for(clinic_id, now()) as work:
        release_expired(work, after_sending="planned" if dedupes else "unknown")
    done: Done = Counter()
    away: set[str] = set()
    while True:
        with working_for(clinic_id, now()) as work:
            claimed = claim(work, lease)
        if not claimed:
            return done
        for message_id in claimed:
            try:
                done[_send(clinic_id, message_id, now, channels, lease, away)] += 1
            except Exception as error:
                # A bad row stops no other.
                logs.failed("a message failed", error)
                done["messages failed"] += 1
                _give_back(clinic_id, message_id, now)


def _send(
    clinic_id: UUID,
    message_id: UUID,
    now: Now,
    channels: Channels,
    lease: timedelta,
    away: set[str],
) -> str:
    """Take one claimed message to the end of an attempt; says what became of it.

    `away` names the channels found dead in this tick: nobody waits for them a second time.
    """
    with working_for(clinic_id, now()) as work:
        outgoing = begin_send(work, message_id, channels)
        message = work.load(Message, message_id)
        what = f"{message.kind} {message.rule}"
        if outgoing is None:
            return f"{what}: {message.status} ({message.reason or 'waits for the morning'})"
        # It may have stood at the end of a long batch: its own lease begins now.
        hold(message, lease)
    channel = outgoing.channel
    outcome = CHANNEL_AWAY if channel in away else channels[channel].send(outgoing)
    if outcome == CHANNEL_AWAY:
        away.add(channel)
    with working_for(clinic_id, now()) as work:
        return f"{what}: {settle(work, outgoing, outcome, _jitter())}"


def _give_back(clinic_id: UUID, message_id: UUID, now: Now) -> None:
    """Let a message that could not even be begun wait for its next try, and count this one."""
    with suppress(SQLAlchemyError), working_for(clinic_id, now()) as work:
        give_back(work, message_id, _jitter())


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - it spreads retries, it is no secret
