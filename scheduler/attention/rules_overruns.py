"""Which visit under way will not leave its chair in time, for the next or for closing time?"""

from collections.abc import Iterator
from datetime import datetime

from scheduler.attention.rules_items import Following, Item, of_session
from scheduler.attention.rules_picture import Picture, Planned
from scheduler.sessions.rules_calendar import closed
from scheduler.sessions.rules_overruns import UNDER_WAY, Progress, closes_at, minutes_late
from scheduler.sessions.rules_states import is_live
from scheduler.spans import Span
from scheduler.wall_time import local_date


def collisions(picture: Picture) -> Iterator[Item]:
    """I18: a visit under way today that needs its chair into the next block, or past closing."""
    today = local_date(picture.now, picture.zone)
    of_today = sorted(
        (
            each
            for each in picture.sessions
            if is_live(each.status) and local_date(each.starts_at, picture.zone) == today
        ),
        key=lambda each: each.starts_at,
    )
    for place, each in enumerate(of_today):
        free_at = chair_free_at(each, picture)
        if free_at is None:
            continue
        later = (other for other in of_today[place + 1 :] if other.chair_id == each.chair_id)
        following = next(later, None)
        if following and following.visit.block.start >= free_at:
            following = None
        closing = _closes_at(each, free_at, picture)
        if following or closing:
            yield _collision(each, free_at, following, closing, picture)


def _collision(
    each: Planned,
    free_at: datetime,
    following: Planned | None,
    closing: datetime | None,
    picture: Picture,
) -> Item:
    def wall(at: datetime) -> str:
        return f"{at.astimezone(picture.zone):%-I:%M %p}"

    label = picture.chairs[each.chair_id].label
    told = [f"{label} is needed until {wall(free_at)} by the visit of {wall(each.starts_at)}."]
    facts: list[object] = []
    if following:
        late = minutes_late(free_at, following.visit.block.start)
        count = f"{late} minute{'' if late == 1 else 's'}"
        when = wall(following.starts_at)
        told.append(f"The next patient there is booked for {when} and would start {count} late.")
        facts += [following.id, following.visit.block.start]
    if closing:
        told.append(f"The clinic closes at {wall(closing)}.")
        facts += ["closing", closing] if not following else []
    return of_session(
        "collision",
        each,
        following.starts_at if following else closing or free_at,
        " ".join(told),
        *facts,
        following=Following.of(following) if following else None,
    )


def _closes_at(each: Planned, free_at: datetime, picture: Picture) -> datetime | None:
    """When the clinic closes on a visit under way; None when its chair is free before."""
    stay = Span(each.starts_at, free_at)
    shut = [*closed(picture.hours, [stay], picture.zone), *picture.closures]
    closing = closes_at(shut, each.starts_at)
    return closing if closing and closing < free_at else None


def chair_free_at(each: Planned, picture: Picture) -> datetime | None:
    """When a visit under way leaves its chair at the earliest; None when it is not under way."""
    if each.status not in UNDER_WAY:
        return None
    observation = each.visit.watch.end - each.visit.infusion.end - each.extra
    progress = Progress(
        each.status, each.visit.infusion, observation, each.extra, each.infusion_ended_at
    )
    return progress.leaves_at(picture.now) + picture.protocols[each.protocol_id].turnover
