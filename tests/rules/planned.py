"""Plans the slow way: every combination of every legal start, the least by the published order."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise, product
from uuid import UUID

from scheduler.protocols.rules import Distance, VisitParts, visit_at
from scheduler.sessions.rules_calendar import Calendar, Lane
from scheduler.sessions.rules_openings import Flexibility
from scheduler.sessions.rules_placing import Wish
from tests.rules.drawn import TICK, showing
from tests.rules.pictured import fits

# Whether a start suits the patient.
Suits = Callable[[datetime], bool]


def anything(_at: datetime) -> bool:
    return True


# A start, the lane it would take, and how far off its wish it is.
Choice = tuple[datetime, Lane, tuple[int, int, datetime]]


def far_enough(one: datetime, other: datetime, distance: Distance, zone: tzinfo) -> bool:
    """Said another way than the rule says it."""
    days = abs((showing(one, zone).date() - showing(other, zone).date()).days)
    hours = abs(one - other) / timedelta(hours=1)
    return days >= max(1, distance.min_days) and hours >= distance.min_hours


def may_follow(earlier: datetime, later: datetime, distance: Distance, zone: tzinfo) -> bool:
    days = (showing(later, zone).date() - showing(earlier, zone).date()).days
    near = distance.max_days is None or days <= distance.max_days
    return earlier < later and near and far_enough(earlier, later, distance, zone)


def free_lanes(at: datetime, parts: VisitParts, picture: Calendar) -> list[Lane]:
    visit = visit_at(at, parts)
    return [lane for lane in picture.lanes if fits(visit, lane, picture)]


def legal(at: datetime, wish: Wish, picture: Calendar, zone: tzinfo) -> bool:
    assert wish.distance
    return all(far_enough(at, each.span.start, wish.distance, zone) for each in picture.infusions)


def fitting(
    wishes: Sequence[Wish], parts: VisitParts, picture: Calendar, zone: tzinfo
) -> dict[int, list[Lane]]:
    """The sessions (from 1) that fit as wished, each with the lanes that are free."""
    found = {}
    for n, wish in enumerate(wishes, start=1):
        at = wish.visit.starts_at
        before = wishes[n - 2].visit.starts_at if n > 1 else None
        assert wish.distance
        follows = before is None or may_follow(before, at, wish.distance, zone)
        lanes = [lane for lane in free_lanes(at, parts, picture) if wish.lane_id in (None, lane.id)]
        if lanes and follows and legal(at, wish, picture, zone):
            found[n] = lanes
    return found


def fixed_slots(found: dict[int, list[Lane]]) -> dict[int, Lane]:
    """One lane for all of them if there is one, else the first of each."""
    for lane in next(iter(found.values()), []):
        if all(lane in lanes for lanes in found.values()):
            return dict.fromkeys(found, lane)
    return {n: lanes[0] for n, lanes in found.items()}


def choices(
    wish: Wish,
    parts: VisitParts,
    picture: Calendar,
    zone: tzinfo,
    flexibility: Flexibility,
    preferred: UUID | None,
    suits: Suits,
) -> Iterator[Choice]:
    """Every legal start within the flexibility, with its lane."""
    wished = showing(wish.visit.starts_at, zone)
    first = wish.visit.starts_at - timedelta(days=flexibility.days + 1)
    for n in range((2 * flexibility.days + 3) * 288):
        at = first + n * TICK
        wall = showing(at, zone)
        days = abs((wall.date() - wished.date()).days)
        minutes = abs(wall.hour * 60 + wall.minute - wished.hour * 60 - wished.minute)
        if days <= flexibility.days and minutes <= flexibility.minutes:
            lanes = free_lanes(at, parts, picture)
            if lanes and suits(at) and legal(at, wish, picture, zone):
                lane = next((each for each in lanes if each.id == preferred), lanes[0])
                yield at, lane, (days, minutes, at)


def least(
    wishes: Sequence[Wish],
    fixed: dict[int, Lane],
    parts: VisitParts,
    picture: Calendar,
    zone: tzinfo,
    flexibility: Flexibility,
    preferred: UUID | None,
    suits: Suits = anything,
) -> list[tuple[datetime, Lane]] | None:
    """The whole series that is least in the order of its sessions; those of `fixed` stay."""
    options: list[list[Choice]] = []
    for n, wish in enumerate(wishes, start=1):
        at = wish.visit.starts_at
        lane_first = wish.lane_id or preferred
        options.append(
            [(at, fixed[n], (0, 0, at))]
            if n in fixed
            else list(choices(wish, parts, picture, zone, flexibility, lane_first, suits))
        )
    distances = [wish.distance or Distance() for wish in wishes]
    whole = [
        series
        for series in product(*options)
        if all(
            may_follow(earlier[0], later[0], distance, zone)
            for (earlier, later), distance in zip(pairwise(series), distances[1:], strict=True)
        )
    ]
    best = min(whole, key=lambda series: [each[2] for each in series], default=None)
    return None if best is None else [(at, lane) for at, lane, _ in best]
