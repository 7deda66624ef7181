"""A form behind a link: how it stands, which question comes next, what a press of its button does.

What was answered is known here by the items' codes alone: no page tells a value (I55).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from scheduler.instruments.rules import Instrument, Item

# The place after the last question, where the answers are sent.
END = "end"


@dataclass(frozen=True, slots=True)
class Seen:
    """A form's link as it is now. `welcome`: the patient is one of ours, and may be asked."""

    expires_at: datetime
    submitted: bool
    welcome: bool


def standing(seen: Seen, now: datetime) -> str:
    """`open`: it may be filled in; `done`: it was submitted; `gone`: there is nothing to see."""
    if now >= seen.expires_at or not seen.welcome:
        return "gone"
    return "done" if seen.submitted else "open"


def next_open(instrument: Instrument, answered: Collection[str], after: str | None = None) -> str:
    """The place of the first open question, or of the first after the item `after`."""
    codes = [item.code for item in instrument.items]
    begin = codes.index(after) + 1 if after in codes else 0
    places = (n for n, code in enumerate(codes, 1) if n > begin and code not in answered)
    return next(map(str, places), END)


def item_at(instrument: Instrument, answered: Collection[str], place: str) -> Item | None:
    """The question at a place that an address names, answered or not; None at the end.

    What is no place of this form leads to its first open question.
    """
    known = {str(n): item for n, item in enumerate(instrument.items, 1)}
    if place != END and place not in known:
        place = next_open(instrument, answered)
    return known.get(place)


def place_of(instrument: Instrument, code: str) -> int:
    """Which question it is, from 1."""
    return [item.code for item in instrument.items].index(code) + 1


def tells_of_danger(item: Item | None, value: object) -> bool:
    """Is this an answer that a clinician must hear of, whatever else is said?"""
    return item is not None and item.accepts(value) and item.alerts(value)


@dataclass(frozen=True, slots=True)
class Press:
    """What a POST says of one form. `genuine`: the button of its page was pressed lately.

    `item` is the one that was answered, if it has one of that name; `value` None where nothing was
    chosen or written.
    """

    genuine: bool
    item: Item | None
    value: int | str | None
    submits: bool


def effect(stands: str, press: Press) -> str:
    """What a press does.

    `saved` in the form; `apart`, as the form takes no more but this has to be heard; `submitted`;
    `passed` to the next question. Or nothing, and the page says `again`, `choose` or `long`, or
    how the form stands.
    """
    if tells_of_danger(press.item, press.value):
        return "saved" if stands == "open" else "apart"
    if stands != "open":
        return stands
    if not press.genuine:
        return "again"
    if press.submits:
        return "submitted"
    if press.item is None:
        return "again"
    if press.item.accepts(press.value):
        return "saved"
    if press.item.takes_words:
        return "passed" if press.value is None else "long"
    return "choose"
