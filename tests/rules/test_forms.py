"""A form behind a link: how it stands, its next question, what a press does, what a page says."""

from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.answers.rules_crisis import dialled, heard, numbers_in, unheard
from scheduler.answers.rules_forms import (
    END,
    Press,
    Seen,
    effect,
    item_at,
    next_open,
    place_of,
    standing,
    tells_of_danger,
)
from scheduler.answers.rules_pages import Told, form_page, thanks
from scheduler.answers.rules_text import SELVES, TEXTS
from scheduler.clinics.rules_crisis import CRISIS
from scheduler.clinics.rules_words import forbidden_words
from scheduler.instruments.rules import MOST_WORDS, Instrument
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.links.rules_pages import plain_page
from scheduler.links.rules_text import LANGUAGES

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
PHQ9, CHECK_IN = SHIPPED["phq9"], SHIPPED["check_in"]
INSTRUMENTS = st.sampled_from(list(SHIPPED.values()))
STANDINGS = ("open", "done", "gone")


def codes_of(instrument: Instrument) -> list[str]:
    return [item.code for item in instrument.items]


def some_of(instrument: Instrument) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(codes_of(instrument)))


FILLED = INSTRUMENTS.flatmap(lambda each: st.tuples(st.just(each), some_of(each)))


@pytest.mark.parametrize(
    ("left", "submitted", "welcome", "stands"),
    [
        (1, False, True, "open"),
        (1, True, True, "done"),
        (0, False, True, "gone"),
        (0, True, True, "gone"),
        (1, False, False, "gone"),
        (1, True, False, "gone"),
    ],
)
def test_how_a_form_stands(left: int, submitted: bool, welcome: bool, stands: str) -> None:
    seen = Seen(NOW + timedelta(seconds=left), submitted, welcome)
    assert standing(seen, NOW) == stands


@pytest.mark.parametrize(
    ("answered", "after", "place"),
    [
        ("", None, "1"),
        ("1", None, "2"),
        ("13", None, "2"),
        ("13", "3", "4"),
        ("12345678", "3", "9"),
        ("123456789", None, END),
        ("1", "9", END),
        ("", "none of them", "1"),
    ],
)
def test_the_next_open_question(answered: str, after: str | None, place: str) -> None:
    assert next_open(PHQ9, set(answered), after) == place


@pytest.mark.parametrize(
    ("place", "code"),
    [("3", "3"), ("2", "2"), (END, None), ("", "2"), ("0", "2"), ("10", "2"), ("-1", "2")],
)
def test_an_address_leads_to_a_question_of_the_form(place: str, code: str | None) -> None:
    """Answered or not; anything else to the first that is open."""
    found = item_at(PHQ9, {"1", "3"}, place)
    assert (found.code if found else None) == code


@given(FILLED, st.text(max_size=4))
def test_every_address_leads_somewhere(filled: tuple[Instrument, frozenset[str]], at: str) -> None:
    instrument, answered = filled
    found = item_at(instrument, answered, at)
    if found is None:
        assert at == END or answered == set(codes_of(instrument))


@given(FILLED)
def test_going_on_asks_each_open_question_once(filled: tuple[Instrument, frozenset[str]]) -> None:
    """And ends, also for who skips them all."""
    instrument, answered = filled
    asked: list[str] = []
    place = next_open(instrument, answered)
    while place != END:
        item = item_at(instrument, answered, place)
        assert item is not None
        assert place_of(instrument, item.code) == int(place)
        asked.append(item.code)
        place = next_open(instrument, answered, item.code)
    assert asked == [code for code in codes_of(instrument) if code not in answered]


def press(code: str = "1", value: Any = 0, **known: Any) -> Press:
    instrument = known.pop("of", PHQ9)
    usual = {"genuine": True, "submits": False}
    return Press(item=instrument.item(code), value=value, **(usual | known))


PRESSES: list[tuple[str, str, Press, str]] = [
    ("an answer", "open", press(), "saved"),
    ("nothing chosen", "open", press(value=None), "choose"),
    ("no such choice", "open", press(value=4), "choose"),
    ("no such question", "open", press("10"), "again"),
    ("no words", "open", press("words", None, of=CHECK_IN), "passed"),
    ("words", "open", press("words", "Fine.", of=CHECK_IN), "saved"),
    ("a book", "open", press("words", "x" * (MOST_WORDS + 1), of=CHECK_IN), "long"),
    ("words for a choice", "open", press("feeling", "Fine.", of=CHECK_IN), "choose"),
    ("not by its button", "open", press(genuine=False), "again"),
    ("submitted", "open", press("", None, submits=True), "submitted"),
    ("submitted, not by its button", "open", press("", submits=True, genuine=False), "again"),
    ("once more", "done", press("", None, submits=True), "done"),
    ("an answer too late", "done", press(), "done"),
    ("an answer far too late", "gone", press(), "gone"),
    ("danger", "open", press("9", 1), "saved"),
    ("danger, not by its button", "open", press("9", 3, genuine=False), "saved"),
    ("danger, submitted", "done", press("9", 1), "apart"),
    ("danger, expired", "gone", press("9", 2, genuine=False), "apart"),
    ("no danger, expired", "gone", press("9", 0), "gone"),
    ("wants a call", "gone", press("call", 1, of=CHECK_IN), "apart"),
    ("severe side effects", "done", press("side_effects", 3, of=CHECK_IN), "apart"),
    ("side effects", "done", press("side_effects", 2, of=CHECK_IN), "done"),
]


