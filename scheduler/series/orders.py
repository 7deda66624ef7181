"""What an order asks for, before it is known whether it fits."""

from scheduler.errors import Invalid
from scheduler.protocols.model import Protocol, protocol_for
from scheduler.series.rules import Order, WeeklyVisits, disallowed_pattern, weekly_visits
from scheduler.sessions.checks import active_chair, in_time, session_minutes_in_bounds
from scheduler.sessions.refusals import Finder, chair_alternatives
from scheduler.tenancy import Work


def asked_visits(work: Work, order: Order) -> tuple[Protocol, WeeklyVisits]:
    """The order's protocol and visits, once it is known that it can be an order at all.

    Raises Invalid (minutes, pattern), NotFound (chair, protocol) or Refused (a retired chair, the
    past, more than 24 months ahead).
    """
    session_minutes_in_bounds(work, order.minutes)
    active_chair(work, order.chair_id)
    protocol = protocol_for(work, order.protocol_id)
    phase = protocol.first_phase()
    every_days = order.every_days or phase.every_days
    if why := disallowed_pattern(phase, order.sessions, every_days):
        raise Invalid({"every_days": [why]})
    parts = protocol.parts(order.minutes)
    weekly = weekly_visits(order.first_on, order.at, order.sessions, every_days, parts, work.zone)
    in_time(work, weekly.visits)
    return protocol, weekly


def alternatives_for(order: Order, protocol: Protocol, weekly: WeeklyVisits) -> Finder:
    """How to look for what would fit instead of one of the order's visits."""
    return chair_alternatives(
        order.patient_id,
        protocol.parts(order.minutes),
        chair_id=order.chair_id,
        others=weekly.visits,
        min_gap_days=protocol.first_phase().min_gap_days,
    )


def moved_warnings(weekly: WeeklyVisits) -> list[dict[str, object]]:
    """A warning for each visit that a clock change moved (I67)."""
    return [
        {
            "word": "wall_time_moved",
            "detail": "The clock skips this time on that day; the session starts right after.",
            "ordinal": ordinal,
        }
        for ordinal in weekly.moved
    ]
