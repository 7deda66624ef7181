"""Is a patient cleared on a day, and which clearance does a session use (I1, I3)?"""

from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.consults.rules import Term, clearance_at, clearances_of, covers_only, lacking
from tests.rules.drawn import NEW_YORK, PHOENIX, phoenix, showing, utc

CLEARED = phoenix("2026-11-23 09:00")
UNTIL = date(2026, 12, 1)


def term(
    number: int = 1,
    cleared_at: datetime = CLEARED,
    expires_on: date = UNTIL,
    revoked: bool = False,
) -> Term:
    return Term(UUID(int=number), cleared_at, expires_on, revoked)


#   cleared                        UNTIL, midnight in Phoenix
#      [==============================)
HOLDS = [
    (CLEARED - timedelta(microseconds=1), False),
    (CLEARED, True),
    (phoenix("2026-12-01 00:00"), True),
    (phoenix("2026-12-01 23:55"), True),  # the last day is inclusive, in the clinic's zone,
    (phoenix("2026-12-01 23:59:59.999999"), True),  # though it is the second of December in UTC
    (phoenix("2026-12-02 00:00"), False),
]


@pytest.mark.parametrize(("at", "holds"), HOLDS)
def test_a_clearance_holds_from_its_moment_to_the_end_of_its_last_day(
    at: datetime, holds: bool
) -> None:
    """I1, I3"""
    assert term().holds_at(at, PHOENIX) is holds
    assert term(revoked=True).holds_at(at, PHOENIX) is False


def test_the_last_day_ends_where_the_clinic_is() -> None:
    """I3"""
    at = phoenix("2026-12-01 22:30")
    assert term().holds_at(at, PHOENIX)
    assert not term().holds_at(at, NEW_YORK), "there it is half past midnight"


CHOSEN = [
    ([], None),
    ([term(1)], 1),
    ([term(1, revoked=True)], None),
    ([term(1, expires_on=date(2027, 1, 1)), term(2, expires_on=UNTIL)], 2),  # expires first
    ([term(1, expires_on=date(2026, 11, 1)), term(2)], 2),  # the first has expired
    ([term(1, expires_on=UNTIL, revoked=True), term(2, expires_on=date(2027, 1, 1))], 2),
    ([term(1, cleared_at=phoenix("2026-11-30 09:00")), term(2, expires_on=date(2027, 1, 1))], 2),
    ([term(2), term(1)], 1),  # the same each time
]


@pytest.mark.parametrize(("terms", "expected"), CHOSEN)
def test_a_session_uses_the_clearance_in_force_that_expires_first(
    terms: list[Term], expected: int | None
) -> None:
    """I3"""
    found = clearance_at(terms, phoenix("2026-11-24 09:30"), PHOENIX)
    assert (found and found.id.int) == expected


LACKING = [
    ([], "No clearance"),
    ([term(revoked=True)], "No clearance"),
    ([term()], "ends on Tuesday, December 1, 2026"),
    ([term(), term(2, expires_on=date(2026, 12, 3))], "ends on Thursday, December 3, 2026"),
    (
        [term(), term(2, expires_on=date(2027, 1, 1), revoked=True)],
        "ends on Tuesday, December 1, 2026",
    ),
    ([term(1, phoenix("2026-12-09 09:00"), date(2027, 1, 1))], "begins later"),
]


@pytest.mark.parametrize(("terms", "words"), LACKING)
def test_what_a_patient_lacks_is_said_in_words(terms: list[Term], words: str) -> None:
    at = phoenix("2026-12-08 09:30")
    assert clearance_at(terms, at, PHOENIX) is None
    assert words in lacking(terms, at, PHOENIX)


NOON = utc("2026-11-24 12:00")
hours = st.integers(-100, 100).map(lambda n: NOON + timedelta(hours=n))
drawn_terms = st.lists(
    st.builds(
        term,
        st.integers(1, 99),
        hours,
        st.integers(-4, 4).map(lambda n: NOON.date() + timedelta(days=n)),
        st.booleans(),
    ),
    max_size=4,
)


@given(drawn_terms, hours, st.sampled_from([PHOENIX, NEW_YORK]))
def test_the_clearance_found_is_valid_then_and_none_in_force_ends_before_it(
    terms: list[Term], at: datetime, in_zone: tzinfo
) -> None:
    """I1, I3"""
    today = showing(at, in_zone).date().isoformat()
    valid = [
        each
        for each in terms
        if not (each.revoked or each.cleared_at > at or each.expires_on.isoformat() < today)
    ]
    found = clearance_at(terms, at, in_zone)
    assert (found in valid) if valid else (found is None)
    assert all(found and found.expires_on <= each.expires_on for each in valid)


LIMITED = [
    # (the limit of the first clearance, used of it, asked for) -> which clearance each one uses
    ((2, 0, 3), [1, 1, 2]),
    ((2, 1, 3), [1, 2, 2]),
    ((2, 2, 2), [2, 2]),
    ((2, 5, 1), [2]),  # cut short below what it covers already
    ((None, 9, 2), [1, 1]),
    ((1, 0, 5), [1, 2, 2, 2, None]),  # the second covers three
]


@pytest.mark.parametrize(("asked", "expected"), LIMITED)
def test_a_clearance_covers_no_more_sessions_than_it_says(
    asked: tuple[int | None, int, int], expected: list[int | None]
) -> None:
    """I3: the one that expires first goes first, and the next one when it is full."""
    limit, used, count = asked
    first = replace(term(1), max_sessions=limit)
    second = replace(term(2, expires_on=date(2026, 12, 3)), max_sessions=3)
    starts = [phoenix("2026-12-01 09:00") + timedelta(hours=n) for n in range(count)]
    found = clearances_of([second, first], {first.id: used}, starts, PHOENIX)
    assert found == [{1: first, 2: second, None: None}[each] for each in expected]


COVERS = [
    # (covered, of so many, the day of the first that is not) -> what is said
    (4, 6, term(), "2026-12-02", "covers 4 of these 6 sessions: it ends on Tuesday, December 1."),
    (4, 6, term(), "2026-12-01", "covers 4 of these 6 sessions: it allows no more."),
    (1, 2, term(), "2026-11-22", "covers 1 of these 2 sessions."),
    (0, 2, term(), "2026-12-02", "any of these 2 sessions. The clearance ends on Tuesday"),
    (0, 6, term(revoked=True), "2026-12-01", "any of these 6 sessions. No clearance: a provider"),
]


@pytest.mark.parametrize(("covered", "asked", "known", "on", "said"), COVERS)
def test_what_is_covered_of_an_order_is_said_with_why_the_rest_is_not(
    covered: int, asked: int, known: Term, on: str, said: str
) -> None:
    """I1, I3"""
    text = covers_only(covered, asked, [known], phoenix(f"{on} 09:30"), PHOENIX)
    assert said in text
    others = {4: "For the others a", 1: "For the other a"}
    assert (others[covered] in text) if covered else ("For the other" not in text)
