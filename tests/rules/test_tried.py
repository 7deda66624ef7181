"""What went in vain goes to no address twice, and a person knows where nothing goes (I35, I46)."""

import pytest

from scheduler.messages.rules import GO, REASONS, STATUSES, Verdict
from scheduler.messages.rules_receipts import MEANINGS, WAITING
from scheduler.messages.rules_tried import (
    LEAVES_UNTOLD,
    Tried,
    arrived_after_all,
    ids_of,
    in_place_of,
    untried,
)

PHONE, MAIL = "+16025550123", "ana@example.com"


def in_vain(
    channel: str, address: str, status: str = "undelivered", sid: str | None = None
) -> Tried:
    return Tried(
        channel=channel,
        address=address,
        status=status,
        reason="twilio_30007",
        provider_id=sid,
        sent_at="2026-11-28T16:30:00+00:00",
    )


TEXTED = in_vain("sms", PHONE, sid="SM1")

TABLE = [
    # what was tried → the addresses that are left
    ([], {"sms": PHONE, "email": MAIL}),
    ([TEXTED], {"sms": None, "email": MAIL}),
    ([in_vain("email", MAIL)], {"sms": PHONE, "email": None}),
    ([TEXTED, in_vain("email", MAIL)], {"sms": None, "email": None}),
    ([in_vain("sms", "+16025550124")], {"sms": PHONE, "email": MAIL}),  # put right since
    ([in_vain("email", PHONE)], {"sms": PHONE, "email": MAIL}),
]


@pytest.mark.parametrize(("tried", "left"), TABLE)
def test_to_no_address_does_a_message_go_twice(
    tried: list[Tried], left: dict[str, str | None]
) -> None:
    assert untried({"sms": PHONE, "email": MAIL}, tried) == left


@pytest.mark.parametrize("reason", [None, *REASONS])
@pytest.mark.parametrize("status", [each for each in STATUSES if each != "sending"])
def test_where_nothing_goes_in_its_place_it_failed(status: str, reason: str | None) -> None:
    """But where the visit changed, or the patient was told otherwise, nobody needs to know."""
    decided = Verdict(status, reason)
    then = Verdict("failed", reason) if reason in LEAVES_UNTOLD else decided
    assert in_place_of(decided, [TEXTED]) == then
    assert in_place_of(decided, []) is decided


def test_what_goes_in_its_place_goes() -> None:
    assert in_place_of(GO, [TEXTED]) is GO
    assert set(LEAVES_UNTOLD) <= set(REASONS)


@pytest.mark.parametrize("said", [*MEANINGS, "received", ""])
@pytest.mark.parametrize("status", STATUSES)
def test_what_arrived_after_all_makes_the_next_attempt_needless_until_it_begins(
    status: str, said: str
) -> None:
    """I45"""
    needless = status in WAITING and MEANINGS.get(said) == "delivered"
    assert arrived_after_all([TEXTED], status, "SM1", said) == needless
    assert not arrived_after_all([TEXTED], status, "SM2", said)
    assert not arrived_after_all([in_vain("sms", PHONE, "failed", "SM1")], status, "SM1", said)
    # The first is not what the present one stands in for.
    assert not arrived_after_all([TEXTED, in_vain("email", MAIL)], status, "SM1", said)


def test_a_mail_that_came_back_has_no_id_with_a_provider() -> None:
    assert ids_of([in_vain("email", MAIL), TEXTED]) == {"SM1"}
