"""Keys and the audit log."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, OfClinic, Versioned


class ApiKey(OfClinic, Versioned, Base):
    """A caller's key. Only the SHA-256 of the secret is kept; it is shown once, when made.

    `last_used_at` is right to the minute.
    """

    __tablename__ = "api_keys"
    noun: ClassVar[str] = "key"

    name: Mapped[str]
    role: Mapped[str]
    provider_id: Mapped[UUID | None]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class AuditEntry(OfClinic, Base):
    """Who did what, when, to which objects, with which outcome: a row a request (I59)."""

    __tablename__ = "audit_log"
    noun: ClassVar[str] = "audit entry"

    at: Mapped[datetime]
    request_id: Mapped[str]
    key_id: Mapped[UUID | None]
    role: Mapped[str]
    method: Mapped[str]
    route: Mapped[str]
    status: Mapped[int]
    object_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
