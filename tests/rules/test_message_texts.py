"""What messages say: when and whom to call, and never what the visit is for (I42)."""

from datetime import datetime, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules_words import FORBIDDEN
from scheduler.messages.rules_gsm import fits, spelled_plainly
from scheduler.messages.rules_text import Draft, follow_up, reminder
from tests.rules.drawn import CLOCK_DAYS, NEW_YORK, PHOENIX, phoenix, utc

STARTS = phoenix("2026-11-24 14:30")

REMINDERS = [
    # clinic's phone, zone, name the zone? → subject, body, text
    (
        "+16025550100", PHOENIX, False,
        "Sonoran Care: appt Tue Nov 24 2:30 PM",
        "Hello,\n\nYou have an appointment with Sonoran Care on Tuesday, November 24, at 2:30 PM."
        "\n\nTo change it, call +16025550100.\n",
        "Sonoran Care: appt Tue Nov 24 2:30 PM. To change it, call +16025550100.",
    ),
    (
        None, PHOENIX, True,
        "Sonoran Care: appt Tue Nov 24 2:30 PM MST",
        "Hello,\n\nYou have an appointment with Sonoran Care on Tuesday, November 24, at 2:30 PM "
        "MST.\n\nTo change it, please call us.\n",
        "Sonoran Care: appt Tue Nov 24 2:30 PM MST. To change it, please call us.",
    ),
    (
        None, NEW_YORK, True,
        "Sonoran Care: appt Tue Nov 24 4:30 PM EST",
        "Hello,\n\nYou have an appointment with Sonoran Care on Tuesday, November 24, at 4:30 PM "
        "EST.\n\nTo change it, please call us.\n",
        "Sonoran Care: appt Tue Nov 24 4:30 PM EST. To change it, please call us.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("phone", "in_zone", "name_zone", "subject", "body", "text"), REMINDERS)
def test_a_reminder_says_when_on_the_clinics_wall_and_whom_to_call(
    phone: str | None, in_zone: tzinfo, name_zone: bool, subject: str, body: str, text: str
) -> None:
    draft = reminder("Sonoran Care", phone, STARTS, in_zone, name_zone=name_zone)
    assert draft == Draft("Sonoran Care", subject, body, text)


@pytest.mark.parametrize(
    ("wall", "words"),
    [("00:05", "12:05 AM"), ("12:00", "12:00 PM"), ("09:05", "9:05 AM"), ("23:55", "11:55 PM")],
)
def test_times_are_read_as_people_say_them(wall: str, words: str) -> None:
    draft = reminder("Sonoran Care", None, phoenix(f"2026-12-01 {wall}"), PHOENIX, name_zone=False)
    assert f"Dec 1 {words}" in draft.subject
    assert f"December 1, at {words}." in draft.body


def test_a_follow_up_asks_and_says_whom_to_call() -> None:
    draft = follow_up("Sonoran Care", "+16025550100")
    assert draft.sender == "Sonoran Care"
    assert draft.subject == "Sonoran Care: how are you?"
    assert "call +16025550100." in draft.body
    assert "please call us." in follow_up("Sonoran Care", None).body


@given(
    st.integers(0, 20_000).map(lambda n: utc("2024-01-01 00:00") + timedelta(minutes=137 * n)),
    st.sampled_from([each[0] for each in CLOCK_DAYS]),
    st.none() | st.just("+16025550100"),
    st.booleans(),
)
def test_our_own_words_are_never_forbidden_and_subjects_are_one_line(
    starts_at: datetime, in_zone: tzinfo, phone: str | None, name_zone: bool
) -> None:
    """I42"""
    drafts = [
        reminder("Sonoran Care", phone, starts_at, in_zone, name_zone=name_zone),
        follow_up("Sonoran Care", phone),
    ]
    for draft in drafts:
        assert draft.forbidden() == []
        assert "\n" not in draft.sender + draft.subject
        assert len(draft.subject) <= 78
        assert fits(draft.text)


@given(st.text(max_size=30), st.none() | st.just("+16025550100"))
def test_a_text_is_one_text_whatever_the_clinic_is_called(name: str, phone: str | None) -> None:
    """I42: in the alphabet that every phone takes, and at most 160 of its characters."""
    zone = NEW_YORK
    for draft in (reminder(name, phone, STARTS, zone, name_zone=True), follow_up(name, phone)):
        assert fits(draft.text)


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Clínica Señor Núñez, ¿está bien?", "Clinica Señor Nuñez, ¿esta bien?"),
        ("Ana\u2019s caf\u0065\u0301 \u2013 10\xa0AM\u2026", "Ana's café - 10 AM..."),
        ("[€]", "[€]"),
        ("診療所 7", " 7"),
        ("Łódź `x`", "odz x"),
    ],
)
def test_accents_that_phones_lack_are_spelled_plainly(words: str, plain: str) -> None:
    assert spelled_plainly(words) == plain
    assert fits(plain)


@pytest.mark.parametrize(
    ("words", "one"), [("a" * 160, True), ("a" * 161, False), ("€" * 80, True), ("€" * 81, False),
                       ("á", False), ("", True)],
)  # fmt: skip
def test_a_text_of_more_than_160_characters_or_of_others_does_not_fit(
    words: str, one: bool
) -> None:
    assert fits(words) is one


@pytest.mark.parametrize("word", FORBIDDEN[::5])
def test_a_forbidden_word_is_found_in_the_sender_the_subject_and_the_body(word: str) -> None:
    """I42: a clinic's name can hold one."""
    assert word in Draft(word, "", "").forbidden()
    assert word in Draft("", f"Re: {word}", "").forbidden()
    assert word in Draft("", "", "", f"Appt {word}").forbidden()
    assert word in Draft("", "", f"Hello,\n\n{word}").forbidden()
    assert word in reminder(f"The {word} place", None, STARTS, PHOENIX, name_zone=False).forbidden()
