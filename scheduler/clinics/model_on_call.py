"""Who is on call, as it is stored."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, Versioned


class OnCall(Versioned, Base):
    """A clinic's rota: `shifts` `[{weekday, from, to, provider_ids}]`, in the order of telling.

    `otherwise` are told when no shift is on, and after those who are.
    """

    __tablename__ = "on_call"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    shifts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    otherwise: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
