"""Five job processes in trouble: `python -m tests.faults.troubled_jobs '{…}'`.

A warm parent forks them and, until its standard input ends, does them harm at random moments, each
kind in turn, and forks each that has ended anew. A frozen one goes on only when its lease is long
over. Each has a token of its own with the gateway, so that its share of the work shows there.
"""

import ctypes
import json
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from itertools import cycle
from typing import NoReturn

from flask import Flask

from scheduler import jobs
from scheduler.app import create_app
from scheduler.db import db
from scheduler.messages import channels_text

SET_PARENT_DEATH_SIGNAL = 1
LOOK_SECONDS = 0.05
# Of a hundred looks so many end in harm to one of them.
HARM = 6
# Somebody has to be there to take over.
FROZEN_AT_ONCE = 2
HARMS = (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM)


@dataclass
class Process:
    """One of the five; `thaws_at` while it is frozen."""

    pid: int
    thaws_at: float | None = None


def token(number: int) -> str:
    """What the gateway knows the nth process by."""
    return f"the-token-of-process-{number}"


def work(app: Flask, number: int) -> NoReturn:
    """The background process, in a fork."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, sms_token=token(number))
    jobs.run(app)
    os._exit(0)


class Trouble:
    """The processes, and what was done to them."""

    def __init__(self, app: Flask, count: int, frozen_seconds: float, seed: int) -> None:
        self.app, self.frozen_seconds = app, frozen_seconds
        self.chance = random.Random(seed)  # noqa: S311 - the same harm each time
        self.processes = {number: self.fork(number) for number in range(count)}
        self.harms = cycle(HARMS)
        self.done: Counter[str] = Counter()

    def fork(self, number: int) -> Process:
        pid = os.fork()
        if pid == 0:
            work(self.app, number)
        return Process(pid)

    def look(self) -> None:
        """Fork anew what has ended, thaw what was frozen for long, and do some harm."""
        now = time.monotonic()
        for number, process in self.processes.items():
            ended, _ = os.waitpid(process.pid, os.WNOHANG)
            if ended:
                self.processes[number] = self.fork(number)
            elif process.thaws_at is not None and now > process.thaws_at:
                os.kill(process.pid, signal.SIGCONT)
                process.thaws_at = None
        if self.chance.randrange(100) < HARM:
            self.harm(self.chance.choice(list(self.processes.values())), now)

    def harm(self, process: Process, now: float) -> None:
        if process.thaws_at is not None:
            return
        frozen = sum(each.thaws_at is not None for each in self.processes.values())
        how = next(self.harms)
        if how is signal.SIGSTOP and frozen == FROZEN_AT_ONCE:
            how = signal.SIGKILL
        self.done[how.name] += 1
        os.kill(process.pid, how)
        if how is signal.SIGSTOP:
            process.thaws_at = now + self.frozen_seconds

    def end(self) -> None:
        for process in self.processes.values():
            os.kill(process.pid, signal.SIGCONT)
            os.kill(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            os.waitpid(process.pid, 0)


def main() -> None:
    asked = json.loads(sys.argv[1])
    channels_text.TIMEOUT_SECONDS = 1.0
    app = create_app()
    with app.app_context():
        db.engine.dispose()
    trouble = Trouble(app, asked["processes"], asked["frozen_seconds"], asked["seed"])
    while not select.select([sys.stdin], [], [], LOOK_SECONDS)[0]:
        trouble.look()
    trouble.end()
    print(json.dumps(trouble.done))


if __name__ == "__main__":
    main()
