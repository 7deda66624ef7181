"""How often a key may be used, and how often an address may try keys or links that are not valid.

Each process counts for itself and in its own memory: a limit is there to keep one caller from
taking a process from the others, and costs no round trip. Both are asked before the database
is; a request over the limit has no effect and leaves no audit row, which would be one.
"""

import math
import threading
import time
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from scheduler.access import secrets
from scheduler.tenancy import Work
from scheduler.web.problems import Problem

# More callers than this are not told apart: all begin anew.
MOST_CALLERS = 10_000


class Limit:
    """So many in any minute, at once or spread out (the generic cell rate algorithm).

    Time is monotonic: a clock that is set back holds nobody up.
    """

    def __init__(self, per_minute: int) -> None:
        self.apart = 60 / per_minute
        self._lock = threading.Lock()
        # When each caller's minute will be empty again.
        self._empty_at: dict[object, float] = {}

    def wait(self, caller: object) -> float:
        """Seconds until the caller may go on; 0 when it may now."""
        now = time.monotonic()
        return max(0.0, self._empty_at.get(caller, now) + self.apart - 60 - now)

    def take(self, caller: object) -> float:
        """The same, and count it if it may go on."""
        with self._lock:
            wait = self.wait(caller)
            if not wait:
                now = time.monotonic()
                self._forget(now)
                self._empty_at[caller] = max(self._empty_at.get(caller, now), now) + self.apart
        return wait

    def _forget(self, now: float) -> None:
        if len(self._empty_at) >= MOST_CALLERS:
            self._empty_at = {who: at for who, at in self._empty_at.items() if at > now}
        if len(self._empty_at) >= MOST_CALLERS:
            self._empty_at.clear()


@dataclass(frozen=True, slots=True)
class Known:
    """A key that was valid when it was last used here."""

    key_id: UUID
    clinic_id: UUID


class Limits:
    """The limits of one process, and the keys it has seen."""

    def __init__(self, keys_per_minute: int, failures_per_minute: int) -> None:
        self.keys, self.failures = Limit(keys_per_minute), Limit(failures_per_minute)
        self.pages = Limit(keys_per_minute)
        self._known: dict[bytes, Known] = {}

    def admit(self, secret: str) -> None:
        """Raises Problem 429 for a key over its limit, or any unknown one from an address over its.

        A key that was valid before is let through from anywhere: its neighbours' do not bar it.
        """
        known = self._known.get(secrets.hashed(secret))
        if known is None:
            wait = self.failures.wait(request.remote_addr)
        else:
            g.clinic_id, g.key_id = known.clinic_id, known.key_id
            wait = self.keys.take(known.key_id)
        _hold_up(wait)

    def admit_link(self) -> None:
        """Raises Problem 429 for an address that asked for too many pages, or for too many in vain.

        Guesses at links and at keys are counted together.
        """
        failed = self.failures.wait(request.remote_addr)
        _hold_up(failed or self.pages.take(request.remote_addr))

    def succeeded(self, secret: str, work: Work) -> None:
        """The key is valid: from now on it has a limit of its own."""
        if work.actor.key_id is not None:
            known = Known(work.actor.key_id, work.clinic_id)
            self._known.setdefault(secrets.hashed(secret), known)

    def failed(self) -> None:
        """The key or link is not valid: one more try from that address."""
        self.failures.take(request.remote_addr)


def _hold_up(seconds: float) -> None:
    if seconds:
        after = {"Retry-After": str(math.ceil(seconds))}
        raise Problem(429, "too_many_requests", "Too many requests. Wait a little.", after)


def limits() -> Limits:
    """This process's limits."""
    found: Limits = current_app.extensions["limits"]
    return found


def init_app(app: Flask, settings: config.Settings) -> None:
    """Begin counting, by the address that the outermost of our proxies saw."""
    app.extensions["limits"] = Limits(
        settings.rate_limit_per_minute, settings.failed_keys_per_minute
    )
    if settings.proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # Flask's own way to wrap it
