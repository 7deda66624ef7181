"""The background process. APScheduler only ticks; each loop asks the database what is due.

It holds no truth: any number of job processes may run, and one that dies loses nothing. One loop
looks for what fell due, one frees what dead processes held, and each channel has one of its own,
and another one for alerts.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

import config
from scheduler import clock, databases, delivery, logs, telling
from scheduler.heartbeat import beat, remember, was_restored
from scheduler.messages.channels import open_channels
from scheduler.messages.schema import CHANNELS
from scheduler.sending import Now
from scheduler.tenancy import unit_of_work

# A loop that gave no sign of life in so many looks hangs.
BEATS = 3

# A clock that is further back than this may make us do again what was done: nothing goes out.
BEHIND = timedelta(seconds=60)

# So often within one lease it is looked for leases that are over.
SWEEPS = 6


class Loop:
    """Something done again and again; `alive` is set by each sign of life since the last look.

    What is `urgent` is done whatever the clock shows.
    """

    def __init__(
        self, app: Flask, seconds: float, do: Callable[[Now], object], *, urgent: bool = False
    ) -> None:
        self.app, self.seconds, self.do, self.urgent = app, seconds, do, urgent
        self.alive, self.busy = threading.Event(), threading.Lock()

    def now(self) -> datetime:
        """The time; each step of a loop asks for it, so each is a sign of life."""
        self.alive.set()
        return clock.now()

    def run(self) -> None:
        """Do it once, unless it is being done; an error is logged, and the next time comes."""
        self.alive.set()
        if self.busy.acquire(blocking=False):
            try:
                self._run()
            finally:
                self.busy.release()

    def _run(self) -> None:
        settings: config.Settings = self.app.extensions["settings"]
        if not self.urgent and clock.behind(settings.data_dir) > BEHIND:
            logs.log.error("the clock is behind; nothing is sent until it has caught up")
            return
        try:
            with self.app.app_context():
                self.do(self.now)
        except Exception as error:
            # The database may be away; the next tick asks again. The laptop's own is ours to mend.
            logs.failed("a tick failed", error)
            if settings.embedded:
                databases.find(settings)


def run(app: Flask) -> None:
    """Tick until SIGTERM or SIGINT; what has begun is finished first."""
    settings: config.Settings = app.extensions["settings"]
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    loops = loops_of(app, settings, stopped)
    # It warns of every tick that is skipped because the one before still runs.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(len(loops))}, timezone="UTC"
    )
    for loop in loops:
        # The default of one second of grace makes late runs vanish, here and below.
        scheduler.add_job(loop.run, misfire_grace_time=None)
        scheduler.add_job(
            loop.run,
            "interval",
            seconds=loop.seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    slowest = max(loop.seconds for loop in loops)
    watch(stopped, loops, max(slowest, settings.jobs_stuck_seconds / BEATS))
    scheduler.shutdown(wait=True)


def loops_of(app: Flask, settings: config.Settings, stopped: threading.Event) -> list[Loop]:
    """What goes on side by side."""
    channels = open_channels(settings)
    # Of its own: an alert waits for no connection on which a message hangs.
    for_alerts = open_channels(settings)
    soon = min(settings.tick_seconds, telling.SECONDS)

    # Until it is known that the database is no older copy, nothing goes out.
    is_known = threading.Event()

    def look(now: Now) -> None:
        clock.mark(settings.data_dir)
        with unit_of_work() as session:
            restored = was_restored(session, settings.data_dir)
        if restored:
            logs.log.error("the database is an older copy; what was due is unknown")
            delivery.doubt_all(now)
        is_known.set()
        delivery.scan_all(now)
        with unit_of_work() as session:
            beat(session)
        with unit_of_work() as session:
            remember(session, settings.data_dir)

    def deliver(way: str, now: Now) -> None:
        if is_known.is_set():
            try:
                delivery.deliver_all(app, way, now, channels, stopped)
            except SQLAlchemyError:
                # It is away; who knows which copy of it comes back.
                is_known.clear()
                raise

    def tell(way: str, now: Now) -> None:
        delivery.tell_all(app, way, now, for_alerts, stopped)

    return [
        *(Loop(app, soon, partial(tell, way), urgent=True) for way in CHANNELS),
        Loop(app, settings.tick_seconds, look),
        Loop(app, settings.lease_seconds / SWEEPS, delivery.sweep_all),
        *(Loop(app, settings.tick_seconds, partial(deliver, way)) for way in CHANNELS),
    ]


def watch(stopped: threading.Event, loops: Sequence[Loop], seconds: float) -> None:
    """Wait to be stopped; end the process at once, as a failure, when a loop misses its beats.

    Looks are counted and not seconds: a process that was frozen is not to blame for that time.
    """
    missed = [0] * len(loops)
    while not stopped.wait(seconds):
        missed = [
            0 if loop.alive.is_set() else count + 1
            for loop, count in zip(loops, missed, strict=True)
        ]
        for loop in loops:
            loop.alive.clear()
        if BEATS in missed:
            logs.log.error("the jobs hang")
            # A thread that hangs would hold up any other way out.
            os._exit(1)
