"""A session's way through the clinic: which step may follow which, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from scheduler.wall_time import local_date

LIVE = ("held", "booked", "arrived", "infusing", "observing")
COUNTED = (*LIVE, "completed")
LOST = ("cancelled", "no_show")
STATES = (*COUNTED, *LOST)

BACKDATED = timedelta(hours=24)
BACKDATED_BY_CLINICIAN = timedelta(days=7)
GRID_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One verb: the states it leaves, the one it leads to, and the column that keeps when.

    Without `to` the session stays in its state, or goes back to the one before (`UNDOES`).
    """

    leaves: tuple[str, ...]
    to: str | None = None
    stamp: str | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """A state's way back: to which state, when its step was, and what of it is taken back."""

    to: str
    stamp: str
    clears: Mapping[str, object]


UNDOES = {
    "arrived": Undo(
        "booked",
        "arrived_at",
        {
            "arrived_at": None,
            "arrived_late": None,
            "escort_confirmed": False,
            "fasting_confirmed": False,
        },
    ),
    "no_show": Undo("booked", "missed_at", {"missed_at": None}),
    "infusing": Undo("arrived", "started_at", {"started_at": None, "override_reason": None}),
    "observing": Undo(
        "infusing", "infusion_ended_at", {"infusion_ended_at": None, "ended_early": False}
    ),
    "completed": Undo(
        "observing",
        "completed_at",
        {"left_at": None, "completed_at": None, "early_reason": None},
    ),
}

STEPS = {
    "confirm": Step(("booked",), "booked", "confirmed_at"),
    "reschedule": Step(("booked",)),
    "cancel": Step(("booked",), "cancelled", "cancelled_at"),
    "no-show": Step(("booked",), "no_show", "missed_at"),
    "arrive": Step(("booked",), "arrived", "arrived_at"),
    "turn-away": Step(("arrived",), "cancelled", "cancelled_at"),
    "start": Step(("arrived",), "infusing", "started_at"),
    "extend": Step(("arrived", "infusing")),
    "observe": Step(("infusing",), "observing", "infusion_ended_at"),
    "complete": Step(("observing",), "completed", "left_at"),
    "undo": Step(tuple(UNDOES)),
}

# What a session lacks to start, as it is read out.
_MISSING = {
    "patient_discharged": "the patient is discharged",
    "patient_deceased": "the patient is deceased",
    "clearance": "there is no clearance in force",
    "treatment_consent": "there is no consent to treatment in force",
    "stopped": "an alert about the patient is open, which a clinician has to close first",
    "vitals": "the vitals are not recorded",
    "escort": "no escort is confirmed",
    "fasting": "fasting is not confirmed",
}


def is_live(status: str) -> bool:
    """Does a session in this state take its chair and its patient's time?"""
    return status in LIVE


def not_allowed(verb: str, status: str) -> str | None:
    """Why this step cannot follow this state, or None when it can."""
    step = STEPS[verb]
    if status in step.leaves:
        return None
    if verb == "undo" and status == "cancelled":
        return "A cancelled session stays cancelled. Book another one in its place."
    if verb == "undo":
        return f"There is no step to undo: the session is {spoken(status)}."
    needed = " or ".join(map(spoken, step.leaves))
    return f"The session is {spoken(status)}; to {verb.replace('-', ' ')} it has to be {needed}."


def spoken(status: str) -> str:
    """A state as it is read out."""
    return {"no_show": "a no-show"}.get(status, status)


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


def no_show_from(starts_at: datetime, grace_minutes: int) -> datetime:
    """From when on a patient who has not come is a no-show (I30)."""
    return starts_at + timedelta(minutes=grace_minutes)


def comes_late(arrived_at: datetime, starts_at: datetime, late_minutes: int) -> bool:
    """Does a patient who comes then come late, by so many minutes' leeway (I32)?"""
    return arrived_at > starts_at + timedelta(minutes=late_minutes)


def short_notice(cancelled_at: datetime, starts_at: datetime, notice_hours: int) -> bool:
    """Is a visit given up with less notice than that (I32)?"""
    return cancelled_at > starts_at - timedelta(hours=notice_hours)


def delay_minutes(started_at: datetime, starts_at: datetime) -> int:
    """By how much an infusion starts after its planned start, up to the next five minutes."""
    grid = timedelta(minutes=GRID_MINUTES)
    return GRID_MINUTES * max(0, -((starts_at - started_at) // grid))


def missing_to_start(
    *,
    patient_status: str,
    cleared: bool,
    treatment_consent: bool,
    stopped: bool,
    vitals: bool,
    escort: bool,
    fasting: bool,
    overridden: bool,
) -> list[str]:
    """What a session lacks to start (I5), as words; empty when it may.

    `escort` and `fasting` are confirmed, or not asked for. An override covers these and the
    vitals; never clearance, consent, the patient's status or a stop.
    """
    lacking = {
        f"patient_{patient_status}": patient_status != "active",
        "clearance": not cleared,
        "treatment_consent": not treatment_consent,
        "stopped": stopped,
        "vitals": not (vitals or overridden),
        "escort": not (escort or overridden),
        "fasting": not (fasting or overridden),
    }
    return [word for word, is_missing in lacking.items() if is_missing]


def read_out(missing: list[str]) -> str:
    """What a session lacks to start, as a sentence."""
    return f"The session may not start: {'; '.join(_MISSING[word] for word in missing)}."
