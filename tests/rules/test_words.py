"""What a message may never say, however it is spelled (I42)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules_words import FORBIDDEN, forbidden_words

HIDDEN = [
    ("Your KETAMINE visit", "ketamine"),
    ("infusions at nine", "infusion"),
    ("su infusión", "infusión"),
    ("su infusion", "infusión"),
    ("INFUSIÓN", "infusión"),
    ("infusio\u0301n", "infusión"),
    ("\uff4b\uff45\uff54\uff41\uff4d\uff49\uff4e\uff45", "ketamine"),  # full width
    ("\U0001d40aetamine", "ketamine"),  # a bold capital
    ("keta\u00admine", "ketamine"),  # a soft hyphen
    ("keta\u200bmine", "ketamine"),  # a space of no width
    ("k\u20dde\u20ddtamine", "ketamine"),  # in circles
    ("40mg", "mg"),
    ("40 MG.", "mg"),
    ("your drugs", "drug"),
    ("two doses", "dose"),
    ("moods", "mood"),
    ("PHQ9", "phq"),
    ("PHQ-9", "phq-9"),
    ("GAD7", "gad-7"),
    ("GAD 7", "gad-7"),
    ("GAD\u20117", "gad-7"),  # a hyphen that does not break
    ("self harm", "self-harm"),
    ("selfharm", "self-harm"),
    ("IV-drip", "iv drip"),
    ("balance  due", "balance due"),
    ("your balance\ndue", "balance due"),
    ("anti-depressed", "depressed"),
    ("psychiatrically", "psychiatric"),
    ("Mental Health Center", "mental"),
    ("your therapist", "therapist"),
    ("Psychological Services", "psychological"),
    ("https://clinic.example/ketamine-aftercare", "ketamine"),
    ("appt_ketamine_2", "ketamine"),
    ("su medicacion", "medicación"),
    ("consulta psiquiatrica", "psiquiátrica"),
    ("su estado de animo", "estado de ánimo"),
    ("saldo pendiente: $40", "saldo pendiente"),
    ("Session 3 of 6", "session n of m"),
    ("sesión 3 de 6", "session n of m"),
    ("visita 3 de 6", "session n of m"),
    ("visit #3 of 6", "session n of m"),
    ("session 3/6", "session n of m"),
]

HARMLESS = [
    "Sonoran Care: appt Tue Nov 24 2:30 PM. Reply C to confirm, R to change, or call +16025550100.",
    "Hello, you have an appointment with Sonoran Care on Tuesday, November 24, at 2:30 PM MST.",
    "Clínica Ñandú: cita mar 24 nov 2:30 PM. Para cambiarla, llame al (602) 555-0100.",
    "Clínica San Ánimas",
    "Amgen Plaza",
    "the fundamental question",
    "environmental",
    "Moody Street Clinic",
    "Dosewallips Park",
    "drugstore",
    "the visit of 6 of us",
    "session 3",
    "Grandview 24/7",
    "Madras",
    "",
]


@pytest.mark.parametrize(("text", "word"), HIDDEN)
def test_a_forbidden_word_is_found_however_it_is_spelled(text: str, word: str) -> None:
    assert word in forbidden_words(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_is_not_refused(text: str) -> None:
    assert forbidden_words(text) == []


@pytest.mark.parametrize("word", FORBIDDEN)
def test_every_word_of_the_list_is_found_in_any_case_and_beside_punctuation(word: str) -> None:
    for text in (word, word.upper(), word.title(), f"({word})", f"the {word}, please", f"7{word}."):
        assert word in forbidden_words(text), text


anything = st.text("abz AZ09.,-_/'\n\u00e9\u0301\u200b\u4e16", max_size=20)


@given(anything, st.sampled_from(FORBIDDEN), anything)
def test_no_text_around_it_hides_a_word(before: str, word: str, after: str) -> None:
    assert word in forbidden_words(f"{before} {word} {after}")


def test_the_list_names_no_word_twice() -> None:
    assert len(set(FORBIDDEN)) == len(FORBIDDEN)
