"""What the pages say: in both languages, with no medical word and no name (I42)."""

from datetime import UTC, date, datetime, timedelta
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clinics.rules_words import forbidden_words
from scheduler.links.rules import OF_A_VISIT
from scheduler.links.rules_pages import STATUS, Page, Told, page, plain_page
from scheduler.links.rules_text import (
    LABELS,
    LANGUAGES,
    TEXTS,
    language_of,
    spoken,
    spoken_day,
)
from scheduler.patients.schema import LANGUAGES as OF_PATIENTS

PHOENIX, MADRID = ZoneInfo("America/Phoenix"), ZoneInfo("Europe/Madrid")

STANDINGS = [
    (purpose, standing)
    for purpose in OF_A_VISIT
    for standing in STATUS
    if (purpose != "calendar" or standing in ("moved", "cancelled"))
    and (purpose != "unsubscribe" or standing in ("open", "done"))
]
TOLD = st.builds(
    lambda which, **known: Told(purpose=which[0], standing=which[1], **known),
    st.sampled_from(STANDINGS),
    language=st.sampled_from(LANGUAGES),
    name=st.just("Sonoran Care"),
    phone=st.none() | st.just("+16025550100"),
    channel=st.sampled_from(["sms", "email"]),
    starts_at=st.datetimes(datetime(2026, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    zone=st.sampled_from([PHOENIX, MADRID]),
    name_zone=st.booleans(),
    starts=st.lists(
        st.datetimes(datetime(2026, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        max_size=6,
        unique=True,
    ).map(sorted),
)


def words_of(shown: Page) -> str:
    """All that a reader sees or hears of a page."""
    said = [f"{part.title}\n{part.body}\n{part.call}\n{part.notice}" for part in shown.parts]
    if shown.form:
        said.append(shown.form.button)
        said += [f"{day.label} {time}" for day in shown.form.days for _, time in day.times]
    return "\n".join(said)


@given(TOLD)
def test_no_page_holds_a_forbidden_word_or_a_gap_in_its_words(told: Told) -> None:
    shown = page(told, "nonce", 1)
    said = words_of(shown)
    assert forbidden_words(said) == []
    assert "{" not in said
    assert ".." not in said
    assert shown.parts[0].title
    assert (shown.form is not None) == (
        told.standing == "open" and (told.purpose != "change" or bool(told.starts))
    )
    if shown.form:
        offered = [value for day in shown.form.days for value, _ in day.times]
        assert offered == [str(int(at.timestamp())) for at in told.starts]


def test_both_languages_say_the_same_things() -> None:
    assert LANGUAGES == OF_PATIENTS
    for texts in (TEXTS, LABELS):
        assert set(texts) == set(LANGUAGES)
        assert texts["en"].keys() == texts["es"].keys()
    for key in TEXTS["en"]:
        gaps = [
            {name for _, name, _, _ in Formatter().parse(" ".join(TEXTS[each][key])) if name}
            for each in LANGUAGES
        ]
        assert gaps[0] == gaps[1], key


def test_no_text_and_no_label_holds_a_forbidden_word() -> None:
    for language in LANGUAGES:
        for key, said in TEXTS[language].items():
            assert forbidden_words(" ".join(said)) == [], key
        for key, label in LABELS[language].items():
            assert forbidden_words(label) == [], key


@pytest.mark.parametrize(
    ("wall", "english", "spanish"),
    [
        ((9, 30), "Tuesday, December 1, at 9:30 AM", "martes 1 de diciembre a las 9:30 a. m."),
        ((13, 5), "Tuesday, December 1, at 1:05 PM", "martes 1 de diciembre a la 1:05 p. m."),
        ((12, 0), "Tuesday, December 1, at 12:00 PM", "martes 1 de diciembre a las 12:00 p. m."),
        ((0, 0), "Tuesday, December 1, at 12:00 AM", "martes 1 de diciembre a las 12:00 a. m."),
    ],
)
def test_a_time_as_it_is_read(wall: tuple[int, int], english: str, spanish: str) -> None:
    at = datetime(2026, 12, 1, *wall, tzinfo=PHOENIX)
    assert spoken(at, PHOENIX, "en") == english
    assert spoken(at, PHOENIX, "es") == spanish
    assert spoken(at, PHOENIX, "en", name_zone=True) == f"{english} MST"


def test_every_day_of_a_year_has_its_name() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    for language in LANGUAGES:
        assert len({spoken_day(on, language) for on in days}) == 365
    assert all(spoken_day(on, "en") == f"{on:%A, %B %-d}" for on in days)


def test_who_speaks_neither_language_reads_english() -> None:
    assert [language_of(each) for each in ("en", "es", "fr", "")] == ["en", "es", "en", "en"]


def test_what_is_wrong_with_a_link_is_said_in_both_languages_at_once() -> None:
    shown = plain_page(404, "gone", "Sonoran Care", "+16025550100")
    assert [part.language for part in shown.parts] == ["en", "es"]
    assert forbidden_words(words_of(shown)) == []
