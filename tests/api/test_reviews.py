"""What a provider has to look at is on the attention list: existence only, until handled."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from tests.api.booking import book, taken
from tests.api.test_attention import attention, handled
from tests.api.test_course import completed, in_series
from tests.builders import ClinicKit, a_cleared_patient, a_clinic, a_protocol

Json = dict[str, Any]
Travel = Callable[[datetime | str], None]


@pytest.fixture
def clinic(app: Flask, at: Travel) -> ClinicKit:
    return a_clinic(app)


def kinds(clinic: ClinicKit) -> list[str]:
    return [each["kind"] for each in attention(clinic)]


def test_a_series_at_its_review_point_is_there_until_somebody_has_seen_to_it(
    clinic: ClinicKit, at: Travel
) -> None:
    protocol = str(a_protocol(clinic, review_after=3))
    patient, series = in_series(clinic, done=2, protocol_id=protocol)
    at("2026-12-15T12:00:00-07:00")
    assert "review" not in kinds(clinic)
    completed(clinic, series["sessions"][2:3])
    (item,) = attention(clinic, kind="review")
    assert (item["series_id"], item["patient_id"]) == (series["id"], str(patient))
    assert item["session_id"] == series["sessions"][2]["id"]
    assert item["detail"] == "Session 3 is over: a provider is to review how it goes on."
    assert handled(clinic, item) == 200
    assert attention(clinic, kind="review") == []
    # Nor does it come again with the next session.
    completed(clinic, series["sessions"][3:4])
    at("2026-12-22T12:00:00-07:00")
    assert attention(clinic, kind="review") == []


def test_a_missed_session_puts_the_review_off(clinic: ClinicKit, at: Travel) -> None:
    """I20: it is the third that counts."""
    protocol = str(a_protocol(clinic, review_after=3))
    _, series = in_series(clinic, done=2, protocol_id=protocol)
    at("2026-12-15T12:00:00-07:00")
    taken(clinic, series["sessions"][2], "no-show")
    completed(clinic, series["sessions"][3:4])
    at("2026-12-22T12:00:00-07:00")
    (item,) = attention(clinic, kind="review")
    assert item["session_id"] == series["sessions"][3]["id"]


def test_no_review_where_none_is_wanted_any_more(clinic: ClinicKit, at: Travel) -> None:
    """Without a review point, of a cancelled series, of a discharged patient, and much later."""
    in_series(clinic, done=4)
    at("2026-12-23T12:00:00-07:00")
    assert attention(clinic, kind="review") == []
    protocol = str(a_protocol(clinic, review_after=1))
    at("2026-11-23T08:00:00-07:00")
    series = book(clinic, a_cleared_patient(clinic), protocol_id=protocol, at="13:00")
    completed(clinic, series["sessions"][:1])
    at("2026-12-02T12:00:00-07:00")
    assert len(attention(clinic, kind="review")) == 1
    at("2027-01-01T12:00:00-07:00")
    assert attention(clinic, kind="review") == []
    at("2026-12-02T12:00:00-07:00")
    body = {"reason": "Moved away", "by": "patient"}
    clinic.desk.send("POST", f"/v1/series/{series['id']}/cancel", body, {"If-Match": "*"})
    assert attention(clinic, kind="review") == []


def ends(clinic: ClinicKit, series: Json, on: str) -> None:
    """The clearance ends on that day."""
    path = f"/v1/clearances/{series['sessions'][0]['clearance_id']}"
    answer = clinic.clinician.send("PATCH", path, {"expires_on": on}, {"If-Match": "*"})
    assert answer.status_code == 200, answer.get_json()


def test_a_clearance_that_ends_while_a_session_is_owed_is_there(
    clinic: ClinicKit, at: Travel
) -> None:
    patient, series = in_series(clinic, done=1, sessions=2)
    at("2026-12-08T12:00:00-07:00")
    ends(clinic, series, "2026-12-22")
    assert attention(clinic, kind="clearance_ending") == []
    taken(clinic, series["sessions"][1], "no-show")
    (item,) = attention(clinic, kind="clearance_ending")
    assert item["detail"] == (
        "The clearance ends on Tuesday, December 22, and the series still owes 1 session."
    )
    assert (item["series_id"], item["patient_id"]) == (series["id"], str(patient))
    ends(clinic, series, "2026-12-21")
    (another,) = attention(clinic, kind="clearance_ending")
    assert another["id"] != item["id"]
    at("2026-12-22T12:00:00-07:00")
    assert attention(clinic, kind="clearance_ending") == []


def test_a_clearance_with_more_than_two_weeks_to_go_is_not(clinic: ClinicKit, at: Travel) -> None:
    _, series = in_series(clinic, done=1, sessions=2)
    at("2026-12-08T12:00:00-07:00")
    ends(clinic, series, "2026-12-23")
    taken(clinic, series["sessions"][1], "no-show")
    assert attention(clinic, kind="clearance_ending") == []


def test_a_session_beyond_its_clearance_is_said_once(clinic: ClinicKit, at: Travel) -> None:
    """It breaks a rule, and is on the list for that."""
    _, series = in_series(clinic, done=1, sessions=3)
    at("2026-12-08T12:00:00-07:00")
    taken(clinic, series["sessions"][1], "no-show")
    ends(clinic, series, "2026-12-14")
    found = kinds(clinic)
    assert "breaks_rule" in found
    assert "clearance_ending" not in found


def test_a_session_too_long_after_the_one_before_is_there(clinic: ClinicKit, at: Travel) -> None:
    """I21: weekly, ten days apart at most."""
    series = book(clinic, a_cleared_patient(clinic), sessions=3)
    moved = {"starts_at": "2026-12-18T09:30:00-07:00"}
    third = taken(clinic, series["sessions"][2], "reschedule", **moved)
    assert attention(clinic, kind="gap_too_long") == []
    later = {"starts_at": "2026-12-21T09:30:00-07:00"}
    third = taken(clinic, third, "reschedule", **later)
    assert third["warnings"][0]["word"] == "gap_too_long"
    (item,) = attention(clinic, kind="gap_too_long")
    assert (item["session_id"], item["series_id"]) == (third["id"], series["id"])
    assert item["detail"] == "It is 13 days after the session before it; 10 are the most."
    # Over, there is nothing to move any more.
    completed(clinic, series["sessions"])
    assert attention(clinic, kind="gap_too_long") == []


def test_a_series_that_stands_still_for_too_long_is_there(clinic: ClinicKit, at: Travel) -> None:
    """I21: it owes a session, has none ahead, and the last one was more than ten days ago."""
    _, series = in_series(clinic, done=1, sessions=2)
    at("2026-12-08T12:00:00-07:00")
    taken(clinic, series["sessions"][1], "no-show")
    at("2026-12-11T23:59:00-07:00")
    assert kinds(clinic) == ["owed"]
    at("2026-12-12T00:00:00-07:00")
    assert kinds(clinic) == ["gap_too_long", "owed"]
    (item,) = attention(clinic, kind="gap_too_long")
    assert (item["series_id"], item["session_id"]) == (series["id"], None)
    assert item["detail"] == "The last session was on Tuesday, December 1, more than 10 days ago."


def test_the_front_desk_sees_that_there_is_something_and_no_score(
    clinic: ClinicKit, at: Travel
) -> None:
    """I61"""
    protocol = str(a_protocol(clinic, review_after=1))
    in_series(clinic, done=1, protocol_id=protocol)
    at("2026-12-02T12:00:00-07:00")
    (item,) = attention(clinic, kind="review")
    assert "PHQ" not in str(item)
    assert {name for name in item if "score" in name or "total" in name} == set()
