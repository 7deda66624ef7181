"""Who may be booked (I6), and how a patient may be written to (I40)."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.patients.rules import Contact, age_on, contact, not_bookable

AGES = [
    # born, on, years
    ("1980-02-03", "2026-02-02", 45),
    ("1980-02-03", "2026-02-03", 46),
    ("1980-02-03", "2026-02-04", 46),
    ("2008-02-29", "2026-02-28", 17),  # a year older on 1 March
    ("2008-02-29", "2026-03-01", 18),
    ("2008-02-29", "2028-02-29", 20),
    ("2008-12-31", "2026-12-30", 17),
    ("2008-12-31", "2026-12-31", 18),
    ("2026-01-01", "2026-01-01", 0),
]


@pytest.mark.parametrize(("born", "on", "years"), AGES)
def test_age_rises_on_the_birthday(born: str, on: str, years: int) -> None:
    assert age_on(date.fromisoformat(born), date.fromisoformat(on)) == years


@given(st.dates(date(1930, 1, 1), date(2020, 1, 1)), st.integers(0, 30_000))
def test_age_counts_the_birthdays_that_have_passed(born: date, days: int) -> None:
    on = born + timedelta(days=days)
    passed = 0
    for year in range(born.year + 1, on.year + 1):
        leaps = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        birthday = date(year, 3, 1) if (born.month, born.day) == (2, 29) and not leaps else (
            born.replace(year=year))  # fmt: skip
        passed += birthday <= on
    assert age_on(born, on) == passed


ON = date(2026, 12, 1)
BOOKABLE = [
    ("active", date(1980, 2, 3), None),
    ("active", date(2008, 12, 1), None),  # eighteen that day
    ("active", date(2008, 12, 2), "under_age"),
    ("discharged", date(1980, 2, 3), "discharged"),
    ("deceased", date(1980, 2, 3), "deceased"),
    ("merged", date(1980, 2, 3), "merged"),
    ("deceased", date(2020, 2, 3), "deceased"),
]


@pytest.mark.parametrize(("status", "born", "why"), BOOKABLE)
def test_only_active_patients_of_age_are_booked(status: str, born: date, why: str | None) -> None:
    """I6"""
    assert not_bookable(status, born, ON, 18) == why


def test_the_minimum_age_is_the_clinics() -> None:
    """I6"""
    child = date(2014, 12, 1)
    assert not_bookable("active", child, ON, 12) is None
    assert not_bookable("active", child, ON, 13) == "under_age"


BOTH = {"email": "a@example.com", "sms": "+16025550100"}
CHANNELS = ("email", "sms")
CONTACTS = [
    # preferred, addresses, consented, available → channel or reason
    ("email", BOTH, {"email", "sms"}, CHANNELS, "email"),
    ("sms", BOTH, {"email", "sms"}, CHANNELS, "sms"),
    ("sms", BOTH, {"email"}, CHANNELS, "email"),  # the other they consented to
    ("sms", {"email": "a@example.com", "sms": None}, {"email", "sms"}, CHANNELS, "email"),
    ("sms", BOTH, {"email", "sms"}, ("email",), "email"),  # no texts here yet
    ("email", BOTH, set(), CHANNELS, "no_consent"),
    ("email", {"email": "a@example.com"}, {"sms"}, CHANNELS, "no_consent"),
    ("email", {"email": None, "sms": None}, {"email", "sms"}, CHANNELS, "no_channel"),
    ("email", {"email": ""}, {"email"}, CHANNELS, "no_channel"),
    ("email", {}, {"email"}, CHANNELS, "no_channel"),
    ("sms", {"sms": "+16025550100"}, {"sms"}, ("email",), "no_channel"),
    ("email", BOTH, {"email"}, (), "no_channel"),
    ("letter", BOTH, {"sms"}, CHANNELS, "sms"),
]


@pytest.mark.parametrize(("preferred", "addresses", "consented", "available", "expected"), CONTACTS)
def test_a_patient_is_written_to_where_they_have_an_address_and_consented(
    preferred: str,
    addresses: Mapping[str, str | None],
    consented: set[str],
    available: tuple[str, ...],
    expected: str,
) -> None:
    """I40"""
    found = contact(preferred, addresses, consented, available)
    if expected in CHANNELS:
        assert found == Contact(expected, addresses[expected])
    else:
        assert found == Contact(None, reason=expected)


def test_mail_and_texts_are_the_channels_there_are() -> None:
    assert contact("sms", BOTH, {"email", "sms"}) == Contact("sms", BOTH["sms"])
    assert contact("email", BOTH, {"sms"}) == Contact("sms", BOTH["sms"])


SOME = [set(some) for n in range(3) for some in combinations(CHANNELS, n)]


@pytest.mark.parametrize("preferred", CHANNELS)
def test_nobody_is_written_to_without_consent_for_that_channel(preferred: str) -> None:
    """I40, over everything that can be."""
    for having, consented, available in product(SOME, SOME, SOME):
        addresses = {channel: BOTH[channel] if channel in having else None for channel in CHANNELS}
        found = contact(preferred, addresses, consented, sorted(available))
        possible = having & consented & available
        if possible:
            channel = preferred if preferred in possible else min(possible)
            assert found == Contact(channel, BOTH[channel])
        else:
            why = "no_consent" if having & available else "no_channel"
            assert found == Contact(None, reason=why)
