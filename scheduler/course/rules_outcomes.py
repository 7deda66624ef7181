"""What became of the series of a clinic: how many responded and remitted, with intervals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from scheduler.course.rules import REMISSION, RESPONSE, WORSE, Course

# The 97.5th percentile of the normal distribution: intervals of 95 %.
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of those that can be judged, and the interval that the rate lies in; None of 0."""

    count: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Over the series that ended in a time. Rates are of those with a baseline and a score since.

    `judged` counts these; `unanswered` those without a score since their first session.
    """

    series: int
    completed: int
    stopped: int
    with_baseline: int
    with_final_score: int
    unanswered: int
    judged: int
    response: Rate
    remission: Rate
    worse: Rate


def outcomes_of(courses: Iterable[Course]) -> Outcomes:
    """Count the courses of series that are over, each by its latest score."""
    known = list(courses)
    judged = [each for each in known if each.baseline is not None and each.latest is not None]
    answered = sum(each.latest is not None for each in known)
    return Outcomes(
        series=len(known),
        completed=sum(each.run.status == "completed" for each in known),
        stopped=sum(each.run.status == "stopped" for each in known),
        with_baseline=sum(each.baseline is not None for each in known),
        with_final_score=answered,
        unanswered=len(known) - answered,
        judged=len(judged),
        response=_rate(judged, RESPONSE),
        remission=_rate(judged, REMISSION),
        worse=_rate(judged, WORSE),
    )


def _rate(judged: Sequence[Course], state: str) -> Rate:
    count = sum(each.holds(state) is True for each in judged)
    if not judged:
        return Rate(count, None, None, None)
    low, high = wilson(count, len(judged))
    return Rate(count, round(count / len(judged), 3), round(low, 3), round(high, 3))


def wilson(count: int, among: int) -> tuple[float, float]:
    """The score interval of 95 % of a rate, `among` being at least 1.

    Wilson, J Am Stat Assoc 1927;22:209-212. It holds for few and for rates of 0 and 1, where the
    usual one does not (Brown, Cai, DasGupta, Stat Sci 2001;16:101-133).
    """
    share, spread = count / among, Z * Z / among
    centre = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / among + spread / (4 * among)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
