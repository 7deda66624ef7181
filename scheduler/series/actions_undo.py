"""Taking a step back: a mistake is put right on the day it was made (I29)."""

from uuid import UUID

from scheduler.errors import Conflict, Facts
from scheduler.protocols.model import protocol_for
from scheduler.protocols.rules import visit_at
from scheduler.series.model import Series
from scheduler.sessions.checks import bookable_patient, clearances_for, distances_for, ordinal_at
from scheduler.sessions.model import InfusionSession, series_starts
from scheduler.sessions.model_calendar import chair_calendar
from scheduler.sessions.model_patient import facts_of
from scheduler.sessions.refusals import conflict_list, does_not_fit, explain_visit
from scheduler.sessions.rules_overruns import watched_until
from scheduler.sessions.rules_placing import Clash, place, wish_among
from scheduler.sessions.rules_states import UNDOES, delay_minutes, on_its_day
from scheduler.sessions.steps import ready_for, refusal
from scheduler.spans import Span
from scheduler.tenancy import Match, Work, lock_schedule


def undo_step(work: Work, session_id: UUID, match: Match, *, reason: str) -> InfusionSession:
    """Put a session back into the state before, on the local day of the step that is undone.

    One that becomes live by it needs its place again. Raises Conflict when that is taken.
    """
    work = lock_schedule(work)
    undone = ready_for(work, session_id, match, "undo")
    state, back = undone.status, UNDOES[undone.status]
    happened_at = getattr(undone, back.stamp)
    if not on_its_day(work.now, happened_at, work.zone):
        detail = f"A step is undone on its own day; this one was on {work.spoken(happened_at)}."
        raise refusal(state, detail, "same_day")
    if state == "no_show":
        _rebook(work, undone)
    if state == "completed":
        _take_back(work, undone)
    if state == "infusing":
        undone.shorten(delay_minutes(happened_at, undone.starts_at))
    if state == "arrived":
        undone.shorten(undone.extra_minutes)
    for column, value in back.clears.items():
        setattr(undone, column, value)
    undone.move_to(back.to, work.now)
    undone.undone_at, undone.undo_reason = work.now, reason
    return undone


def _rebook(work: Work, missed: InfusionSession) -> None:
    """A missed session is booked again, by all the rules of a booking but that it lies ahead."""
    protocol = protocol_for(work, missed.protocol_id)
    distances = distances_for(work, protocol, missed.series_id)
    wish = wish_among(visit_at(missed.starts_at, missed.parts), distances, missed.chair_id)
    patient = bookable_patient(work, missed.patient_id, [wish.visit], without=missed.id)
    _still_owed(work, missed)
    ordinal = ordinal_at(work, missed.series_id, missed.starts_at)
    (missed.clearance_id,) = clearances_for(work, patient, [wish.visit], [ordinal])
    calendar = chair_calendar(work, [wish.visit.block], patient, without=missed.id)
    _, clashes = place([wish], calendar, work.zone)
    if clashes:
        explain = explain_visit(patient.id, missed.parts, [wish], clashes, missed.id, ordinal)
        raise does_not_fit(work, clashes, explain)


def _still_owed(work: Work, missed: InfusionSession) -> None:
    """Raises Conflict when another session has filled its place in the series (I20)."""
    if missed.series_id is None:
        return
    counted = len(series_starts(work, missed.series_id))
    if counted >= work.load(Series, missed.series_id).sessions_planned:
        raise Conflict("nothing_owed", "Another session has taken its place in the series.")


def _take_back(work: Work, completed: InfusionSession) -> None:
    """A completed session takes its chair and its patient's time again (I8, I9)."""
    block = Span(completed.block_starts_at, completed.block_ends_at)
    stay = Span(completed.block_starts_at, watched_until(completed))
    patient = facts_of(work, completed.patient_id, completed.id)
    calendar = chair_calendar(work, [block, stay], patient, completed.id)
    on_chair = calendar.of_lane.get(completed.chair_id, ())
    in_the_way = {
        "chair_taken": [e for e in on_chair if e.kind == "session" and e.span.overlaps(block)],
        "patient_busy": [each for each in calendar.of_patient if each.span.overlaps(stay)],
    }
    clashes = [
        Clash(1, completed.starts_at, reason, tuple(blockers))
        for reason, blockers in in_the_way.items()
        if blockers
    ]
    ordinal = ordinal_at(work, completed.series_id, completed.starts_at)

    def explain(fresh: Work) -> Facts:
        # It was where it was: there is nothing else that would fit.
        found = conflict_list(fresh, clashes, lambda _: [])
        return {"conflicts": [each | {"ordinal": ordinal} for each in found]}

    if clashes:
        raise does_not_fit(work, clashes, explain)
