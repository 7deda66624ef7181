"""What a patient is asked from booking to the end, by each protocol, with the real `flask tick`.

Booked on Monday, 23 November 2026, at 08:00; visits at 09:30, and patients leave at 10:40. Every
follow-up that falls due is here: it goes as planned, or the ledger says why not. `merged` went with
the reminder of that day.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from scheduler.answers.model import Answers
from scheduler.demo.clinic import INDUCTION_ASKS, INDUCTION_PHASES
from scheduler.protocols.model import stored_ask, stored_phase
from scheduler.protocols.rules import WEEKLY, Phase
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, a_protocol, an_order
from tests.jobs.ticking import At, Outbox, a_visit, cancel, instant, ledger, words_of

PUBLIC = "https://clinic.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOOKED = "2026-11-23T08:00"

# Reminders of visits at 09:30 go then; what was sent to who left at 10:40 a day before goes next.
TICKS = ("09:30", "10:40")

Asks = list[dict[str, Any]]
Sessions = list[dict[str, Any]]
Ticked = Callable[[datetime], None]


@dataclass
class Walk:
    """A protocol, the order of a series by it, what the patient does, and what they are asked.

    `answers` names the asks that they answer on the same day, as "rule session"; `cancels` the
    sessions (from 1) that are cancelled the day before. Of `asked` each line is one follow-up: when
    it was due, its rule, its session, and what became of it.
    """

    phases: list[Phase]
    follow_ups: Asks | None
    order: dict[str, Any]
    asked: str
    answers: frozenset[str] = frozenset()
    cancels: frozenset[int] = frozenset()


THRICE = INDUCTION_PHASES[:1]
ASKS = [stored_ask(ask) for ask in INDUCTION_ASKS]
MONTHLY = Phase(every_days=28, min_gap_days=21, max_gap_days=42)
TREND = {"rule": "trend", "instrument": "phq2", "days": 3}
USUAL = [
    {"rule": "baseline", "instrument": "phq9", "days": 7},
    {"rule": "check_in", "instrument": "check_in", "hours": 24},
    {"rule": "before_next", "instrument": "phq9", "hours": 48},
]

WALKS = {
    "weekly": Walk(
        [WEEKLY],
        None,
        {"sessions": 6, "every_days": 7},
        """
        11-24 09:30 baseline 1: sent
        12-02 10:40 check_in 1: sent
        12-06 09:30 before_next 2: sent
        12-09 10:40 check_in 2: sent
        12-13 09:30 before_next 3: sent
        12-16 10:40 check_in 3: sent
        12-17 10:40 check_in_nudge 3: sent
        12-20 09:30 before_next 4: sent
        12-21 09:30 before_next_nudge 4: skipped merged
        12-23 10:40 check_in 4: sent
        12-24 10:40 check_in_nudge 4: sent
        12-27 09:30 before_next 5: sent
        12-28 09:30 before_next_nudge 5: cancelled session_changed
        01-03 09:30 before_next 6: sent
        01-04 09:30 before_next_nudge 6: skipped merged
        01-06 10:40 check_in 6: sent
        01-07 10:40 check_in_nudge 6: sent
        """,
        answers=frozenset(
            {"baseline 1", "check_in 1", "before_next 2", "check_in 2", "before_next 3"}
        ),
        cancels=frozenset({5}),
    ),
    "induction": Walk(
        THRICE,
        ASKS,
        {"first_on": "2026-11-30"},
        """
        11-24 08:00 baseline 1: sent
        11-25 09:30 baseline_nudge 1: sent
        12-01 09:30 check_in 1: skipped merged
        12-03 09:30 check_in 2: skipped merged
        12-05 10:40 check_in 3: sent
        12-06 09:30 before_next 4: skipped merged
        12-06 09:30 check_in_nudge 3: skipped superseded
        12-08 09:30 check_in 4: skipped merged
        12-10 09:30 check_in 5: skipped merged
        12-12 10:40 check_in 6: sent
        12-13 10:40 check_in_nudge 6: sent
        01-10 10:40 after_series 6: sent
        01-11 10:40 after_series_nudge 6: sent
        """,
    ),
    "induction then weekly": Walk(
        INDUCTION_PHASES,
        ASKS,
        {"first_on": "2026-11-30"},
        """
        11-24 08:00 baseline 1: sent
        11-25 09:30 baseline_nudge 1: sent
        12-01 09:30 check_in 1: skipped merged
        12-03 09:30 check_in 2: skipped merged
        12-05 10:40 check_in 3: sent
        12-06 09:30 before_next 4: skipped merged
        12-06 09:30 check_in_nudge 3: skipped superseded
        12-08 09:30 check_in 4: skipped merged
        12-10 09:30 check_in 5: skipped merged
        12-12 10:40 check_in 6: sent
        12-13 10:40 check_in_nudge 6: sent
        12-17 09:30 before_next 7: skipped merged
        12-19 10:40 check_in 7: sent
        12-20 10:40 check_in_nudge 7: sent
        12-24 09:30 before_next 8: skipped merged
        12-26 10:40 check_in 8: sent
        12-27 10:40 check_in_nudge 8: sent
        12-31 09:30 before_next 9: skipped merged
        01-02 10:40 check_in 9: sent
        01-03 10:40 check_in_nudge 9: sent
        01-07 09:30 before_next 10: skipped merged
        01-09 10:40 check_in 10: sent
        01-10 10:40 check_in_nudge 10: sent
        02-07 10:40 after_series 10: sent
        02-08 10:40 after_series_nudge 10: sent
        """,
    ),
    "maintenance": Walk(
        [MONTHLY],
        [*USUAL, TREND],
        {"sessions": 2, "every_days": 28},
        """
        11-24 09:30 baseline 1: sent
        11-25 09:30 baseline_nudge 1: sent
        12-02 10:40 check_in 1: sent
        12-03 10:40 check_in_nudge 1: sent
        12-04 10:40 trend 1: sent
        12-27 09:30 before_next 2: sent
        12-28 09:30 before_next_nudge 2: skipped merged
        12-30 10:40 check_in 2: sent
        12-31 10:40 check_in_nudge 2: sent
        01-01 10:40 trend 2: sent
        """,
    ),
}


@pytest.fixture
def ticked(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ticked:
    """`flask tick` as of an instant, on a data folder of the test's own."""
    settings = replace(app.extensions["settings"], data_dir=tmp_path, public_url=PUBLIC)
    monkeypatch.setitem(app.extensions, "settings", settings)

    def tick(moment: datetime) -> None:
        answer = app.test_cli_runner().invoke(args=["tick", "--at", moment.isoformat()])
        assert answer.exit_code == 0, answer.output

    return tick


