"""A link's token, its nonce, how it stands, and which times it offers."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules_words import FORBIDDEN, forbidden_words
from scheduler.links import rules
from scheduler.links.rules import Seen, nonce, nonce_holds, offered, standing

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
STARTS = NOW + timedelta(days=8)
PHOENIX = ZoneInfo("America/Phoenix")
TOKENS = st.text(rules.ALPHABET, min_size=rules.LENGTH, max_size=rules.LENGTH)


def test_a_token_has_at_least_128_random_bits() -> None:
    assert rules.LENGTH * math.log2(len(set(rules.ALPHABET))) >= 128
    made = {rules.new_token() for _ in range(200)}
    assert len(made) == 200
    assert all(map(rules.well_formed, made))
    # Each character of the alphabet turns up: 5600 draws of 25.
    assert set("".join(made)) == set(rules.ALPHABET)


def test_no_token_can_spell_a_forbidden_word() -> None:
    """I42: in a path of any purpose; a short one would turn up by chance some day."""
    for word in FORBIDDEN:
        assert {c for c in word if c.isalpha()} - set(rules.ALPHABET), word


@given(TOKENS, st.sampled_from(sorted(rules.PURPOSES)))
def test_no_path_holds_a_forbidden_word(token: str, purpose: str) -> None:
    """I42"""
    path = rules.path_of(purpose, token)
    assert forbidden_words(f"https://sonoran.example{path}") == []
    assert len(path) <= 31


@given(TOKENS)
def test_a_messages_tokens_follow_from_its_first_and_from_no_other(token: str) -> None:
    """So a page can lead to the others, which say nothing of it."""
    made = [rules.sibling(token, purpose) for purpose in rules.PURPOSES]
    assert all(map(rules.well_formed, made))
    assert len({token, *made}) == len(made) + 1
    assert made == [rules.sibling(token, purpose) for purpose in rules.PURPOSES]


BAD_TOKENS = ["", "x", "b" * 27, "b" * 29, "B" * 28, "a" * 28, "b" * 27 + "\n", "b" * 27 + "é"]


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_what_is_no_token_of_ours_is_seen_without_the_database(token: str) -> None:
    assert not rules.well_formed(token)


@given(TOKENS, st.integers(1, 10**6), st.integers(0, 7200))
def test_a_nonce_holds_for_two_hours_for_its_link_and_version(
    token: str, version: int, seconds: int
) -> None:
    said = nonce(token, version, NOW)
    assert nonce_holds(said, token, version, NOW + timedelta(seconds=seconds))
    assert not nonce_holds(said, token, version + 1, NOW + timedelta(seconds=seconds))
    other = token[::-1] if token[::-1] != token else token[:-1] + ("2" if token[-1] != "2" else "3")
    assert not nonce_holds(said, other, version, NOW + timedelta(seconds=seconds))
    assert token not in said


@pytest.mark.parametrize(
    "said",
    [
        "",
        "-",
        "x-y",
        "6923-",
        "ffffffffff-" + "0" * 32,
        "٣-" + "0" * 32,
        nonce("b" * 28, 1, NOW)[:-1],
        nonce("b" * 28, 1, NOW) + "0",
        nonce("b" * 28, 1, NOW).upper(),
        nonce("b" * 28, 1, NOW - timedelta(hours=2, seconds=1)),
        nonce("b" * 28, 1, NOW + timedelta(seconds=5)),
        "+" + nonce("b" * 28, 1, NOW),
        "\N{SNOWMAN}",
    ],
)
def test_what_no_page_said_is_no_nonce(said: str) -> None:
    assert not nonce_holds(said, "b" * 28, 1, NOW)


FRESH = Seen(
    purpose="confirm",
    time_version=1,
    expires_at=STARTS,
    used_time_version=None,
    status="booked",
    session_time_version=1,
    starts_at=STARTS,
    confirmed=False,
    patient_active=True,
)
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("fresh", {}, "open"),
    ("to change", {"purpose": "change"}, "open"),
    ("to decline", {"purpose": "decline"}, "open"),
    ("a calendar file", {"purpose": "calendar"}, "open"),
    ("confirmed, by whomever", {"confirmed": True}, "done"),
    ("confirmed, and to be changed all the same", {"purpose": "change", "confirmed": True}, "open"),
    ("confirmed, and declined", {"purpose": "decline", "confirmed": True}, "open"),
    ("moved", {"session_time_version": 2}, "moved"),
    (
        "moved and confirmed at the new time",
        {"session_time_version": 2, "confirmed": True},
        "moved",
    ),
    (
        "moved by this link",
        {"purpose": "change", "session_time_version": 2, "used_time_version": 2},
        "done",
    ),
    (
        "moved by this link and then by the desk",
        {"purpose": "change", "session_time_version": 3, "used_time_version": 2},
        "moved",
    ),
    (
        "confirmed by this link, then moved",
        {"session_time_version": 2, "used_time_version": 1},
        "moved",
    ),
    (
        "declined by this link",
        {
            "purpose": "decline",
            "status": "cancelled",
            "session_time_version": 2,
            "used_time_version": 2,
        },
        "done",
    ),
    (
        "cancelled by somebody else",
        {"purpose": "decline", "status": "cancelled", "session_time_version": 2},
        "cancelled",
    ),
    ("cancelled", {"status": "cancelled", "session_time_version": 2}, "cancelled"),
    ("expired", {"expires_at": NOW}, "gone"),
    ("the session has begun, as it was moved to earlier", {"starts_at": NOW}, "gone"),
    ("cancelled and expired", {"status": "cancelled", "expires_at": NOW}, "gone"),
    ("the patient is discharged", {"patient_active": False}, "gone"),
    *[
        (f"the session is {status}", {"status": status}, "gone")
        for status in ("held", "arrived", "infusing", "observing", "completed", "no_show")
    ],
]


@pytest.mark.parametrize(
    ("changed", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_how_a_link_stands(changed: dict[str, Any], expected: str) -> None:
    assert standing(replace(FRESH, **changed), NOW) == expected


@given(
    st.builds(
        Seen,
        purpose=st.sampled_from(["confirm", "change", "decline", "calendar"]),
        time_version=st.integers(1, 4),
        expires_at=st.just(STARTS),
        used_time_version=st.none() | st.integers(1, 4),
        status=st.sampled_from(["booked", "cancelled", "arrived", "completed", "no_show", "held"]),
        session_time_version=st.integers(1, 4),
        starts_at=st.just(STARTS),
        confirmed=st.booleans(),
        patient_active=st.booleans(),
    ),
    st.integers(-20 * 86_400, 20 * 86_400),
)
def test_a_link_acts_only_on_a_booked_session_at_the_time_it_was_made_for(
    seen: Seen, seconds: int
) -> None:
    """I48"""
    now = STARTS + timedelta(seconds=seconds)
    if standing(seen, now) == "open":
        assert seen.status == "booked"
        assert seen.session_time_version == seen.time_version
        assert now < seen.expires_at
        assert seen.patient_active


def test_only_unsubscribing_and_a_check_in_work_after_the_visit() -> None:
    later = {"unsubscribe": timedelta(days=60), "check_in": timedelta(days=7)}
    for purpose in rules.PURPOSES:
        until = STARTS + later.get(purpose, timedelta(0))
        assert rules.expiry(purpose, STARTS, NOW) == until
    after = STARTS + timedelta(days=1)
    assert rules.expiry("check_in", STARTS, after) == after + later["check_in"]


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=PHOENIX)


def test_of_each_day_the_first_the_last_and_the_one_nearest_to_the_present_time_is_offered() -> (
    None
):
    free = [local(2, h, m) for h in range(8, 16) for m in (0, 30)] + [local(3, 14)]
    assert offered(free, local(1, 9, 30), PHOENIX) == [
        local(2, 8),
        local(2, 9, 30),
        local(2, 15, 30),
        local(3, 14),
    ]


def test_the_nearest_five_days_are_offered_and_never_the_present_time() -> None:
    free = [local(day, 9, 30) for day in range(1, 16)]
    assert offered(free, local(8, 9, 30), PHOENIX) == [local(d, 9, 30) for d in (5, 6, 7, 9, 10)]
    assert offered([local(8, 9, 30)], local(8, 9, 30), PHOENIX) == []


def test_a_time_within_an_hour_of_the_present_one_is_no_other_time() -> None:
    free = [local(8, 8, 30), local(8, 8, 35), local(8, 10, 25), local(8, 10, 30)]
    assert offered(free, local(8, 9, 30), PHOENIX) == [local(8, 8, 30), local(8, 10, 30)]


@given(st.lists(st.integers(0, 14 * 288), max_size=200), st.integers(0, 14 * 288))
def test_what_is_offered_is_free_in_order_and_short(ticks: list[int], present: int) -> None:
    free = [local(1, 0) + timedelta(minutes=5 * tick) for tick in ticks]
    chosen = offered(free, local(1, 0) + timedelta(minutes=5 * present), PHOENIX)
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(free) - {local(1, 0) + timedelta(minutes=5 * present)}
    assert len(chosen) <= 15
