"""What a message says. Short, one clear action, nothing that tells what a visit is for (I42).

Each is said twice, in the patient's language: as a mail (subject and body) and as a text of at
most 160 characters. The words are the clinic's own where it has some, and else the standard ones.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from scheduler.clinics.rules_words import forbidden_words
from scheduler.messages.rules_gsm import cut_to, fits, spelled_plainly
from scheduler.messages.rules_spoken import SAID, Template, Words

# Of a clinic's name in a text: one whose letters take several each must not fill it all.
NAME = 40

# A clinic's own words, by message and language.
Own = Mapping[tuple[str, str], Template]
STANDARD: Own = {}

PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


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

    def unsayable(self) -> str | None:
        """Why it must not go out as it reads, as the ledger's reason; None when it may (I42)."""
        if self.forbidden():
            return "forbidden_words"
        return None if fits(self.text) else "too_long"


def reminder(
    language: str,
    neutral_name: str,
    phone: str | None,
    starts_at: datetime,
    zone: tzinfo,
    *,
    name_zone: bool,
    own: Own = STANDARD,
) -> Draft:
    """A reminder of a visit, in the clinic's wall time; `name_zone` for patients elsewhere."""
    times = _times(language, [starts_at], zone, name_zone=name_zone)
    return _drafted("reminder", language, neutral_name, phone, own, times)


def notice(
    rule: str,
    language: str,
    neutral_name: str,
    phone: str | None,
    starts: Sequence[datetime],
    zone: tzinfo,
    *,
    name_zone: bool,
    own: Own = STANDARD,
) -> Draft:
    """News of one visit or of several, in the clinic's wall time."""
    message = rule if len(starts) == 1 else f"{rule}_several"
    times = _times(language, starts, zone, name_zone=name_zone)
    return _drafted(message, language, neutral_name, phone, own, times)


def follow_up(
    message: str, language: str, neutral_name: str, phone: str | None, *, own: Own = STANDARD
) -> Draft:
    """A word before or after a visit, or the nudge that follows it; its link says what is asked."""
    return _drafted(message, language, neutral_name, phone, own)


def words_of(message: str, language: str, own: Own) -> Template:
    """The words of a message: the clinic's own, or the standard ones."""
    return own.get((message, language)) or SAID[language].templates[message]


@dataclass(frozen=True, slots=True)
class _Times:
    """When the visits of a message are: each said shortly, and each said in full."""

    short: list[str]
    long: list[str]


def _times(language: str, starts: Sequence[datetime], zone: tzinfo, *, name_zone: bool) -> _Times:
    said = SAID[language]
    walls = [each.astimezone(zone) for each in starts]
    zones = [f" {wall:%Z}" if name_zone else "" for wall in walls]
    return _Times(
        [said.short(wall) + in_zone for wall, in_zone in zip(walls, zones, strict=True)],
        [said.long(wall) + in_zone for wall, in_zone in zip(walls, zones, strict=True)],
    )


def _drafted(
    message: str,
    language: str,
    neutral_name: str,
    phone: str | None,
    own: Own,
    times: _Times | None = None,
) -> Draft:
    said, words = SAID[language], words_of(message, language, own)
    known = {"clinic": neutral_name, "call": _call(said, phone)}
    in_full = known
    if times is not None:
        first = times.short[0]
        known |= {"when": first, "first": first, "count": str(len(times.short))}
        in_full = known | {"when": "\n".join(times.long)}
    text = _filled(words.text, known | {"clinic": in_a_text(neutral_name)})
    return Draft(
        sender=neutral_name,
        subject=_filled(words.subject, known),
        body=_filled(words.body, in_full),
        text=spelled_plainly(text),
        event=_filled(said.event, known) if times else "",
        language=language,
    )


def _filled(words: str, known: Mapping[str, str]) -> str:
    """The words with each placeholder's value: in one pass, so that braces in a value stay."""
    return PLACEHOLDER.sub(lambda found: known[found[1]], words)


def _call(said: Words, phone: str | None) -> str:
    return said.call.format(phone=phone) if phone else said.call_us


def in_a_text(name: str) -> str:
    """A clinic's name as it stands in a text."""
    return cut_to(spelled_plainly(name), NAME)
