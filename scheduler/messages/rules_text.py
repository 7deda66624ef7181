"""What a message says. Short, one clear action, nothing that tells what a visit is for (I42).

Each is said twice, in the patient's language: as a mail (subject and body) and as a text of at
most 160 characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from scheduler.clinics.rules_words import forbidden_words
from scheduler.messages.rules_gsm import cut_to, spelled_plainly
from scheduler.messages.rules_spoken import SAID, Words

# Of a clinic's name in a text: one whose letters take several each must not fill it all.
NAME = 40


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it will be read; `event` is the title of the visit in a calendar.

    `links` stand below the body of a mail, each after its word; `unsubscribe` is one of them.
    """

    sender: str
    subject: str
    body: str
    text: str = ""
    event: str = ""
    language: str = "en"
    links: tuple[tuple[str, str], ...] = ()
    unsubscribe: str | None = None

    def forbidden(self) -> list[str]:
        """The forbidden terms that stand in it."""
        links = (word for link in self.links for word in link)
        said = (self.sender, self.subject, self.body, self.text, self.event, *links)
        return forbidden_words("\n".join(said))


def reminder(
    language: str,
    neutral_name: str,
    phone: str | None,
    starts_at: datetime,
    zone: tzinfo,
    *,
    name_zone: bool,
) -> Draft:
    """A reminder of a visit, in the clinic's wall time; `name_zone` for patients elsewhere."""
    said = SAID[language]
    wall = starts_at.astimezone(zone)
    suffix = f" {wall:%Z}" if name_zone else ""
    short, long = f"{said.short(wall)}{suffix}", f"{said.long(wall)}{suffix}"
    call = _call(said, phone)
    text = said.reminder_text.format(name=_in_a_text(neutral_name), when=short, call=call)
    return Draft(
        sender=neutral_name,
        subject=said.reminder.format(name=neutral_name, when=short),
        body=said.reminder_body.format(name=neutral_name, when=long, call=call),
        text=spelled_plainly(text),
        event=said.event.format(name=neutral_name),
        language=language,
    )


def notice(
    rule: str,
    language: str,
    neutral_name: str,
    phone: str | None,
    starts: Sequence[datetime],
    zone: tzinfo,
    *,
    name_zone: bool,
) -> Draft:
    """News of one visit or of several, in the clinic's wall time."""
    said = SAID[language]
    words = said.notices[rule if len(starts) == 1 else f"{rule}_several"]
    walls = [each.astimezone(zone) for each in starts]
    zones = [f" {wall:%Z}" if name_zone else "" for wall in walls]
    short = [said.short(wall) + in_zone for wall, in_zone in zip(walls, zones, strict=True)]
    long = [said.long(wall) + in_zone for wall, in_zone in zip(walls, zones, strict=True)]
    known = {"call": _call(said, phone), "count": len(starts), "first": short[0]}
    text = words.text.format(name=_in_a_text(neutral_name), when=short[0], **known)
    return Draft(
        sender=neutral_name,
        subject=words.subject.format(name=neutral_name, when=short[0], **known),
        body=words.body.format(name=neutral_name, when="\n".join(long), **known),
        text=spelled_plainly(text),
        event=said.event.format(name=neutral_name),
        language=language,
    )


def follow_up(language: str, neutral_name: str, phone: str | None) -> Draft:
    """A word after a visit."""
    said = SAID[language]
    call = _call(said, phone)
    return Draft(
        sender=neutral_name,
        subject=said.follow_up.format(name=neutral_name),
        body=said.follow_up_body.format(name=neutral_name, call=call),
        text=spelled_plainly(said.follow_up_text.format(name=_in_a_text(neutral_name), call=call)),
        language=language,
    )


def _call(said: Words, phone: str | None) -> str:
    return said.call.format(phone=phone) if phone else said.call_us


def _in_a_text(name: str) -> str:
    return cut_to(spelled_plainly(name), NAME)
