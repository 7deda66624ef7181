"""May a message go now, and what follows from how its attempt ended (I35 to I40, I58)?"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.messages.rules import (
    GO,
    STATUSES,
    TURN,
    Attempt,
    Outcome,
    Situation,
    Verdict,
    after_attempt,
    in_doubt,
    last_moment,
    verdict,
    wait_before,
)
from scheduler.messages.rules_asks import ANSWERED, MERGED, REMINDED
from scheduler.messages.rules_caps import NONE_LEFT, ROOMS, TAKEN
from scheduler.patients.rules import Contact
from scheduler.sessions.rules_states import STATES
from scheduler.spans import Span
from tests.rules.drawn import phoenix

# The day before a session on Tuesday at 14:30; the message is of use until 13:30 that day.
NOW = phoenix("2026-11-23 14:30")
STARTS = phoenix("2026-11-24 14:30")
HOUR = timedelta(hours=1)

REMINDER = Situation(
    rule="1d_before",
    kind="reminder",
    not_after=STARTS - HOUR,
    time_version=2,
    session_status="booked",
    session_time_version=2,
    session_starts_at=STARTS,
    next_session_at=None,
    patient_status="active",
    contact=Contact("email", "a@example.com"),
    quiet=None,
)
FOLLOW_UP = replace(REMINDER, kind="follow_up", rule="check_in", session_status="completed")
NIGHT = Span(NOW - HOUR, NOW + 8 * HOUR)
LONG_NIGHT = Span(NOW - HOUR, STARTS - HOUR)
NO_CONSENT = Contact(None, reason="no_consent")


def ends(status: str, reason: str) -> Verdict:
    return Verdict(status, reason)


VERDICTS = [
    (REMINDER, {}, GO),
    (FOLLOW_UP, {}, GO),
    # I36, I37: no longer true
    (REMINDER, {"session_time_version": 3}, ends("cancelled", "session_changed")),
    (REMINDER, {"session_status": "cancelled"}, ends("cancelled", "session_changed")),
    (FOLLOW_UP, {"session_status": "observing"}, ends("cancelled", "session_changed")),
    # I50: of a completion that was undone; the next one plans it anew
    (FOLLOW_UP, {"session_time_version": 3}, ends("cancelled", "session_changed")),
    # I58
    (REMINDER, {"patient_status": "deceased"}, ends("skipped", "patient_deceased")),
    (FOLLOW_UP, {"patient_status": "discharged"}, ends("skipped", "patient_discharged")),
    # I40
    (REMINDER, {"contact": NO_CONSENT}, ends("skipped", "no_consent")),
    (REMINDER, {"contact": Contact(None, reason="no_channel")}, ends("skipped", "no_channel")),
    # I41: what is due the same day is one message
    (REMINDER, {"told_today": True}, ends("skipped", "merged")),
    (REMINDER, {"room": NONE_LEFT}, ends("skipped", "cap")),
    (REMINDER, {"room": TAKEN}, Verdict("planned", until=NOW + TURN)),
    (REMINDER, {"room": TAKEN, "not_after": NOW + TURN}, ends("skipped", "cap")),
    (REMINDER, {"room": NONE_LEFT, "quiet": NIGHT}, Verdict("planned", until=NIGHT.end)),
    (FOLLOW_UP, {"of_form": ANSWERED}, ends("skipped", "answered")),
    (FOLLOW_UP, {"of_form": MERGED, "not_after": NOW}, ends("skipped", "merged")),
    (FOLLOW_UP, {"of_form": REMINDED}, Verdict("planned", until=NOW + TURN)),
    (FOLLOW_UP, {"of_form": REMINDED, "quiet": NIGHT}, Verdict("planned", until=NIGHT.end)),
    (FOLLOW_UP, {"of_form": REMINDED, "not_after": NOW + TURN}, GO),
    # I38: of use up to its last moment, and not at it
    (REMINDER, {"not_after": NOW + HOUR}, GO),
    (REMINDER, {"not_after": NOW}, ends("skipped", "superseded")),
    (REMINDER, {"not_after": NOW, "session_starts_at": NOW + HOUR}, ends("skipped", "too_late")),
    (FOLLOW_UP, {"not_after": NOW}, ends("skipped", "too_late")),
    (FOLLOW_UP, {"next_session_at": NOW}, ends("skipped", "superseded")),  # I51
    (FOLLOW_UP, {"next_session_at": NOW + HOUR}, GO),
    # I39: waits for morning, where that is not too late
    (REMINDER, {"quiet": NIGHT}, Verdict("planned", until=NIGHT.end)),
    (FOLLOW_UP, {"quiet": NIGHT}, Verdict("planned", until=NIGHT.end)),
    (REMINDER, {"quiet": LONG_NIGHT}, ends("skipped", "night")),
    (FOLLOW_UP, {"quiet": NIGHT, "next_session_at": NIGHT.end}, ends("skipped", "night")),
    # The first of several reasons is the one that is given.
    (
        REMINDER,
        {"session_status": "cancelled", "patient_status": "deceased", "contact": NO_CONSENT},
        ends("cancelled", "session_changed"),
    ),
    (REMINDER, {"patient_status": "deceased", "contact": NO_CONSENT},
     ends("skipped", "patient_deceased")),
    (REMINDER, {"contact": NO_CONSENT, "not_after": NOW}, ends("skipped", "no_consent")),
    (REMINDER, {"quiet": NIGHT, "not_after": NOW}, ends("skipped", "superseded")),
]  # fmt: skip


@pytest.mark.parametrize(("usual", "but", "expected"), VERDICTS)
def test_a_message_goes_while_it_is_true_wanted_and_in_time(
    usual: Situation, but: dict[str, object], expected: Verdict
) -> None:
    """I36, I37, I38, I39, I40, I51, I58"""
    assert verdict(NOW, replace(usual, **but)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("state", STATES)
def test_a_reminder_is_of_booked_sessions_and_a_follow_up_of_completed_ones(state: str) -> None:
    """I36, I50"""
    reminds = verdict(NOW, replace(REMINDER, session_status=state))
    assert (reminds is GO) is (state == "booked")
    follows = verdict(NOW, replace(FOLLOW_UP, session_status=state))
    assert (follows is GO) is (state == "completed")


contacts = st.sampled_from([Contact("email", "a@example.com"), NO_CONSENT])
instants = st.integers(-48, 48).map(lambda n: NOW + n * HOUR)
situations = st.builds(
    Situation,
    kind=st.sampled_from(["reminder", "follow_up"]),
    not_after=instants,
    time_version=st.integers(1, 2),
    session_status=st.sampled_from(["booked", "completed", "cancelled"]),
    session_time_version=st.integers(1, 2),
    session_starts_at=instants,
    next_session_at=st.none() | instants,
    patient_status=st.sampled_from(["active", "active", "discharged", "deceased"]),
    contact=contacts,
    quiet=st.none() | st.integers(1, 12).map(lambda n: Span(NOW - HOUR, NOW + n * HOUR)),
    room=st.sampled_from(ROOMS),
)


@given(situations)
def test_what_goes_breaks_no_rule_and_what_waits_will_still_be_in_time(seen: Situation) -> None:
    """I36 to I41, I51, I58"""
    found = verdict(NOW, seen)
    assert found.status in STATUSES
    assert (found.reason is None) is (found.status in ("sending", "planned"))
    if found.status in ("sending", "planned"):
        assert seen.patient_status == "active"
        assert seen.contact.channel
        wanted = "booked" if seen.kind == "reminder" else "completed"
        assert seen.session_status == wanted
        at = found.until or NOW
        assert at < seen.not_after
        assert seen.next_session_at is None or at < seen.next_session_at
        assert (seen.quiet is None and seen.room == "free") is (found is GO)
    if found.until:
        assert found.until == (seen.quiet.end if seen.quiet else NOW + TURN)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (99, 3600)]
)
def test_the_wait_doubles_from_thirty_seconds_to_an_hour(attempt: int, seconds: int) -> None:
    assert wait_before(attempt, 0).total_seconds() == seconds
    assert wait_before(attempt, -1).total_seconds() == 0.8 * seconds
    assert wait_before(attempt, 1).total_seconds() == min(1.2 * seconds, 3600)


@given(st.integers(1, 200), st.floats(-1, 1))
def test_no_wait_is_longer_than_an_hour(attempt: int, jitter: float) -> None:
    assert timedelta(seconds=24) <= wait_before(attempt, jitter) <= HOUR


LATER = NOW + HOUR
FIRST = Attempt(1, LATER)
KNOWN = replace(FIRST, repeatable=True)
IN_DOUBT = replace(FIRST, ambiguous=True)
KNOWN_IN_DOUBT = replace(KNOWN, ambiguous=True)
BUSY, REJECTED, LOST = (
    Outcome("retry", "busy"),
    Outcome("failed", "rejected"),
    Outcome("unknown", "time_out"),
)
AGAIN = NOW + timedelta(seconds=30)
ATTEMPTS = [
    # how it ended, which attempt it was → what becomes of it
    (Outcome("sent"), FIRST, Verdict("sent")),
    (Outcome("sent"), replace(FIRST, not_after=NOW - HOUR), Verdict("sent")),  # it went
    (Outcome("sent"), IN_DOUBT, Verdict("sent")),
    (REJECTED, FIRST, ends("failed", "rejected")),
    (REJECTED, KNOWN, ends("failed", "rejected")),
    (REJECTED, KNOWN_IN_DOUBT, ends("unknown", "rejected")),  # an earlier one may have gone
    (LOST, FIRST, ends("unknown", "time_out")),  # never tried again
    (LOST, KNOWN, Verdict("planned", "time_out", AGAIN)),  # the provider tells them apart
    (LOST, replace(KNOWN, not_after=AGAIN), ends("unknown", "time_out")),
    (BUSY, FIRST, Verdict("planned", "busy", AGAIN)),
    (BUSY, KNOWN_IN_DOUBT, Verdict("planned", "busy", AGAIN)),
    (BUSY, IN_DOUBT, ends("unknown", "busy")),
    (BUSY, replace(FIRST, number=3), Verdict("planned", "busy", NOW + timedelta(seconds=120))),
    (BUSY, replace(FIRST, number=8), ends("failed", "busy")),  # an hour on it is of no use
    (BUSY, replace(FIRST, not_after=AGAIN), ends("failed", "busy")),
    (BUSY, replace(FIRST, not_after=NOW - HOUR), ends("failed", "busy")),
    (BUSY, replace(KNOWN_IN_DOUBT, not_after=NOW), ends("unknown", "busy")),
]


@pytest.mark.parametrize(("outcome", "attempt", "expected"), ATTEMPTS)
def test_what_may_have_gone_is_tried_again_only_where_its_provider_knows_it(
    outcome: Outcome, attempt: Attempt, expected: Verdict
) -> None:
    """I35, I38: and nothing else once it is of no use."""
    assert after_attempt(outcome, attempt, NOW, 0) == expected
    assert expected.status in STATUSES


WAITS = Verdict("planned", until=LATER)


@pytest.mark.parametrize(
    ("decided", "same_way", "expected"),
    [
        (GO, True, GO),
        (GO, False, ends("unknown", "interrupted")),
        (WAITS, False, WAITS),
        (ends("cancelled", "session_changed"), True, ends("unknown", "session_changed")),
        (ends("skipped", "no_consent"), True, ends("unknown", "no_consent")),
    ],
)
def test_nobody_says_that_what_may_have_gone_did_not(
    decided: Verdict, same_way: bool, expected: Verdict
) -> None:
    """I38"""
    assert in_doubt(decided, "interrupted", same_way=same_way) == expected


def test_the_last_moment_is_the_earlier_of_its_own_and_the_next_session() -> None:
    """I51"""
    assert last_moment(REMINDER) == STARTS - HOUR
    assert last_moment(replace(FOLLOW_UP, next_session_at=NOW)) == NOW
    assert last_moment(replace(FOLLOW_UP, next_session_at=STARTS)) == STARTS - HOUR
