"""The shapes of chairs and outages."""

from scheduler.web.fields import Flag, Id, Text
from scheduler.web.schema import Interval, Stored, StoredInterval, Strict


class ChairIn(Strict):
    """A new chair."""

    example = {"label": "Chair 9"}

    label = Text(60, required=True)
    active = Flag()


class ChairChanges(Strict):
    """What may change about a chair."""

    example = {"label": "Window chair"}

    label = Text(60)
    active = Flag()


class ChairOut(Stored):
    """A chair."""

    label = Text(60, required=True)
    active = Flag(required=True)


class OutageIn(Interval):
    """A time in which the chair cannot be used."""

    example = {
        "starts_at": "2026-11-30T08:00:00-07:00",
        "ends_at": "2026-11-30T09:00:00-07:00",
        "reason": "Upholstery",
    }

    reason = Text(required=True)


class OutageOut(StoredInterval):
    """An outage."""

    chair_id = Id(required=True)
    reason = Text(required=True)
