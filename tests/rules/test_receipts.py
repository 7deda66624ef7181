"""A provider's word about a text: whose it is, and where it leads (I45)."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.messages.rules import STATUSES
from scheduler.messages.rules_receipts import (
    MEANINGS,
    RANKS,
    after_receipt,
    is_signed,
    signature,
)

# The example in Twilio's own documentation of its signatures.
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TOKEN = "12345"
FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
SIGNED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_a_signature_is_made_as_twilio_makes_it() -> None:
    assert signature(TOKEN, URL, FIELDS) == SIGNED
    assert is_signed(SIGNED, TOKEN, URL, FIELDS)


@pytest.mark.parametrize(
    ("given_signature", "token", "url", "fields"),
    [
        ("", TOKEN, URL, FIELDS),
        ("é" * 28, TOKEN, URL, FIELDS),
        ("\udc80", TOKEN, URL, FIELDS),
        (SIGNED, "12346", URL, FIELDS),
        (SIGNED, TOKEN, URL.replace("https", "http"), FIELDS),
        (SIGNED, TOKEN, URL.replace("foo=1", "foo=2"), FIELDS),
        (SIGNED, TOKEN, URL, FIELDS | {"Digits": "1235"}),
        (SIGNED, TOKEN, URL, FIELDS | {"Extra": ""}),
        (SIGNED, TOKEN, URL, {name: FIELDS[name] for name in list(FIELDS)[1:]}),
    ],
)
def test_whatever_is_changed_is_not_signed(
    given_signature: str, token: str, url: str, fields: dict[str, str]
) -> None:
    """I45"""
    assert not is_signed(given_signature, token, url, fields)


@pytest.mark.parametrize("status", ["planned", "claimed"])
@pytest.mark.parametrize("said", [*MEANINGS, "received", "", "SENT"])
def test_what_may_have_gone_and_waits_to_go_again_is_told_only_that_it_went(
    status: str, said: str
) -> None:
    """I35, I45"""
    meaning = MEANINGS.get(said)
    went = meaning if meaning != "undelivered" else None
    assert after_receipt(status, said, in_doubt=True) == went
    assert after_receipt(status, said) is None


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("said", [*MEANINGS, "received", "", "SENT"])
def test_a_status_never_goes_backwards(status: str, said: str) -> None:
    """I45: and what never went out by this provider is none of its business."""
    found = after_receipt(status, said)
    if found is not None:
        assert RANKS[found] > RANKS[status]
        assert found == MEANINGS[said]


def after_all(words: tuple[str, ...]) -> str:
    status = "sending"
    for word in words:
        status = after_receipt(status, word) or status
    return status


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (("queued", "sent", "delivered"), "delivered"),
        (("queued", "sending", "sent", "undelivered"), "undelivered"),
        (("sent", "undelivered", "delivered"), "delivered"),
        (("queued", "failed"), "undelivered"),
    ],
)
def test_the_order_in_which_words_come_changes_nothing(words: tuple[str, ...], end: str) -> None:
    """I45: doubled ones neither."""
    assert {after_all(order) for order in permutations(words + words[:1])} == {end}


@given(st.lists(st.sampled_from([*MEANINGS, "received"]), min_size=1))
def test_the_end_is_the_highest_of_what_was_said(words: list[str]) -> None:
    """I45"""
    highest = max((RANKS[MEANINGS[word]] for word in words if word in MEANINGS), default=0)
    assert RANKS[after_all(tuple(words))] == highest
