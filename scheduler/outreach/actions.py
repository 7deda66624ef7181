"""A tick's first half: what fell due since the last one is entered in the ledger."""

from datetime import timedelta

from scheduler.messages.model import enter_in_ledger
from scheduler.outreach.model import OVERLAP, falling_due, locked_mark
from scheduler.spans import Span
from scheduler.tenancy import Work

# A scan that found nothing moves the mark only when it is this old, and so writes nothing.
IDLE = timedelta(minutes=10)


def scan(work: Work, *, move_mark: bool = True) -> int:
    """Enter what fell due up to now in the ledger, once; how many were new (I35, I38).

    With `move_mark` false the next scan looks at the same stretch again: for trying a time out.
    """
    mark = locked_mark(work)
    due = Span(min(mark.scanned_until, work.now) - OVERLAP, work.now)
    new = enter_in_ledger(work, list(falling_due(work, due)))
    ahead = work.now - mark.scanned_until
    if move_mark and ahead > (timedelta(0) if new else IDLE):
        mark.scanned_until = work.now
    return new
