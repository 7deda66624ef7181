"""Texts that a person has to read: what they ask for cannot, or must not, be done by itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scheduler.attention.rules_items import Item

HOW = {
    "change": ("change_asked", "{who} asks for another time."),
    "cancel": (
        "change_asked",
        "{who} texted CANCEL: nobody with this number gets texts any more, and no visit was"
        " cancelled.",
    ),
    "confirm": ("reply", "{who} will come, and it is not certain to which visit."),
    "words": ("reply", "{who} wrote a text."),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A text for a person to read, and one patient who has its number, if anybody has."""

    id: UUID
    meaning: str
    number: str
    said: str
    received_at: datetime
    patient_id: UUID | None


def of_replies(replies: Sequence[Reply]) -> Iterator[Item]:
    """An item for each patient who may have written: nobody can say which of them did."""
    sharing = Counter(each.id for each in replies)
    for each in replies:
        kind, how = HOW[each.meaning]
        who = "The patient" if each.patient_id else "Somebody whose number no patient has"
        shared = sharing[each.id]
        if shared > 1:
            who = f"One of {shared} patients with this number"
        yield Item(
            kind=kind,
            subject=each.id,
            patient_id=each.patient_id,
            at=each.received_at,
            detail=how.format(who=who),
            facts=(each.patient_id,),
            number=each.number,
            said=each.said,
        )