@pytest.mark.parametrize("name", WALKS)
def test_a_patient_is_asked_what_the_protocol_plans(
    app: Flask, at: At, ticked: Ticked, outbox: Outbox, name: str
) -> None:
    """I41, I50, I51, I56: and each that goes, itself or merged, goes with a link to its form."""
    at(instant(BOOKED))
    clinic, walk = a_clinic(app), WALKS[name]
    sessions = booked(clinic, walk)
    walked(clinic, at, ticked, walk, sessions)
    places = {each["id"]: n for n, each in enumerate(sessions, start=1)}
    found = [said(each, places) for each in ledger(clinic, kind="follow_up", limit=200)]
    assert found == [line.strip() for line in walk.asked.strip().splitlines()]
    with_form = [mail for mail in outbox.mails if f"{PUBLIC}/f/" in words_of(mail)]
    assert len(with_form) == sum(line.endswith(("sent", "merged")) for line in found)


def booked(clinic: ClinicKit, walk: Walk) -> Sessions:
    phases = [stored_phase(each) for each in walk.phases]
    protocol_id = a_protocol(clinic, phases=phases, follow_ups=walk.follow_ups)
    order = {"protocol_id": str(protocol_id), "sessions": None, "every_days": None} | walk.order
    body = an_order(a_cleared_patient(clinic), **order)
    answer = clinic.desk.post("/v1/series", {k: v for k, v in body.items() if v is not None})
    assert answer.status_code == 201, answer.get_json()
    return list(answer.get_json()["sessions"])


def walked(clinic: ClinicKit, at: At, ticked: Ticked, walk: Walk, sessions: Sessions) -> None:
    """Day by day to the last visit and a few days on, and then the days a month after it."""
    first = instant(BOOKED)
    visits = {instant(each["starts_at"]).date(): each for each in sessions}
    cancelled = [sessions[n - 1] for n in walk.cancels]
    length = (max(visits) - first.date()).days
    answers = set(walk.answers)
    for day in (*range(length + 4), *range(length + 29, length + 33)):
        on = first + day * DAY
        for each in cancelled:
            if instant(each["starts_at"]).date() == (on + DAY).date():
                at(on)
                cancel(clinic, each)
        for wall in TICKS:
            visit = visits.get(on.date())
            if wall == "10:40" and visit and visit not in cancelled:
                a_visit(clinic, at, visit)
            ticked(instant(f"{on:%Y-%m-%d}T{wall}"))
        answer(clinic, answers, sessions, on + 4 * HOUR)


def said(row: dict[str, Any], places: dict[str, int]) -> str:
    """A row of the ledger as a line of the table."""
    due = datetime.fromisoformat(row["due_at"])
    asked = f"{row['rule']} {places[row['session_id']]}"
    return f"{due:%m-%d %H:%M} {asked}: {row['status']} {row['reason'] or ''}".rstrip()


def answer(clinic: ClinicKit, answers: set[str], sessions: Sessions, now: datetime) -> None:
    """The patient fills in what they were asked, if they do."""
    places = {each["id"]: n for n, each in enumerate(sessions, start=1)}
    with clinic.work(now) as work:
        for row in ledger(clinic, kind="follow_up", limit=200):
            asked = f"{row['rule']} {places[row['session_id']]}"
            if asked in answers and row["status"] == "sent":
                answers.discard(asked)
                work.session.add(an_answer(row, now, clinic_id=clinic.id))


def an_answer(row: dict[str, Any], now: datetime, **fields: Any) -> Answers:
    """The form of a follow-up, handed in."""
    return Answers(
        patient_id=UUID(row["patient_id"]),
        session_id=UUID(row["session_id"]),
        rule=row["rule"],
        instrument="check_in" if row["rule"] == "check_in" else "phq9",
        instrument_version=1,
        language="en",
        source="link",
        items={},
        started_at=now,
        answered_at=now,
        submitted_at=now,
        **fields,
    )
