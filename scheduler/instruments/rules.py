"""What an instrument asks, and what its answers mean: total, band, and danger (I52, I53)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

# What an answer says that a clinician must hear of. No setting turns one off.
SELF_HARM = "self_harm"
CALL_WANTED = "call_wanted"
SEVERE_SIDE_EFFECT = "severe_side_effect"
HIGH_TOTAL = "high_total"
REASONS = (SELF_HARM, CALL_WANTED, SEVERE_SIDE_EFFECT, HIGH_TOTAL)

# Words are free, but not a book.
MOST_WORDS = 1000

Items = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of an item: its value, how it reads in each language, its LOINC answer code."""

    value: int
    says: Mapping[str, str]
    loinc: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question. Without choices it takes `words`, which are free text.

    A value of `alerts_from` or more is the `reason` of an alert.
    """

    code: str
    asks: Mapping[str, str]
    choices: tuple[Choice, ...] = ()
    loinc: str | None = None
    scored: bool = False
    alerts_from: int | None = None
    reason: str | None = None

    @property
    def takes_words(self) -> bool:
        return not self.choices

    def alerts(self, value: Any) -> bool:
        """Must a clinician hear of this answer to it?"""
        return self.alerts_from is not None and value >= self.alerts_from

    def accepts(self, value: object) -> bool:
        """Could this be an answer to it?"""
        if self.takes_words:
            return isinstance(value, str) and value.strip() != "" and len(value) <= MOST_WORDS
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and value in {choice.value for choice in self.choices}


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of totals, from `least` on, and what it is called."""

    least: int
    name: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """A form: its items in order, the bands of its total, and where both are from.

    `source` names the publication of texts and bands; `loinc` is the panel's code, `loinc_total`
    its total's. One without scored items has no total.
    """

    code: str
    version: int
    title: Mapping[str, str]
    stem: Mapping[str, str]
    items: tuple[Item, ...]
    source: str
    bands: tuple[Band, ...] = ()
    loinc: str | None = None
    loinc_total: str | None = None

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)


def refused(instrument: Instrument, items: Items) -> dict[str, list[str]]:
    """What is wrong with some answers, by item; empty when nothing is."""
    wrong = {}
    for code, value in items.items():
        item = instrument.item(code)
        if item is None:
            wrong[code] = ["This instrument has no such item."]
        elif not item.accepts(value):
            wrong[code] = [_takes(item)]
    return wrong


def _takes(item: Item) -> str:
    if item.takes_words:
        return f"Takes words, {MOST_WORDS} characters at most."
    return f"One of {', '.join(str(choice.value) for choice in item.choices)}."


def total_of(instrument: Instrument, items: Items) -> int | None:
    """The sum of the scored items; None unless every one of them is answered (I52)."""
    values = [items.get(item.code) for item in instrument.items if item.scored]
    if not values or None in values:
        return None
    return sum(values)  # type: ignore[arg-type]  # none of them is None


def band_of(instrument: Instrument, total: int | None) -> str | None:
    """What the total is called; None where there is none."""
    if total is None:
        return None
    return next((band.name for band in reversed(instrument.bands) if total >= band.least), None)


def is_complete(instrument: Instrument, items: Items) -> bool:
    """Is every question with choices answered? Words are never asked for."""
    return all(item.code in items for item in instrument.items if not item.takes_words)


def reasons_of(
    instrument: Instrument, items: Items, given: Collection[str], alert_total: int
) -> list[str]:
    """Why the answers to the items just `given` raise an alert; empty when they do not (I53).

    `items` are all answers so far. A total of `alert_total` counts with the answer that makes it;
    it is of the PHQ-9, the only one whose bands are about severe depression.
    """
    asked = [item for item in instrument.items if item.code in given]
    found = [item.reason for item in asked if item.reason and item.alerts(items[item.code])]
    if instrument.code == "phq9" and any(item.scored for item in asked):
        total = total_of(instrument, items)
        if total is not None and total >= alert_total:
            found.append(HIGH_TOTAL)
    return found
