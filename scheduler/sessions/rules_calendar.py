"""What is in the way of a visit. Search and booking ask this one picture of the clinic.

A *lane* is what takes one visit at a time: a chair, or a provider for consultations.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from uuid import UUID

from scheduler.clinics.rules import Hours, open_spans
from scheduler.protocols.rules import Visit
from scheduler.spans import Span, gaps


@dataclass(frozen=True, slots=True)
class Lane:
    """A chair or a provider."""

    id: UUID
    label: str


KINDS = ("opening_hours", "closure", "outage", "session", "consultation")


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing in the way: which of the `KINDS`, when, and its id where it has one."""

    kind: str
    span: Span
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything that may be in the way in some stretch of time.

    `everywhere` blocks every lane, `of_lane` one, `of_patient` the patient's other visits.
    """

    lanes: tuple[Lane, ...]
    everywhere: tuple[Blocker, ...]
    of_lane: Mapping[UUID, Sequence[Blocker]]
    of_patient: tuple[Blocker, ...] = ()

    def in_clinic(self, visit: Visit) -> list[Blocker]:
        """What of the whole clinic is in the way: the block lies in open hours (I11)."""
        return _meeting(self.everywhere, visit.block)

    def on_lane(self, visit: Visit, lane_id: UUID) -> list[Blocker]:
        """What on this lane is in the way (I8, I11)."""
        return _meeting(self.of_lane.get(lane_id, ()), visit.block)

    def of_the_patient(self, visit: Visit) -> list[Blocker]:
        """Which other visit of the patient is in the way of their stay (I9)."""
        return _meeting(self.of_patient, visit.stay)


def closed(hours: Iterable[Hours], windows: Iterable[Span], zone: tzinfo) -> list[Blocker]:
    """When the clinic is shut by its weekly hours, within the windows."""
    hours = list(hours)
    return [
        Blocker("opening_hours", gap)
        for window in windows
        for gap in gaps(window, open_spans(hours, window, zone))
    ]


def _meeting(blockers: Iterable[Blocker], span: Span) -> list[Blocker]:
    return [blocker for blocker in blockers if blocker.span.overlaps(span)]
