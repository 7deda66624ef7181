"""Which rules does each session ahead break, as they stand now?

They are those that every booking asks. A session keeps its place when a rule changes after it was
booked (a closure, fewer nurses, a clearance cut short): a person talks to the patient first.
"""

from collections import defaultdict
from uuid import UUID

from scheduler.attention import rules_care, rules_site
from scheduler.attention.rules_picture import Broken, Picture

RULES = (
    "closed",
    "outage",
    "chair_retired",
    "nurse_limit",
    "gap",
    "not_cleared",
    "max_sessions",
    "not_bookable",
    "session_minutes",
)

_QUESTIONS = (
    rules_site.shut,
    rules_site.retired,
    rules_site.too_few_nurses,
    rules_care.too_near,
    rules_care.uncleared,
    rules_care.not_to_be_booked,
    rules_care.wrong_length,
)


def broken_rules(picture: Picture) -> dict[UUID, list[Broken]]:
    """The rules that each session breaks, by its id, each rule once."""
    found: dict[UUID, list[Broken]] = defaultdict(list)
    for question in _QUESTIONS:
        for broken in question(picture):
            if broken.rule not in {each.rule for each in found[broken.session_id]}:
                found[broken.session_id].append(broken)
    return dict(found)
