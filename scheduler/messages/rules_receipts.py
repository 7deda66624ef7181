"""What a provider's word about a text means, and whether it is the provider's.

A status comes twice, late and out of order, so it only ever moves forward in rank (I45).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

# The provider's words for what has become of a text. Of `canceled` and the like nothing goes out.
MEANINGS = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
    "canceled": "undelivered",
}

# What was delivered after all was delivered, whatever was said before.
RANKS = {"sending": 0, "unknown": 0, "sent": 1, "undelivered": 2, "delivered": 3}
WAITING = ("planned", "claimed")


def after_receipt(status: str, said: str, *, in_doubt: bool = False) -> str | None:
    """The status that a message moves on to; None when the word changes nothing.

    One `in_doubt` may have gone. Where it waits to go again it need not, once it is known to have
    gone; that it did not arrive is what it waits for.
    """
    meaning = MEANINGS.get(said)
    if in_doubt and status in WAITING:
        return meaning if meaning in ("sent", "delivered") else None
    if meaning is None or status not in RANKS or RANKS[meaning] <= RANKS[status]:
        return None
    return meaning


def signature(secret: str, url: str, fields: Mapping[str, str]) -> str:
    """Twilio's signature of a request: HMAC-SHA1 over the URL as called and the sorted fields."""
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(given: str, secret: str, url: str, fields: Mapping[str, str]) -> bool:
    """Whether that is the signature of this very request."""
    expected = signature(secret, url, fields)
    return hmac.compare_digest(expected.encode(), given.encode(errors="replace"))
