"""How many texts that nobody there asked for one number gets, and which of them (I41).

With consent, one a day and five a week. What a person sends by hand, and the answer to a patient's
own text, were asked for and do not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.protocols.rules_follow_ups import ASKING, NUDGE

# What matters most to whoever is written to goes first: that a visit is at another time or not at
# all, then the reminder of the day before. That one was booked goes beside it: told first, it
# spares them the reminder of that day. That one was missed they know themselves.
RANKS = {"changed": 0, "cancelled": 0, "1d_before": 1, "booked": 1, "missed": 4}
RANKS |= dict.fromkeys(ASKING, 2) | {rule + NUDGE: 3 for rule in ASKING}
OTHER_REMINDERS = 3

# These go whatever went before, and take the room of others: who comes for nothing is worse off
# than who is texted twice on a day.
UNCAPPED = 0

FREE, TAKEN, NONE_LEFT = ROOMS = ("free", "taken", "none_left")


@dataclass(frozen=True, slots=True)
class Caps:
    """The most unasked texts to one number, on a day of the patient's and in seven of them."""

    a_day: int
    a_week: int


def rank_of(rule: str) -> int:
    """A message's place in the order in which they go; the lowest first."""
    return RANKS.get(rule, OTHER_REMINDERS)


def is_capped(rule: str) -> bool:
    """Do the caps bind such a message? For word of a change there is always room."""
    return rank_of(rule) > UNCAPPED


def room_for_text(went: Sequence[datetime], ahead: int, today: datetime, caps: Caps) -> str:
    """Is there room for one more text to a number?

    `went` says when unasked texts went there, today (which began at `today`) and on the six days
    before; `ahead` how many that go before this one still wait for their turn today. The room may
    be theirs (`taken`), until it is known whether they need it.
    """
    sent_today = sum(1 for at in went if at >= today)
    left = min(caps.a_day - sent_today, caps.a_week - len(went))
    if left <= 0:
        return NONE_LEFT
    return FREE if ahead < left else TAKEN
