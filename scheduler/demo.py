"""A believable clinic in Phoenix."""

from datetime import datetime


def load(now: datetime) -> dict[str, str]:
    """Load it."""
    return {}
