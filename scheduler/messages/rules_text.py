"""What a message says. Short, one clear action, nothing that tells what a visit is for (I42).

Each is said twice: as a mail (subject and body) and as a text of at most 160 characters.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from scheduler.clinics.rules_words import forbidden_words
from scheduler.messages.rules_gsm import spelled_plainly


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it will be read."""

    sender: str
    subject: str
    body: str
    text: str = ""

    def forbidden(self) -> list[str]:
        """The forbidden terms that stand in it."""
        return forbidden_words(f"{self.sender}\n{self.subject}\n{self.body}\n{self.text}")


def reminder(
    neutral_name: str, phone: str | None, starts_at: datetime, zone: tzinfo, *, name_zone: bool
) -> Draft:
    """A reminder of a visit, in the clinic's wall time; `name_zone` for patients elsewhere."""
    wall = starts_at.astimezone(zone)
    suffix = f" {wall:%Z}" if name_zone else ""
    short = f"{wall:%a %b %-d %-I:%M %p}{suffix}"
    long = f"{wall:%A, %B %-d, at %-I:%M %p}{suffix}"
    return Draft(
        sender=neutral_name,
        subject=f"{neutral_name}: appt {short}",
        body=f"Hello,\n\nYou have an appointment with {neutral_name} on {long}.\n\n"
        f"To change it, {_call(phone)}.\n",
        text=spelled_plainly(f"{neutral_name}: appt {short}. To change it, {_call(phone)}."),
    )


def follow_up(neutral_name: str, phone: str | None) -> Draft:
    """A word after a visit."""
    return Draft(
        sender=neutral_name,
        subject=f"{neutral_name}: how are you?",
        body=f"Hello,\n\nWe hope you are well after your visit with {neutral_name}.\n\n"
        f"If anything worries you, or you would like to talk to us, {_call(phone)}.\n",
        text=spelled_plainly(f"{neutral_name}: how are you? To talk to us, {_call(phone)}."),
    )


def _call(phone: str | None) -> str:
    return f"call {phone}" if phone else "please call us"
