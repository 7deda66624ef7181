"""What the tests of the rules draw from: instants, spans, and days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from hypothesis import strategies as st

from scheduler.clock import zone
from scheduler.spans import Span

MINUTE = timedelta(minutes=1)
TICK = timedelta(minutes=5)

PHOENIX = zone("America/Phoenix")
NEW_YORK = zone("America/New_York")
AZORES = zone("Atlantic/Azores")
BEIRUT = zone("Asia/Beirut")

# A local day and its length in minutes, from years whose rules can no longer change.
CLOCK_DAYS = [
    (PHOENIX, date(2024, 3, 10), 24 * 60),  # never changes
    (zone("Asia/Kathmandu"), date(2024, 6, 1), 24 * 60),  # 5:45 from UTC
    (NEW_YORK, date(2024, 3, 10), 23 * 60),  # no 02:30
    (NEW_YORK, date(2024, 11, 3), 25 * 60),  # 01:30 twice
    (zone("Australia/Lord_Howe"), date(2024, 10, 6), 23 * 60 + 30),  # by half an hour
    (zone("Australia/Lord_Howe"), date(2024, 4, 7), 24 * 60 + 30),
    (BEIRUT, date(2024, 3, 31), 23 * 60),  # begins at 01:00
    (BEIRUT, date(2024, 10, 26), 25 * 60),  # 23:30 twice
    (AZORES, date(2024, 10, 27), 25 * 60),  # two midnights
    (zone("America/Nuuk"), date(2024, 3, 30), 23 * 60),  # ends at 23:00
    (zone("Antarctica/Troll"), date(2024, 3, 31), 22 * 60),  # by two hours
    (zone("Antarctica/Troll"), date(2024, 10, 27), 26 * 60),
    (zone("Pacific/Apia"), date(2011, 12, 30), 0),  # was left out
]

clock_days = st.sampled_from([(day_zone, on) for day_zone, on, _ in CLOCK_DAYS])
# A day that is left out is longer than any clock change a scan allows for.
whole_days = st.sampled_from([(day_zone, on) for day_zone, on, minutes in CLOCK_DAYS if minutes])
wall_times = st.integers(0, 287).map(lambda n: time(n // 12, n % 12 * 5))


def utc(text: str) -> datetime:
    """`2026-11-24 09:30` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def phoenix(text: str) -> datetime:
    """`2026-11-24 09:30` on the wall in Phoenix, which is always seven hours behind."""
    return utc(text) + timedelta(hours=7)


def showing(at: datetime, in_zone: tzinfo) -> datetime:
    """What the clock shows, as a naive date and time."""
    return at.astimezone(in_zone).replace(tzinfo=None)


def reached(on: date, at: time, in_zone: tzinfo, step: timedelta = MINUTE) -> datetime:
    """The first instant at which the clock shows that time or more, walking up to it slowly."""
    wall = datetime.combine(on, at)
    low = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    # No clock goes back by more than a few hours: it is safe to run until shortly before.
    while showing(low + timedelta(hours=4), in_zone) < wall:
        low += timedelta(hours=1)
    while showing(low, in_zone) < wall:
        low += step
    return low


def spans(around: datetime, minutes: int, longest: int) -> st.SearchStrategy[Span]:
    """Spans that start within so many minutes of an instant, on the grid or not; none empty."""
    starts = st.integers(-minutes, minutes)
    lengths = st.integers(1, longest)
    return st.builds(
        lambda start, length: Span(around + start * MINUTE, around + (start + length) * MINUTE),
        starts,
        lengths,
    )
