"""What a person has seen to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base


class AttentionHandled(Base):
    """An item that a person has handled, with a note. A change makes a new item."""

    __tablename__ = "attention_handled"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    note: Mapped[str]
    handled_at: Mapped[datetime]
    handled_by: Mapped[UUID | None]
