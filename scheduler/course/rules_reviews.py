"""Whose course needs a look before today's session, and why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from scheduler.course.rules import LITTLE_CHANGE, NO_ANSWER, WORSE, Course

# The most urgent first.
ALERT, NO_BASELINE, CLEARANCE_ENDING = "alert", "no_baseline", "clearance_ending"
REASONS = (ALERT, WORSE, LITTLE_CHANGE, NO_ANSWER, NO_BASELINE, CLEARANCE_ENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A session of today that is not over: its patient's course, alert, and clearance.

    `course` is None outside a series; `clearance_ends_on` where it ends before the series does.
    """

    session_id: UUID
    series_id: UUID | None
    patient_id: UUID
    starts_at: datetime
    alert: bool
    course: Course | None
    clearance_ends_on: date | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why to look, in a word and a sentence."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Review:
    """A session of today and why to look before it, the most urgent reason first."""

    coming: Coming
    reasons: Sequence[Reason]

    @property
    def urgency(self) -> int:
        return REASONS.index(self.reasons[0].reason)


def reviews_of(coming: Iterable[Coming]) -> list[Review]:
    """Those that need a look, the most urgent first, then by their start."""
    found = [Review(each, reasons) for each in coming if (reasons := list(_reasons(each)))]
    found.sort(key=lambda each: (each.urgency, each.coming.starts_at, each.coming.session_id))
    return found


def _reasons(each: Coming) -> Iterator[Reason]:
    if each.alert:
        yield Reason(ALERT, "An alert is open.")
    if each.course is not None:
        for state in each.course.states:
            if state.state in (WORSE, LITTLE_CHANGE, NO_ANSWER) and state.holds:
                yield Reason(state.state, state.reason)
        if each.course.baseline is None:
            yield Reason(NO_BASELINE, "No complete PHQ-9 in the 14 days before the first session.")
    if each.clearance_ends_on is not None:
        on = each.clearance_ends_on
        yield Reason(CLEARANCE_ENDING, f"The clearance ends on {on:%A, %B %-d}, before the series.")
