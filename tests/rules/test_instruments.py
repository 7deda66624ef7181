"""What the instruments ask, and what their answers mean."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules_words import forbidden_words
from scheduler.instruments.rules import (
    CALL_WANTED,
    HIGH_TOTAL,
    MOST_WORDS,
    SELF_HARM,
    SEVERE_SIDE_EFFECT,
    Instrument,
    band_of,
    is_complete,
    reasons_of,
    refused,
    total_of,
)
from scheduler.instruments.rules_check_in import CHECK_IN
from scheduler.instruments.rules_phq import GAD7, PHQ2, PHQ9
from scheduler.instruments.rules_shipped import SHIPPED

Items = dict[str, Any]

ALL = list(SHIPPED.values())
NAMES = list(SHIPPED)

# What each version asks and means. One that differs needs a new version, as answers name it.
PUBLISHED = {
    ("check_in", 1): "ad3fd98433ae6d25",
    ("gad7", 1): "4ef12e5ce8573c3d",
    ("phq2", 1): "03f110e3214c35b2",
    ("phq9", 1): "b2135aefec659f91",
}


def digest(instrument: Instrument) -> str:
    told = json.dumps(asdict(instrument), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def test_an_instrument_that_asks_something_else_is_another_version() -> None:
    assert {(each.code, each.version): digest(each) for each in ALL} == PUBLISHED


@pytest.mark.parametrize("instrument", ALL, ids=NAMES)
def test_what_a_phone_shows_to_anyone_tells_nothing(instrument: Instrument) -> None:
    """I42"""
    shown = [*instrument.title.values(), *instrument.stem.values()]
    assert [forbidden_words(each) for each in shown] == [[]] * 4


@pytest.mark.parametrize("instrument", ALL, ids=NAMES)
def test_everything_is_asked_in_both_languages_and_each_answer_is_another_value(
    instrument: Instrument,
) -> None:
    texts = [instrument.title, instrument.stem, *(item.asks for item in instrument.items)]
    texts += [choice.says for item in instrument.items for choice in item.choices]
    assert all(set(each) == {"en", "es"} and all(each.values()) for each in texts)
    codes = [item.code for item in instrument.items]
    assert len(set(codes)) == len(codes)
    for item in instrument.items:
        values = [choice.value for choice in item.choices]
        assert values == list(range(len(values)))


@pytest.mark.parametrize(
    ("instrument", "panel", "total", "items"),
    [
        (
            PHQ9,
            "44249-1",
            "44261-6",
            "44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8",
        ),
        (PHQ2, "55757-9", "55758-7", "44250-9 44255-8"),
        (
            GAD7,
            "69737-5",
            "70274-6",
            "69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7",
        ),
    ],
    ids=["phq9", "phq2", "gad7"],
)
def test_the_published_ones_carry_their_codes(
    instrument: Instrument, panel: str, total: str, items: str
) -> None:
    assert (instrument.loinc, instrument.loinc_total) == (panel, total)
    assert [item.loinc for item in instrument.items] == items.split()
    assert {tuple(choice.loinc for choice in item.choices) for item in instrument.items} == {
        ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
    }


CODES = "123456789"


def sets_of_answers() -> Iterator[tuple[Items, int | None]]:
    """All 5^9 ways to answer the PHQ-9, each item 0 to 3 or not at all, and what each adds up to.

    The ninth answer is put into one dictionary after the other: it is twice as fast.
    """
    for eight in product((0, 1, 2, 3, None), repeat=8):
        items: Items = {
            code: value for code, value in zip(CODES, eight, strict=False) if value is not None
        }
        yield items, None
        expected = None if len(items) < 8 else sum(items.values())
        for ninth in range(4):
            items["9"] = ninth
            yield items, None if expected is None else expected + ninth


def test_every_one_of_the_two_million_ways_to_answer_the_phq9_is_scored_as_published() -> None:
    """I52, I53: a sum of nine or nothing, never a silent zero; item 9 alone is a reason."""
    sets = complete = grave = 0
    for items, expected in sets_of_answers():
        total = total_of(PHQ9, items)
        reasons = reasons_of(PHQ9, items, items, 20)
        danger = items.get("9", 0) >= 1
        if (
            total != expected
            or (SELF_HARM in reasons) is not danger
            or (HIGH_TOTAL in reasons) is not (expected is not None and expected >= 20)
        ):
            pytest.fail(f"{items}: {total}, {reasons}")
        sets += 1
        complete += total is not None
        grave += danger
    assert (sets, complete, grave) == (5**9, 4**9, 3 * 5**8)


def whole(instrument: Instrument, value: int) -> Items:
    """Everything answered with one value."""
    return {item.code: value for item in instrument.items if item.choices}


# (instrument, every item's answer, its total, what that is called)
TOTALS: list[tuple[Instrument, int, int | None, str | None]] = [
    (PHQ9, 0, 0, "minimal"),
    (PHQ9, 1, 9, "mild"),
    (PHQ9, 2, 18, "moderately_severe"),
    (PHQ9, 3, 27, "severe"),
    (PHQ2, 1, 2, "negative"),
    (PHQ2, 3, 6, "positive"),
    (GAD7, 0, 0, "minimal"),
    (GAD7, 1, 7, "mild"),
    (GAD7, 2, 14, "moderate"),
    (GAD7, 3, 21, "severe"),
    (CHECK_IN, 1, None, None),
]


@pytest.mark.parametrize(("instrument", "value", "total", "band"), TOTALS)
def test_a_total_is_the_sum_and_stands_in_a_band(
    instrument: Instrument, value: int, total: int | None, band: str | None
) -> None:
    items = whole(instrument, value)
    assert (total_of(instrument, items), band_of(instrument, total)) == (total, band)
    assert is_complete(instrument, items)


# Where each band ends and the next begins, as published.
EDGES = [
    (PHQ9, "minimal 4|5 mild 9|10 moderate 14|15 moderately_severe 19|20 severe 27"),
    (PHQ2, "negative 2|3 positive 6"),
    (GAD7, "minimal 4|5 mild 9|10 moderate 14|15 severe 21"),
]


@pytest.mark.parametrize(("instrument", "edges"), EDGES, ids=["phq9", "phq2", "gad7"])
def test_the_bands_are_the_published_ones(instrument: Instrument, edges: str) -> None:
    first = 0
    for stretch in edges.split("|"):
        *least, name, last = stretch.split()
        assert [int(each) for each in least] in ([], [first])
        named = {band_of(instrument, total) for total in range(first, int(last) + 1)}
        assert named == {name}
        first = int(last) + 1
    assert first == len([i for i in instrument.items if i.scored]) * 3 + 1


def test_without_a_total_there_is_no_band() -> None:
    assert band_of(PHQ9, None) is None


# (instrument, answers so far, those just given, why a clinician must hear of it)
DANGER: list[tuple[Instrument, Items, str, list[str]]] = [
    (PHQ9, {"9": 1}, "9", [SELF_HARM]),
    (PHQ9, {"9": 0}, "9", []),
    (PHQ9, {"9": 3, "1": 0}, "1", []),  # heard of already, when it was given
    (PHQ9, whole(PHQ9, 2) | {"9": 0}, "1", []),  # 16
    (PHQ9, whole(PHQ9, 3) | {"9": 0}, "1", [HIGH_TOTAL]),  # 24: this answer made it a total
    (PHQ9, whole(PHQ9, 3), "123456789", [SELF_HARM, HIGH_TOTAL]),
    (PHQ2, whole(PHQ2, 3), "12", []),
    (GAD7, whole(GAD7, 3), "1234567", []),  # of anxiety, up to 21
    (CHECK_IN, {"self_harm": 1}, "self_harm", [SELF_HARM]),
    (CHECK_IN, {"self_harm": 0}, "self_harm", []),
    (CHECK_IN, {"call": 1}, "call", [CALL_WANTED]),
    (CHECK_IN, {"side_effects": 2}, "side_effects", []),
    (CHECK_IN, {"side_effects": 3}, "side_effects", [SEVERE_SIDE_EFFECT]),
    (CHECK_IN, {"feeling": 0, "words": "Awful"}, "feeling words", []),
]


@pytest.mark.parametrize(("instrument", "items", "just", "expected"), DANGER)
def test_what_a_clinician_must_hear_of(
    instrument: Instrument, items: Items, just: str, expected: list[str]
) -> None:
    """I53"""
    codes = just if instrument is not CHECK_IN else just.split()
    assert reasons_of(instrument, items, set(codes), 20) == expected


def test_a_total_is_too_high_from_the_policys_own_on() -> None:
    items = whole(PHQ9, 1) | {"9": 0}  # 8
    found = {limit: reasons_of(PHQ9, items, items, limit) for limit in (7, 8, 9)}
    assert found == {7: [HIGH_TOTAL], 8: [HIGH_TOTAL], 9: []}


# (instrument, answers, the items that are wrong)
REFUSED: list[tuple[Instrument, Items, set[str]]] = [
    (PHQ9, {}, set()),
    (PHQ9, {"1": 0, "9": 3}, set()),
    (PHQ9, {"0": 0, "10": 1, "words": "x"}, {"0", "10", "words"}),
    (PHQ9, {"1": 4, "2": -1, "3": True, "4": "1", "5": 1.0, "6": None}, set("123456")),
    (PHQ9, {"1": [1], "2": {}, "3": 10**30}, set("123")),
    (PHQ2, {"1": 3, "2": 3}, set()),
    (PHQ2, {"3": 0, "9": 1}, {"3", "9"}),  # it does not ask of danger
    (GAD7, {"7": 3, "8": 0}, {"8"}),
    (CHECK_IN, {"feeling": 10, "call": 1, "words": "All well.\nThank you"}, set()),
    (CHECK_IN, {"feeling": 11, "call": 2, "side_effects": 4}, {"feeling", "call", "side_effects"}),
    (CHECK_IN, {"words": "x" * MOST_WORDS}, set()),
    (CHECK_IN, {"words": "x" * (MOST_WORDS + 1)}, {"words"}),
    (CHECK_IN, {"words": " "}, {"words"}),
    (CHECK_IN, {"words": 1}, {"words"}),
]


@pytest.mark.parametrize(("instrument", "items", "wrong"), REFUSED)
def test_only_what_an_instrument_asks_is_taken_and_only_one_of_its_answers(
    instrument: Instrument, items: Items, wrong: set[str]
) -> None:
    assert set(refused(instrument, items)) == wrong


def test_a_refusal_says_what_would_be_taken() -> None:
    found = refused(CHECK_IN, {"call": 7, "words": "", "mood": 1})
    assert found == {
        "call": ["One of 0, 1."],
        "words": ["Takes words, 1000 characters at most."],
        "mood": ["This instrument has no such item."],
    }


@st.composite
def answered(draw: st.DrawFn) -> tuple[Instrument, Items]:
    """An instrument, and some of its items answered."""
    instrument = draw(st.sampled_from(ALL))
    asked = draw(st.lists(st.sampled_from(instrument.items), unique_by=lambda item: item.code))
    values = {
        item.code: draw(st.sampled_from([c.value for c in item.choices]) if item.choices else WORDS)
        for item in asked
    }
    return instrument, values


WORDS = st.text(min_size=1, max_size=MOST_WORDS).filter(lambda text: text.strip() != "")


@given(answered())
def test_what_a_form_can_send_is_taken_and_a_missing_answer_leaves_no_total(
    found: tuple[Instrument, Items],
) -> None:
    """I52"""
    instrument, items = found
    assert refused(instrument, items) == {}
    scored = [item.code for item in instrument.items if item.scored]
    assert (total_of(instrument, items) is None) is (not scored or not set(scored) <= set(items))
    needed = {item.code for item in instrument.items if item.choices}
    assert is_complete(instrument, items) is (needed <= set(items))


@given(answered(), st.integers(10, 20))
def test_given_one_by_one_answers_raise_whatever_they_raise_at_once(
    found: tuple[Instrument, Items], alert_total: int
) -> None:
    """I53: by phone all come together, by link one after the other."""
    instrument, items = found
    so_far: Items = {}
    singly: set[str] = set()
    for code, value in items.items():
        so_far[code] = value
        singly |= set(reasons_of(instrument, so_far, {code}, alert_total))
    assert set(reasons_of(instrument, items, items, alert_total)) == singly
