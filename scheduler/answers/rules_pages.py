"""What the pages of a form hold: one question a page, and never an earlier answer (I55)."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from scheduler.answers.rules_forms import END, item_at, next_open, place_of
from scheduler.answers.rules_text import SELVES, TEXTS
from scheduler.instruments.rules import MOST_WORDS, Instrument, Item
from scheduler.links.rules_text import LABELS, LANGUAGES

# More choices than this are steps of a scale, and stand side by side.
MOST_IN_A_COLUMN = 6


@dataclass(frozen=True, slots=True)
class Told:
    """What the pages of one form are about.

    `path` is the link's own. `chosen`: the language was asked for, so the next page has it too.
    """

    instrument: Instrument
    answered: frozenset[str]
    language: str
    chosen: bool
    name: str
    phone: str | None
    path: str

    def to(self, place: str | None, language: str | None = None) -> str:
        """The address of a place of the form, or of the form alone."""
        query = {} if place is None else {"at": place}
        if language or self.chosen:
            query["lang"] = language or self.language
        return f"{self.path}?{urlencode(query)}" if query else self.path


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is asked: its place of how many, and what may be chosen, or None: words."""

    code: str
    place: int
    of: int
    progress: str
    stem: str
    question: str
    choices: tuple[tuple[int, str], ...] | None
    is_scale: bool
    words: str
    most_words: int = MOST_WORDS


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a form. `others` are links; `switch` is the other language, its name and path."""

    language: str
    name: str
    phone: str | None
    call: str
    switch: tuple[str, str, str]
    status: int = 200
    title: str = ""
    body: str = ""
    notice: str = ""
    asked: Asked | None = None
    button: str = ""
    nonce: str = ""
    version: int = 0
    others: tuple[tuple[str, str], ...] = ()
    crisis: str = ""

    @property
    def languages(self) -> tuple[str, ...]:
        return (self.language,)


def form_page(told: Told, place: str, nonce: str, status: int = 200, notice: str = "") -> Page:
    """The page of a place: its question, or where the answers are sent. `notice`: a text's name."""
    item = item_at(told.instrument, told.answered, place)
    shown = _end(told) if item is None else _question(told, item)
    notice = TEXTS[told.language][notice].format(most=MOST_WORDS) if notice else ""
    version = told.instrument.version
    return replace(shown, status=status, notice=notice, nonce=nonce, version=version)


def _question(told: Told, item: Item) -> Page:
    texts, at = TEXTS[told.language], place_of(told.instrument, item.code)
    skipped = next_open(told.instrument, told.answered, item.code)
    others = [(texts["skip"], told.to(skipped))]
    if at > 1:
        others.append((texts["back"], told.to(f"{at - 1}")))
    if skipped != END:
        # To skip the last one is to stop.
        others.append((texts["stop"], told.to(END)))
    return replace(
        _page(told, f"{at}"),
        title=told.instrument.title[told.language],
        body="" if told.answered or at > 1 else texts["intro"],
        asked=_asked(told, item, at),
        button=texts["next"],
        others=tuple(others),
    )


def _end(told: Told) -> Page:
    texts = TEXTS[told.language]
    is_open = next_open(told.instrument, told.answered)
    others = () if is_open == END else ((texts["to_open"], told.to(is_open)),)
    return replace(
        _page(told, END),
        title=texts["end"],
        body=texts["end_some" if others else "end_all"],
        button=texts["send"],
        others=others,
    )


def thanks(told: Told, crisis: str) -> Page:
    """What is left to say of a form that was submitted; to everybody the same."""
    texts = TEXTS[told.language]
    body = texts["thanks_body"].format(name=told.name)
    return replace(_page(told, None), title=texts["thanks"], body=body, crisis=crisis)


def _page(told: Told, place: str | None) -> Page:
    (other,) = (each for each in LANGUAGES if each != told.language)
    return Page(
        language=told.language,
        name=told.name,
        phone=told.phone,
        call=LABELS[told.language]["call" if told.phone else "call_plain"],
        switch=(other, SELVES[other], told.to(place, other)),
    )


def _asked(told: Told, item: Item, at: int) -> Asked:
    language, of = told.language, len(told.instrument.items)
    choices = tuple((choice.value, choice.says[language]) for choice in item.choices)
    return Asked(
        code=item.code,
        place=at,
        of=of,
        progress=TEXTS[language]["progress"].format(place=at, of=of),
        stem=told.instrument.stem[language],
        question=item.asks[language],
        choices=choices or None,
        is_scale=len(choices) > MOST_IN_A_COLUMN,
        words=TEXTS[language]["words"],
    )
