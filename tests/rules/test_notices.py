"""What a patient is told at once, and what costs no message."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.messages.rules_quiet import QuietHours
from scheduler.notices.rules import (
    GRACE,
    Notice,
    Promise,
    booking_of,
    change_of,
    changes_due_in,
    told_at,
)
from scheduler.spans import Span
from tests.rules.drawn import PHOENIX, phoenix

NIGHT = QuietHours(time(21), time(8), PHOENIX)
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return phoenix(f"2026-11-{text}")


BOOKED, STARTS = at("23 10:00"), at("27 14:30")

CHANGES = [
    # status, since, by → what is told, when, of use until
    ("booked", "24 10:00", None, ("changed", "24 10:03", "27 14:30")),
    ("cancelled", "24 10:00", "clinic", ("cancelled", "24 10:03", "27 14:30")),
    ("cancelled", "24 10:00", "patient", None),  # they know
    ("no_show", "27 15:10", None, ("missed", "27 15:13", "29 15:13")),
    # Within three minutes of the booking nobody was told of it yet.
    ("booked", "23 10:02", None, None),
    ("cancelled", "23 10:02", "clinic", None),
    ("cancelled", "23 10:03", "clinic", ("cancelled", "23 10:06", "27 14:30")),
    ("booked", "23 10:00", None, None),  # the booking itself
    # Out of quiet hours.
    ("booked", "24 22:00", None, ("changed", "25 08:00", "27 14:30")),
    ("booked", "24 20:58", None, ("changed", "25 08:00", "27 14:30")),
    # Too late to be of use.
    ("booked", "27 14:27", None, None),
    ("cancelled", "27 14:40", "clinic", None),
    # No news.
    ("arrived", "27 14:20", None, None),
    ("completed", "27 16:20", None, None),
]


@pytest.mark.parametrize(("status", "since", "by", "expected"), CHANGES)
def test_a_patient_is_told_of_the_newest_change_they_do_not_know_of(
    status: str, since: str, by: str | None, expected: tuple[str, str, str] | None
) -> None:
    seen = Promise(status, STARTS, BOOKED, at(since), cancelled_by=by)
    told = expected and Notice(expected[0], at(expected[1]), at(expected[2]))
    assert change_of(seen, NIGHT) == told


@pytest.mark.parametrize(
    ("by", "channel", "told"),
    [
        ("clinic", "sms", True),
        (None, "sms", True),
        ("patient", "sms", False),
        # What stands in their calendar is the old time.
        ("patient", "email", True),
    ],
)
def test_who_moved_a_visit_themselves_is_sent_no_text_about_it(
    by: str | None, channel: str, told: bool
) -> None:
    seen = Promise("booked", STARTS, BOOKED, at("24 10:00"), moved_by=by, channel=channel)
    assert (change_of(seen, NIGHT) is not None) is told


def test_who_came_and_was_turned_away_is_not_told_of_it() -> None:
    seen = Promise("cancelled", STARTS, BOOKED, at("27 14:20"), True, "clinic")
    assert change_of(seen, NIGHT) is None


def test_a_booking_made_at_night_is_told_in_the_morning_and_until_then_may_change() -> None:
    booked = at("23 22:00")
    assert told_at(booked, NIGHT) == at("24 08:00")
    moved = Promise("booked", STARTS, booked, at("24 07:59"))
    assert change_of(moved, NIGHT) is None
    assert booking_of([moved], NIGHT) == Notice("booked", at("24 08:00"), at("26 08:00"))


BOOKINGS = [
    # each session's status and start → until when the one notice is of use
    ([("booked", "27 14:30")], "25 10:03"),
    ([("booked", "24 09:00")], "24 09:00"),
    ([("booked", "23 10:03")], None),
    ([("booked", "24 09:00"), ("booked", "30 09:00")], "25 10:03"),
    ([("cancelled", "24 09:00"), ("booked", "30 09:00")], "25 10:03"),
    ([("cancelled", "24 09:00"), ("cancelled", "30 09:00")], None),
]


@pytest.mark.parametrize(("sessions", "until"), BOOKINGS)
def test_what_was_booked_together_is_told_once_while_some_of_it_lies_ahead(
    sessions: list[tuple[str, str]], until: str | None
) -> None:
    promises = [Promise(status, at(starts), BOOKED, BOOKED) for status, starts in sessions]
    told = Notice("booked", at("23 10:03"), at(until)) if until else None
    assert booking_of(promises, NIGHT) == told


@given(
    st.sampled_from(["booked", "cancelled", "no_show", "arrived", "completed", "infusing"]),
    st.integers(0, 20_000).map(lambda n: n * MINUTE),
    st.integers(0, 30_000).map(lambda n: n * MINUTE),
    st.sampled_from([None, "clinic", "patient"]),
)
def test_no_notice_is_early_or_of_no_use_or_due_at_night_and_its_scan_finds_it(
    status: str, later: timedelta, ahead: timedelta, by: str | None
) -> None:
    """I38, I39: nor is one lost by looking at too few changes."""
    seen = Promise(status, BOOKED + ahead, BOOKED, BOOKED + later, cancelled_by=by)
    for since, found in (
        (seen.promised_at, change_of(seen, NIGHT)),
        (seen.booked_at, booking_of([seen], NIGHT)),
    ):
        if found is not None:
            assert since + GRACE <= found.due_at < found.not_after
            assert NIGHT.around(found.due_at) is None
            looked_at = changes_due_in(Span(found.due_at - INSTANT, found.due_at), NIGHT)
            assert looked_at.start <= since <= looked_at.end
