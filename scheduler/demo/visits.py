"""How long a visit of the demo clinic really takes: longer than planned, the short ones most.

In 22 days of an infusion centre, visits booked at 30 minutes took 56 on average (Huang 2022).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log, sqrt
from random import Random

# Minutes booked for a visit and minutes it took: the mean and the standard deviation.
TOOK = ((30, 56, 35), (60, 83, 44), (120, 142, 44), (240, 236, 60))


@dataclass(frozen=True, slots=True)
class Actual:
    """When a visit really began and ended."""

    started_at: datetime
    infusion_ended_at: datetime
    left_at: datetime


def actual(
    chance: Random, seated_at: datetime, prep: int, infusion: int, observation: int
) -> Actual:
    """How long a patient who sits down then really stays; the plan is in minutes.

    Most of what it takes longer goes into getting started and into letting go.
    """
    planned = prep + infusion + observation
    extra = stay_minutes(chance, planned) - planned
    started_at = seated_at + timedelta(minutes=round(prep + 0.4 * extra))
    ended_at = started_at + timedelta(minutes=round(infusion + 0.2 * extra))
    left_at = ended_at + timedelta(minutes=round(observation + 0.4 * max(0.0, extra)))
    return Actual(started_at, ended_at, left_at)


def stay_minutes(chance: Random, planned: int) -> float:
    """How many minutes a visit takes that is booked for `planned` (30 to 240).

    Log-normal, with the published mean and deviation between the two nearest lengths, but
    hardly shorter than planned and at most twice as long.
    """
    longer = next(n for n, row in enumerate(TOOK) if n and row[0] >= planned)
    (low, *short), (high, *long) = TOOK[longer - 1], TOOK[longer]
    share = (planned - low) / (high - low)
    mean, deviation = (a + share * (b - a) for a, b in zip(short, long, strict=True))
    spread = log(1 + (deviation / mean) ** 2)
    took = chance.lognormvariate(log(mean) - spread / 2, sqrt(spread))
    return min(max(took, planned - 5.0), 2.0 * planned)
