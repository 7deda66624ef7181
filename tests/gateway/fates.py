"""What becomes of a request at the gateway, drawn by seed: the same each time."""

import random
from dataclasses import dataclass

# What is answered, and whether the text was taken before. Nothing that is answered as a refusal
# was taken; of the rest nobody can tell from the answer.
TAKEN = ("taken", "error_after", "hangs_after", "resets_after", "drips", "garbles")
NOT_TAKEN = ("too_many", "error_before", "resets_before")


@dataclass(frozen=True, slots=True)
class Fates:
    """Well for `well` of a hundred requests; each other fate as often as the next."""

    seed: int
    well: int = 100

    def of(self, nth: int) -> str:
        """The fate of the nth request."""
        chance = random.Random(f"{self.seed} {nth}")  # noqa: S311 - a seeded choice
        if chance.randrange(100) < self.well:
            return "taken"
        return chance.choice(TAKEN[1:] + NOT_TAKEN)
