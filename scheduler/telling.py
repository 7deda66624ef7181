"""Telling who is on call of alerts: again and again, until somebody acknowledges each (I54).

It goes beside the ledger of messages: no quiet hours, no cap, no consent, no clock that was set
back and no restored database holds up an alert. Better told twice than not.
"""

import threading
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from flask import Flask

import config
from scheduler import logs
from scheduler.alerts.actions_calls import plan_calls
from scheduler.alerts.model_calls import Call, claim_call, settle_call
from scheduler.alerts.rules import wait_after
from scheduler.clinics.actions import NEUTRAL_NAME
from scheduler.clinics.model import letterhead_of
from scheduler.clinics.rules_words import forbidden_words
from scheduler.messages.channels import Channels
from scheduler.messages.model_texts import Sender, sender_of
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import Outcome
from scheduler.messages.rules_gsm import spelled_plainly
from scheduler.messages.rules_text import Draft
from scheduler.sending import Done, Now
from scheduler.tenancy import Work, working_for

# It is looked for alerts so often, and a call of a process that died is taken over after so long:
# together well within the 30 seconds in which the first attempt is made.
SECONDS = 5.0
LEASE_SECONDS = 15.0

BROKEN = Outcome("unknown", "broken")

SUBJECT = "{name}: someone needs your call"
WORDS = "{name}: someone needs your call. Please open your schedule."


@dataclass(frozen=True, slots=True)
class Letter:
    """Who writes: the name in it, and the number that the clinic's texts come from."""

    name: str
    sender: Sender | None


def open_ways(channels: Channels, sender: Sender | None) -> list[str]:
    """The channels by which a clinic's providers can be told."""
    return [way for way, channel in channels.items() if sender or not channel.needs_sender]


@dataclass
class Telling:
    """The calls of one channel: each works for itself, so that one that is down holds up none.

    With `stopped` set none is begun any more.
    """

    app: Flask
    way: str
    now: Now
    channels: Channels
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def lease(self) -> timedelta:
        settings: config.Settings = self.app.extensions["settings"]
        return timedelta(seconds=min(settings.lease_seconds, LEASE_SECONDS))

    def run(self, clinic_id: UUID) -> Done:
        """Make a clinic's calls whose time has come."""
        letter = self._plan(clinic_id)
        if self.way not in open_ways(self.channels, letter.sender):
            return Counter()
        width = self.channels[self.way].width
        went: deque[bool] = deque(maxlen=width)
        with ThreadPoolExecutor(width) as pool:
            working = [pool.submit(self._work, clinic_id, letter, went) for _ in range(width)]
        return sum((each.result() for each in working), Counter())

    def _work(self, clinic_id: UUID, letter: Letter, went: deque[bool]) -> Done:
        """Make one call after the other: one that hangs holds up only itself.

        `went` says of the latest ones, of all who work, whether they went. Where none did, the
        channel is down: the next look tries again, and other clinics come first.
        """
        done: Done = Counter()
        with self.app.app_context():
            while not self.stopped.is_set() and (any(went) or len(went) < (went.maxlen or 0)):
                if (call := self._begin(clinic_id)) is None:
                    break
                outcome = self._send(clinic_id, letter, call)
                went.append(outcome.result == "sent")
                done[f"alert by {self.way}: {self._settle(clinic_id, call, outcome)}"] += 1
        return done

    def _plan(self, clinic_id: UUID) -> Letter:
        with working_for(clinic_id, self.now()) as work:
            letter = letter_of(work)
            plan_calls(work, open_ways(self.channels, letter.sender))
        return letter

    def _begin(self, clinic_id: UUID) -> Call | None:
        with working_for(clinic_id, self.now()) as work:
            return claim_call(work, self.way, self.lease)

    def _send(self, clinic_id: UUID, letter: Letter, call: Call) -> Outcome:
        outgoing = Outgoing(
            clinic_id=clinic_id,
            id=call.id,
            attempt=call.attempt,
            kind="alert",
            rule=str(call.number),
            channel=self.way,
            address=call.address,
            draft=drafted(letter.name),
            due_at=call.due_at,
            at=self.now(),
            sender=letter.sender,
        )
        try:
            return self.channels[self.way].send(outgoing)
        except Exception as error:
            logs.failed("an alert's call failed", error)
            return BROKEN

    def _settle(self, clinic_id: UUID, call: Call, outcome: Outcome) -> str:
        with working_for(clinic_id, self.now()) as work:
            return settle_call(
                work,
                call,
                sent=outcome.result == "sent",
                reason=outcome.reason,
                wait=wait_after(call.attempt),
            )


def letter_of(work: Work) -> Letter:
    """As whom the clinic writes: no word of its name holds up an alert."""
    name = letterhead_of(work).neutral_name
    return Letter(NEUTRAL_NAME if forbidden_words(name) else name, sender_of(work))


def drafted(name: str) -> Draft:
    """What is said: nothing of whom it is about."""
    said = WORDS.format(name=name)
    return Draft(
        sender=name,
        subject=SUBJECT.format(name=name),
        body=f"{said}\n",
        text=spelled_plainly(said),
    )
