"""Sessions as they are answered: the row, with what is derived, and what is said only once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from scheduler.db import among, in_states
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.rules_states import COUNTED
from scheduler.tenancy import Work

Said = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with its rank in its series (I20), None where it counts for none.

    `warnings` are said when it is booked, moved or takes longer, `collisions` in the last case.
    """

    session: InfusionSession
    ordinal: int | None = None
    warnings: Said = ()
    collisions: Said = ()


def numbered(work: Work, sessions: Sequence[InfusionSession]) -> list[SessionView]:
    """The same sessions, each with its rank by start among the counted ones of its series.

    What was changed so far is sent to the database first, as the rank follows from it.
    """
    work.session.flush()
    series_ids = {each.series_id for each in sessions if each.series_id}
    ordinals: dict[Any, int] = {}
    if series_ids:
        rank = func.row_number().over(
            partition_by=InfusionSession.series_id, order_by=InfusionSession.starts_at
        )
        counted = select(InfusionSession.id, rank).where(
            InfusionSession.clinic_id == work.clinic_id,
            among(InfusionSession.series_id, series_ids),
            in_states(InfusionSession.status, *COUNTED),
        )
        ordinals = {row[0]: row[1] for row in work.session.execute(counted)}
    return [SessionView(each, ordinals.get(each.id)) for each in sessions]


def view_of(
    work: Work, infusion_session: InfusionSession, *, warnings: Said = (), collisions: Said = ()
) -> SessionView:
    """One session as it is answered, and what is said of it this once."""
    (view,) = numbered(work, [infusion_session])
    return SessionView(infusion_session, view.ordinal, warnings, collisions)
