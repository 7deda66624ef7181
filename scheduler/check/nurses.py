"""Are there nurses enough for everyone who is booked (I12)? Staffing may change after a booking."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from scheduler.check.proof import Found, Proof, counted, filled
from scheduler.clinics.model import staffing_of
from scheduler.clinics.rules_staffing import Staffing, nurses_at_work
from scheduler.spans import Span
from scheduler.tenancy import Work
from scheduler.wall_time import dates, day

_COMING = """
    SELECT * FROM (
        SELECT id, starts_at, block_starts_at, status, starts_at > :now AS ahead,
               ends_at + make_interval(mins => observation_minutes + extra_minutes) AS watched_until
        FROM sessions
        WHERE clinic_id = :clinic_id AND status IN {live}
    ) AS live
    WHERE watched_until > :now
    ORDER BY starts_at, id
"""

Rows = Sequence[Row[Any]]


def _enough(work: Work) -> Found:
    """I12: of those at one instant who are too many, the ones that start last are."""
    asked = {"clinic_id": work.clinic_id, "now": work.now}
    rows = work.session.execute(text(filled(_COMING)), asked).all()
    if not rows:
        return Found()
    until = max(row.watched_until for row in rows)
    staffing = staffing_of(work, Span(min(row.block_starts_at for row in rows), until))
    too_many = set(_too_many(work, rows, staffing)) if staffing.limited else set()
    return counted((row.id, False, row.ahead and row.id in too_many) for row in rows)


def _too_many(work: Work, rows: Rows, staffing: Staffing) -> Iterator[UUID]:
    for on, present in _by_day(work, rows).items():
        pieces = list(nurses_at_work(staffing, day(on, work.zone), work.zone))
        instants = {at for row in present for at in (row.block_starts_at, row.starts_at)}
        for at in instants | {piece.start for piece, _ in pieces}:
            for piece, nurses in pieces:
                if nurses is not None and piece.start <= at < piece.end:
                    yield from _beyond(present, at, nurses, staffing)


def _beyond(rows: Rows, at: datetime, nurses: int, staffing: Staffing) -> Iterator[UUID]:
    """The sessions at one instant that the nurses have no hand for, in the order of the rows."""
    setup = timedelta(minutes=staffing.setup_minutes)
    setups = [row.id for row in rows if row.block_starts_at <= at < row.block_starts_at + setup]
    watched = [row.id for row in rows if row.starts_at <= at < row.watched_until]
    yield from setups[nurses:]
    yield from watched[nurses * staffing.watch_ratio :]


def _by_day(work: Work, rows: Rows) -> dict[date, list[Row[Any]]]:
    found: dict[date, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        for on in dates(Span(row.block_starts_at, row.watched_until), work.zone):
            found[on].append(row)
    return found


PROOFS = (
    Proof("I12", "nurses enough at every instant ahead", _enough, listed_as=("nurse_limit",)),
)
