"""A visit as a calendar file: one UID a session, SEQUENCE its time's version (I47)."""

from datetime import datetime
from uuid import UUID

from icalendar import Calendar, Event


def calendar_file(
    session_id: UUID,
    time_version: int,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    *,
    summary: str,
    description: str,
) -> bytes:
    """The file (RFC 5545), in UTC, for the patient to keep; it answers to nobody (PUBLISH)."""
    event = Event()
    event.add("uid", str(session_id))
    event.add("sequence", time_version)
    event.add("dtstamp", now)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", summary)
    event.add("description", description)
    event.add("status", "CONFIRMED")
    # What a lock screen shows of it is the reader's own affair, but nobody else's.
    event.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("prodid", "-//scheduler//appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
