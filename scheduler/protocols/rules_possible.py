"""Do some phases make a protocol, or do they contradict themselves?"""

from collections.abc import Sequence
from itertools import pairwise

from scheduler.protocols.rules import MOST_SESSIONS, Phase


def impossible(phases: Sequence[Phase]) -> str | None:
    """Why these phases make no protocol, or None when they do."""
    counts = [phase.sessions for phase in phases]
    if None in counts and len(phases) > 1:
        return "Either one open phase, or every phase says how many sessions it has."
    if sum(count or 0 for count in counts) > MOST_SESSIONS:
        return f"A series has at most {MOST_SESSIONS} sessions."
    if why := next((why for why in map(_impossible_phase, phases) if why), None):
        return why
    for number, (before, after) in enumerate(pairwise(phases), start=1):
        if not _may_follow(before, after):
            return f"No day of phase {number + 1} lies within its gaps after phase {number}."
    return None


def _impossible_phase(phase: Phase) -> str | None:
    if (phase.every_days is None) == (phase.weekdays is None):
        return "A phase has either every_days or weekdays."
    if (phase.min_gap_days is None) == (phase.min_gap_hours is None):
        return "A phase has either min_gap_days or min_gap_hours."
    if phase.every_days is not None and not phase.allows_every(phase.every_days):
        return "every_days lies outside the phase's own gaps."
    if phase.weekdays is not None and not _weekdays_fit(phase, phase.weekdays):
        return "These weekdays lie outside the phase's own gaps."
    return None


def _may_follow(before: Phase, after: Phase) -> bool:
    """Can a phase begin within its own gaps after the last session of the one before?

    One that counts days has a gap that it allows; weekdays may lie too near or too far.
    """
    if after.weekdays is None:
        return True
    lasts = range(7) if before.weekdays is None else before.weekdays
    return any(
        after.allows_every((weekday - last) % 7 + 7 * weeks)
        for last in lasts
        for weekday in after.weekdays
        for weeks in range(after.max_gap_days // 7 + 1)
    )


def _weekdays_fit(phase: Phase, weekdays: Sequence[int]) -> bool:
    ordered = sorted(weekdays)
    following = [*ordered[1:], ordered[0] + 7]
    return all(
        phase.allows_every(later - earlier)
        for earlier, later in zip(ordered, following, strict=True)
    )
