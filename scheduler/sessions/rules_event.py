"""A visit as an event for a patient's own calendar: RFC 5545, sent by the rules of RFC 5546 (I47).

One UID a session whatever becomes of it; SEQUENCE is the session's `time_version`, so that a
calendar knows which of two files is the newer one. Nothing in it tells what the visit is for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

# A line of a calendar file has at most 75 octets; a longer one is folded.
MOST_OCTETS = 75


@dataclass(frozen=True, slots=True)
class Event:
    """A visit as it stands, until the patient leaves.

    In a mail `organizer` and `attendee` are its addresses; a file to keep answers to nobody.
    """

    session_id: UUID
    time_version: int
    starts_at: datetime
    ends_at: datetime
    title: str
    description: str = ""
    organizer: str | None = None
    attendee: str | None = None
    is_cancelled: bool = False

    @property
    def method(self) -> str:
        """Also the `method` of the MIME type."""
        if self.is_cancelled:
            return "CANCEL"
        return "REQUEST" if self.attendee else "PUBLISH"


def calendar_file(event: Event, at: datetime) -> str:
    """The event as a calendar file, made at that instant."""
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//scheduler//visits//EN",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        f"METHOD:{event.method}",
        "BEGIN:VEVENT",
        f"UID:{event.session_id}",
        f"SEQUENCE:{event.time_version}",
        f"DTSTAMP:{_utc(at)}",
        f"DTSTART:{_utc(event.starts_at)}",
        f"DTEND:{_utc(event.ends_at)}",
        f"SUMMARY:{_escaped(event.title)}",
        *([f"DESCRIPTION:{_escaped(event.description)}"] if event.description else []),
        *_between(event),
        f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}",
        # Whoever else sees the patient's calendar sees that they are busy, and no more.
        "CLASS:PRIVATE",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _between(event: Event) -> list[str]:
    """Who invites whom."""
    if event.attendee is None:
        return []
    return [
        f"ORGANIZER:mailto:{event.organizer}",
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:{event.attendee}",
    ]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(words: str) -> str:
    """RFC 5545, 3.3.11."""
    for character in "\\;,":
        words = words.replace(character, f"\\{character}")
    return " ".join(words.splitlines())


def _folded(line: str) -> str:
    """RFC 5545, 3.1: by octets, and never within a character."""
    if len(line.encode()) <= MOST_OCTETS:
        return line
    folded, length = "", 0
    for character in line:
        octets = len(character.encode())
        if length + octets > MOST_OCTETS:
            folded, length = f"{folded}\r\n ", 1
        folded, length = folded + character, length + octets
    return folded
