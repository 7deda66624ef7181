"""Where the clinic has room on whole days, kept in the process while the schedule does not change.

For searches alone: whoever books takes the schedule's lock and looks at what is there then.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from scheduler.protocols.rules import VisitParts
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.rules_slots import DayRooms, day_rooms
from scheduler.spans import merged
from scheduler.tenancy import Work
from scheduler.wall_time import day

# A schedule's version lasts until the next booking; each keeps 3 kB a day looked at where there are
# 20 chairs: two years in every length that there is would be hundreds of megabytes.
SCHEDULES = 64
DAYS = 400


@lru_cache(maxsize=SCHEDULES)
def _known(
    clinic_id: UUID,  # noqa: ARG001 - the key
    schedule_version: int,  # noqa: ARG001
    site_stamp: UUID,  # noqa: ARG001
) -> dict[tuple[date, VisitParts], DayRooms]:
    """What is known of one clinic's days at one version of its schedule and site."""
    return {}


def rooms_on(
    work: Work, days: Sequence[date], parts: VisitParts, without: UUID | None = None
) -> list[DayRooms]:
    """Where a visit of these parts has room on these local days, read where it is not known.

    The version was read before the rows are: what is kept is never older than it says. A day with
    a visit under way is not kept, as that takes longer by the minute; nor is one `without` the
    session that is to be moved, nor more than `DAYS` of a version.
    """
    if without is not None or work.schedule_version is None:
        return _read(work, days, parts, without).rooms
    known = _known(work.clinic_id, work.schedule_version, work.site_stamp)
    found = {on: known[on, parts] for on in days if (on, parts) in known}
    missing = [on for on in days if on not in found]
    if missing:
        read = _read(work, missing, parts)
        if read.settled and len(known) + len(missing) <= DAYS:
            known.update({(rooms.on, parts): rooms for rooms in read.rooms})
        found |= {rooms.on: rooms for rooms in read.rooms}
    return [found[on] for on in days]


class _Read(NamedTuple):
    rooms: list[DayRooms]
    settled: bool


def _read(
    work: Work, days: Sequence[date], parts: VisitParts, without: UUID | None = None
) -> _Read:
    windows = merged(day(on, work.zone) for on in days)
    calendar = chair_calendar(work, windows, without=without)
    rooms = [day_rooms(calendar, on, parts, work.zone) for on in days]
    return _Read(rooms, calendar.settled)
