"""The shapes of what is said when a session takes a step."""

from scheduler.web.fields import EXAMPLE_ID, Choice, Flag, Id, Instant, Minutes, QueryFlag, Text
from scheduler.web.schema import Strict


class Happened(Strict):
    """When it happened, if not just now."""

    example = {}

    happened_at = Instant()


class Reschedule(Strict):
    """The new start; without `chair_id` its own chair if that is free, else another."""

    example = {"starts_at": "2026-12-02T10:00:00-07:00", "chair_id": EXAMPLE_ID}

    starts_at = Instant(on_grid=True, required=True)
    chair_id = Id()


class Cancel(Happened):
    """Why, and who gives the visit up."""

    example = {"reason": "Has a cold", "by": "patient"}

    reason = Text(500, required=True)
    by = Choice("patient", "clinic", required=True)


class TurnAway(Happened):
    """Why the patient cannot be treated today."""

    example = {"reason": "Feels unwell today"}

    reason = Text(500, required=True)


class Arrive(Happened):
    """What was seen to on arrival; it may be said at the start too."""

    escort_confirmed = Flag()
    fasting_confirmed = Flag()


class Start(Arrive):
    """What was seen to before the start. No measured value is stored.

    `override` (clinicians only) is the reason to start without vitals, escort or fasting.
    """

    example = {"vitals_recorded": True}

    vitals_recorded = Flag(required=True)
    override = Text(500)


class Extend(Strict):
    """By how much longer it takes, on top of what was said before."""

    example = {"minutes": 10}

    minutes = Minutes(5, 240, required=True)


class DryRun(Strict):
    """With `dry_run=true` nothing is changed."""

    dry_run = QueryFlag(load_default=False)


class Observe(Happened):
    """`ended_early`: the infusion was not given whole."""

    ended_early = Flag()


class Complete(Happened):
    """`early_reason` (clinicians only) lets a patient leave before the observation is over."""

    early_reason = Text(500)
