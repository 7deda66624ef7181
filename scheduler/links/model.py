"""Links as they are stored: never their tokens, only what these hash to."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned


class Link(OfClinic, Versioned, Base):
    """A link in a message to `address`, for one purpose, about a session at one time of it.

    `used_time_version` is the session's after the link's own effect. A link to a form says which:
    the `rule` that asked, and the `instrument`.
    """

    __tablename__ = "links"
    noun: ClassVar[str] = "link"

    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    session_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    time_version: Mapped[int]
    channel: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_time_version: Mapped[int | None]
    rule: Mapped[str | None]
    instrument: Mapped[str | None]
