"""A link to a patient: one purpose, unguessable, and what it may still do (I48)."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby

from scheduler.wall_time import local_date

# The letter each purpose has in its path: a text has 160 characters. C and R are also what a
# patient replies to confirm and to change.
PURPOSES = {
    "confirm": "c",
    "change": "r",
    "decline": "d",
    "calendar": "i",
    "unsubscribe": "u",
    "check_in": "f",
}
# What a message about a visit may lead to; to a form leads only one that asks for it.
OF_A_VISIT = tuple(purpose for purpose in PURPOSES if purpose != "check_in")

# No vowels, m or p: no forbidden word can be spelled, and none is by chance (I42). Nothing that
# looks like something else on a small screen, either.
ALPHABET = "23456789bcdfghjknqrstvwxz"
# 28 of 25 different ones are 130 random bits.
LENGTH = 28

_TOKEN = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")

# An unsubscribe link in a mail has to work for at least 30 days (CAN-SPAM, 16 CFR 316.5).
UNSUBSCRIBE_LASTS = timedelta(days=60)
# A form is asked for again before; whoever was away for a few days can still answer.
CHECK_IN_LASTS = timedelta(days=7)
# A page may lie open for a while before its button is pressed.
NONCE_LASTS = timedelta(hours=2)

# An expired link's page still says whom to call, for so long; and a late answer that tells of
# danger is heard (I53).
KEPT = timedelta(days=30)
CHECK_IN_KEPT = timedelta(days=90)

# How far from its time a visit may be moved by a link, and how soon: somebody prepares for it.
DAYS_AROUND = timedelta(days=7)
AHEAD = timedelta(hours=2)
OFFERED_DAYS = 5
# Five minutes earlier is no other time to somebody who asks for one.
APART = timedelta(hours=1)


def new_token() -> str:
    """A fresh token."""
    return _spelled(secrets.token_bytes(32))


def sibling(token: str, purpose: str) -> str:
    """The token that the same message's link for another purpose has.

    A text has room for one link; its page can lead to the others, and nothing more is stored.
    """
    return _spelled(hmac.digest(token.encode(), purpose.encode(), hashlib.sha256))


def _spelled(drawn: bytes) -> str:
    """A token of 32 random bytes: so many that each letter is as likely as another."""
    rest, made = int.from_bytes(drawn), ""
    for _ in range(LENGTH):
        rest, place = divmod(rest, len(ALPHABET))
        made += ALPHABET[place]
    return made


def well_formed(token: str) -> bool:
    """Could this be one of our tokens?"""
    return _TOKEN.fullmatch(token) is not None


def hashed(token: str) -> bytes:
    """What is stored. A plain SHA-256 will do: the token has its own random bits."""
    return hashlib.sha256(token.encode()).digest()


def path_of(purpose: str, token: str) -> str:
    """Where the link leads, on any host."""
    return f"/{PURPOSES[purpose]}/{token}"


def expiry(purpose: str, starts_at: datetime, now: datetime) -> datetime:
    """When a link that is made now, of a visit that starts then, is of no use any more."""
    if purpose == "unsubscribe":
        return max(starts_at, now) + UNSUBSCRIBE_LASTS
    return max(starts_at, now) + CHECK_IN_LASTS if purpose == "check_in" else starts_at


def nonce(token: str, time_version: int, at: datetime) -> str:
    """What a page's button sends along: only who was shown the page, and lately, can say it.

    Made from the token, which is a secret that is not stored, so showing the page stores nothing.
    """
    stamp = f"{int(at.timestamp()):x}"
    said = f"{stamp} {time_version}".encode()
    return f"{stamp}-{hmac.new(token.encode(), said, hashlib.sha256).hexdigest()[:32]}"


def nonce_holds(said: str, token: str, time_version: int, now: datetime) -> bool:
    """Was the page of this link shown within two hours, and with this version in its form?"""
    stamp, _, _ = said.partition("-")
    # int() would also take "_" and signs; nine digits are beyond the year 4000.
    if not said.isascii() or not re.fullmatch("[0-9a-f]{1,9}", stamp):
        return False
    seconds = int(stamp, 16)
    if not 0 <= now.timestamp() - seconds <= NONCE_LASTS.total_seconds():
        return False
    known = nonce(token, time_version, datetime.fromtimestamp(seconds, now.tzinfo))
    return hmac.compare_digest(said, known)


@dataclass(frozen=True, slots=True)
class Seen:
    """A link beside its session as both are now."""

    purpose: str
    time_version: int
    expires_at: datetime
    used_time_version: int | None
    status: str
    session_time_version: int
    starts_at: datetime
    confirmed: bool
    patient_active: bool


def standing(seen: Seen, now: datetime) -> str:
    """What the page of a session's link says.

    `open`: it may act; `done`: its effect is there, and a second visit has none; `moved` and
    `cancelled`: something else happened to the time that it was made for; `gone`: nothing.
    """
    over = now >= min(seen.expires_at, seen.starts_at)
    if over or not seen.patient_active or seen.status not in ("booked", "cancelled"):
        return "gone"
    own_doing = seen.used_time_version == seen.session_time_version
    if seen.status == "cancelled":
        return "done" if seen.purpose == "decline" and own_doing else "cancelled"
    if seen.session_time_version != seen.time_version:
        return "done" if seen.purpose == "change" and own_doing else "moved"
    return "done" if seen.purpose == "confirm" and seen.confirmed else "open"


def offered(starts: Iterable[datetime], present: datetime, zone: tzinfo) -> list[datetime]:
    """Which free starts to offer instead of the present one, in order.

    On each of the five nearest days the first, the last, and the one nearest to the wall time as
    it is; of two that are as near, the earlier. None within an hour of the present one.
    """
    wall = _minute(present, zone)
    by_day: dict[date, set[datetime]] = {}
    free = sorted(at for at in set(starts) if abs(at - present) >= APART)
    for on, found in groupby(free, lambda at: local_date(at, zone)):
        day = list(found)
        nearest = min(day, key=lambda at: abs(_minute(at, zone) - wall))
        by_day[on] = {day[0], nearest, day[-1]}
    today = local_date(present, zone)
    near = sorted(by_day, key=lambda on: (abs(on - today), on))[:OFFERED_DAYS]
    return sorted(at for on in near for at in by_day[on])


def _minute(at: datetime, zone: tzinfo) -> int:
    local = at.astimezone(zone)
    return 60 * local.hour + local.minute
