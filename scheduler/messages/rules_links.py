"""The links in a message: which it carries, and how they stand in a mail and in a text."""

from collections.abc import Mapping
from dataclasses import replace

from scheduler.messages.rules_gsm import fits, spelled_plainly
from scheduler.messages.rules_text import Draft

# What stands before a link, in the order of a mail; in a text there is room for the first alone,
# whose page leads to the next two.
SAID = {
    "en": {
        "confirm": "I will come",
        "change": "Another time",
        "decline": "I cannot come",
        "calendar": "For your calendar",
        "unsubscribe": "No more messages",
    },
    "es": {
        "confirm": "Sí, iré",
        "change": "Otra hora",
        "decline": "No puedo ir",
        "calendar": "Para su calendario",
        "unsubscribe": "No más mensajes",
    },
}
IN_A_TEXT = {"en": "Confirm or change:", "es": "Confirmar o cambiar:"}

ANSWERS = ("confirm", "change", "decline")


def purposes(rule: str, channel: str, visits: int) -> tuple[str, ...]:
    """What a message's links are for. `visits` is how many to come it tells of, all together.

    Of several none is meant more than another: the reminder of each has its links.
    """
    of_the_visit = visits == 1 and rule != "cancelled"
    answers = ANSWERS if of_the_visit else ()
    if channel == "sms":
        return answers
    return (*answers, *(("calendar",) if of_the_visit else ()), "unsubscribe")


def linked(draft: Draft, urls: Mapping[str, str]) -> Draft:
    """The draft with its links, by their purpose.

    A text takes the first, with a word before it where both fit; one that is too long for it
    stays as it is.
    """
    said = SAID[draft.language]
    links = tuple((said[purpose], urls[purpose]) for purpose in said if purpose in urls)
    return replace(
        draft,
        links=links,
        unsubscribe=urls.get("unsubscribe"),
        text=_with_one(draft, urls["confirm"]) if "confirm" in urls else draft.text,
    )


def _with_one(draft: Draft, url: str) -> str:
    word = spelled_plainly(IN_A_TEXT[draft.language])
    longest_first = (f"{draft.text} {word} {url}", f"{draft.text} {url}")
    return next(filter(fits, longest_first), draft.text)
