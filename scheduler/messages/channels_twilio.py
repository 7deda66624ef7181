"""Texts by Twilio's API, each clinic from its own number and account.

It takes no key by which it would know a second attempt, so what may have gone is not sent again;
but it calls us back with what became of a text, and so an attempt that broke off is cleared up.
"""

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from scheduler.messages.channels_http import Answer, Away, BrokeOff, post
from scheduler.messages.channels_text import AWAY, BROKE_OFF, an_id
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import Outcome

TIMEOUT_SECONDS = 15.0

# What callbacks are sent to; `{PUBLIC_URL}` stands before it.
STATUS_PATH = "/v1/hooks/{clinic_id}/sms/status?message={message_id}"


class Twilio:
    """`POST /2010-04-01/Accounts/{account}/Messages.json` at `url`."""

    key_life = timedelta(0)
    needs_sender = True
    width = 4

    def __init__(self, url: str, public_url: str) -> None:
        self.url, self.public_url = url.rstrip("/"), public_url.rstrip("/")

    def send(self, outgoing: Outgoing) -> Outcome:
        sender = outgoing.sender
        assert sender is not None  # noqa: S101 - without one `begin_all` takes another channel
        form = {
            "To": outgoing.address,
            "From": sender.number,
            "Body": outgoing.draft.text,
            "StatusCallback": self.public_url
            + STATUS_PATH.format(clinic_id=outgoing.clinic_id, message_id=outgoing.id),
        }
        token = base64.b64encode(f"{sender.account}:{sender.secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {token}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        url = f"{self.url}/2010-04-01/Accounts/{sender.account}/Messages.json"
        try:
            return judged(post(url, urlencode(form).encode(), headers, TIMEOUT_SECONDS))
        except Away:
            return AWAY
        except BrokeOff:
            return BROKE_OFF

    def close(self) -> None:
        """Nothing is kept open."""


def judged(answer: Answer) -> Outcome:
    """What an answer says of a text; a refusal has a code of its own (21610: opted out)."""
    status, said = answer.status, _read(answer.body)
    if 200 <= status < 300:
        sid = an_id(said.get("sid"))
        return Outcome("sent", provider_id=sid) if sid else Outcome("unknown", "gateway_unreadable")
    if status == 429:
        return Outcome("retry", "gateway_429")
    code = _code(said.get("code"))
    if status in (401, 403, 404) and (code is None or code < 21_000):
        # A wrong account or token: no text is at fault, nor is another clinic's account.
        return Outcome("retry", "gateway_away")
    if 400 <= status < 500 and status != 408 and code is not None:
        return Outcome("failed", f"twilio_{code}")
    return Outcome("unknown", f"gateway_{status}")


def _code(said: object) -> int | None:
    """Twilio's codes have five digits."""
    return said if isinstance(said, int) and 10_000 <= said <= 99_999 else None


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
