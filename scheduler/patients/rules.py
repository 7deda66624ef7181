"""May this patient be booked, and may and can they be written to?"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

# The channels that messages can take.
CHANNELS = ("email", "sms")


def search_patterns(name: str) -> list[str]:
    """The LIKE patterns that a patient's plain name must all match: one a word, accents gone."""
    spread = unicodedata.normalize("NFKD", name).lower()
    plain = "".join(c for c in spread if not "\u0300" <= c <= "\u036f")
    escaped = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [f"%{word}%" for word in escaped.split()]


def age_on(birth_date: date, on: date) -> int:
    """Whole years of age on a date; born on 29 February, one is a year older on 1 March."""
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1)


def not_bookable(status: str, birth_date: date, on: date, minimum_age: int) -> str | None:
    """Why a patient cannot be booked for that date (I6): their status, `under_age`, or None."""
    if status != "active":
        return status
    if age_on(birth_date, on) < minimum_age:
        return "under_age"
    return None


@dataclass(frozen=True, slots=True)
class Contact:
    """The channel that a message takes and its address; without one, the reason."""

    channel: str | None
    address: str | None = None
    reason: str | None = None


def contact(
    preferred: str,
    addresses: Mapping[str, str | None],
    consented: Collection[str],
    available: Collection[str] = CHANNELS,
) -> Contact:
    """How to write to a patient: the preferred channel first, then any other they consented to.

    `addresses` maps channels to the patient's address there, `consented` names the channels
    with consent for the purpose at hand (I40). The reason is `no_channel` when no channel that
    works has an address, `no_consent` when one has and consent is what is missing.
    """
    reachable = [
        channel
        for channel in sorted(available, key=lambda channel: channel != preferred)
        if addresses.get(channel)
    ]
    if not reachable:
        return Contact(None, reason="no_channel")
    for channel in reachable:
        if channel in consented:
            return Contact(channel, addresses[channel])
    return Contact(None, reason="no_consent")
