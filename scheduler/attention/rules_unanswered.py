"""Who answered neither what they were asked nor the nudge: that is a sign too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scheduler.attention.rules_items import Item


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A nudge that nobody answered, and since when a person has to ask."""

    id: UUID
    session_id: UUID
    patient_id: UUID
    since: datetime


def of_unanswered(nudges: Iterable[Unanswered]) -> Iterator[Item]:
    """A call for each."""
    for each in nudges:
        yield Item(
            kind="unanswered",
            subject=each.id,
            message_id=each.id,
            session_id=each.session_id,
            patient_id=each.patient_id,
            at=each.since,
            detail="The patient was asked how they are, and once more, and did not answer: call.",
            facts=(),
        )
