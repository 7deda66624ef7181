"""Holding what was left lying, until a person lets it go (`model_backlog.let_go`).

The jobs stood still for long, or their clock leapt: what would go now are the words of days.
"""

from scheduler.outreach.model_backlog import busiest_day, hold_late, late_now
from scheduler.outreach.rules import is_backlog
from scheduler.tenancy import Work


def hold_backlog(work: Work, entered: int) -> int:
    """Hold what a scan has just entered too late, if it is too much; how many are held.

    `entered` is how many it entered in all. What falls due now goes.
    """
    if is_backlog(entered, 0) and is_backlog(late_now(work), busiest_day(work)):
        return hold_late(work)
    return 0
