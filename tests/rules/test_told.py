"""Which visits a notice tells of, what it told, and what a calendar knows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from scheduler.messages.rules_told import (
    Mailed,
    SentNotice,
    ToldSession,
    is_in_a_calendar,
    tells,
    told_of,
)

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PATIENT, SERIES, OTHER = UUID(int=100), UUID(int=200), UUID(int=201)


@dataclass(frozen=True)
class A:
    """A session booked at NOW with five others; `n` names it and says on which day it is."""

    n: int
    status: str = "booked"
    time_version: int = 1
    booked_at: datetime = NOW
    promised_at: datetime | None = NOW
    series_id: UUID = SERIES

    @property
    def told(self) -> ToldSession:
        starts_at = NOW + self.n * DAY
        return ToldSession(
            UUID(int=self.n), PATIENT, self.series_id, self.status, self.time_version,
            starts_at, starts_at + HOUR, self.booked_at, self.promised_at, 30,
        )  # fmt: skip


LATER = NOW + HOUR
STROKES = [
    ("booked", [A(2), A(1)], [1, 2]),
    ("booked", [A(1), A(2, "cancelled")], [1]),
    ("booked", [A(1), A(2, booked_at=LATER)], [1]),
    ("booked", [A(1), A(0)], [1]),
    ("booked", [A(1, "cancelled"), A(2)], [2]),
    ("booked", [A(1, "cancelled")], []),
    ("cancelled", [A(1, "cancelled", promised_at=LATER), A(2, "cancelled")], [1]),
    ("cancelled", [A(1, "cancelled"), A(2, "cancelled"), A(3)], [1, 2]),
    ("cancelled", [A(1)], []),
]


@pytest.mark.parametrize(("rule", "series", "about"), STROKES)
def test_a_notice_tells_of_what_was_done_at_one_stroke_and_still_is_so(
    rule: str, series: list[A], about: list[int]
) -> None:
    """I37. The first of the series is the one that the notice hangs on."""
    sessions = [each.told for each in series]
    found = told_of(rule, sessions[0], sessions, NOW)
    assert [each.id.int for each in found] == about


TOLD = [
    # Which notice, of which session at which time version; what it is about; and of which session.
    ("changed", 1, 2, [], A(1, time_version=2), True),
    ("changed", 1, 1, [], A(1, time_version=2), False),
    ("changed", 2, 1, [], A(1), False),
    ("booked", 1, 1, [A(1), A(2)], A(1), True),
    ("booked", 1, 1, [A(1), A(2)], A(2), False),
    ("booked", 1, 1, [], A(1), False),
    ("booked", 1, 1, [A(1)], A(1, promised_at=LATER), False),
    ("booked", 1, 1, [A(1)], A(1, promised_at=None), True),
]


@pytest.mark.parametrize(("rule", "of", "version", "about", "session", "told"), TOLD)
def test_what_a_notice_told_holds_for_the_visit_as_it_now_is(
    rule: str, of: int, version: int, about: list[A], session: A, told: bool
) -> None:
    notice = SentNotice(PATIENT, UUID(int=of), rule, version, LATER)
    assert tells(notice, [each.told for each in about], session.told) is told


MAILED = [
    ([], False),
    ([(1, "reminder", "1d_before", SERIES)], True),
    ([(2, "reminder", "1d_before", SERIES)], False),
    ([(1, "notice", "changed", SERIES)], True),
    ([(2, "notice", "changed", SERIES)], False),
    ([(1, "notice", "booked", SERIES)], True),
    ([(2, "notice", "booked", SERIES)], True),
    ([(2, "notice", "booked", OTHER)], False),
    ([(2, "notice", "booked", OTHER), (1, "reminder", "3d_before", SERIES)], True),
]


@pytest.mark.parametrize(("mailed", "known"), MAILED)
def test_a_calendar_knows_what_a_mail_put_in(
    mailed: list[tuple[int, str, str, UUID]], known: bool
) -> None:
    """I47. Of a series, one notice put in all that were booked with it."""
    mails = [
        Mailed(PATIENT, UUID(int=of), kind, rule, series_id, NOW)
        for of, kind, rule, series_id in mailed
    ]
    assert is_in_a_calendar(A(1, "cancelled").told, mails) is known


def test_a_notice_of_other_bookings_of_the_series_put_this_one_in_no_calendar() -> None:
    mail = Mailed(PATIENT, UUID(int=2), "notice", "booked", SERIES, NOW)
    assert not is_in_a_calendar(A(1, booked_at=LATER).told, [mail])
