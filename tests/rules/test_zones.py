"""Every time zone, ten years: no session of a weekly series shows another time on the wall."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import pytest

from scheduler.clock import zone, zone_names
from scheduler.protocols.rules import WEEKLY, VisitParts
from scheduler.series.rules import wished_days, wishes_on
from tests.conftest import Size
from tests.progress import shown
from tests.rules.drawn import showing

FIRST_YEAR, YEARS, WEEKS = 2026, 10, 52
PARTS = VisitParts(15, 40, 30, 10)


@pytest.mark.proof
def test_a_series_keeps_its_wall_time_in_every_zone_for_ten_years(size: Size) -> None:
    """I23, I67: at times that change of day, so that gaps and hours that occur twice are hit."""
    most = size(ci=50_000, proof=500_000)
    swept = 0
    for in_zone, first_on, at in shown(series_everywhere(most), "series swept", most // WEEKS):
        days = wished_days([WEEKLY], first_on, WEEKS, 7)
        made = wishes_on(days, at, [WEEKLY] * WEEKS, PARTS, in_zone)
        for ordinal, (on, visit) in enumerate(zip(days, made.visits, strict=True), start=1):
            wanted = datetime.combine(on, at)
            skipped = is_skipped(wanted, in_zone)
            assert (ordinal in made.moved) is skipped, (in_zone, wanted)
            right = is_just_after if skipped else is_first_showing
            assert right(visit.starts_at, wanted, in_zone), (in_zone, wanted, visit.starts_at)
            assert visit.infusion.end - visit.infusion.start == timedelta(minutes=40)
            swept += 1
    assert swept >= most - WEEKS


def series_everywhere(most: int) -> Iterator[tuple[tzinfo, date, time]]:
    """A year of weeks at a time: every zone first, then other years and other times of day."""
    names = sorted(zone_names())
    for n in range(most // WEEKS):
        turn = n // len(names)
        year = FIRST_YEAR + (n * 7 + turn) % YEARS
        # Clocks change at night: half of the times lie between midnight and four.
        tick = (n * 29 + turn * 11) % (48 if n % 2 else 288)
        yield (
            zone(names[n * 211 % len(names)]),
            date(year, 1, 1 + n % 7),
            time(tick // 12, tick % 12 * 5),
        )


def offsets_around(wanted: datetime, in_zone: tzinfo) -> set[timedelta]:
    near = wanted.replace(tzinfo=UTC)
    hours = (near + timedelta(hours=n) for n in range(-36, 37, 6))
    return {at.astimezone(in_zone).utcoffset() or timedelta() for at in hours}


def is_skipped(wanted: datetime, in_zone: tzinfo) -> bool:
    """Is there no instant at which the wall shows this?"""
    near = wanted.replace(tzinfo=UTC)
    return all(
        showing(near - offset, in_zone) != wanted for offset in offsets_around(wanted, in_zone)
    )


def is_first_showing(at: datetime, wanted: datetime, in_zone: tzinfo) -> bool:
    """Does the wall show it then, and not before?"""
    near = wanted.replace(tzinfo=UTC)
    shows = [
        near - offset
        for offset in offsets_around(wanted, in_zone)
        if showing(near - offset, in_zone) == wanted
    ]
    return at == min(shows)


def is_just_after(at: datetime, wanted: datetime, in_zone: tzinfo) -> bool:
    """Does the clock jump over it at that instant?"""
    before = showing(at - timedelta(seconds=1), in_zone)
    return before < wanted < showing(at, in_zone)
