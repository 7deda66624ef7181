"""Processes that take patients' answers and die: `python -m tests.faults.dying_answers '{…}'`.

A warm parent forks them, until so many were killed and its standard input has ended. Each takes
answers that speak of danger by the route of the front desk, one after the other, and kills itself
the nth time it comes to the moment it was given; the next one goes on, and begins with the same
request again, under the same key, as a client does that got no answer. The parent prints how often
each moment was hit, and which answers the clients were promised.
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

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from scheduler.answers import actions
from scheduler.app import create_app
from scheduler.db import db
from tests.faults.dying_jobs import SET_PARENT_DEATH_SIGNAL, Death

MOMENTS = ("begins", "stored", "heeded", "commits", "committed")
WRITERS = 3


def arm(death: Death) -> None:
    """Put the moments into the program: around the alert, and around the commit of both."""
    real_heeded = vars(actions)["heeded"]
    at_work: list[bool] = []

    def heeded(*args: Any) -> Any:
        death.at("stored")
        text = real_heeded(*args)
        at_work.append(True)
        death.at("heeded")
        return text

    def around_commit(moment: str) -> None:
        # The request commits more than the answers: what came before them is no such moment.
        if at_work:
            death.at(moment)
        if moment == "committed":
            at_work.clear()

    setattr(actions, "heeded", heeded)  # noqa: B010
    event.listen(Session, "before_commit", lambda _: around_commit("commits"))
    event.listen(Session, "after_commit", lambda _: around_commit("committed"))


def ask(app: Flask, asked: Any, writer: int, nth: int) -> dict[str, Any]:
    """The front desk's request with a patient's answers; the same each time for the same nth."""
    patients = asked["patient_ids"]
    answer = app.test_client().post(
        f"/v1/patients/{patients[(nth * WRITERS + writer) % len(patients)]}/answers",
        json={"instrument": "phq9", "items": {"9": 1}},
        headers={
            "Authorization": f"Bearer {asked['secret']}",
            "Idempotency-Key": f"answers-{writer}-{nth}",
        },
    )
    told: dict[str, Any] = answer.get_json()
    if answer.status_code != 201 or not told["alert"] or not told["crisis_text"]:
        raise SystemExit(f"{answer.status_code} {told}")
    return told


def live_and_die(app: Flask, asked: Any, writer: int, done: mmap, death: Death) -> NoReturn:
    """One writer, in a fork; `done` is how many answers each was told were stored."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    arm(death)
    place = slice(4 * writer, 4 * writer + 4)
    while True:
        nth = int.from_bytes(done[place], "little")
        death.at("begins")
        ask(app, asked, writer, nth)
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
    promised = [
        ask(app, asked, writer, nth)["id"]
        for writer in range(WRITERS)
        for nth in range(counts[writer])
    ]
    print(json.dumps({"hits": hits, "promised": promised}))


if __name__ == "__main__":
    main()
