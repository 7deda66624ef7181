"""The bench's floor answers what the product answers, and no column more."""

from bench.floor import LEFT_OUT
from scheduler.sessions.model import InfusionSession
from scheduler.sessions.schema import SessionOut


def test_every_column_of_a_session_is_answered_or_left_out() -> None:
    columns = set(InfusionSession.__table__.columns.keys())
    assert columns - LEFT_OUT <= set(SessionOut().fields)
    assert columns >= LEFT_OUT
