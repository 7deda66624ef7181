"""What is in the way of a visit. Search and booking ask this one picture of the clinic.

A *lane* is what takes one visit at a time: a chair, or a provider for consultations.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo
from uuid import UUID

from scheduler.clinics.rules import Hours, open_spans
from scheduler.protocols.rules import Distance, Visit
from scheduler.spans import ALWAYS, Span, gaps


@dataclass(frozen=True, slots=True)
class Lane:
    """A chair or a provider."""

    id: UUID
    label: str


KINDS = ("opening_hours", "closure", "outage", "session", "consultation", "nurse_limit")


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing in the way: which of the `KINDS`, when, and its id where it has one."""

    kind: str
    span: Span
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BusyNurses:
    """When the nurses could take no further patient: to set up for `setup`, and to watch."""

    setup: timedelta
    setting_up: tuple[Blocker, ...]
    watching: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything that may be in the way in some stretch of time.

    `everywhere` blocks every lane, `of_lane` one, `of_patient` the patient's other visits;
    `infusions` are the patient's counted sessions around, to which a distance is kept. It is
    `settled` when nothing in it moves with the clock: no visit is under way. Of other times than
    those `covered` it knows nothing.
    """

    lanes: tuple[Lane, ...]
    everywhere: tuple[Blocker, ...]
    of_lane: Mapping[UUID, Sequence[Blocker]]
    of_patient: tuple[Blocker, ...] = ()
    infusions: tuple[Blocker, ...] = ()
    nurses: BusyNurses | None = None
    settled: bool = True
    covered: tuple[Span, ...] = (ALWAYS,)

    def covers(self, span: Span) -> bool:
        """Is everything known that may be in the way then?"""
        return any(each.contains(span) for each in self.covered)

    def in_clinic(self, visit: Visit) -> list[Blocker]:
        """What of the whole clinic is in the way: the block lies in open hours (I11)."""
        return _meeting(self.everywhere, visit.block)

    def on_lane(self, visit: Visit, lane_id: UUID) -> list[Blocker]:
        """What on this lane is in the way (I8, I11)."""
        return _meeting(self.of_lane.get(lane_id, ()), visit.block)

    def of_the_patient(self, visit: Visit) -> list[Blocker]:
        """Which other visit of the patient is in the way of their stay (I9)."""
        return _meeting(self.of_patient, visit.stay)

    def too_near(self, visit: Visit, distance: Distance, zone: tzinfo) -> list[Blocker]:
        """Which other infusions of the patient are too near (I10)."""
        return [
            each
            for each in self.infusions
            if not distance.keeps(visit.starts_at, each.span.start, zone)
        ]

    def for_nurses(self, visit: Visit) -> list[Blocker]:
        """When in this visit the nurses have too much to do (I12)."""
        if self.nurses is None:
            return []
        setup = Span(visit.block.start, visit.block.start + self.nurses.setup)
        found = [
            *_meeting(self.nurses.setting_up, setup),
            *_meeting(self.nurses.watching, visit.watch),
        ]
        # Where there are no nurses at all, they neither set up nor watch: said once.
        return list(dict.fromkeys(found))

    def on_lanes(self, lanes: Iterable[Lane]) -> "Calendar":
        """The same picture with these lanes only."""
        return replace(self, lanes=tuple(lanes))


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
