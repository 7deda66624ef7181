"""A session that takes longer: its block grows, or the answer says into what it runs (I18)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from scheduler.patients.model import contacts_of
from scheduler.protocols.model import protocol_for
from scheduler.protocols.rules import visit_at
from scheduler.sessions.checks import distances_for
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.model_calendar import chair_calendar, shut
from scheduler.sessions.model_patient import facts_of
from scheduler.sessions.refusals import shown_alternative
from scheduler.sessions.rules_calendar import Blocker
from scheduler.sessions.rules_openings import Openings
from scheduler.sessions.rules_overruns import LONGEST_BLOCK, chair_free_at, closes_at, minutes_late
from scheduler.sessions.rules_placing import wish_among
from scheduler.sessions.rules_planning import alternatives
from scheduler.sessions.searches import days_of, still_bookable, whole_days
from scheduler.spans import Span
from scheduler.tenancy import Work

Told = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Overrun:
    """Until when a session needs its chair now, what it runs into there, and when it closes."""

    until: datetime
    collisions: Told
    closes_at: datetime | None

    def past_closing(self, work: Work) -> Told:
        """A warning when the clinic closes before its chair is free."""
        if self.closes_at is None or self.until <= self.closes_at:
            return []
        detail = (
            f"The chair is needed until {work.spoken(self.until)};"
            f" the clinic closes at {work.spoken(self.closes_at)}."
        )
        return [{"word": "past_closing", "detail": detail}]


def lengthen(
    work: Work, infusion_session: InfusionSession, minutes: int, *, dry_run: bool = False
) -> Overrun:
    """Note that a session takes so much longer; its block grows where its chair is free.

    Where it is not, the block stays as it is, and each collision is told with what would fit. What
    is under way takes its real time in every calendar (`chair_free_at`), whatever its block holds.
    """
    extra = infusion_session.extra_minutes + minutes
    missing = timedelta(minutes=extra - infusion_session.block_extra_minutes)
    over = Span(infusion_session.block_ends_at, infusion_session.block_ends_at + missing)
    needed = Span(over.start, max(over.end, chair_free_at(infusion_session, work.now, minutes)))
    calendar = chair_calendar(work, [needed], without=infusion_session.id)
    on_chair = sorted(
        calendar.of_lane.get(infusion_session.chair_id, ()), key=lambda each: each.span
    )
    collisions = [
        _collision(work, infusion_session, needed, each)
        for each in on_chair
        if each.span.overlaps(needed)
    ]
    if not dry_run:
        infusion_session.extra_minutes = extra
        grows = not any(each.span.overlaps(over) for each in on_chair)
        if grows and over.end - infusion_session.block_starts_at <= LONGEST_BLOCK:
            infusion_session.block_ends_at = over.end
            infusion_session.block_extra_minutes = extra
    around = Span(infusion_session.starts_at, needed.end)
    closing = closes_at(shut(work, [around]), infusion_session.starts_at)
    return Overrun(needed.end, collisions, closing)


def late_start(work: Work, overrun: Overrun, minutes: int) -> dict[str, object]:
    """What a late start means, to be read out: it was not asked for."""
    detail = (
        f"The late start makes it {minutes} minutes longer:"
        f" its chair is needed until {work.spoken(overrun.until)}."
    )
    return {"word": "takes_longer", "detail": detail}


def _collision(
    work: Work, infusion_session: InfusionSession, needed: Span, blocker: Blocker
) -> dict[str, Any]:
    """What an overrun runs into, by how many minutes, and where else that session would fit."""
    minutes = minutes_late(needed.end, max(needed.start, blocker.span.start))
    count = f"{minutes} minute{'' if minutes == 1 else 's'}"
    found = {"chair_id": str(infusion_session.chair_id), "minutes": minutes}
    if blocker.kind != "session" or blocker.id is None:
        begins = work.spoken(blocker.span.start)
        return found | {
            "detail": f"The chair is out of order from {begins} on,"
            f" {count} before this session is over.",
            "outage_id": str(blocker.id),
            "starts_at": work.local(blocker.span.start),
            "alternatives": [],
        }
    following = work.load(InfusionSession, blocker.id)
    late = Blocker("session", Span(infusion_session.block_starts_at, needed.end))
    return found | {
        "detail": f"The next patient on this chair is booked for"
        f" {work.spoken(following.starts_at)} and would start {count} late.",
        "session_id": str(following.id),
        "version": following.version,
        "patient_id": str(following.patient_id),
        "patient": contacts_of(work, [following.patient_id])[following.patient_id],
        "starts_at": work.local(following.starts_at),
        "block_starts_at": work.local(following.block_starts_at),
        "alternatives": _elsewhere(work, infusion_session, late, following),
    }


def _elsewhere(
    work: Work, infusion_session: InfusionSession, late: Blocker, following: InfusionSession
) -> Sequence[dict[str, Any]]:
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
    # An earlier start is out of reach for a patient who would have to be here by now.
    reached = min(starts_at, work.now + timedelta(minutes=parts.prep))
    within = still_bookable(work, Span(reached, day.end))
    openings = Openings(longer, parts, work.zone, within, may_on)
    distances = distances_for(work, protocol, following.series_id, starts_at)
    wish = wish_among(visit_at(starts_at, parts), distances, following.chair_id)
    return [
        shown_alternative(work, slot, openings) for slot in alternatives([wish], 1, openings, 0)
    ]
