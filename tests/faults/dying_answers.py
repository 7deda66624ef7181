"""Processes that take patients' answers and die: `python -m tests.faults.dying_answers '{…}'`.

A warm parent forks them, until so many were killed and its standard input has ended. Each stores
answers that speak of danger, one after the other, and kills itself the nth time it comes to the
moment it was given; the next one goes on, and begins with the same answers again, as a patient's
page does that got no answer. The parent prints how often each moment was hit.
"""

import ctypes
import json
import os
import random
import select
import signal
import sys
from collections import Counter
from mmap import mmap
from typing import Any, NoReturn
from uuid import UUID, uuid5

from flask import Flask

from scheduler import clock
from scheduler.answers.model import Answers
from scheduler.app import create_app
from scheduler.db import db
from scheduler.tenancy import working_for
from tests.alarms import answered
from tests.faults.dying_jobs import SET_PARENT_DEATH_SIGNAL, Death

MOMENTS = ("begins", "heeded", "flushed", "committed")
WRITERS = 3


def take(clinic_id: UUID, patient_id: UUID, answers_id: UUID, death: Death) -> None:
    """Store the answers and raise their alert, unless they are known."""
    with working_for(clinic_id, clock.now()) as work:
        if work.session.get(Answers, (clinic_id, answers_id)) is not None:
            return
        death.at("begins")
        answered(work, patient_id, answers_id)
        death.at("heeded")
        work.session.flush()
        death.at("flushed")
    death.at("committed")


def answers_id_of(clinic_id: UUID, writer: int, nth: int) -> UUID:
    """The same each time they are sent."""
    return uuid5(clinic_id, f"{writer} {nth}")


def live_and_die(app: Flask, asked: Any, writer: int, done: mmap, death: Death) -> NoReturn:
    """One writer, in a fork; `done` is how many answers each was told were stored."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    clinic_id, patients = UUID(asked["clinic_id"]), [UUID(each) for each in asked["patient_ids"]]
    place = slice(4 * writer, 4 * writer + 4)
    with app.app_context():
        while True:
            nth = int.from_bytes(done[place], "little")
            patient_id = patients[(nth * WRITERS + writer) % len(patients)]
            take(clinic_id, patient_id, answers_id_of(clinic_id, writer, nth), death)
            done[place] = (nth + 1).to_bytes(4, "little")


def main() -> None:
    asked = json.loads(sys.argv[1])
    chance = random.Random(asked["kills"])  # noqa: S311 - the same moments each time
    app = create_app()
    with app.app_context():
        db.engine.dispose()
    done = mmap(-1, 4 * WRITERS)
    alive: dict[int, tuple[int, str]] = {}
    hits: Counter[str] = Counter()
    free, started = list(range(WRITERS)), 0
    while hits.total() < asked["kills"] or not select.select([sys.stdin], [], [], 0)[0]:
        while free:
            writer, moment = free.pop(), MOMENTS[started % len(MOMENTS)]
            death = Death(moment, chance.randint(1, 3))
            started += 1
            pid = os.fork()
            if pid == 0:
                live_and_die(app, asked, writer, done, death)
            alive[pid] = writer, moment
        pid, status = os.wait()
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise SystemExit(f"one ended by itself: {status}")
        writer, moment = alive.pop(pid)
        free.append(writer)
        hits[moment] += 1
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    counts = [int.from_bytes(done[4 * n : 4 * n + 4], "little") for n in range(WRITERS)]
    print(json.dumps({"hits": hits, "done": counts}))


if __name__ == "__main__":
    main()
