"""A session that takes longer: its block grows, or the answer says into what it runs (I18)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from scheduler.protocols.model import protocol_for
from scheduler.protocols.rules import visit_at
from scheduler.sessions.checks import distance_for
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.model_calendar import LONGEST_BLOCK, chair_calendar
from scheduler.sessions.model_patient import facts_of
from scheduler.sessions.refusals import shown_alternative
from scheduler.sessions.rules_calendar import Blocker
from scheduler.sessions.rules_openings import Openings
from scheduler.sessions.rules_placing import Wish
from scheduler.sessions.rules_planning import alternatives
from scheduler.sessions.searches import days_of, still_bookable, whole_days
from scheduler.spans import Span
from scheduler.tenancy import Work


def lengthen(
    work: Work, infusion_session: InfusionSession, minutes: int, *, dry_run: bool = False
) -> list[dict[str, Any]]:
    """Note that a session takes so much longer; its block grows where its chair is free.

    Where it is not, the block stays as it is, and each collision is returned with what would fit.
    """
    extra = infusion_session.extra_minutes + minutes
    missing = timedelta(minutes=extra - infusion_session.block_extra_minutes)
    over = Span(infusion_session.block_ends_at, infusion_session.block_ends_at + missing)
    calendar = chair_calendar(work, [over], without=infusion_session.id)
    on_chair = calendar.of_lane.get(infusion_session.chair_id, ())
    in_the_way = [each for each in on_chair if each.span.overlaps(over)]
    collisions = [
        _collision(work, infusion_session, over, each)
        for each in sorted(in_the_way, key=lambda each: each.span)
    ]
    if not dry_run:
        infusion_session.extra_minutes = extra
        if not in_the_way and over.end - infusion_session.block_starts_at <= LONGEST_BLOCK:
            infusion_session.block_ends_at = over.end
            infusion_session.block_extra_minutes = extra
    return collisions


def _collision(
    work: Work, infusion_session: InfusionSession, over: Span, blocker: Blocker
) -> dict[str, Any]:
    """What an overrun runs into, by how many minutes, and where else that session would fit."""
    minutes = (over.end - max(over.start, blocker.span.start)) // timedelta(minutes=1)
    found = {"chair_id": str(infusion_session.chair_id), "minutes": minutes}
    if blocker.kind != "session" or blocker.id is None:
        detail = f"The chair is out of order {minutes} minutes before this session is over."
        starts_at = work.local(blocker.span.start)
        return found | {
            "detail": detail,
            "outage_id": str(blocker.id),
            "starts_at": starts_at,
            "alternatives": [],
        }
    following = work.load(InfusionSession, blocker.id)
    late = Blocker("session", Span(infusion_session.block_starts_at, over.end))
    return found | {
        "detail": f"This runs {minutes} minutes into the block of the session at"
        f" {work.spoken(following.starts_at)} on the same chair.",
        "session_id": str(following.id),
        "starts_at": work.local(following.starts_at),
        "block_starts_at": work.local(following.block_starts_at),
        "alternatives": _elsewhere(work, infusion_session, late, following),
    }


def _elsewhere(
    work: Work, infusion_session: InfusionSession, late: Blocker, following: InfusionSession
) -> list[dict[str, Any]]:
    """Where a booked session would fit that day: the same start on another chair comes first."""
    if following.status != "booked":
        return []
    patient = facts_of(work, following.patient_id, following.id)
    protocol = protocol_for(work, following.protocol_id)
    starts_at, parts = following.starts_at, following.parts
    day = whole_days(work, Span(starts_at, following.ends_at))
    calendar = chair_calendar(work, [day], patient, following.id)
    chair_id = infusion_session.chair_id
    longer = replace(
        calendar,
        of_lane={**calendar.of_lane, chair_id: [*calendar.of_lane.get(chair_id, ()), late]},
    )
    may_on = days_of(work, patient)
    openings = Openings(longer, parts, work.zone, still_bookable(work, day), may_on)
    distance = distance_for(work, protocol, starts_at, following.series_id, moved=starts_at)
    wish = Wish(visit_at(starts_at, parts), distance, following.chair_id)
    return [
        shown_alternative(work, slot, openings) for slot in alternatives([wish], 1, openings, 0)
    ]
