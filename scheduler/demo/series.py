"""A patient's visits to the demo clinic: booked, kept, lost, made up, given up."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from scheduler.consults.model import terms_of
from scheduler.consults.rules import clearance_at
from scheduler.demo.answers import Mood
from scheduler.demo.life import Staff
from scheduler.demo.places import Pattern, book_at_best, days_after, last_visit
from scheduler.demo.story import Story, week_of, workday
from scheduler.demo.timeline import ANY, Timeline, first_that_fits
from scheduler.demo.visits import actual
from scheduler.patients.actions import change_patient
from scheduler.series.actions_cancel import cancel_series
from scheduler.series.actions_session import book_session
from scheduler.series.model import SeriesView
from scheduler.sessions.actions import (
    arrive_session,
    cancel_session,
    confirm_session,
    miss_session,
    turn_away_session,
)
from scheduler.sessions.actions_reschedule import reschedule_session
from scheduler.sessions.actions_treatment import (
    complete_session,
    extend_session,
    observe_session,
    start_session,
)
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work
from scheduler.wall_time import local_date

WHY_LOST = {"patient": "Is away.", "clinic": "A nurse is ill."}
# How much longer a visit takes that is extended.
EXTRA_MINUTES = 10
BETWEEN_PATIENTS = timedelta(minutes=5)


class Visits:
    """The visits of one patient from the clearance on; each step plans the next."""

    def __init__(self, story: Story, timeline: Timeline, staff: Staff) -> None:
        self.story, self.path, self.chance = story, story.path, story.chance
        self.timeline, self.staff = timeline, staff
        self.mood = Mood(story.number)
        self.completed = 0
        self.extended: set[UUID] = set()

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
        ways = self.path.lost | self.path.otherwise
        for number, booked in enumerate(view.sessions):
            self._expect(work, booked.session, ways.get(number))

    def go_on(self, work: Work) -> None:
        """The six did well: more of them, at the same time if it is free."""
        last = last_visit(work, self.patient_id)
        same = [(last.date() + timedelta(days=7), last.time())]
        monday = week_of(work.now, work.zone, 2)
        later = [(monday + timedelta(days=on), at) for on, at in self.story.wishes]
        for booked in self._book(work, [*same, *later], self.path.goes_on).sessions:
            self._expect(work, booked.session)

    def _book(self, work: Work, wishes: Sequence[tuple[date, time]], sessions: int) -> SeriesView:
        pattern = Pattern(sessions, self.story.minutes, self.path.protocol)
        view = book_at_best(work, self.patient_id, pattern, wishes)
        self.series_id = view.series.id
        return view

    def _expect(self, work: Work, booked: InfusionSession, way: str | None = None) -> None:
        """Plan how the visit goes: the day before, and on the day."""
        before = workday(local_date(booked.starts_at, work.zone) - timedelta(days=1))
        called_at = self.timeline.on(before, time(9, self.chance.randrange(60)))
        early = max(-12, min(15, round(self.chance.gauss(3, 6))))
        arrives_at = booked.block_starts_at - timedelta(minutes=early)
        noon = self.timeline.on(before, time(12, 30))
        otherwise: dict[str | None, tuple[datetime, Callable[..., None]]] = {
            "missed": (booked.starts_at + timedelta(minutes=45), self.miss),
            "patient": (noon, partial(self.lose, by="patient")),
            "clinic": (noon, partial(self.lose, by="clinic")),
            "moved": (noon, self.move),
            "turned_away": (arrives_at, self.turn_away),
        }
        if way in otherwise:
            at, do = otherwise[way]
            self.timeline.at(at, partial(do, booked.id), self.staff.desk)
            return
        if way == "extended":
            self.extended.add(booked.id)
        if self.mood.answers and called_at > work.now:
            self.timeline.at(called_at, partial(self.ask, booked.id), self.staff.desk)
        if self.chance.random() < 0.6 and called_at > work.now:
            self.timeline.at(called_at, partial(self.confirm, booked.id), self.staff.desk)
        self.timeline.at(arrives_at, partial(self.arrive, booked.id), self.staff.desk)

    def ask(self, session_id: UUID, work: Work) -> None:
        """The desk asks on the phone how it goes."""
        if self._is_booked(work, session_id):
            rule = "before_next" if self.completed else "baseline"
            self.mood.say(work, self.patient_id, session_id, rule, self.completed)

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
        if session_id in self.extended:
            work.session.flush()
            extend_session(work, session_id, ANY, minutes=EXTRA_MINUTES, dry_run=False)

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

    def miss(self, session_id: UUID, work: Work) -> None:
        """The patient did not come, and did not call."""
        miss_session(work, session_id, ANY)
        self._lost(work)

    def lose(self, session_id: UUID, work: Work, *, by: str) -> None:
        """A visit is called off the day before."""
        cancel_session(work, session_id, ANY, reason=WHY_LOST[by], by=by)
        self._lost(work)

    def turn_away(self, session_id: UUID, work: Work) -> None:
        """The patient came and cannot be treated today."""
        arrive_session(work, session_id, ANY)
        work.session.flush()
        turn_away_session(work, session_id, ANY, reason="Came without an escort.")
        self._lost(work)

    def _lost(self, work: Work) -> None:
        """An hour later it is made up for, at the end."""
        if self.path.made_up:
            self.timeline.at(work.now + timedelta(hours=1), self.make_up, self.staff.desk)

    def move(self, session_id: UUID, work: Work) -> None:
        """The patient asks for a day or two later, at the same time if it is free."""
        planned_at = work.load(InfusionSession, session_id).starts_at.astimezone(work.zone)
        later = (
            partial(reschedule_session, work, session_id, ANY, starts_at=self.timeline.on(on, at))
            for on, at in days_after(planned_at, days=(1, 2))
        )
        self._expect(work, first_that_fits(work, later).session)

    def make_up(self, work: Work) -> None:
        """Book the visit that the series owes after its last one."""
        last = last_visit(work, self.patient_id)
        free = (
            partial(
                book_session,
                work,
                patient_id=self.patient_id,
                starts_at=self.timeline.on(on, at),
                minutes=self.story.minutes,
                series_id=self.series_id,
            )
            for on, at in days_after(last)
        )
        self._expect(work, first_that_fits(work, free).session)

    def give_up(self, work: Work) -> None:
        """The patient comes no more: what is still to come is cancelled."""
        cancel_series(work, self.series_id, ANY, reason="Does not want to go on.", by="patient")
        if self.path.discharged:
            change_patient(work, self.patient_id, ANY, {"status": "discharged"})

    def _is_booked(self, work: Work, session_id: UUID) -> bool:
        return work.load(InfusionSession, session_id).status == "booked"
