"""The page after an answer that tells of danger: whom to call, large and before all else (I53)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.answers.rules_pages import Told
from scheduler.answers.rules_text import TEXTS
from scheduler.clinics.rules_crisis import CRISIS
from scheduler.links.rules_pages import Page as PlainPage

# "988", "+1 602 555 0100", "(602) 555-0100"; not the 24 of "24 hours".
_NUMBER = re.compile(r"(?<![\w+])\+?\(?\d(?:[\d ().-]*\d)?(?!\w)")
_RUN = re.compile(r"\d{3}")


@dataclass(frozen=True, slots=True)
class CrisisPart:
    """What somebody in danger is told in one language: whom to call, and how to go on."""

    language: str
    title: str
    body: str
    crisis: str
    calls: tuple[tuple[str, str], ...]
    go_on: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class CrisisPage:
    """The answer to what tells of danger, whatever became of it."""

    parts: tuple[CrisisPart, ...]
    status: int = 200
    name: str | None = None

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(part.language for part in self.parts)


def heard(told: Told, crisis: str, go_on: str | None) -> CrisisPage:
    """The page of who was heard. `go_on` is the place of the next question, if any."""
    texts = TEXTS[told.language]
    part = CrisisPart(
        told.language,
        texts["heard"],
        texts["heard_body"],
        crisis,
        _calls(told.language, [*numbers_in(crisis), *((told.phone,) if told.phone else ())]),
        None if go_on is None else (texts["go_on"], told.to(go_on)),
    )
    return CrisisPage((part,), name=told.name)


def unheard(plain: PlainPage) -> CrisisPage:
    """The page of who could not be heard just now, and has to try again; in every language."""
    parts = tuple(
        CrisisPart(
            each.language,
            each.title,
            each.body,
            CRISIS[each.language],
            _calls(each.language, numbers_in(CRISIS[each.language])),
        )
        for each in plain.parts
    )
    return CrisisPage(parts, plain.status)


def _calls(language: str, numbers: Sequence[str]) -> tuple[tuple[str, str], ...]:
    label = TEXTS[language]["call_number"]
    return tuple(
        (label.format(number=number), dialled(number)) for number in dict.fromkeys(numbers)
    )


def numbers_in(said: str) -> list[str]:
    """The telephone numbers that a text names, as it spells them."""
    return [found for found in _NUMBER.findall(said) if _RUN.search(found)]


def dialled(number: str) -> str:
    """A number as a telephone takes it."""
    return "".join(c for c in number if c.isdigit() or c == "+")
