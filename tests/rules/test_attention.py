"""What needs a person, case by case: small pictures of a clinic, without a database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from scheduler.attention.rules import Losses, Unsent, of_messages, of_series, of_sessions
from scheduler.attention.rules_broken import RULES, broken_rules
from scheduler.attention.rules_items import KINDS
from scheduler.attention.rules_nurses import Load, beyond
from scheduler.attention.rules_picture import Pattern, Person, Picture, Planned, Seat
from scheduler.clinics.rules import Hours
from scheduler.clinics.rules_staffing import Staffing
from scheduler.consults.rules import Term
from scheduler.protocols.rules import WEEKLY, Phase, VisitParts, visit_at
from scheduler.sessions.rules_calendar import Blocker
from scheduler.spans import Span

ZONE = ZoneInfo("America/Phoenix")
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=ZONE).astimezone(UTC)
PARTS = VisitParts(prep=15, infusion=40, observation=30, turnover=10)
CHAIR, PATIENT, SERIES, WEEKLY_ID, DAILY_ID = (UUID(int=n) for n in range(1, 6))
FIRST, SECOND = UUID(int=11), UUID(int=12)
DAILY = Phase(every_days=1, min_gap_days=1, max_gap_days=10)


def at(day: int, wall: str = "09:30") -> datetime:
    """An instant of December 2026, in Phoenix."""
    return datetime.fromisoformat(f"2026-12-{day:02d}T{wall}:00-07:00").astimezone(UTC)


def planned(day: int, wall: str = "09:30", **fields: Any) -> Planned:
    known: dict[str, Any] = {
        "id": uuid4(),
        "patient_id": PATIENT,
        "series_id": None,
        "chair_id": CHAIR,
    }
    known |= {"protocol_id": WEEKLY_ID, "clearance_id": FIRST, "status": "booked"}
    return Planned(visit=visit_at(at(day, wall), PARTS), **known | fields)


def term(clearance_id: UUID = FIRST, **fields: Any) -> Term:
    known: dict[str, Any] = {"cleared_at": NOW, "expires_on": date(2027, 6, 1), "revoked": False}
    return Term(clearance_id, **known | fields)


def picture(*sessions: Planned, **fields: Any) -> Picture:
    """A clinic where nothing is amiss but what is said."""
    known: dict[str, Any] = {
        "now": NOW,
        "zone": ZONE,
        "sessions": sessions,
        "hours": [Hours(weekday, time(8), time(17)) for weekday in range(7)],
        "outages": {},
        "staffing": Staffing(None, 4, 15),
        "chairs": {CHAIR: Seat("Chair 1", True, 1)},
        "patients": {PATIENT: Person("active", date(1980, 1, 1), 1)},
        "terms": {PATIENT: [term()]},
        "protocols": {
            WEEKLY_ID: Pattern([WEEKLY], timedelta(minutes=10)),
            DAILY_ID: Pattern([DAILY], timedelta(minutes=10)),
        },
        "minimum_age": 18,
        "session_minutes": (30, 50),
    }
    return Picture(**known | fields)


def rules_of(scene: Picture) -> list[list[str]]:
    """The rules broken by each session, in the order of the picture."""
    found = broken_rules(scene)
    return [[each.rule for each in found.get(one.id, [])] for one in scene.sessions]


def test_a_session_that_keeps_every_rule_is_not_named() -> None:
    assert rules_of(picture(planned(8), planned(15))) == [[], []]


def test_only_sessions_ahead_are_named() -> None:
    gone = {"patients": {PATIENT: Person("discharged", date(1980, 1, 1), 1)}}
    now = [planned(1, "09:00"), planned(8, status="completed"), planned(8, "11:30")]
    assert rules_of(picture(*now, **gone)) == [[], [], ["gap", "not_bookable"]]


LOADS = {"a": (0, 10), "b": (5, 15), "c": (5, 20), "d": (20, 30)}

BEYOND: list[tuple[str, Sequence[tuple[int, int, int | None]], int, str]] = [
    ("no limit", [(0, 40, None)], 1, ""),
    ("enough", [(0, 40, 3)], 1, ""),
    ("the one that starts last", [(0, 40, 2)], 1, "c"),
    ("all but the first", [(0, 40, 1)], 1, "bc"),
    ("each takes two", [(0, 40, 1)], 2, "c"),
    ("nobody there", [(0, 40, 0)], 4, "abcd"),
    ("nobody there for a while", [(0, 12, None), (12, 13, 0), (13, 40, None)], 1, "bc"),
    ("back to back is one after the other", [(10, 40, 1)], 1, "c"),
    ("known for a part of the time", [(20, 40, 0)], 1, "d"),
]


@pytest.mark.parametrize(("what", "nurses", "each", "named"), BEYOND, ids=[n[0] for n in BEYOND])
def test_of_too_many_at_once_those_that_start_last_are_named(
    what: str, nurses: Sequence[tuple[int, int, int | None]], each: int, named: str
) -> None:
    """I12"""

    def span(start: int, end: int) -> Span:
        return Span(NOW + timedelta(minutes=start), NOW + timedelta(minutes=end))

    ids = {name: UUID(int=n) for n, name in enumerate(LOADS)}
    loads = [Load(span(*of).start, ids[name], span(*of)) for name, of in LOADS.items()]
    pieces = [(span(start, end), count) for start, end, count in nurses]
    found = {one.session_id for one in beyond(loads, pieces, each)}
    assert "".join(name for name in LOADS if ids[name] in found) == named


def test_two_patterns_in_one_patient_may_lie_as_near_as_one_of_them_allows() -> None:
    """I10: the session of the other protocol was booked rightly."""
    weekly, daily = planned(8), planned(10, protocol_id=DAILY_ID)
    assert rules_of(picture(weekly, daily)) == [[], []]
    assert rules_of(picture(weekly, daily._replace(protocol_id=WEEKLY_ID))) == [[], ["gap"]]
    third = planned(12)
    assert rules_of(picture(weekly, daily, third)) == [[], [], ["gap"]]


def test_the_distance_is_that_of_the_phase_which_a_session_is_in_by_its_rank() -> None:
    phases = [
        Phase(sessions=2, every_days=2, min_gap_days=2, max_gap_days=4),
        Phase(sessions=2, every_days=7, min_gap_days=5, max_gap_days=10),
    ]
    patterns = {WEEKLY_ID: Pattern(phases, timedelta(minutes=10))}
    sessions = [planned(day, series_id=SERIES) for day in (8, 10, 14, 18)]
    assert rules_of(picture(*sessions, protocols=patterns)) == [[], [], [], ["gap"]]


COVERED = [
    ("its own", [term()], [[], [], []]),
    ("ends after the second", [term(expires_on=date(2026, 12, 15))], [[], [], ["not_cleared"]]),
    ("revoked", [term(revoked=True)], [["not_cleared"]] * 3),
    ("revoked, and there is another", [term(revoked=True), term(SECOND)], [[], [], []]),
    (
        "revoked, and another covers two",
        [term(revoked=True), term(SECOND, max_sessions=2)],
        [[], [], ["max_sessions"]],
    ),
    ("its own covers two", [term(max_sessions=2)], [[], [], ["max_sessions"]]),
    ("none", [], [["not_cleared"]] * 3),
]


@pytest.mark.parametrize(("what", "terms", "expected"), COVERED, ids=[c[0] for c in COVERED])
def test_each_session_ahead_needs_a_clearance_on_its_own_date(
    what: str, terms: list[Term], expected: list[list[str]]
) -> None:
    """I3, I4"""
    sessions = [planned(day) for day in (8, 15, 22)]
    assert rules_of(picture(*sessions, terms={PATIENT: terms})) == expected


UNDER_WAY = [
    # The first is planned from 9:30 to 10:10 and leaves its chair at 10:50, as the next begins.
    ("arrived in time", "09:20", {"status": "arrived"}, None),
    ("waits", "09:35", {"status": "arrived"}, "10:55"),
    ("infusing", "10:05", {"status": "infusing"}, None),
    ("still infusing", "10:20", {"status": "infusing"}, "11:00"),
    ("extended", "10:00", {"status": "infusing", "extra": timedelta(minutes=20)}, "11:10"),
    ("over in time", "10:20", {"status": "observing", "infusion_ended_at": at(1, "10:10")}, None),
    ("over late", "10:20", {"status": "observing", "infusion_ended_at": at(1, "10:15")}, "10:55"),
    ("stays", "10:45", {"status": "observing", "infusion_ended_at": at(1, "10:10")}, "10:55"),
    ("never came", "10:45", {}, None),
]


@pytest.mark.parametrize(
    ("what", "wall", "fields", "until"), UNDER_WAY, ids=[c[0] for c in UNDER_WAY]
)
def test_a_collision_is_seen_as_soon_as_the_chair_will_not_be_free(
    what: str, wall: str, fields: dict[str, Any], until: str | None
) -> None:
    """I18"""
    first, following = planned(1, **fields), planned(1, "11:05", patient_id=uuid4())
    if extra := fields.get("extra"):
        stay = Span(first.visit.stay.start, first.visit.stay.end + extra)
        first = first._replace(visit=replace(first.visit, stay=stay))
    scene = picture(first, following, now=at(1, wall), patients=AnyPatient())
    found = [each for each in of_sessions(scene) if each.kind == "collision"]
    assert [each.session_id for each in found] == ([first.id] if until else [])
    for each in found:
        assert f"until {until.lstrip('0') if until else ''} AM" in each.detail
        assert each.at == at(1, "11:05")
        assert each.following is not None
        assert (each.following.session_id, each.following.starts_at) == (following.id, each.at)


def test_a_collision_says_what_it_means_for_the_next_patient() -> None:
    """I18: in a front desk's words, with the start of the visit and not of its block."""
    first, following = planned(1, status="infusing"), planned(1, "11:05", patient_id=uuid4())
    scene = picture(first, following, now=at(1, "10:20"), patients=AnyPatient())
    (item,) = (each for each in of_sessions(scene) if each.kind == "collision")
    assert item.detail == (
        "Chair 1 is needed until 11:00 AM by the visit of 9:30 AM. The next patient there is booked"
        " for 11:05 AM and would start 10 minutes late."
    )


