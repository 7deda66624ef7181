"""What the demo clinic's patients say on the phone before their visits: made-up PHQ-9 answers.

As published, half respond and a few get worse (McInnes 2022); some never answer. Nobody in a demo
is in danger: the ninth item is always 0, and no total alerts anybody.
"""

from random import Random
from uuid import UUID

from scheduler.answers.actions import record_answers
from scheduler.instruments.rules_phq import PHQ9
from scheduler.tenancy import Work

SEED = 27


class Mood:
    """How one patient does, from before the first session on, and what they say of it."""

    def __init__(self, number: int) -> None:
        # Of its own, so that the rest of the story stays as it is.
        self.chance = Random(f"{SEED}:{number}")  # noqa: S311 - a story, not a secret
        self.begins = self.chance.randrange(12, 19)
        self.each = self.chance.choices((-2.6, -1.6, -0.3, 1.2), weights=(5, 3, 4, 1))[0]
        self.answers = self.chance.random() < 0.85

    def say(
        self, work: Work, patient_id: UUID, session_id: UUID, rule: str, completed: int
    ) -> None:
        """Answer after so many sessions: the desk writes it down."""
        hardly = self.chance.choice((-1, 0, 0, 1)) if completed else 0
        total = max(2, min(18, round(self.begins + self.each * completed) + hardly))
        items = {item.code: min(3, max(0, total - 3 * n)) for n, item in enumerate(PHQ9.items)}
        record_answers(
            work, patient_id, instrument=PHQ9.code, items=items, session_id=session_id, rule=rule
        )
