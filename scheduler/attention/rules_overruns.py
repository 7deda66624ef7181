"""Which visit under way will not leave its chair in time for the next?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from scheduler.attention.rules_items import Item, of_session
from scheduler.attention.rules_picture import Picture, Planned
from scheduler.sessions.rules_states import is_live
from scheduler.wall_time import local_date


def collisions(picture: Picture) -> Iterator[Item]:
    """I18: a visit under way today that will not leave its chair before the next block begins."""
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
        later = (other for other in of_today[place + 1 :] if other.chair_id == each.chair_id)
        following = next(later, None)
        free_at = chair_free_at(each, picture)
        if following and free_at and free_at > following.visit.block.start:
            needed = f"{free_at.astimezone(picture.zone):%-I:%M %p}"
            begins = f"{following.visit.block.start.astimezone(picture.zone):%-I:%M %p}"
            detail = f"The chair is needed until {needed}, and the next visit begins at {begins}."
            at = following.visit.block.start
            yield of_session("collision", each, at, detail, following.id, at)


def chair_free_at(each: Planned, picture: Picture) -> datetime | None:
    """When a visit under way leaves its chair at the earliest; None when it is not under way."""
    infusion_ends_at = each.visit.infusion.end + each.extra
    observation = each.visit.watch.end - infusion_ends_at
    if each.status == "arrived":
        late = max(picture.now - each.starts_at, timedelta(0))
        ended_at = infusion_ends_at + late
    elif each.status == "infusing":
        # A late start is in what it takes longer.
        ended_at = max(infusion_ends_at, picture.now)
    elif each.status == "observing" and each.infusion_ended_at:
        ended_at = each.infusion_ended_at
    else:
        return None
    left_at = max(ended_at + observation, picture.now)
    return left_at + picture.protocols[each.protocol_id].turnover
