"""Which links a message carries, and how they stand in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from scheduler.links import rules
from scheduler.links.rules_text import LANGUAGES
from scheduler.messages.channels import check_sender
from scheduler.messages.rules_gsm import fits
from scheduler.messages.rules_links import SAID, linked, purposes, takes_form
from scheduler.messages.rules_text import Draft

ALL = ("confirm", "change", "decline", "calendar", "unsubscribe")


@pytest.mark.parametrize(
    ("rule", "channel", "visits", "expected"),
    [
        ("1d_before", "email", 1, ALL),
        ("1d_before", "sms", 1, ALL[:3]),
        ("booked", "email", 1, ALL),
        ("changed", "sms", 1, ALL[:3]),
        ("booked", "email", 6, ("unsubscribe",)),
        ("booked", "sms", 6, ()),
        ("cancelled", "email", 1, ("unsubscribe",)),
        ("cancelled", "sms", 0, ()),
        ("missed", "email", 0, ("unsubscribe",)),
        ("check_in", "email", 0, ("unsubscribe",)),
        ("check_in", "sms", 0, ()),
    ],
)
def test_a_message_of_one_visit_to_come_can_be_answered(
    rule: str, channel: str, visits: int, expected: tuple[str, ...]
) -> None:
    assert purposes(rule, channel, visits) == expected


def test_a_text_that_asks_has_room_for_its_form_alone() -> None:
    """I41"""
    assert purposes("1d_before", "sms", 1, asks=True) == ()
    assert purposes("1d_before", "email", 1, asks=True) == ALL


@pytest.mark.parametrize(
    ("words", "event", "expected"),
    [
        ("Care: how are you?", "", "Care: how are you? A few questions: {url}"),
        ("w" * 110, "", "w" * 110 + " {url}"),
        ("w" * 120, "", "Care: {url}"),  # what it asks goes before what it says
        ("w" * 120, "Appointment", "w" * 120),  # carried by a reminder: that comes first
    ],
)
def test_a_text_says_what_it_asks_if_there_is_room(words: str, event: str, expected: str) -> None:
    """I42"""
    url = "https://c.example/f/" + "x" * 28
    draft = Draft("Care", "s", "b", words, event=event)
    found = linked(draft, {"check_in": url}).text
    assert found == expected.format(url=url)
    assert takes_form(draft, "sms", "https://c.example/") is (len(words) < 120)
    assert takes_form(draft, "email", "https://c.example")


HOSTS = st.from_regex(r"https://[a-z]{1,60}\.example", fullmatch=True)
TEXTS = st.text("aé, 1{", max_size=160).filter(fits)


@given(TEXTS, HOSTS, st.sampled_from(LANGUAGES))
def test_a_text_is_one_text_with_its_link_or_stays_without(
    text: str, host: str, language: str
) -> None:
    """I42"""
    token = rules.new_token()
    urls = {of: host + rules.path_of(of, token) for of in ALL}
    draft = linked(Draft("Care", "s", "b", text, language=language), urls)
    assert fits(draft.text)
    assert draft.text.startswith(text)
    bare = f"{text} {urls['confirm']}"
    assert draft.text.endswith(f" {urls['confirm']}") is fits(bare)
    assert draft.forbidden() == []
    assert [url for _, url in draft.links] == list(urls.values())


def test_a_forbidden_word_is_found_in_a_link_too() -> None:
    """I42"""
    urls = {"unsubscribe": "https://ketamine.example/u/x"}
    assert linked(Draft("Care", "s", "b"), urls).forbidden() == ["ketamine"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("MAIL_FROM", "ketamine@clinic.example"), ("PUBLIC_URL", "https://infusion.example")],
)
def test_what_every_patient_sees_of_the_settings_tells_nothing(name: str, value: str) -> None:
    """I42: such a program does not start."""
    check_sender(config.read({}))
    with pytest.raises(config.ConfigurationError, match=rf"\A{name}: patients see it"):
        check_sender(config.read({name: value}))


def test_every_language_has_a_word_for_every_link() -> None:
    assert tuple(SAID) == LANGUAGES
    assert {tuple(words) for words in SAID.values()} == {("check_in", *rules.OF_A_VISIT)}
