"""A clinic's own words: which are taken, and that what is taken always fits (I42)."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules_words import FORBIDDEN
from scheduler.messages.rules_gsm import places, spelled_plainly
from scheduler.messages.rules_spoken import SAID, Template
from scheduler.messages.rules_templates import (
    LANGUAGES,
    LONGEST,
    MESSAGES,
    SEVERAL,
    Example,
    drafted,
    examples_of,
    known_in,
    needed_in,
    wrong_with,
)
from scheduler.messages.rules_text import NAME
from tests.rules.drawn import CLOCK_DAYS, PHOENIX, phoenix, utc

STARTS = phoenix("2026-11-24 14:30")
EXAMPLES = examples_of("Sonoran Care", "(602) 555-0100", STARTS, PHOENIX)

OURS = Template(
    "{clinic}: see you {when}",
    "Hello,\n\nWe see you at {clinic} on {when}. If not, {call}.",
    "{clinic}: see you {when}. If not, {call}.",
)

EACH = [(message, language) for message in MESSAGES for language in LANGUAGES]


@pytest.mark.parametrize(("message", "language"), EACH)
def test_the_standard_words_would_be_taken_as_a_clinics_own(message: str, language: str) -> None:
    """I42"""
    assert wrong_with(message, language, SAID[language].templates[message], EXAMPLES) == {}


def test_every_message_there_is_has_standard_words() -> None:
    for language in LANGUAGES:
        assert set(SAID[language].templates) == set(MESSAGES)


def test_what_is_said_is_the_template_with_its_values() -> None:
    draft = drafted("reminder", "en", OURS, EXAMPLES[0])
    assert draft.subject == "Sonoran Care: see you Tue Nov 24 2:30 PM"
    assert draft.body.endswith(
        "We see you at Sonoran Care on Tuesday, November 24, at 2:30 PM."
        " If not, call (602) 555-0100."
    )
    assert draft.text == ("Sonoran Care: see you Tue Nov 24 2:30 PM. If not, call (602) 555-0100.")


def test_of_several_visits_a_body_has_all_the_times_and_a_text_the_first() -> None:
    words = Template("News", "{when}\n{call}", "{clinic}: {count}, from {first}. {call}")
    draft = drafted("booked_several", "en", words, EXAMPLES[0])
    assert draft.body.count("2:30 PM") == 6
    assert draft.text == "Sonoran Care: 6, from Tue Nov 24 2:30 PM. call (602) 555-0100"


def test_braces_in_a_clinics_name_are_only_braces() -> None:
    draft = drafted("reminder", "en", OURS, replace(EXAMPLES[0], clinic="{when}{0.__class__}"))
    assert draft.subject == "{when}{0.__class__}: see you Tue Nov 24 2:30 PM"


REFUSED = [
    # message, part, its words → what is said of it
    ("reminder", "text", "{clinic}: see you. {call}", "Must hold {when}."),
    ("reminder", "text", "See you {when}. {call}", "Must hold {clinic}."),
    ("reminder", "body", "See you {when}.", "Must hold {call}."),
    ("reminder", "body", "See you soon.", "Must hold {call}, {when}."),
    ("booked_several", "text", "{clinic}: {first}. {call}", "Must hold {count}."),
    (
        "booked_several", "text", "{clinic}: {count} {first} {when}. {call}",
        "Not known here: {when}. Known: {call}, {clinic}, {count}, {first}.",
    ),
    ("follow_up", "text", "{clinic}: {when}? {call}",
     "Not known here: {when}. Known: {call}, {clinic}."),
    ("reminder", "subject", "For {patient}",
     "Not known here: {patient}. Known: {call}, {clinic}, {when}."),
    *(
        ("reminder", "subject", words, "A brace stands only around a placeholder.")
        for words in ("{", "}", "{}", "{0}", "{when!r}", "{when.year}", "{when:>9}", "{{when}}",
                      "{clinic.__class__}", "{Clinic}", "{ when }", "{when")
    ),
    ("reminder", "subject", "Your score", "It stands in messages and must not say: score."),
    ("reminder", "body", "{when} {call}, ayunas",
     "It stands in messages and must not say: ayunas."),
    ("reminder", "text", "{clinic} {when} {call}: sesión 2 de 6",
     "It stands in messages and must not say: session n of m."),
    ("reminder", "text", "{clinic} {when} {call}" + "!" * 80,
     "At its longest it takes 174 of 160."),
    ("reminder", "text", "{clinic} {when} {call} {call}" + "[" * 30,
     "At its longest it takes 182 of 160."),
]  # fmt: skip


@pytest.mark.parametrize(("message", "part", "words", "said"), REFUSED)
def test_words_that_could_not_go_out_are_refused_and_the_part_is_named(
    message: str, part: str, words: str, said: str
) -> None:
    """I42"""
    standard = SAID["en"].templates[message]
    assert wrong_with(message, "en", replace(standard, **{part: words}), EXAMPLES) == {part: [said]}


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_forbidden_word_is_taken_in_any_part(word: str) -> None:
    """I42: nor one that begins in one part and ends in the next."""
    for part, words in asdict(OURS).items():
        assert list(wrong_with("reminder", "en", replace(OURS, **{part: f"{words} {word}"}),
                               EXAMPLES)) == [part]  # fmt: skip
    start, space, end = word.partition(" ")
    split = replace(OURS, subject=f"{OURS.subject} {start}", body=f"{end} {OURS.body}")
    assert bool(wrong_with("reminder", "en", split, EXAMPLES)) is (space != "" or end == "")


def test_a_clinic_whose_own_name_tells_has_no_words_taken() -> None:
    """I42: a name from before its word was forbidden."""
    examples = examples_of("Ketamine & Co", None, STARTS, PHOENIX)
    assert set(wrong_with("reminder", "en", OURS, examples)) == {"subject", "body", "text"}


def test_the_longest_example_fills_all_the_room_that_a_name_has() -> None:
    assert places(spelled_plainly(LONGEST.clinic)) == NAME


instants = st.integers(0, 20_000).map(
    lambda n: utc("2024-01-01 00:00") + timedelta(minutes=137 * n)
)
examples = st.builds(
    Example,
    name=st.just("drawn"),
    clinic=st.text(min_size=1, max_size=30) | st.text("\u2026\u247f\u20ac{}", max_size=30),
    phone=st.none() | st.integers(0, 10**20 - 1).map(lambda n: f"+{n}"),
    starts_at=instants,
    zone=st.sampled_from([each[0] for each in CLOCK_DAYS]),
    name_zone=st.booleans(),
    visits=st.integers(2, 52),
)


@given(
    st.sampled_from(MESSAGES),
    st.sampled_from(LANGUAGES),
    st.text(st.characters(codec="utf-8"), max_size=90),
    examples,
)
def test_what_was_taken_fits_whoever_is_written_to_whenever(
    message: str, language: str, words: str, example: Example
) -> None:
    """I42: no text is longer than that of the longest example."""
    needed = " ".join(f"{{{each}}}" for each in sorted(needed_in(message, "text")))
    template = replace(SAID[language].templates[message], text=f"{needed} {words}")
    if not wrong_with(message, language, template, EXAMPLES):
        assert drafted(message, language, template, example).unsayable() != "too_long"
    longest = drafted(message, language, SAID[language].templates[message], LONGEST)
    drawn = drafted(message, language, SAID[language].templates[message], example)
    assert places(drawn.text) <= places(longest.text) <= 160


@given(st.sampled_from(EACH), examples)
def test_the_standard_words_tell_nothing_in_any_clinic_whose_name_does_not(
    each: tuple[str, str], example: Example
) -> None:
    """I42"""
    message, language = each
    example = replace(example, clinic="Sonoran Care")
    draft = drafted(message, language, SAID[language].templates[message], example)
    assert draft.unsayable() is None


@pytest.mark.parametrize("message", MESSAGES)
def test_what_a_part_needs_it_may_hold(message: str) -> None:
    for part in ("subject", "body", "text"):
        assert needed_in(message, part) <= known_in(message, part)
    assert ("count" in known_in(message, "text")) is (message in SEVERAL)
