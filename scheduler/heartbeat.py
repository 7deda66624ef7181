"""When a job process last ended a tick: shown by the metrics and by `flask check`.

By the database's clock, the one that all machines share. It is kept in a sequence: it belongs to
no clinic, so there is nothing for row security to guard, and no tick leaves a dead row.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

# Losing the last one with a crash of the database is no loss, so nobody waits for the disk.
_BEAT = text(
    "SELECT set_config('synchronous_commit', 'off', true),"
    " setval('last_tick', (extract(epoch FROM clock_timestamp()) * 1000)::bigint)"
)
_LAST = text(
    "SELECT last_value / 1000.0 AS at,"
    " extract(epoch FROM clock_timestamp()) - last_value / 1000.0 AS seconds_ago"
    " FROM last_tick WHERE is_called"
)


@dataclass(frozen=True, slots=True)
class Beat:
    """The last tick's end: in seconds since 1970, and how long that is ago."""

    at: float
    seconds_ago: float


def beat(session: Session) -> None:
    """Note that a tick has ended."""
    session.execute(_BEAT)


def last_beat(session: Session) -> Beat | None:
    """The last one, by whichever process; None before the first."""
    found = session.execute(_LAST).one_or_none()
    return Beat(float(found.at), float(found.seconds_ago)) if found else None
