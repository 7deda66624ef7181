"""The program's clock: the only file that reads the time, and the one time-zone authority.

The clock is real time plus an offset. The offset and the latest instant the clock has shown
(its high-water mark) live in `clock.json` of the data folder, so every process on that folder
agrees. Instants are aware UTC datetimes.
"""

import fcntl
import json
import os
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

# The system's rules and the tzdata package's disagree now and then (Vancouver, in 2026); a
# promise made to a patient must not depend on the machine it was made on.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

_offset = timedelta(0)


def now() -> datetime:
    """The program's instant: real time plus this process's offset."""
    return datetime.now(UTC) + _offset


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Raises ValueError for a name that is not one."""
    if name not in zone_names():
        raise ValueError(f"unknown time zone {name!r}")
    return ZoneInfo(name)


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name of a place or an offset that the pinned tzdata package knows."""
    # "Factory" is the zone of a clock that nobody has set.
    return frozenset(zoneinfo.available_timezones()) - {"Factory"}


def load(data_dir: Path) -> None:
    """Make this process's clock the folder's; a folder without one runs on real time."""
    _set_offset(_read(data_dir).offset)


def start_at(data_dir: Path, instant: datetime) -> None:
    """Make it `instant` now, for this process and all that load the folder later.

    Raises ValueError, naming both instants, when the folder has seen a later one: what was
    done then would lie in the future.
    """
    with _locked(data_dir):
        latest = _read(data_dir).latest
        if latest is not None and instant < latest:
            raise ValueError(
                f"the clock cannot start at {instant.isoformat()}: "
                f"this folder has already seen {latest.isoformat()}"
            )
        offset = instant - datetime.now(UTC)
        _write(data_dir, offset, instant.astimezone(UTC))
    _set_offset(offset)


def mark(data_dir: Path) -> None:
    """Raise the folder's high-water mark to now; it never falls."""
    with _locked(data_dir):
        state = _read(data_dir)
        instant = now()
        if state.latest is None or instant > state.latest:
            _write(data_dir, state.offset, instant)


def behind(data_dir: Path) -> timedelta:
    """By how much the clock stands before the latest instant that the folder has seen."""
    latest = _read(data_dir).latest
    return max(latest - now(), timedelta(0)) if latest else timedelta(0)


@dataclass(frozen=True)
class _State:
    offset: timedelta
    latest: datetime | None


def _set_offset(offset: timedelta) -> None:
    global _offset
    _offset = offset


def _read(data_dir: Path) -> _State:
    try:
        fields = json.loads((data_dir / "clock.json").read_text("ascii"))
    except FileNotFoundError:
        return _State(timedelta(0), None)
    offset = timedelta(microseconds=fields["offset_microseconds"])
    return _State(offset, datetime.fromisoformat(fields["latest_at"]))


def _write(data_dir: Path, offset: timedelta, latest: datetime) -> None:
    """Replace the file in one step: a reader or a kill sees the old one or the new one."""
    fields = {
        "offset_microseconds": offset // timedelta(microseconds=1),
        "latest_at": latest.isoformat(),
    }
    new = data_dir / "clock.json.new"
    with new.open("w", encoding="ascii") as file:
        json.dump(fields, file)
        file.flush()
        # Without it, losing power soon after the rename can leave an empty file.
        os.fsync(file.fileno())
    os.replace(new, data_dir / "clock.json")


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "clock.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