CLOSED = [
    (at(8, "09:00"), at(8, "12:00"), "from Tuesday, December 8 at 9:00 AM to 12:00 PM"),
    (at(8, "00:00"), at(9, "00:00"), "on Tuesday, December 8"),
    (at(7, "00:00"), at(9, "00:00"), "from Monday, December 7 through Tuesday, December 8"),
    (
        at(7, "12:00"),
        at(9, "00:00"),
        "from Monday, December 7 at 12:00 PM to Wednesday, December 9 at 12:00 AM",
    ),
]


@pytest.mark.parametrize(("start", "end", "said"), CLOSED, ids=[each[2] for each in CLOSED])
def test_a_closure_is_said_in_whole_days_where_it_is_of_whole_days(
    start: datetime, end: datetime, said: str
) -> None:
    """I11: and with its reason."""
    closures = [Blocker("closure", Span(start, end), FIRST)]
    scene = picture(planned(8), closures=closures, closure_reasons={FIRST: "Water damage."})
    (item,) = of_sessions(scene)
    assert item.detail == f"The clinic is closed {said}: Water damage."


@pytest.mark.parametrize(("closes", "said"), [(time(10, 30), True), (time(10, 50), False)])
def test_an_overrun_past_closing_time_needs_a_person_too(closes: time, said: bool) -> None:
    """I18: someone has to stay."""
    hours = [Hours(weekday, time(8), closes) for weekday in range(7)]
    closure = [Blocker("closure", Span(at(1, "12:00"), at(1, "13:00")), FIRST)]
    running = planned(1, status="infusing")
    scene = picture(running, now=at(1, "10:05"), hours=hours, closures=closure)
    found = [each.detail for each in of_sessions(scene)]
    expected = (
        "Chair 1 is needed until 10:50 AM by the visit of 9:30 AM. The clinic closes at 10:30 AM."
    )
    assert found == ([expected] if said else [])


