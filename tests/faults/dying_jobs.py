"""Job processes that die at named moments: `python -m tests.faults.dying_jobs '{…}'`.

A warm parent forks them, as starting Python anew would take most of the time. Each is the real
background process, but that it kills itself the nth time it comes to the moment it was given. The
parent prints how often each moment was hit.
"""

import ctypes
import http.client
import json
import os
import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from flask import Flask

from scheduler import delivery, jobs, sending, telling, tenancy
from scheduler.app import create_app
from scheduler.db import db
from scheduler.messages import channels_text

ACTIONS = ("scan", "expired", "release", "claim", "begin_all", "settle_all")
ALERT_ACTIONS = ("plan_calls", "claim_call", "settle_call")
MODULES = (delivery, sending, telling)
# Longer than a hanging gateway is waited for.
TIMEOUT_SECONDS = 0.3
SET_PARENT_DEATH_SIGNAL = 1


def moments_of(actions: Sequence[str]) -> tuple[str, ...]:
    """Around each of the actions and its commit, and in a request."""
    whens = ("begins", "done", "committed")
    around = (f"{action} {when}" for action in actions for when in whens)
    return (*around, "request begins", "request sent", "answer read")


MOMENTS, ALERT_MOMENTS = moments_of(ACTIONS), moments_of(ALERT_ACTIONS)


class Death:
    """Ends this process the nth time it comes to the moment; no clean-up, no last word."""

    def __init__(self, moment: str, nth: int) -> None:
        self.moment, self.left = moment, nth
        self.lock = threading.Lock()

    def at(self, moment: str) -> None:
        if moment == self.moment:
            with self.lock:
                self.left -= 1
                if self.left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)


def arm(death: Death) -> None:
    """Put the moments into the program: around each action, its commit, and each request."""
    latest = threading.local()

    def around(action: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*args: Any, **kwargs: Any) -> Any:
            death.at(f"{action} begins")
            result = real(*args, **kwargs)
            latest.action = action
            death.at(f"{action} done")
            return result

        return acted

    for module in MODULES:
        for action in {*ACTIONS, *ALERT_ACTIONS} & set(vars(module)):
            setattr(module, action, around(action, getattr(module, action)))

    real_working_for = tenancy.working_for

    @contextmanager
    def working_for(*args: Any, **kwargs: Any) -> Iterator[Any]:
        latest.action = None
        with real_working_for(*args, **kwargs) as work:
            yield work
        death.at(f"{latest.action} committed")

    for module in MODULES:
        setattr(module, "working_for", working_for)  # noqa: B010

    real_request, real_judged = http.client.HTTPConnection.request, channels_text.judged

    def request(*args: Any, **kwargs: Any) -> None:
        death.at("request begins")
        real_request(*args, **kwargs)
        death.at("request sent")

    def judged(answer: Any) -> Any:
        death.at("answer read")
        return real_judged(answer)

    http.client.HTTPConnection.request = request  # type: ignore[method-assign]
    channels_text.judged = judged
    channels_text.TIMEOUT_SECONDS = TIMEOUT_SECONDS


def live_and_die(app: Flask, death: Death) -> NoReturn:
    """The background process, in a fork."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    arm(death)
    jobs.run(app)
    os._exit(0)


def main() -> None:
    asked = json.loads(sys.argv[1])
    moments = asked.get("moments", MOMENTS)
    chance = random.Random(asked["seed"])  # noqa: S311 - the same moments each time
    app = create_app()
    with app.app_context():
        db.engine.dispose()
    alive: dict[int, str] = {}
    hits: Counter[str] = Counter()
    started = 0
    while hits.total() < asked["kills"]:
        while len(alive) < asked["processes"]:
            moment = moments[started % len(moments)]
            death = Death(moment, chance.randint(1, 2))
            started += 1
            pid = os.fork()
            if pid == 0:
                live_and_die(app, death)
            alive[pid] = moment
        pid, status = os.wait()
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise SystemExit(f"one ended by itself: {status}")
        hits[alive.pop(pid)] += 1
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    print(json.dumps(hits))


if __name__ == "__main__":
    main()
