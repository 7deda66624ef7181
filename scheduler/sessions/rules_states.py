"""A session's way through the clinic: which step may follow which, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from scheduler.wall_time import local_date

LIVE = ("held", "booked", "arrived", "infusing", "observing")
COUNTED = (*LIVE, "completed")
STATES = (*COUNTED, "cancelled", "no_show")

BACKDATED = timedelta(hours=24)
BACKDATED_BY_CLINICIAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """One verb: the states it leaves, the one it leads to, and the column that keeps when."""

    leaves: tuple[str, ...]
    to: str
    stamp: str


STEPS = {
    "confirm": Step(("booked",), "booked", "confirmed_at"),
    "cancel": Step(("booked",), "cancelled", "cancelled_at"),
    "arrive": Step(("booked",), "arrived", "arrived_at"),
    "start": Step(("arrived",), "infusing", "started_at"),
    "observe": Step(("infusing",), "observing", "infusion_ended_at"),
    "complete": Step(("observing",), "completed", "left_at"),
}


def is_live(status: str) -> bool:
    """Does a session in this state take its chair and its patient's time?"""
    return status in LIVE


def not_allowed(verb: str, status: str) -> str | None:
    """Why this step cannot follow this state, or None when it can."""
    step = STEPS[verb]
    if status in step.leaves:
        return None
    return f"The session is {status}; to {verb} it has to be {' or '.join(step.leaves)}."


def wrong_time(
    happened_at: datetime, now: datetime, previous: datetime | None, *, clinician: bool
) -> str | None:
    """Why a step cannot have happened then, or None when it can.

    Never in the future nor before the step before it; at most 24 hours back, 7 days for a
    clinician.
    """
    back = BACKDATED_BY_CLINICIAN if clinician else BACKDATED
    if happened_at > now:
        return "It lies in the future."
    if previous is not None and happened_at < previous:
        return "It lies before the step before it."
    if happened_at < now - back:
        return f"It lies more than {back // timedelta(hours=1)} hours back."
    return None


def on_its_day(happened_at: datetime, starts_at: datetime, zone: tzinfo) -> bool:
    """Does it happen on the session's local day?"""
    return local_date(happened_at, zone) == local_date(starts_at, zone)


def may_leave_at(infusion_ended_at: datetime, observation_minutes: int) -> datetime:
    """From when on an observed patient may leave (I33)."""
    return infusion_ended_at + timedelta(minutes=observation_minutes)


def missing_to_start(
    *, patient_status: str, cleared: bool, treatment_consent: bool, vitals_recorded: bool
) -> list[str]:
    """What a session lacks to start (I5), as words; empty when it may."""
    lacking = {
        f"patient_{patient_status}": patient_status != "active",
        "clearance": not cleared,
        "treatment_consent": not treatment_consent,
        "vitals": not vitals_recorded,
    }
    return [word for word, is_missing in lacking.items() if is_missing]
