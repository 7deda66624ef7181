"""When a job process last ended a tick: shown by the metrics and by `flask check`.

By the database's clock, the one that all machines share. It is kept in a sequence: it belongs to
no clinic, so there is nothing for row security to guard, and no tick leaves a dead row.
"""

import os
from dataclasses import dataclass
from pathlib import Path

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


REMEMBERED = "last-tick"
# A crash of the database may lose the last moments; a copy is older than that.
TOLERANCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Beat:
    """The last tick's end: in seconds since 1970, and how long that is ago."""

    at: float
    seconds_ago: float


def was_restored(session: Session, data_dir: Path) -> bool:
    """Has this database forgotten a tick that this folder remembers? Then it is an older copy."""
    try:
        remembered = float((data_dir / REMEMBERED).read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return False
    last = last_beat(session)
    return (last.at if last else 0) < remembered - TOLERANCE_SECONDS


def remember(session: Session, data_dir: Path) -> None:
    """Keep the last tick beside the database, where restoring a copy does not reach."""
    last = last_beat(session)
    if last is not None:
        new = data_dir / f"{REMEMBERED}.{os.getpid()}"
        new.write_text(f"{last.at:.3f}", "ascii")
        new.replace(data_dir / REMEMBERED)


def beat(session: Session) -> None:
    """Note that a tick has ended."""
    session.execute(_BEAT)


def last_beat(session: Session) -> Beat | None:
    """The last one, by whichever process; None before the first."""
    found = session.execute(_LAST).one_or_none()
    return Beat(float(found.at), float(found.seconds_ago)) if found else None
