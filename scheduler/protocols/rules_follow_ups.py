"""What a patient is asked around the sessions of a protocol, and when: its follow-up plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

# Before a series' first session, and before each later one, as long as they are booked; after one
# that was completed; after the last of a series.
BEFORE = ("baseline", "before_next")
AFTER = ("check_in", "trend", "after_series")
ASKING = (*BEFORE, *AFTER)
NUDGE = "_nudge"

DAY = timedelta(days=1)

# How far from its session each may be asked. A baseline counts for two weeks (I56).
BOUNDS = {
    "baseline": (timedelta(hours=1), 14 * DAY),
    "check_in": (timedelta(hours=1), 5 * DAY),
    "trend": (DAY, 14 * DAY),
    "before_next": (timedelta(hours=1), 7 * DAY),
    "after_series": (DAY, 90 * DAY),
}

# These ask about the last two weeks: so soon after a session they say nothing about it.
LOOKS_BACK = ("phq9", "phq2", "gad7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One thing that is asked: by which rule, which instrument, and how far from the session.

    Either `days` or `hours`: before its start (`BEFORE`), or after the patient left.
    """

    rule: str
    instrument: str
    days: int | None = None
    hours: int | None = None

    @property
    def distance(self) -> timedelta:
        return timedelta(days=self.days or 0, hours=self.hours or 0)


Plan = tuple[Ask, ...]


def usual_plan(check_in_hours: int) -> Plan:
    """What is asked where a protocol says nothing: all but the trend.

    A week before the first session leaves room to put that off without asking again.
    """
    return (
        Ask(rule="baseline", instrument="phq9", days=7),
        Ask(rule="check_in", instrument="check_in", hours=check_in_hours),
        Ask(rule="before_next", instrument="phq9", hours=48),
        Ask(rule="after_series", instrument="phq9", days=30),
    )


def asked_by(plan: Sequence[Ask], rule: str) -> Ask | None:
    """What a rule, or its nudge, asks by this plan."""
    return next((ask for ask in plan if ask.rule == base_of(rule)), None)


def base_of(rule: str) -> str:
    """The rule itself, of its nudge."""
    return rule.removesuffix(NUDGE)


def wrong_with_plan(plan: Sequence[Ask]) -> str | None:
    """Why nobody can be asked by this plan, or None when they can."""
    rules = [ask.rule for ask in plan]
    if len(set(rules)) < len(rules):
        return "Each rule stands in it once."
    return next((why for ask in plan if (why := _wrong_with(ask))), None)


def _wrong_with(ask: Ask) -> str | None:
    if (ask.days is None) == (ask.hours is None):
        return f"{ask.rule} takes either days or hours."
    least, most = BOUNDS[ask.rule]
    if not least <= ask.distance <= most:
        return f"{ask.rule} takes from {_said(least)} to {_said(most)}."
    if ask.rule in AFTER and ask.instrument in LOOKS_BACK and ask.distance <= DAY:
        return f"{ask.instrument} asks about two weeks: later than 24 hours after a session."
    return None


def _said(length: timedelta) -> str:
    return f"{length.days} days" if length >= 2 * DAY else f"{length // timedelta(hours=1)} hours"
