"""A whole series in a sentence, to be read out on the telephone."""

from collections import Counter
from collections.abc import Sequence
from datetime import time, tzinfo

from scheduler.series.rules import WEEKDAYS
from scheduler.sessions.rules_slots import Slot


def read_out(
    slots: Sequence[Slot], zone: tzinfo, at: time | None = None, *, chairs: bool = True
) -> str:
    """`Tuesdays at 2:15 PM, 6 sessions from December 1 to January 5, Chair 2`.

    `at` is the series' usual time, if not the one most of its sessions have; those at another are
    named with their days. The chairs are nothing to the patient.
    """
    walls = [slot.visit.starts_at.astimezone(zone) for slot in slots]
    usual = at or Counter(wall.time() for wall in walls).most_common(1)[0][0]
    days = sorted({wall.weekday() for wall in walls})
    names = " and ".join(f"{WEEKDAYS[each]}s" for each in days)
    labels = " and ".join(sorted({slot.lane.label for slot in slots}))
    where = f", {labels}" if chairs else ""
    if len(walls) == 1:
        return f"{walls[0]:%A, %B %-d at %-I:%M %p}{where}"
    text = f"{names} at {usual:%-I:%M %p}, {len(walls)} sessions"
    text += f" from {walls[0]:%B %-d} to {walls[-1]:%B %-d}{where}"
    moved = [wall for wall in walls if wall.time() != usual]
    if moved:
        text += ", but " + " and ".join(f"{wall:%B %-d at %-I:%M %p}" for wall in moved)
    return text
