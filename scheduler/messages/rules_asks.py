"""Of what follow-ups ask of one patient, one thing goes at a time, and with a reminder of that day.

A text has room for one link, and who is asked two things at once answers neither.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from scheduler.protocols.rules_follow_ups import BEFORE, NUDGE, base_of

# What became of a form: it may go; a reminder goes first, which may carry it; or why it need not.
OPEN, REMINDED = "open", "reminded"
ANSWERED, MERGED, SUPERSEDED, NOT_ASKED = "answered", "merged", "superseded", "not_asked"

GONE = frozenset({"sent", "delivered"})
ON_ITS_WAY = frozenset({"planned", "claimed", "sending"})


def urgency(rule: str, due_at: datetime, id_: UUID) -> tuple[bool, datetime, bool, UUID]:
    """The highest of what waits is asked: no nudge, the latest, then what is before a visit."""
    return (not rule.endswith(NUDGE), due_at, base_of(rule) in BEFORE, id_)


def standing(
    *, has_form: bool, answered: bool, carriers: Collection[str], newer: bool, reminded: bool
) -> str:
    """What became of a form that waits to be asked.

    `carriers` are the states of the messages that carry it, `newer` says that something else is to
    be asked of the patient now, `reminded` that a reminder goes to them first.
    """
    if not has_form:
        return NOT_ASKED
    if answered:
        return ANSWERED
    if GONE.intersection(carriers):
        return MERGED
    if newer:
        return SUPERSEDED
    return REMINDED if reminded or ON_ITS_WAY.intersection(carriers) else OPEN
