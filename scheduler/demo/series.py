"""A patient's visits to the demo clinic: booked, kept, lost, made up, given up."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from scheduler.consults.model import terms_of
from scheduler.consults.rules import clearance_at
from scheduler.demo.life import Staff
from scheduler.demo.story import Story, week_of, workday
from scheduler.demo.timeline import ANY, Timeline, first_that_fits
from scheduler.demo.visits import actual
from scheduler.patients.actions import change_patient
from scheduler.series.actions import book_series
from scheduler.series.actions_session import book_session
from scheduler.series.model import SeriesView
from scheduler.series.rules import Order
from scheduler.sessions.actions import (
    arrive_session,
    cancel_session,
    complete_session,
    confirm_session,
    observe_session,
    start_session,
)
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.tenancy import Work
from scheduler.wall_time import local_date

WHY_LOST = {"missed": "Did not come.", "patient": "Is away.", "clinic": "A nurse is ill."}
BETWEEN_PATIENTS = timedelta(minutes=5)


class Visits:
    """The visits of one patient from the clearance on; each step plans the next."""

    def __init__(self, story: Story, timeline: Timeline, staff: Staff) -> None:
        self.story, self.path, self.chance = story, story.path, story.chance
        self.timeline, self.staff = timeline, staff
        self.completed = 0

    def begin(self, patient_id: UUID, at: datetime) -> None:
        """Book the series then."""
        self.patient_id = patient_id
        self.timeline.at(at, self.book, self.staff.desk)

    def book(self, work: Work) -> None:
        """Book the series at the best time that all of it fits."""
        assert self.path.first_week is not None  # noqa: S101 - else nothing begins
        monday = week_of(self.story.now, work.zone, self.path.first_week)
        wishes = [(monday + timedelta(days=on), at) for on, at in self.story.wishes]
        view = self._book(work, wishes, self.path.sessions)
        for number, booked in enumerate(view.sessions):
            self._expect(work, booked, self.path.lost.get(number))

    def go_on(self, work: Work) -> None:
        """The six did well: more of them, at the same time if it is free."""
        last = self._last(work)
        same = [(last.date() + timedelta(days=7), last.time())]
        monday = week_of(work.now, work.zone, 2)
        later = [(monday + timedelta(days=on), at) for on, at in self.story.wishes]
        for booked in self._book(work, [*same, *later], self.path.goes_on).sessions:
            self._expect(work, booked)

    def _book(self, work: Work, wishes: Sequence[tuple[date, time]], sessions: int) -> SeriesView:
        orders = (
            Order(
                patient_id=self.patient_id,
                first_on=on,
                at=at,
                sessions=sessions,
                minutes=self.story.minutes,
            )
            for on, at in wishes
        )
        view = first_that_fits(work, (partial(book_series, work, order) for order in orders))
        self.series_id = view.series.id
        return view

    def _expect(self, work: Work, booked: InfusionSession, lost: str | None = None) -> None:
        """Plan how the visit goes: the day before, and on the day."""
        before = workday(local_date(booked.starts_at, work.zone) - timedelta(days=1))
        if lost == "missed":
            late = booked.starts_at + timedelta(minutes=45)
            self.timeline.at(late, partial(self.lose, booked.id, lost), self.staff.desk)
            return
        if lost is not None:
            noon = self.timeline.on(before, time(12, 30))
            self.timeline.at(noon, partial(self.lose, booked.id, lost), self.staff.desk)
            return
        called_at = self.timeline.on(before, time(9, self.chance.randrange(60)))
        if self.chance.random() < 0.6 and called_at > work.now:
            self.timeline.at(called_at, partial(self.confirm, booked.id), self.staff.desk)
        early = max(-12, min(15, round(self.chance.gauss(3, 6))))
        arrives_at = booked.block_starts_at - timedelta(minutes=early)
        self.timeline.at(arrives_at, partial(self.arrive, booked.id), self.staff.desk)

    def confirm(self, session_id: UUID, work: Work) -> None:
        """The desk reaches the patient the day before."""
        if self._is_booked(work, session_id):
            confirm_session(work, session_id, ANY)

    def arrive(self, session_id: UUID, work: Work) -> None:
        """The patient is here, waits for the chair, and stays for as long as it takes."""
        if not self._is_booked(work, session_id):
            return
        if clearance_at(terms_of(work, self.patient_id), work.now, work.zone) is None:
            why = "To be seen by the provider first."
            cancel_session(work, session_id, ANY, reason=why, by="clinic")
            return
        visit = arrive_session(work, session_id, ANY)
        chair_free_at = self.staff.chair_left_at.get(visit.chair_id, work.now) + BETWEEN_PATIENTS
        real = actual(
            self.chance,
            max(work.now, visit.block_starts_at, chair_free_at),
            prep=(visit.starts_at - visit.block_starts_at) // timedelta(minutes=1),
            infusion=(visit.ends_at - visit.starts_at) // timedelta(minutes=1),
            observation=visit.observation_minutes,
        )
        self.staff.chair_left_at[visit.chair_id] = real.left_at
        for happened_at, step in (
            (real.started_at, self.start),
            (real.infusion_ended_at, self.observe),
            (real.left_at, self.leave),
        ):
            # Typed in a moment later.
            recorded_at = happened_at + timedelta(minutes=self.chance.randrange(4))
            do = partial(step, session_id, happened_at)
            self.timeline.at(recorded_at, do, self.staff.desk)

    def start(self, session_id: UUID, happened_at: datetime, work: Work) -> None:
        """The infusion begins."""
        start_session(work, session_id, ANY, vitals_recorded=True, happened_at=happened_at)

    def observe(self, session_id: UUID, happened_at: datetime, work: Work) -> None:
        """The infusion is over."""
        observe_session(work, session_id, ANY, happened_at=happened_at)

    def leave(self, session_id: UUID, happened_at: datetime, work: Work) -> None:
        """The patient goes home; some do not come back, some want more."""
        complete_session(work, session_id, ANY, happened_at=happened_at)
        self.completed += 1
        in_days = workday(local_date(work.now, work.zone) + timedelta(days=3))
        calls_at = self.timeline.on(in_days, time(10, 20))
        if self.completed == self.path.leaves_after:
            self.timeline.at(calls_at, self.give_up, self.staff.desk)
        elif self.completed == self.path.sessions and self.path.goes_on:
            self.timeline.at(calls_at, self.go_on, self.staff.desk)

    def lose(self, session_id: UUID, why: str, work: Work) -> None:
        """A visit is called off or missed; an hour later it is made up for, at the end."""
        by = "clinic" if why == "clinic" else "patient"
        cancel_session(work, session_id, ANY, reason=WHY_LOST[why], by=by)
        if self.path.made_up:
            self.timeline.at(work.now + timedelta(hours=1), self.make_up, self.staff.desk)

    def make_up(self, work: Work) -> None:
        """Book the visit that the series owes after its last one."""
        last = self._last(work)
        free = (
            partial(
                book_session,
                work,
                patient_id=self.patient_id,
                starts_at=self.timeline.on(on, at),
                minutes=self.story.minutes,
                series_id=self.series_id,
            )
            for on, at in _after(last)
        )
        self._expect(work, first_that_fits(work, free))

    def give_up(self, work: Work) -> None:
        """The patient comes no more: what is still booked is cancelled."""
        booked = select(InfusionSession.id).where(
            InfusionSession.clinic_id == work.clinic_id,
            InfusionSession.patient_id == self.patient_id,
            InfusionSession.status == "booked",
        )
        for session_id in work.session.scalars(booked.order_by(InfusionSession.starts_at)).all():
            cancel_session(work, session_id, ANY, reason="Does not want to go on.", by="patient")
            work.session.flush()
        if self.path.discharged:
            change_patient(work, self.patient_id, ANY, {"status": "discharged"})

    def _last(self, work: Work) -> datetime:
        """When the patient's last visit starts, on the wall."""
        starts = select(InfusionSession.starts_at).where(
            InfusionSession.clinic_id == work.clinic_id,
            InfusionSession.patient_id == self.patient_id,
            InfusionSession.status.in_(COUNTED),
        )
        return max(work.session.scalars(starts)).astimezone(work.zone)

    def _is_booked(self, work: Work, session_id: UUID) -> bool:
        return work.load(InfusionSession, session_id).status == "booked"


def _after(last: datetime) -> Iterator[tuple[date, time]]:
    """A week after the last visit at its time; else on the days after, or at other times."""
    for days in (7, 8, 9, 10):
        for at in (last.time(), time(10), time(11, 45), time(13, 30)):
            yield last.date() + timedelta(days=days), at
