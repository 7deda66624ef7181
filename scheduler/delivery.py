"""The work of the jobs, in pieces that may run at any time and side by side.

`scan_all` enters what fell due in the ledgers, `sweep_all` frees what dead processes held,
`deliver_all` sends by one channel: each channel works for itself, so that a slow provider holds up
nobody else's messages. `tell_all` tells of alerts, by one channel as well. Each step is a unit of
work of its own.
"""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from scheduler import logs
from scheduler.alerts.actions_calls import plan_calls
from scheduler.alerts.model_calls import clinics_with_alerts
from scheduler.links.actions import forget_expired
from scheduler.messages.actions_bounces import note_bounce
from scheduler.messages.channels import Channels
from scheduler.messages.model_claims import (
    clinics_with_due,
    clinics_with_lost,
    doubt_all_due,
    expired,
    release,
)
from scheduler.messages.rules_bounces import read_bounce
from scheduler.messages.schema import CHANNELS
from scheduler.outreach.actions import scan
from scheduler.outreach.actions_backlog import hold_backlog
from scheduler.sending import Delivery, Done, Now
from scheduler.telling import Telling, letter_of, open_ways
from scheduler.tenancy import clinic_ids, unit_of_work, working_for
from scheduler.web.idempotency import forget_old

# Freed at a time; where one of them breaks, that page is freed one by one.
PAGE = 50


def tick(app: Flask, now: Now, channels: Channels, *, move_mark: bool = True) -> Done:
    """Do all work that is due, once, for every clinic; one that fails stops no other.

    `now` is asked again for each step, as a long backlog may run into quiet hours.
    """
    done: Done = Counter()
    for way in CHANNELS:
        done += tell_all(app, way, now, channels)
    everyone = _asked(clinic_ids)
    done += _for_each(everyone, lambda clinic_id: _scan(clinic_id, now, move_mark=move_mark))
    done += sweep_all(now)
    deliveries = [Delivery(app, way, now, channels) for way in CHANNELS]
    # Twice, as a message may be led from one channel to another.
    for _ in range(2):
        due = _asked(partial(clinics_with_due, now=now()))
        for each in deliveries:
            done += _for_each(due, each.run)
    return done


def scan_all(now: Now) -> Done:
    """Enter what fell due in every clinic's ledger."""
    return _for_each(_asked(clinic_ids), lambda clinic_id: _scan(clinic_id, now))


def sweep_all(now: Now) -> Done:
    """Free what dead or frozen processes hold in any clinic, where their lease is over."""
    lost = _asked(partial(clinics_with_lost, now=now()))
    return _for_each(lost, lambda clinic_id: _sweep(clinic_id, now))


def doubt_all(now: Now) -> Done:
    """After a restore: what fell due may have gone since the copy was made, so nothing of it goes.

    It is entered in the ledgers as unknown, for a person to see (I49).
    """

    def doubt(clinic_id: UUID) -> Done:
        with working_for(clinic_id, now()) as work:
            scan(work)
            return Counter({"unknown (restored)": doubt_all_due(work)})

    return _for_each(_asked(clinic_ids), doubt)


def take_bounce(raw: bytes, now: Now) -> str:
    """Take in a mail that came back to us; says what it was.

    No clinic stands in it but our message's id, which nobody knows but who was sent it.
    """
    bounce = read_bounce(raw)
    if bounce is None:
        return "not a mail of ours that came back for good"
    with unit_of_work() as session:
        clinics = clinic_ids(session)
    for clinic_id in clinics:
        with working_for(clinic_id, now()) as work:
            if note_bounce(work, bounce):
                return f"{bounce.message_id}: {bounce.reason}"
    return "a mail that no clinic knows"


def deliver_all(
    app: Flask, way: str, now: Now, channels: Channels, stopped: threading.Event
) -> Done:
    """Send what is due by one channel, clinic by clinic, until none is left or it is stopped."""
    due = _asked(partial(clinics_with_due, now=now()))
    return _for_each(due, Delivery(app, way, now, channels, stopped).run)


def tell_all(
    app: Flask, way: str, now: Now, channels: Channels, stopped: threading.Event | None = None
) -> Done:
    """Tell by one channel of every alert that nobody has heard yet; alerts never wait."""
    telling = Telling(app, way, now, channels, stopped or threading.Event())
    return _for_each(_asked(clinics_with_alerts), telling.run)


def count_due(now: datetime, channels: Channels) -> tuple[int, int]:
    """How many messages would be entered in the ledgers by `now`, and how many calls for alerts.

    Changes nothing.
    """
    messages = calls = 0
    for clinic_id in _asked(clinic_ids):
        with working_for(clinic_id, now) as work:
            messages += scan(work)
            calls += plan_calls(work, open_ways(channels, letter_of(work).sender))
            work.session.rollback()
    return messages, calls


def _asked(clinics: Callable[[Session], list[UUID]]) -> list[UUID]:
    with unit_of_work() as session:
        return clinics(session)


def _for_each(clinics: list[UUID], do: Callable[[UUID], Done]) -> Done:
    """The same for each of these clinics; one that fails stops no other."""
    done: Done = Counter()
    for clinic_id in clinics:
        try:
            done += do(clinic_id)
        except Exception as error:
            logs.failed("a clinic's tick failed", error)
            done["clinics failed"] += 1
    return done


def _scan(clinic_id: UUID, now: Now, *, move_mark: bool = True) -> Done:
    """Enter what fell due; a time that is only tried out holds nothing back."""
    with working_for(clinic_id, now()) as work:
        entered = scan(work, move_mark=move_mark)
        held = hold_backlog(work, entered) if move_mark else 0
        forget_old(work)
        forget_expired(work)
    if not held:
        return Counter()
    logs.log.error("a backlog is held until somebody releases it", clinic_id=str(clinic_id))
    return Counter({"messages held (backlog)": held})


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
