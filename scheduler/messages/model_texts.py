"""A clinic's own number for texts, and the texts that came to it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned
from scheduler.tenancy import Work


class TextSender(Versioned, Base):
    """The number that a clinic's texts come from, and its account with the provider.

    `secret` is the account's token: it opens the provider's API and signs what the provider says.
    """

    __tablename__ = "text_senders"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    account: Mapped[str]
    secret: Mapped[str]


class InboundText(OfClinic, Base):
    """A text that somebody sent to the clinic's number, as it came, and what followed from it.

    `session_id` is the visit that it confirmed, `answer` which answer it got (`rules_answers`).
    """

    __tablename__ = "inbound_texts"
    noun: ClassVar[str] = "text"

    provider_id: Mapped[str]
    number: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime]
    meaning: Mapped[str]
    session_id: Mapped[UUID | None]
    answer: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Sender:
    """A clinic's number and account, on the way with a message."""

    number: str
    account: str
    secret: str = field(repr=False)


def sender_of(work: Work) -> Sender | None:
    """The clinic's own number for texts, if it has one."""
    row = work.session.get(TextSender, work.clinic_id)
    return Sender(row.number, row.account, row.secret) if row else None
