"""By which ways a message went in vain, and which are left to it (I35, I46)."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from scheduler.messages.rules import GO, Verdict
from scheduler.messages.rules_receipts import WAITING, after_receipt


class Tried(TypedDict):
    """An attempt that did not arrive, as the ledger keeps it; `sent_at` is RFC 3339.

    `status` is `failed` where it was refused at once, `undelivered` where that was said later.
    """

    channel: str
    address: str
    status: str
    reason: str | None
    provider_id: str | None
    sent_at: str | None


# These leave a patient without the message who needs it.
LEAVES_UNTOLD = ("no_channel", "no_consent", "night", "cap", "too_late")


def untried(addresses: Mapping[str, str | None], tried: Sequence[Tried]) -> dict[str, str | None]:
    """The addresses that are left, by channel: to none does a message go a second time."""
    gone = {(each["channel"], each["address"]) for each in tried}
    return {
        channel: None if (channel, address) in gone else address
        for channel, address in addresses.items()
    }


def ids_of(tried: Sequence[Tried]) -> set[str]:
    """Their ids with the provider."""
    return {each["provider_id"] for each in tried if each["provider_id"]}


def arrived_after_all(tried: Sequence[Tried], status: str, provider_id: str, said: str) -> bool:
    """Does a provider's word make the next attempt needless, which has not begun yet? (I45)

    It is said of the latest that was thought lost; `status` is the message's own.
    """
    latest = tried[-1]
    about = provider_id == latest["provider_id"] and status in WAITING
    return about and after_receipt(latest["status"], said) == "delivered"


def in_place_of(decided: Verdict, tried: Sequence[Tried]) -> Verdict:
    """What becomes of a message that went in vain, when this is decided of its next attempt.

    It was on its way, so where nothing goes in its place a person has to know.
    """
    if tried and decided is not GO and decided.reason in LEAVES_UNTOLD:
        return Verdict("failed", decided.reason)
    return decided
