"""The timed rows once more, where the clinic's nurses are counted."""

from collections.abc import Iterator

from bench import rows
from bench.measure import Figure
from bench.rows import Bench, Side
from bench.standard import CLOSES, NOW, OPENS, WEEKDAYS, AnyVersion
from scheduler.clinics.actions_staffing import replace_staffing
from scheduler.clinics.rules_staffing import Shift
from scheduler.tenancy import working_for

# Enough for what is booked, and not for everything that could be.
NURSES, WATCHED_BY_EACH = 10, 4


def limits(bench: Bench) -> Iterator[Figure]:
    """Ours with limits on, against the floor, which knows none."""
    side = bench.side("nurses", bench.cluster.template("one"))
    _count_nurses(side)
    for row in (rows.CHAIR_DAY, rows.WEEK, rows.BOOK, rows.SERIES):
        name = f"{row.name}, nurses counted"
        yield rows.interleaved(bench, row, side, bench.floor, name, row.goal)


def _count_nurses(side: Side) -> None:
    """Give the clinic shifts, by its own action."""
    shifts = [Shift(weekday, OPENS, CLOSES, NURSES) for weekday in range(WEEKDAYS)]
    changes = {"shifts": shifts, "watch_ratio": WATCHED_BY_EACH}
    with side.cluster.app(side.database), working_for(side.asked[0].clinic_id, NOW) as work:
        replace_staffing(work, AnyVersion(), changes)
