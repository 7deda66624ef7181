"""What a page holds: words and a form, in the patient's language; never a name but the clinic's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Protocol

from scheduler.links.rules_text import LABELS, LANGUAGES, TEXTS, spoken, spoken_clock, spoken_day
from scheduler.wall_time import local_date

# What each standing answers; what was moved or cancelled clashes with what the link says.
STATUS = {"open": 200, "done": 200, "moved": 409, "cancelled": 409}


class Shows(Protocol):
    """What every page behind a link knows of itself: its status, and its languages in order."""

    @property
    def status(self) -> int: ...

    @property
    def languages(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Day:
    """The times of one day that may be chosen: what is sent, and what is read."""

    label: str
    times: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A button, what it sends along, and what is chosen first."""

    button: str
    nonce: str
    version: int
    days: tuple[Day, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What is said in one language."""

    language: str
    title: str
    body: str
    call: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its status, its parts, the clinic's neutral name and phone where they are known.

    `others` are what else the patient may want, and the paths that lead there.
    """

    status: int
    parts: tuple[Part, ...]
    name: str | None = None
    phone: str | None = None
    form: Form | None = None
    others: tuple[tuple[str, str], ...] = ()

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(part.language for part in self.parts)

    def saying(self, status: int, notice: str) -> "Page":
        """The same page with a word on top, as the answer to a press that had no effect."""
        (part,) = self.parts
        _, told = TEXTS[part.language][notice]
        return replace(self, status=status, parts=(replace(part, notice=told),))


@dataclass(frozen=True, slots=True)
class Told:
    """What a link's page is about; `others` are paths, by their purpose."""

    purpose: str
    standing: str
    language: str
    name: str
    phone: str | None
    channel: str
    starts_at: datetime
    zone: tzinfo
    name_zone: bool
    starts: Sequence[datetime] = ()
    others: Mapping[str, str] = field(default_factory=dict)


def page(told: Told, nonce: str, version: int) -> Page:
    """The page of a link; `nonce` and `version` go with its button."""
    language, labels = told.language, LABELS[told.language]
    time = spoken(told.starts_at, told.zone, language, name_zone=told.name_zone)
    title, body = TEXTS[language][_which(told)]
    body = body.format(name=told.name, time=time, channel=labels[told.channel])
    # "9:30 a. m." ends a sentence with its own dot.
    body = body.replace("m..", "m.")
    part = Part(language, title, body, _call(language, told.phone))
    form = None
    if told.standing == "open" and (told.purpose != "change" or told.starts):
        form = Form(labels[told.purpose], nonce, version, _days(told))
    others = tuple((labels[f"to_{purpose}"], path) for purpose, path in told.others.items())
    return Page(STATUS[told.standing], (part,), told.name, told.phone, form, others)


def _which(told: Told) -> str:
    """The name of its texts."""
    if told.standing in ("moved", "cancelled"):
        return told.standing
    if told.purpose == "change" and told.standing == "open" and not told.starts:
        return "change_none"
    return f"{told.purpose}_{told.standing}"


def _days(told: Told) -> tuple[Day, ...]:
    def on_day(at: datetime) -> object:
        return local_date(at, told.zone)

    def shown(at: datetime) -> tuple[str, str]:
        clock = spoken_clock(at, told.zone, told.language, name_zone=told.name_zone)
        return f"{int(at.timestamp())}", clock

    return tuple(
        Day(
            spoken_day(times[0].astimezone(told.zone).date(), told.language),
            tuple(map(shown, times)),
        )
        for times in (list(group) for _, group in groupby(told.starts, on_day))
    )


def _call(language: str, phone: str | None) -> str:
    return LABELS[language]["call" if phone else "call_plain"]


def plain_page(status: int, which: str, name: str | None = None, phone: str | None = None) -> Page:
    """A page that says the same to whoever asks, in every language."""
    parts = tuple(
        Part(language, *TEXTS[language][which], _call(language, phone)) for language in LANGUAGES
    )
    return Page(status, parts, name, phone)