def test_an_item_is_found_by_kind_patient_and_session_the_next_one_too() -> None:
    other = uuid4()
    first, following = planned(1, status="infusing"), planned(1, "11:05", patient_id=other)
    scene = picture(first, following, now=at(1, "10:20"), patients=AnyPatient())
    (item,) = (each for each in of_sessions(scene) if each.kind == "collision")
    assert item.answers()
    assert item.answers(kind="collision", patient_id=PATIENT, session_id=first.id)
    assert item.answers(patient_id=other, session_id=following.id)
    assert not item.answers(kind="owed")
    assert not item.answers(patient_id=uuid4())
    assert not item.answers(session_id=uuid4())


class AnyPatient(dict[UUID, Person]):
    """Every patient there may be, of age and active."""

    def __missing__(self, _: UUID) -> Person:
        return Person("active", date(1980, 1, 1), 1)


OWING: list[tuple[str, list[str], list[str]]] = [
    ("one cancelled", ["completed", "cancelled", "booked", "booked"], ["owed"]),
    ("made up for", ["completed", "cancelled", "booked", "booked", "booked"], []),
    ("two missed", ["no_show", "no_show", "booked", "booked"], ["owed", "missed_limit"]),
    ("two missed, made up for", ["no_show", "no_show", *["booked"] * 4], ["missed_limit"]),
    ("two missed, and done", ["no_show", "no_show", *["completed"] * 4], []),
]


