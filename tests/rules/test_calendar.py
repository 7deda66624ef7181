"""What is in the way of a visit: its block in the clinic and on its lane, its stay elsewhere."""

import pytest

from scheduler.protocols.rules import visit_at
from tests.rules.pictured import ONE, TWO, USUAL, at, blocker, calendar

#         09:15        09:30      10:10     10:40    10:50
#           [---prep-----|=infusion=|-watched-|chair--)
#   stay:   [---------------------------------)
#   block:  [-----------------------------------------)
VISIT = visit_at(at("09:30"), USUAL)

IN_THE_WAY = [
    # from, to, of the block?, of the stay?
    ("08:00", "09:15", False, False),  # back to back before
    ("08:00", "09:20", True, True),
    ("09:30", "10:10", True, True),
    ("08:00", "12:00", True, True),
    ("10:35", "12:00", True, True),
    ("10:40", "12:00", True, False),  # the patient has left, the chair is not ready
    ("10:45", "10:50", True, False),
    ("10:50", "12:00", False, False),  # back to back after
]


@pytest.mark.parametrize(("starts", "ends", "of_block", "of_stay"), IN_THE_WAY)
def test_the_chair_is_taken_for_the_block_and_the_patient_for_the_stay(
    starts: str, ends: str, of_block: bool, of_stay: bool
) -> None:
    """I8, I9, I11: half-open, so back to back is allowed."""
    thing = blocker("session", starts, ends)
    found = [thing] if of_block else []
    assert calendar(thing).in_clinic(VISIT) == found
    assert calendar(of_lane={ONE: [thing]}).on_lane(VISIT, ONE) == found
    assert calendar(of_patient=[thing]).of_the_patient(VISIT) == ([thing] if of_stay else [])


def test_what_is_on_one_lane_is_not_in_the_way_on_another() -> None:
    picture = calendar(of_lane={ONE: [blocker("outage", "09:00", "12:00")]})
    assert picture.on_lane(VISIT, TWO) == []
    assert picture.in_clinic(VISIT) == []
    assert picture.of_the_patient(VISIT) == []


def test_everything_in_the_way_is_named() -> None:
    """I14, I22: a refusal can name each thing that it clashes with."""
    both = [
        blocker("session", "08:00", "09:30", 1),
        blocker("outage", "09:00", "09:10", 2),
        blocker("session", "10:30", "12:00", 3),
    ]
    found = calendar(of_lane={ONE: both}).on_lane(VISIT, ONE)
    assert [each.id and each.id.int for each in found] == [1, 3]
