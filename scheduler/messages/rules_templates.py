"""A clinic's own words for its messages: what may stand in them, and what they would say (I42)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from scheduler.clinics.rules import NOTICES
from scheduler.clinics.rules_words import forbidden_words
from scheduler.messages.rules_gsm import MOST, places
from scheduler.messages.rules_spoken import SAID, Template
from scheduler.messages.rules_text import PLACEHOLDER, Draft, follow_up, notice, reminder

SEVERAL = ("booked_several", "cancelled_several")
FOLLOW_UPS = ("follow_up", "follow_up_nudge")
MESSAGES = ("reminder", *FOLLOW_UPS, *NOTICES, *SEVERAL)
LANGUAGES = tuple(SAID)

# Which placeholders each part of a message may hold; of a message of several visits, only a body
# has room for all their times.
OF_ANY = frozenset({"clinic", "call"})
OF_VISIT = OF_ANY | {"when"}
OF_SEVERAL = OF_ANY | {"first", "count"}

# The most sessions of a series.
MOST_VISITS = 52


@dataclass(frozen=True, slots=True)
class Example:
    """Who would be written to about what, to see a message as it would be read."""

    name: str
    clinic: str
    phone: str | None
    starts_at: datetime
    zone: tzinfo
    name_zone: bool
    visits: int


# No text of ours is longer: a name that fills all of its room, the longest number, the time with
# the most letters, and a zone without a name of its own.
LONGEST = Example(
    name="longest",
    clinic="The Center of the Upper Salt River Basin",
    phone="+999 9999 9999 9999 99",
    starts_at=datetime(2026, 9, 30, 22, 30, tzinfo=UTC) - timedelta(hours=12, minutes=45),
    zone=timezone(timedelta(hours=12, minutes=45), "+1245"),
    name_zone=True,
    visits=MOST_VISITS,
)


def examples_of(clinic: str, phone: str | None, at: datetime, zone: tzinfo) -> list[Example]:
    """The clinic as it is called now, to a patient nearby and to one elsewhere; and the longest."""
    usual = Example("usual", clinic, phone, at, zone, name_zone=False, visits=6)
    elsewhere = Example("elsewhere", clinic, phone, at, zone, name_zone=True, visits=6)
    return [usual, elsewhere, LONGEST]


def drafted(message: str, language: str, template: Template, example: Example) -> Draft:
    """What the message would say in these words."""
    own = {(message, language): template}
    who = (language, example.clinic, example.phone)
    if message in FOLLOW_UPS:
        return follow_up(message, *who, own=own)
    zone, name_zone = example.zone, example.name_zone
    if message == "reminder":
        return reminder(*who, example.starts_at, zone, name_zone=name_zone, own=own)
    count = example.visits if message in SEVERAL else 1
    starts = [example.starts_at + timedelta(days=7 * n) for n in range(count)]
    rule = message.removesuffix("_several")
    return notice(rule, *who, starts, zone, name_zone=name_zone, own=own)


def known_in(message: str, part: str) -> frozenset[str]:
    """The placeholders that this part of a message may hold."""
    if message in FOLLOW_UPS:
        return OF_ANY
    if message not in SEVERAL:
        return OF_VISIT
    return OF_SEVERAL | {"when"} if part == "body" else OF_SEVERAL


def needed_in(message: str, part: str) -> frozenset[str]:
    """The placeholders that this part of a message cannot do without.

    A text does not show whom it is from; a mail does.
    """
    if part == "subject":
        return frozenset()
    needed = {"call"} if part == "body" else {"call", "clinic"}
    if message in SEVERAL:
        needed |= {"when"} if part == "body" else {"first", "count"}
    elif message not in (*FOLLOW_UPS, "missed"):
        needed |= {"when"}
    return frozenset(needed)


def wrong_with(
    message: str, language: str, template: Template, examples: Sequence[Example]
) -> dict[str, list[str]]:
    """What is in the way of these words, by part; nothing where they may go out (I42)."""
    found = {
        part: wrong
        for part, words in asdict(template).items()
        if (wrong := list(_misplaced(message, part, words)))
    }
    if found:
        return found
    drafts = [drafted(message, language, template, each) for each in examples]
    for draft in drafts:
        for part in asdict(template):
            if words := forbidden_words(getattr(draft, part)):
                found[part] = [_says(words)]
        if not found and (words := draft.forbidden()):
            # Where one part ends and the next begins, or in the clinic's own name.
            found["body"] = [_says(words)]
    longest = max(places(draft.text) for draft in drafts)
    if longest > MOST:
        found.setdefault("text", []).append(f"At its longest it takes {longest} of {MOST}.")
    return found


def _says(words: list[str]) -> str:
    return f"It stands in messages and must not say: {', '.join(words)}."


def _misplaced(message: str, part: str, words: str) -> Iterator[str]:
    said, known = set(PLACEHOLDER.findall(words)), known_in(message, part)
    if set("{}") & set(PLACEHOLDER.sub("", words)):
        yield "A brace stands only around a placeholder."
    if unknown := said - known:
        yield f"Not known here: {_listed(unknown)}. Known: {_listed(known)}."
    if missing := needed_in(message, part) - said:
        yield f"Must hold {_listed(missing)}."


def _listed(placeholders: set[str] | frozenset[str]) -> str:
    return ", ".join(f"{{{each}}}" for each in sorted(placeholders))
