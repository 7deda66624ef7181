"""A patient of the demo clinic until they are cleared, by the same actions as everyone's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from scheduler.consults.actions import complete_consultation, revoke_clearance, shorten_clearance
from scheduler.consults.model import Clearance
from scheduler.demo.story import CONSULTATION_MINUTES, Story, workday
from scheduler.demo.timeline import ANY, Timeline
from scheduler.patients.actions import record_consent, register_patient
from scheduler.sessions.actions_consultations import (
    arrive_consultation,
    book_consultation,
    cancel_consultation,
)
from scheduler.tenancy import Actor, Work
from scheduler.wall_time import local_date

# Plans a cleared patient's series, given their id and when it is booked.
Beginning = Callable[[UUID, datetime], object]


@dataclass
class Staff:
    """Who works at the clinic, and when each chair is left by the last patient in it."""

    desk: Actor
    clinicians: list[Actor]
    chair_left_at: dict[UUID, datetime] = field(default_factory=dict)


class Life:
    """A story as it happens, up to the clearance: each step plans the next on the timeline."""

    def __init__(
        self, story: Story, timeline: Timeline, staff: Staff, once_cleared: Beginning
    ) -> None:
        self.story, self.path = story, story.path
        self.timeline, self.staff, self.once_cleared = timeline, staff, once_cleared
        self.clinician = staff.clinicians[story.number % len(staff.clinicians)]
        timeline.at(story.registered_at, self.register, staff.desk)

    def register(self, work: Work) -> None:
        """The patient calls for the first time, and most book a consultation at once."""
        patient = register_patient(work, **self.story.person)
        work.session.flush()
        self.patient_id = patient.id
        for purpose in self.path.consents:
            self._consent(work, purpose, patient.preferred_channel)
        if self.story.consultation_at is not None:
            self._book_consultation(work, self.story.consultation_at)

    def _consent(self, work: Work, purpose: str, channel: str | None = None) -> None:
        record_consent(
            work,
            self.patient_id,
            purpose=purpose,
            channel=channel,
            source="by telephone" if channel else "signed at the desk",
            wording_version="1",
        )

    def _book_consultation(self, work: Work, starts_at: datetime) -> None:
        assert self.clinician.provider_id  # noqa: S101 - a clinician's key is a provider's
        consultation = book_consultation(
            work,
            patient_id=self.patient_id,
            provider_id=self.clinician.provider_id,
            starts_at=starts_at,
            minutes=CONSULTATION_MINUTES,
            reason="First visit",
        )
        work.session.flush()
        self.consultation_id = consultation.id
        if self.path.cancels_consultation:
            self.timeline.at(starts_at - timedelta(hours=20), self.cancel, self.staff.desk)
            return
        over_at = starts_at + timedelta(minutes=CONSULTATION_MINUTES + self.story.number % 9)
        self.timeline.at(starts_at - timedelta(minutes=5), self.arrive, self.staff.desk)
        self.timeline.at(over_at, self.decide, self.clinician)

    def cancel(self, work: Work) -> None:
        """The patient calls the consultation off."""
        cancel_consultation(work, self.consultation_id, ANY, "Wants to think about it.")

    def arrive(self, work: Work) -> None:
        """The patient comes to the consultation."""
        arrive_consultation(work, self.consultation_id, ANY)

    def decide(self, work: Work) -> None:
        """The provider decides; who is suitable signs, and books at the desk on the way out."""
        suitable = self.path.outcome == "suitable"
        last_day = local_date(work.now, work.zone) + timedelta(days=self.path.cleared_days)
        complete_consultation(
            work,
            self.consultation_id,
            ANY,
            outcome=self.path.outcome,
            symptoms=self.story.symptoms,
            history_reviewed=True,
            expires_on=last_day if suitable else None,
        )
        if suitable:
            self._consent(work, "treatment")
            self._plan_what_follows(work)

    def _plan_what_follows(self, work: Work) -> None:
        if self.path.first_week is not None:
            self.once_cleared(self.patient_id, work.now + timedelta(minutes=10))
        cuts = ((self.path.revoked_days_ago, self.revoke), (self.path.shortened_days_ago, self.cut))
        for days_ago, cut in cuts:
            if days_ago is not None:
                on = workday(local_date(self.story.now, work.zone) - timedelta(days=days_ago))
                # Before the day's visits, so that it falls into none.
                self.timeline.at(self.timeline.on(on, time(7, 30)), cut, self.clinician)

    def revoke(self, work: Work) -> None:
        """The provider takes the clearance back."""
        revoke_clearance(work, self._clearance_id(work), ANY, "To be seen again first.")

    def cut(self, work: Work) -> None:
        """The provider lets the clearance end soon."""
        soon = local_date(self.story.now, work.zone) + timedelta(days=10)
        shorten_clearance(work, self._clearance_id(work), ANY, {"expires_on": soon})

    def _clearance_id(self, work: Work) -> UUID:
        of_patient = select(Clearance.id).where(
            Clearance.clinic_id == work.clinic_id, Clearance.patient_id == self.patient_id
        )
        return work.session.scalars(of_patient).one()