@pytest.mark.parametrize(("what", "states", "kinds"), OWING, ids=[c[0] for c in OWING])
def test_a_series_of_four_owes_what_it_lost(what: str, states: list[str], kinds: list[str]) -> None:
    """I25"""
    found = of_series([losses(states)], ZONE)
    assert [each.kind for each in found] == kinds


def losses(states: list[str]) -> Losses:
    """A series of four with these sessions, a day after the other from 1 December on."""
    lost = [
        (at(day), state)
        for day, state in enumerate(states, start=1)
        if state in ("cancelled", "no_show")
    ]
    return Losses(SERIES, PATIENT, 4, states, 2, lost)


SAYS_OWED = [
    (["no_show", "booked", "booked", "booked"], "1 session: Tuesday, December 1 was missed."),
    (
        ["no_show", "booked", "cancelled", "booked"],
        "2 sessions: Tuesday, December 1 was missed; Thursday, December 3 was cancelled.",
    ),
    # The first was made up for.
    (["no_show", "cancelled", *["booked"] * 3], "1 session: Wednesday, December 2 was cancelled."),
]


@pytest.mark.parametrize(("states", "said"), SAYS_OWED, ids=[said for _, said in SAYS_OWED])
def test_what_a_series_owes_is_said_with_the_days_it_lost(states: list[str], said: str) -> None:
    """I25"""
    item = next(of_series([losses(states)], ZONE))
    assert item.detail == f"The series still owes {said}"
    assert item.at == losses(states).lost[-1][0]


def test_an_items_id_follows_from_the_clinic_and_the_facts() -> None:
    lost = losses(["cancelled", "booked", "booked", "booked"])
    clinic = uuid4()

    def ids(losses: Losses) -> list[UUID]:
        return [each.id_in(clinic) for each in of_series([losses], ZONE)]

    assert ids(lost) == ids(lost)
    assert ids(lost)[0].version == 5
    # It was made up for and lost again: as many are owed as before, and it is another matter.
    again = losses(["cancelled", "cancelled", *["booked"] * 3])
    assert ids(again) != ids(lost)
    (item,) = of_series([lost], ZONE)
    assert item.id_in(uuid4()) != item.id_in(clinic)


def test_a_message_says_what_is_known_of_it() -> None:
    failed = Unsent(FIRST, SECOND, PATIENT, "reminder", "failed", "no_such_user", NOW)
    unknown = replace(failed, kind="follow_up", status="unknown", reason="interrupted")
    news = replace(failed, kind="notice", reason="forbidden_words")
    said = [(each.kind, each.detail) for each in of_messages([failed, unknown, news])]
    assert said == [
        ("message_failed", "The reminder was not sent (no_such_user)."),
        ("message_unknown", "The follow-up may or may not have been sent (interrupted)."),
        ("message_failed", "The notice was not sent (forbidden_words)."),
    ]


def test_every_kind_and_every_rule_has_its_place() -> None:
    assert len(set(KINDS)) == 18
    assert len(set(RULES)) == 9
