"""What happens to the demo clinic's patients: made up, and the same for the same `now`.

As published, half of those who begin do not finish six infusions and a fifth leave after the
first (Osmind). Weeks count from the one that `now` lies in (0), on the clinic's calendar.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from random import Random
from typing import Any

from scheduler.demo.people import PEOPLE, person
from scheduler.wall_time import local_date, on_wall

SEED = 2018
WEEKS_BACK = 15
CONSULTATION_MINUTES = 45

SYMPTOMS = ("low_mood", "insomnia", "low_energy", "poor_concentration", "isolation")

INDUCTION = "induction"

# When visits start here, in the order in which they are asked for: blocks of up to 105 minutes
# fit one behind the other, and two nurses set up two patients, then two more a quarter later.
# Tuesday and Thursday mornings fill up first.
MORNINGS = [(on, at) for at in (time(10), time(10, 15), time(8, 15), time(8, 30)) for on in (1, 3)]
OTHERS = [
    (on, at)
    for pair in (
        (time(11, 45), time(12)),
        (time(13, 30), time(13, 45)),
        (time(10), time(10, 15)),
        (time(8, 15), time(8, 30)),
        (time(15, 15),),
    )
    for at in pair
    for on in (0, 2, 1, 3, 4)
    if (on, at) not in MORNINGS and (on, at) != (4, time(15, 15))
]

# A start that would be welcome: a weekday (Monday 0) and a time on the wall.
Wish = tuple[int, time]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A patient's way through the clinic, as far as it goes. Visits count from 0."""

    consulted_week: int | None = None
    outcome: str = "suitable"
    cancels_consultation: bool = False
    cleared_days: int = 365
    first_week: int | None = None
    sessions: int = 6
    # Which visits are lost: `missed`, or called off by the `patient` or the `clinic`.
    lost: dict[int, str] = field(default_factory=dict)
    made_up: bool = True
    # Which visits go another way: `moved`, `turned_away` or `extended`.
    otherwise: dict[int, str] = field(default_factory=dict)
    # By the protocol of that name, which says itself how many and when.
    protocol: str | None = None
    leaves_after: int | None = None
    discharged: bool = False
    # So many more weekly sessions after the last.
    goes_on: int = 0
    # The clearance: how many days ago it was taken back, or made to end soon.
    revoked_days_ago: int | None = None
    shortened_days_ago: int | None = None
    consents: tuple[str, ...] = ("reminders", "check_ins")
    person: dict[str, Any] = field(default_factory=dict)


def _paths() -> Iterator[Path]:
    # Could have finished six by now: of twenty, ten did, ...
    lost: dict[int, dict[int, str]] = {-11: {2: "missed"}, -8: {1: "patient"}}
    for week, goes_on in ((-12, 0), (-12, 14), (-11, 0), (-10, 12), (-10, 10)):
        yield Path(first_week=week, goes_on=goes_on, lost=lost.get(week, {}))
    for week, goes_on in ((-9, 0), (-9, 8), (-8, 0), (-7, 8), (-7, 6)):
        yield Path(first_week=week, goes_on=goes_on, lost=lost.get(week, {}))
    # ... four left after the first, ...
    for week in (-12, -10, -9, -7):
        yield Path(first_week=week, leaves_after=1)
    # ... and six later on.
    for week, after in ((-11, 2), (-11, 3), (-9, 3), (-8, 5)):
        yield Path(first_week=week, leaves_after=after, lost={after - 1: "missed"})
    yield Path(first_week=-10, leaves_after=4, discharged=True)
    yield Path(first_week=-8, leaves_after=2, revoked_days_ago=40)
    # In a series now.
    moved = {3: "extended", 4: "moved"}
    abroad = {"time_zone": "America/New_York"}
    yield Path(first_week=-5, sessions=8, person=abroad, otherwise=moved)
    texts = {"preferred_channel": "sms", "email": None}
    yield Path(first_week=-4, person=texts, otherwise={2: "turned_away"})
    yield Path(first_week=-4, sessions=8, consents=())
    yield Path(first_week=-3, sessions=8, shortened_days_ago=3)
    yield Path(first_week=-3, revoked_days_ago=2)
    yield Path(first_week=-2, lost={1: "missed"}, made_up=False)
    spanish = {"language": "es"}
    yield Path(first_week=-2, sessions=10, protocol=INDUCTION, person=spanish)
    yield Path(first_week=-1, lost={0: "clinic"})
    yield Path(first_week=-1, sessions=10)
    yield Path(first_week=0)
    # Booked, and begins soon.
    for week in (1, 2, 3):
        yield Path(first_week=week, protocol=INDUCTION if week == 2 else None)
    # Cleared and not booked; the last one's clearance has run out.
    yield Path(consulted_week=-1)
    yield Path(consulted_week=-2, cleared_days=60)
    yield Path(consulted_week=-8, cleared_days=30)
    # Not cleared.
    yield Path(consulted_week=-3, outcome="unsuitable")
    yield Path(consulted_week=-1, outcome="undecided")
    yield Path(consulted_week=-1, cancels_consultation=True)
    yield Path(consulted_week=1)
    yield Path(consulted_week=2)
    # Only registered.
    yield Path()
    yield Path(consents=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A patient's path with its names, days and times; `chance` decides what happens on the way."""

    number: int
    now: datetime
    path: Path
    person: dict[str, Any]
    registered_at: datetime
    consultation_at: datetime | None
    symptoms: list[str]
    minutes: int
    wishes: list[Wish]
    chance: Random


def stories(now: datetime, zone: tzinfo) -> list[Story]:
    """Everyone's story, as of `now`."""
    cast = zip(_paths(), PEOPLE, strict=True)
    return [_story(number, path, name, now, zone) for number, (path, name) in enumerate(cast)]


def _story(number: int, path: Path, name: str, now: datetime, zone: tzinfo) -> Story:
    chance = Random(f"{SEED}:{number}")  # noqa: S311 - a story, not a secret
    consulted = path.consulted_week
    if path.first_week is not None:
        consulted = min(path.first_week, 0) - 1
    # No two of them at once: ten weekdays and providers, then the next hour.
    on, at = number % 5, time((9, 10, 11, 13, 14)[number // 10 % 5])
    registered_on = week_of(now, zone, min(consulted or 0, 0) - 1) + timedelta(days=on)
    registered = on_wall(registered_on, time(9 + number % 4, 5 + number), zone).at
    consultation_at = None
    if consulted is not None:
        day = week_of(now, zone, consulted) + timedelta(days=on)
        consultation_at = on_wall(day, at, zone).at
    return Story(
        number=number,
        now=now,
        path=path,
        person=person(number, name, now, chance) | path.person,
        registered_at=registered,
        consultation_at=consultation_at,
        symptoms=sorted(chance.sample(SYMPTOMS, 3)),
        minutes=(30, 40, 50)[number % 3],
        wishes=[*MORNINGS, *OTHERS] if number % 4 else [*OTHERS[number % 5 :], *MORNINGS],
        chance=chance,
    )


def week_of(now: datetime, zone: tzinfo, week: int) -> date:
    """The Monday of a week, counted from the one that `now` lies in."""
    today = local_date(now, zone)
    return today + timedelta(days=7 * week - today.weekday())


def workday(on: date) -> date:
    """That day, or the Friday before when it is a weekend."""
    return on - timedelta(days=max(0, on.weekday() - 4))
