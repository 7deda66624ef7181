"""Which of the patients who are booked already are more than the nurses can take?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scheduler.sessions.rules_nurses import Nurses
from scheduler.spans import Span


@dataclass(frozen=True, slots=True, order=True)
class Load:
    """What one session asks of the nurses; the order in which they are given away."""

    starts_at: datetime
    session_id: UUID
    span: Span


@dataclass(frozen=True, slots=True)
class Beyond:
    """A session that is one too many from `at` on, and how many nurses there are then."""

    session_id: UUID
    at: datetime
    nurses: int


def beyond(loads: Sequence[Load], nurses: Iterable[Nurses], each: int = 1) -> Iterator[Beyond]:
    """Where nurses take `each` at most: at every instant the sessions that start last (I12).

    Without those that it names no instant has too many. A session may be named more than once.
    """
    for piece, count in nurses:
        if count is None:
            continue
        within = sorted(load for load in loads if load.span.overlaps(piece))
        if len(within) <= count * each:
            continue
        # The load only grows where one begins.
        for at in sorted({max(load.span.start, piece.start) for load in within}):
            present = [load for load in within if load.span.start <= at < load.span.end]
            for load in present[count * each :]:
                yield Beyond(load.session_id, at, count)
