"""One thing that needs a person.

An item's id follows from the facts that raised it: as long as they stand it is the same item,
and once they change it is another, even if someone has handled the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from scheduler.attention.rules_picture import Broken, Planned

# The most urgent first.
KINDS = (
    "alert_unheard",
    "alert",
    "collision",
    "not_closed",
    "breaks_rule",
    "backlog_held",
    "change_asked",
    "reply",
    "message_failed",
    "message_unknown",
    "unreachable",
    "unconfirmed",
    "unanswered",
    "missed_limit",
    "gap_too_long",
    "review",
    "clearance_ending",
    "owed",
)


@dataclass(frozen=True, slots=True)
class Following:
    """The session that another one runs into."""

    session_id: UUID
    patient_id: UUID
    starts_at: datetime

    @classmethod
    def of(cls, each: Planned) -> "Following":
        return cls(each.id, each.patient_id, each.starts_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that needs a person: what, about whom, when, and a sentence to read out."""

    kind: str
    subject: UUID
    patient_id: UUID | None
    at: datetime
    detail: str
    facts: tuple[object, ...]
    session_id: UUID | None = None
    series_id: UUID | None = None
    message_id: UUID | None = None
    starts_at: datetime | None = None
    rules: Sequence[Broken] = ()
    following: Following | None = None
    number: str | None = None
    said: str | None = None

    def id_in(self, clinic_id: UUID) -> UUID:
        """The same for the same facts, another for others."""
        name = f"{self.kind} {self.subject} " + " ".join(map(str, self.facts))
        return uuid5(clinic_id, name)

    def answers(
        self,
        kind: str | None = None,
        patient_id: UUID | None = None,
        session_id: UUID | None = None,
    ) -> bool:
        """Is it of this kind, and about this patient and this session, also as the next one?"""
        about = [each for each in (self, self.following) if each]
        return (
            kind in (None, self.kind)
            and any(patient_id in (None, each.patient_id) for each in about)
            and any(session_id in (None, each.session_id) for each in about)
        )

    @property
    def urgency(self) -> int:
        return KINDS.index(self.kind)


def of_session(
    kind: str,
    each: Planned,
    at: datetime,
    detail: str,
    *facts: object,
    rules: Sequence[Broken] = (),
    following: Following | None = None,
) -> Item:
    """An item about a session; another once the session is moved."""
    return Item(
        kind=kind,
        subject=each.id,
        session_id=each.id,
        patient_id=each.patient_id,
        series_id=each.series_id,
        starts_at=each.starts_at,
        at=at,
        detail=detail,
        facts=(each.starts_at, *facts),
        rules=rules,
        following=following,
    )