@pytest.mark.parametrize(("stands", "pressed", "does"), [each[1:] for each in PRESSES])
def test_what_a_press_does(stands: str, pressed: Press, does: str) -> None:
    assert effect(stands, pressed) == does


@given(
    INSTRUMENTS.flatmap(lambda each: st.tuples(st.just(each), st.sampled_from(each.items))),
    st.none() | st.integers(-2, 12) | st.text(max_size=5),
    st.sampled_from(STANDINGS),
    st.booleans(),
    st.booleans(),
)
def test_danger_is_heard_whatever_else_is_wrong(
    of: Any, value: Any, stands: str, genuine: bool, submits: bool
) -> None:
    """I53; and nothing else is kept of a form that takes no more."""
    item = of[1]
    does = effect(stands, Press(genuine, item, value, submits))
    if tells_of_danger(item, value):
        assert does == ("saved" if stands == "open" else "apart")
    elif stands != "open":
        assert does == stands
    elif not genuine:
        assert does == "again"
    assert (does == "submitted") <= (submits and genuine and stands == "open")


def told(
    instrument: Instrument = PHQ9, answered: frozenset[str] = frozenset(), **known: Any
) -> Told:
    usual: dict[str, Any] = {
        "language": "en",
        "chosen": False,
        "name": "Sonoran Care",
        "phone": None,
    }
    return Told(instrument=instrument, answered=answered, path="/f/x", **(usual | known))


def test_the_language_that_was_asked_for_stays() -> None:
    assert told().to("3") == "/f/x?at=3"
    assert told().to(None) == "/f/x"
    assert told(language="es", chosen=True).to("3") == "/f/x?at=3&lang=es"
    assert form_page(told(), "3", "n").switch == ("es", "Español", "/f/x?at=3&lang=es")


@given(FILLED, st.text(max_size=4), st.sampled_from(LANGUAGES))
def test_every_page_has_its_words_and_says_none_that_is_forbidden(
    filled: tuple[Instrument, frozenset[str]], at: str, language: str
) -> None:
    """I42: but for the questions themselves."""
    instrument, answered = filled
    page = form_page(told(instrument, answered, language=language), at, "nonce", notice="again")
    said = [page.title, page.body, page.notice, page.button, page.call]
    said += [label for label, _ in page.others] + [page.asked.progress if page.asked else ""]
    assert forbidden_words(" ".join(said)) == []
    assert "{" not in " ".join(said)
    assert page.title
    assert page.button
    if page.asked:
        assert bool(page.asked.choices) != instrument.items[page.asked.place - 1].takes_words
        assert page.asked.question


@given(FILLED)
def test_a_page_depends_on_no_answer(filled: tuple[Instrument, frozenset[str]]) -> None:
    """I55: what was answered is not even known to it; a question looks the same asked again."""
    instrument, answered = filled
    for n in range(2, len(instrument.items) + 1):
        fresh = form_page(told(instrument), f"{n}", "nonce")
        again = form_page(told(instrument, answered), f"{n}", "nonce")
        assert fresh.asked == again.asked


def test_a_submitted_form_says_thank_you_and_whom_to_call() -> None:
    page = thanks(told(), CRISIS["en"])
    assert (page.title, page.crisis, page.button, page.others) == (
        "Thank you",
        CRISIS["en"],
        "",
        (),
    )


def test_both_languages_say_the_same_things() -> None:
    assert tuple(TEXTS) == tuple(SELVES) == LANGUAGES
    assert TEXTS["en"].keys() == TEXTS["es"].keys()
    for key in TEXTS["en"]:
        gaps = [
            {name for _, name, _, _ in Formatter().parse(TEXTS[each][key]) if name}
            for each in LANGUAGES
        ]
        assert gaps[0] == gaps[1], key


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        (CRISIS["en"], ["988", "911"]),
        (CRISIS["es"], ["988", "911"]),
        ("Call +1 602 555 0100, or (602) 555-0100.", ["+1 602 555 0100", "(602) 555-0100"]),
        ("Open 24 hours, 7 days, from 8-17 and 08:00", []),
        ("Llame al 024.", ["024"]),
        ("", []),
    ],
)
def test_the_numbers_of_a_crisis_text_can_be_called(said: str, numbers: list[str]) -> None:
    assert numbers_in(said) == numbers
    assert dialled("+1 (602) 555-0100") == "+16025550100"


def test_who_is_in_danger_reads_whom_to_call_first() -> None:
    page = heard(told(phone="+16025550100"), CRISIS["en"], "4")
    (part,) = page.parts
    assert part.crisis == CRISIS["en"]
    assert part.calls == (
        ("Call 988", "988"),
        ("Call 911", "911"),
        ("Call +16025550100", "+16025550100"),
    )
    assert part.go_on == ("Go on with the questions", "/f/x?at=4")
    assert heard(told(), CRISIS["en"], None).parts[0].go_on is None


def test_who_could_not_be_heard_reads_it_in_every_language() -> None:
    page = unheard(plain_page(503, "busy"))
    assert page.status == 503
    assert page.languages == LANGUAGES
    assert [part.crisis for part in page.parts] == [CRISIS[each] for each in LANGUAGES]
    assert all(len(part.calls) == 2 for part in page.parts)
