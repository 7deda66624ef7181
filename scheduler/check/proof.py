"""What a proof is, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from scheduler.attention.model_losses import SERIES_MATTER
from scheduler.sessions.rules_states import COUNTED, LIVE
from scheduler.tenancy import Work

# A violation names this many rows; the count says how many there are.
NAMED = 5

# `sent_at` is when the channel answered. The send itself began, and was decided, at most this
# long before: several times what a mail server is waited for.
SENDING = timedelta(minutes=5)

# What has waited longer than this waits for the jobs to run.
PATIENCE = timedelta(hours=1)

TO_REARRANGE = "to rearrange"
OVERDUE = "overdue"

# A row that was looked at: its id, whether it breaks the invariant, whether it stands aside.
Looked = tuple[UUID | str, bool, bool]
Judgement = tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Found:
    """How many rows were looked at, how many of them break the invariant, and a few by id.

    `aside` counts those that no violation explains but a person should see (`Proof.aside`); all
    of a clinic's are named, as each is looked for on the attention list.
    """

    rows: int = 0
    violations: int = 0
    aside: int = 0
    violating: tuple[str, ...] = ()
    standing_aside: tuple[str, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        return Found(
            self.rows + other.rows,
            self.violations + other.violations,
            self.aside + other.aside,
            (self.violating + other.violating)[:NAMED],
            (self.standing_aside + other.standing_aside)[:NAMED],
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """An invariant by number, what it says, and how a clinic's rows are looked at for it.

    What stands aside has to be on the attention list under one of the words of `listed_as`.
    """

    number: str
    says: str
    run: Callable[[Work], Found]
    aside: str = TO_REARRANGE
    listed_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogProof:
    """The same for what the database itself promises: once for all clinics."""

    number: str
    says: str
    run: Callable[[Session], Found]
    aside: str = ""


def counted(looked: Iterable[Looked], among: int = 0) -> Found:
    """The sum of what was looked at, row by row; `among` more rows were beyond doubt."""
    rows = among
    broken: list[str] = []
    aside: list[str] = []
    for row_id, breaks, stands_aside in looked:
        rows += 1
        if breaks:
            broken.append(str(row_id))
        elif stands_aside:
            aside.append(str(row_id))
    return Found(rows, len(broken), len(aside), tuple(sorted(broken)[:NAMED]), tuple(sorted(aside)))


# An unknown (a NULL where a value belongs) counts as broken.
_SUM = """
    SELECT count(*) AS rows,
           count(*) FILTER (WHERE breaks IS NOT FALSE) AS violations,
           count(*) FILTER (WHERE breaks IS FALSE AND aside) AS aside,
           (array_agg(id ORDER BY id) FILTER (WHERE breaks IS NOT FALSE))[1:{named}] AS violating,
           array_agg(id ORDER BY id) FILTER (WHERE breaks IS FALSE AND aside) AS standing_aside
    FROM ({looked}) AS looked (id, breaks, aside)
"""


def filled(query: str) -> str:
    """A query with `{live}` and `{counted}` as the lists of those states."""
    return query.format(live=LIVE, counted=COUNTED)


def found_by(session: Session, query: str, **asked: Any) -> Found:
    """The sum of a query that answers (id, breaks, aside), made where the rows are."""
    summed = session.execute(text(_SUM.format(looked=filled(query), named=NAMED)), asked).one()
    return Found(
        summed.rows,
        summed.violations,
        summed.aside,
        tuple(map(str, summed.violating or ())),
        tuple(map(str, summed.standing_aside or ())),
    )


def by_sql(query: str) -> Callable[[Work], Found]:
    """A proof that is one query; it may ask for :clinic_id, :now, :sending and :matters."""

    def run(work: Work) -> Found:
        known = {
            "clinic_id": work.clinic_id,
            "now": work.now,
            "sending": SENDING,
            "matters": SERIES_MATTER,
        }
        asked = {name: value for name, value in known.items() if f":{name}" in query}
        return found_by(work.session, query, **asked)

    return run


def judged(
    work: Work, query: str, judge: Callable[[Row[Any]], Judgement], doubt: str, **asked: Any
) -> Found:
    """A proof whose last word is a rule's: local dates and opening hours are no matter for SQL.

    `doubt` is a condition on the query's rows, wider than the rule and cheap: only the rows it
    holds for (or may, on a NULL) are fetched, as a clinic may have ten years of them.
    """
    asked |= {"clinic_id": work.clinic_id}
    looked = filled(f"FROM ({query}) AS looked WHERE ({doubt}) IS ")
    beyond_doubt = work.session.scalar(text(f"SELECT count(*) {looked} FALSE"), asked) or 0
    doubtful = text(f"SELECT * {looked} NOT FALSE").execution_options(yield_per=5000)
    rows = work.session.execute(doubtful, asked)
    return counted(((row.id, *judge(row)) for row in rows), among=beyond_doubt)
