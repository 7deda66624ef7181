"""A message on its way out: what the channels are handed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from scheduler.messages.model_asks import Form
from scheduler.messages.model_texts import Sender
from scheduler.messages.rules_text import Draft


@dataclass(frozen=True, slots=True)
class Visit:
    """The visit that a message is about, for the patient's calendar."""

    session_id: UUID
    time_version: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out. `id` is the same at every attempt, `attempt` counts from 1.

    `form` is what it asks, itself or for a follow-up that it carries.
    """

    clinic_id: UUID
    id: UUID
    attempt: int
    kind: str
    rule: str
    channel: str
    address: str
    draft: Draft
    due_at: datetime
    at: datetime
    sender: Sender | None = None
    visits: tuple[Visit, ...] = ()
    form: Form | None = None


class Way(Protocol):
    """A way out: how long it takes a second attempt for the first, and for whom it is."""

    key_life: timedelta
    needs_sender: bool
