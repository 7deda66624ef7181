"""Texts by a plain HTTP gateway: one POST a text, with our message's id as its idempotency key."""

import json
import re
from datetime import timedelta

from scheduler.messages.channels_http import Answer, Away, BrokeOff, post
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import Outcome

TIMEOUT_SECONDS = 15.0

# The gateway cannot be reached or does not let us in: certain, and worth another try.
AWAY = Outcome("retry", "gateway_away", away=True)
BROKE_OFF = Outcome("unknown", "gateway_broke_off")

# Not the text's fault: a wrong token or address of ours (3xx, 401, 403, 404, 405, 407).
OURS = frozenset({401, 403, 404, 405, 407})
# Too early, or too many just now; 409 while the first attempt of the same key still runs.
LATER = frozenset({409, 425, 429})

_AN_ID = re.compile("[!-~]{1,200}")


class PlainGateway:
    """`POST {"to", "text"}` as JSON with an `Idempotency-Key`; 2xx with `{"id"}` means taken.

    `key_life` is how long it takes a second POST of a key for the first; zero if it does not.
    """

    needs_sender = False
    width = 4

    def __init__(self, url: str, token: str | None, key_life: timedelta) -> None:
        self.url, self.key_life = url, key_life
        self.headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def send(self, outgoing: Outgoing) -> Outcome:
        body = json.dumps({"to": outgoing.address, "text": outgoing.draft.text}).encode()
        headers = self.headers | {"Idempotency-Key": str(outgoing.id)}
        try:
            return judged(post(self.url, body, headers, TIMEOUT_SECONDS))
        except Away:
            return AWAY
        except BrokeOff:
            return BROKE_OFF

    def close(self) -> None:
        """Nothing is kept open."""


def judged(answer: Answer) -> Outcome:
    """What an answer says of a text. Of 5xx and 408 nobody knows whether it was taken before."""
    status = answer.status
    reason = f"gateway_{status}"
    if 200 <= status < 300:
        provider_id = _id_in(answer.body)
        if provider_id is None:
            return Outcome("unknown", "gateway_unreadable")
        return Outcome("sent", provider_id=provider_id)
    if status in OURS or 300 <= status < 400:
        return AWAY
    if status in LATER:
        return Outcome("retry", reason)
    if status == 408 or not 400 <= status < 500:
        return Outcome("unknown", reason)
    return Outcome("failed", reason)


def _id_in(body: bytes) -> str | None:
    try:
        return an_id(json.loads(body)["id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def an_id(found: object) -> str | None:
    """A provider's id, if that is one."""
    return found if isinstance(found, str) and _AN_ID.fullmatch(found) else None
