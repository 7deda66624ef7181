"""The links in a message: which it carries, and how they stand in a mail and in a text."""

from collections.abc import Mapping
from dataclasses import replace

from scheduler.links.rules import LENGTH, path_of
from scheduler.messages.rules_gsm import fits, spelled_plainly
from scheduler.messages.rules_text import Draft, in_a_text

# What stands before a link, in the order of a mail; in a text there is room for the first alone. A
# form has no other way in; a visit is confirmed by answering C, and its page leads to the next two.
SAID = {
    "en": {
        "check_in": "A few questions",
        "confirm": "I will come",
        "change": "Another time",
        "decline": "I cannot come",
        "calendar": "For your calendar",
        "unsubscribe": "No more messages",
    },
    "es": {
        "check_in": "Unas preguntas",
        "confirm": "Sí, iré",
        "change": "Otra hora",
        "decline": "No puedo ir",
        "calendar": "Para su calendario",
        "unsubscribe": "No más mensajes",
    },
}
IN_A_TEXT = {
    "en": {"check_in": "A few questions:", "confirm": "Confirm or change:"},
    "es": {"check_in": "Unas preguntas:", "confirm": "Confirmar o cambiar:"},
}

ANSWERS = ("confirm", "change", "decline")


def purposes(rule: str, channel: str, visits: int, *, asks: bool = False) -> tuple[str, ...]:
    """What a message's links are for, but for one to a form, which it has if it `asks`.

    `visits` is how many to come it tells of, all together. Of several none is meant more than
    another: the reminder of each has its links.
    """
    of_the_visit = visits == 1 and rule != "cancelled"
    answers = ANSWERS if of_the_visit else ()
    if channel == "sms":
        return () if asks else answers
    return (*answers, *(("calendar",) if of_the_visit else ()), "unsubscribe")


def takes_form(draft: Draft, channel: str | None, public_url: str) -> bool:
    """Has it room for a link to a form beside its own words? A mail always has."""
    url = public_url.rstrip("/") + path_of("check_in", "x" * LENGTH)
    return channel != "sms" or fits(f"{draft.text} {url}")


def linked(draft: Draft, urls: Mapping[str, str]) -> Draft:
    """The draft with its links, by their purpose.

    A text takes the first, with a word before it where both fit. One that is too long for it stays
    as it is; but a form is asked for by its link alone.
    """
    said = SAID[draft.language]
    links = tuple((said[purpose], urls[purpose]) for purpose in said if purpose in urls)
    return replace(
        draft,
        links=links,
        unsubscribe=urls.get("unsubscribe"),
        text=next(
            (
                _with_one(draft, purpose, word, urls[purpose])
                for purpose, word in IN_A_TEXT[draft.language].items()
                if purpose in urls
            ),
            draft.text,
        ),
    )


def _with_one(draft: Draft, purpose: str, word: str, url: str) -> str:
    word = spelled_plainly(word)
    longest_first = [f"{draft.text} {word} {url}", f"{draft.text} {url}"]
    if purpose == "check_in" and not draft.event:
        longest_first.append(f"{in_a_text(draft.sender)}: {url}")
    return next(filter(fits, longest_first), draft.text)
