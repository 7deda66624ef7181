"""The ways out of the building, by the name that consents use."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import config
from scheduler.clinics.rules_words import forbidden_words
from scheduler.messages.channels_files import FileOutbox
from scheduler.messages.channels_mail import SmtpMail
from scheduler.messages.channels_text import PlainGateway
from scheduler.messages.channels_twilio import Twilio
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import Outcome


class Channel(Protocol):
    """A way out.

    `key_life` says how long sending the same message twice is as good as once, `width` how many
    go out at the same time, `needs_sender` whether it is for clinics with a number of their own.
    """

    key_life: timedelta
    needs_sender: bool
    width: int

    def send(self, outgoing: Outgoing) -> Outcome:
        """Send it, and say how that ended. Never raises for what the other side does."""
        ...

    def close(self) -> None:
        """Let go of whatever is kept open."""
        ...


Channels = Mapping[str, Channel]


def check_sender(settings: config.Settings) -> None:
    """Raises ConfigurationError when what every patient sees tells what a visit is for (I42)."""
    seen = {"MAIL_FROM": settings.mail_from, "PUBLIC_URL": settings.public_url or ""}
    for name, value in seen.items():
        if found := forbidden_words(value):
            raise config.ConfigurationError(f"{name}: patients see it; not {', '.join(found)}")


def open_channels(settings: config.Settings) -> dict[str, Channel]:
    """The channels that are configured."""
    if settings.outbox == "files":
        files = FileOutbox(settings.data_dir / "outbox", settings.mail_from)
        return {"email": files, "sms": files}
    channels: dict[str, Channel] = {}
    if settings.smtp_url is not None:
        channels["email"] = SmtpMail(settings.smtp_url, settings.mail_from)
    if settings.sms_url is not None:
        key_life = timedelta(seconds=settings.sms_key_seconds)
        channels["sms"] = PlainGateway(settings.sms_url, settings.sms_token, key_life)
    elif settings.twilio_url is not None and settings.public_url is not None:
        channels["sms"] = Twilio(settings.twilio_url, settings.public_url)
    return channels
