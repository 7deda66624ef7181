"""Does a patient get better over a series? PHQ-9 totals against the baseline (I56).

Response is a total at least half below the baseline (Frank et al., Arch Gen Psychiatry
1991;48:851-855); remission a total under 5, and 5 points either way are a change that matters
(Kroenke, Spitzer, Williams, J Gen Intern Med 2001;16:606-613; Kroenke, Current Psychiatry
2012;11:51-52). The baseline is the last complete total within 14 days before the first session.
Without one nothing is compared: an answer is None then, never no. Totals count as they are
corrected; answers in part have none. The PHQ-2 is a trend, and says nothing of response.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple
from uuid import UUID

from scheduler.instruments.rules import Instrument, Items, band_of, total_of
from scheduler.instruments.rules_phq import PHQ9

BASELINE_REACH = timedelta(days=14)
REMISSION_UNDER = 5
WORSE_BY = 5
# A drop of less than a quarter at the review is little.
LITTLE_UNDER = 4

# A series is asked about until so long after its last session: 90 days at most, and some to answer.
FOLLOWED = timedelta(days=120)

RESPONSE, REMISSION, WORSE, LITTLE_CHANGE, NO_ANSWER = STATES = (
    "response",
    "remission",
    "worse",
    "little_change",
    "no_answer",
)


class Form(NamedTuple):
    """Answers as they are stored: what was answered, when, and which other ones they correct."""

    id: UUID
    at: datetime
    items: Items
    corrects_id: UUID | None = None


class Score(NamedTuple):
    """A complete total, and when the patient gave it."""

    answers_id: UUID
    at: datetime
    total: int


class Treatment(NamedTuple):
    """A counted session of a series: when it started, or is to start."""

    session_id: UUID
    at: datetime
    completed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A series as its course is judged: its counted sessions by start, and its review point.

    `until` is when the patient's next series begins, if there is one.
    """

    series_id: UUID
    patient_id: UUID
    status: str = "active"
    owed: int = 0
    sessions: Sequence[Treatment]
    review_after: int | None = None
    until: datetime | None = None

    @property
    def begins_at(self) -> datetime | None:
        return self.sessions[0].at if self.sessions else None

    @property
    def ended_at(self) -> datetime | None:
        """When the last session of a series that is over started; None while it goes on."""
        done = [each.at for each in self.sessions if each.completed]
        return done[-1] if done and self.status in ("completed", "stopped") else None


class Point(NamedTuple):
    """A score of a series: after how many sessions, and by how much it differs from the baseline.

    `percent` is of the baseline, and None of a baseline of 0.
    """

    answers_id: UUID
    at: datetime
    total: int
    after_sessions: int
    change: int | None
    percent: int | None

    @property
    def band(self) -> str | None:
        """What the total is called."""
        return band_of(PHQ9, self.total)


