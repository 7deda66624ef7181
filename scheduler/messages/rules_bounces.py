"""What a refusal says of an address: that it is dead, or that nobody there wants texts (I46)."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message
from uuid import UUID

# A mail server's word for it is `dead_address`: its own replies have one code for many reasons.
DEAD = frozenset(
    {
        "dead_address",
        "gateway_410",
        "twilio_21211",  # no telephone number
        "twilio_21614",  # no mobile one
        "twilio_30003",  # nobody can be reached there
        "twilio_30004",  # it takes no texts
        "twilio_30005",  # unknown, or not in use any more
        "twilio_30006",  # a landline
    }
)
# Somebody texted STOP, and the provider heard it before us.
OPTED_OUT = "twilio_21610"
OF_ADDRESS = DEAD | {OPTED_OUT}

# RFC 3463, 3.2: what is wrong with the address. 7, 8 and 9 are about the sender's own, and so may
# 0 be: with it Postfix answers RCPT where it does not know the sender (`reject_unlisted_sender`).
_NO_SUCH_ADDRESS = re.compile(r"5\.1\.(?![0789]\b)\d{1,3}\b", re.ASCII)
_OUR_ID = re.compile(r"^Message-ID:\s*<([0-9a-f-]{36})@", re.ASCII | re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours that came back, by its id; `reason` is how the ledger says why."""

    message_id: UUID
    reason: str


def is_dead(said: str) -> bool:
    """Does an enhanced status code (`5.1.1`), or a reply that begins with one, say so?"""
    return _NO_SUCH_ADDRESS.match(said) is not None


def read_bounce(raw: bytes) -> Bounce | None:
    """What a delivery status notification (RFC 3464) says of a mail of ours, if it failed for good.

    None for any other mail, for a delay (4.x.x), and where ours is not quoted in it.
    """
    try:
        mail = message_from_bytes(raw, policy=policy.compat32)
        parts = list(mail.walk())
        statuses = [said for part in parts if (said := _failed(part))]
        # Not its own id, which may look like one of ours.
        (message_id,) = {UUID(found) for part in parts[1:] for found in _ids_in(part)}
    except (ValueError, MessageError, LookupError):
        return None
    if mail.get_content_type() != "multipart/report" or not statuses:
        return None
    return Bounce(message_id, "dead_address" if any(map(is_dead, statuses)) else "bounced")


def _failed(part: Message) -> str | None:
    """The status of a recipient whom the mail did not reach, and will not."""
    action, status = str(part.get("Action", "")), str(part.get("Status", "")).strip()
    return status if action.strip().lower() == "failed" and status.startswith("5.") else None


def _ids_in(part: Message) -> list[str]:
    """Our id in the mail that came back, which is quoted whole or by its headers."""
    if part.get_content_type() == "text/rfc822-headers":
        quoted = part.get_payload(decode=True)
        return _OUR_ID.findall(quoted.decode("ascii", "replace")) if type(quoted) is bytes else []
    return _OUR_ID.findall(f"Message-ID: {part.get('Message-ID', '')}")
