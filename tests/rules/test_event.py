"""A visit in a patient's calendar, read by an independent parser (I47)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from scheduler.clinics.rules_words import forbidden_words
from scheduler.sessions.rules_event import Event, calendar_file
from tests.rules.drawn import phoenix

NOW = phoenix("2026-11-23 08:00")
STARTS = phoenix("2026-12-01 09:30")
BOOKED = Event(
    session_id=UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff"),
    time_version=1,
    starts_at=STARTS,
    ends_at=STARTS + timedelta(minutes=40),
    title="Appointment, Sonoran Care",
    organizer="no-reply@clinic.example",
    attendee="ana@example.com",
)


def moved(event: Event, days: int) -> Event:
    """The same visit on another day."""
    by = timedelta(days=days)
    starts_at, ends_at = event.starts_at + by, event.ends_at + by
    return replace(event, time_version=event.time_version + 1, starts_at=starts_at, ends_at=ends_at)


def cancelled(event: Event) -> Event:
    return replace(event, time_version=event.time_version + 1, is_cancelled=True)


class Agenda:
    """A calendar that takes files in, as RFC 5546 says: by UID, and only what is newer."""

    def __init__(self) -> None:
        self.events: dict[str, tuple[int, str, object]] = {}

    def take(self, file: str) -> None:
        calendar = Calendar.from_ical(file)
        (event,) = calendar.walk("VEVENT")
        uid, sequence = str(event["UID"]), int(str(event["SEQUENCE"]))
        if calendar["METHOD"] == "CANCEL":
            assert event["STATUS"] == "CANCELLED"
        if uid not in self.events or sequence >= self.events[uid][0]:
            self.events[uid] = (sequence, str(event["STATUS"]), event.decoded("DTSTART"))


def test_booked_moved_twice_and_cancelled_it_is_one_event_that_is_cancelled() -> None:
    """I47: in whatever order the files are opened."""
    first = moved(BOOKED, 1)
    story = [BOOKED, first, moved(first, 7), cancelled(moved(first, 7))]
    files = [calendar_file(event, NOW) for event in story]
    for order in (files, [files[3], files[0], files[2], files[1]], files * 2):
        agenda = Agenda()
        for file in order:
            agenda.take(file)
        ((sequence, status, starts_at),) = agenda.events.values()
        assert (sequence, status) == (4, "CANCELLED")
        assert starts_at == STARTS + timedelta(days=8)


def test_an_event_says_when_and_where_to_and_nothing_more() -> None:
    """I42, I47."""
    calendar = Calendar.from_ical(file := calendar_file(BOOKED, NOW))
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
    assert event.decoded("DTSTAMP") == NOW
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (BOOKED.starts_at, BOOKED.ends_at)
    assert event["SUMMARY"] == "Appointment, Sonoran Care"
    assert (event["ORGANIZER"], event["ATTENDEE"]) == (
        "mailto:no-reply@clinic.example",
        "mailto:ana@example.com",
    )
    assert event["STATUS"] == "CONFIRMED"
    assert forbidden_words(file) == []


def test_a_file_to_keep_answers_to_nobody_and_says_whom_to_call() -> None:
    """I42, I47"""
    phone = "To change it, call +16025550100."
    kept = replace(BOOKED, description=phone, organizer=None, attendee=None)
    calendar = Calendar.from_ical(file := calendar_file(kept, NOW))
    (event,) = calendar.walk("VEVENT")
    assert (calendar["METHOD"], event["STATUS"], event["CLASS"]) == (
        "PUBLISH",
        "CONFIRMED",
        "PRIVATE",
    )
    assert event["DESCRIPTION"] == phone
    assert not {"ORGANIZER", "ATTENDEE"} & set(event)
    assert forbidden_words(file) == []


@given(st.text(max_size=200))
def test_any_title_is_read_as_it_was_written_and_no_line_is_too_long(title: str) -> None:
    """Nor does one end the event early."""
    told = "".join(c for c in title if c.isprintable()).strip()
    file = calendar_file(replace(BOOKED, title=told), NOW)
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    assert event["SUMMARY"] == told
    lines = file.split("\r\n")
    assert max(len(line.encode()) for line in lines) <= 75
    assert "\n" not in "".join(lines)


def test_a_title_of_several_lines_stays_one() -> None:
    (event,) = Calendar.from_ical(
        calendar_file(replace(BOOKED, title="Care\r\nEND:VEVENT\nMETHOD:CANCEL"), NOW)
    ).walk("VEVENT")
    assert event["SUMMARY"] == "Care END:VEVENT METHOD:CANCEL"