class State(NamedTuple):
    """Whether something is so; None when nobody can tell. `reason` says why, to be read out."""

    state: str
    holds: bool | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The course of one series: its baseline, its points by time, and the trend of the PHQ-2."""

    run: Run
    baseline: Score | None
    points: Sequence[Point]
    states: Sequence[State]
    trend: Sequence[Score]

    @property
    def latest(self) -> Point | None:
        """The last point since the series began."""
        since = [each for each in self.points if each.after_sessions]
        return since[-1] if since else None

    def holds(self, state: str) -> bool | None:
        """Is this so? None when nobody can tell."""
        return next(each.holds for each in self.states if each.state == state)


def one_after_another(runs: Iterable[Run]) -> list[Run]:
    """A patient's series by when they begin, each until the next does; those without sessions
    last.
    """
    known = list(runs)
    begun = sorted((each for each in known if each.sessions), key=lambda run: run.sessions[0].at)
    until = (each.begins_at for each in begun[1:])
    followed = [replace(run, until=at) for run, at in zip_longest(begun, until)]
    return [*followed, *(each for each in known if not each.sessions)]


def scores_of(instrument: Instrument, forms: Iterable[Form]) -> list[Score]:
    """The complete totals by time; what was corrected counts as its correction only (I57)."""
    known = list(forms)
    corrected = {each.corrects_id for each in known}
    totals = [
        Score(each.id, each.at, total)
        for each in known
        if each.id not in corrected and (total := total_of(instrument, each.items)) is not None
    ]
    return sorted(totals, key=lambda each: (each.at, each.answers_id))


def of_run(run: Run, scores: Iterable[Score]) -> list[Score]:
    """The scores that are about a series: from two weeks before it on, until the next begins."""
    if run.begins_at is None:
        return []
    until = run.sessions[-1].at + FOLLOWED
    if run.until is not None:
        until = min(until, run.until)
    return [each for each in scores if run.begins_at - BASELINE_REACH <= each.at < until]


def baseline_of(run: Run, scores: Iterable[Score]) -> Score | None:
    """The last score within 14 days before the first session."""
    before = [each for each in of_run(run, scores) if run.begins_at and each.at < run.begins_at]
    return before[-1] if before else None


def course_of(
    run: Run,
    scores: Sequence[Score],
    *,
    now: datetime,
    asked_at: datetime | None = None,
    trend: Sequence[Score] = (),
) -> Course:
    """The course of a series, by the patient's scores and PHQ-2 totals (`trend`), each by time.

    `asked_at` is when a PHQ-9 was last asked for, if there has been time to answer.
    """
    baseline = baseline_of(run, scores)
    points = [_point(run, baseline, each) for each in of_run(run, scores)]
    since = [each for each in points if each.after_sessions]
    latest = since[-1] if since else None
    return Course(
        run=run,
        baseline=baseline,
        points=points,
        states=[
            *_against(baseline, latest),
            _at_review(run, baseline, since, now),
            _unanswered(asked_at, points),
        ],
        trend=of_run(run, trend),
    )


def _point(run: Run, baseline: Score | None, score: Score) -> Point:
    after = sum(each.at <= score.at for each in run.sessions)
    if baseline is None:
        return Point(*score, after, None, None)
    change = score.total - baseline.total
    percent = round(100 * change / baseline.total) if baseline.total else None
    return Point(*score, after, change, percent)


def responds(baseline: int, total: int) -> bool:
    """Is a total at least half below the baseline? From 0 there is nowhere to go."""
    return baseline > 0 and 2 * total <= baseline


def remits(total: int) -> bool:
    """Is a total that of a patient in remission?"""
    return total < REMISSION_UNDER


def worsens(baseline: int, total: int) -> bool:
    """Is a total above the baseline by so much that it matters?"""
    return total - baseline >= WORSE_BY


def changes_little(baseline: int, total: int) -> bool:
    """Is a total less than a quarter below the baseline?"""
    return LITTLE_UNDER * (baseline - total) < baseline


def _against(baseline: Score | None, latest: Point | None) -> list[State]:
    if baseline is None or latest is None:
        why = _NO_BASELINE if baseline is None else _NO_SCORE
        return [State(each, None, why) for each in (RESPONSE, REMISSION, WORSE)]
    said = f"The latest total is {latest.total}, the baseline {baseline.total}."
    return [
        State(RESPONSE, responds(baseline.total, latest.total), said),
        State(REMISSION, remits(latest.total), said),
        State(WORSE, worsens(baseline.total, latest.total), said),
    ]


_NO_BASELINE = "There is no baseline: no complete PHQ-9 in the 14 days before the first session."
_NO_SCORE = "There is no complete PHQ-9 since the first session."


def review_of(run: Run) -> Treatment | None:
    """The session after which the protocol wants a review, once it is completed."""
    if run.review_after is None or len(run.sessions) < run.review_after:
        return None
    found = run.sessions[run.review_after - 1]
    return found if found.completed else None


def _at_review(run: Run, baseline: Score | None, since: Sequence[Point], now: datetime) -> State:
    """What counts is the last score before the session that follows the review point."""
    if run.review_after is None:
        return State(LITTLE_CHANGE, None, "The protocol names no review point.")
    if review_of(run) is None:
        return State(LITTLE_CHANGE, None, f"Session {run.review_after} is not completed yet.")
    if baseline is None:
        return State(LITTLE_CHANGE, None, _NO_BASELINE)
    after = run.sessions[run.review_after :]
    until = after[0].at if after else now
    scores = [each for each in since if each.at < until or not after]
    if not scores:
        return State(LITTLE_CHANGE, None, f"{_NO_SCORE[:-1]} and by the review point.")
    total = scores[-1].total
    said = f"By the review point the total is {total}, the baseline {baseline.total}."
    return State(LITTLE_CHANGE, changes_little(baseline.total, total), said)


def _unanswered(asked_at: datetime | None, points: Sequence[Point]) -> State:
    if asked_at is None:
        return State(NO_ANSWER, None, "Nothing was asked, or not so long ago.")
    if any(each.at >= asked_at for each in points):
        return State(NO_ANSWER, False, "The patient answered what was last asked.")
    return State(NO_ANSWER, True, "The patient was asked, and there is no complete answer since.")
