"""Strict fields: one spelling of each value, and nothing that merely looks like it (I7, I67)."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError
from marshmallow.fields import Field

from scheduler.web import fields
from tests.rules.drawn import CLOCK_DAYS, PHOENIX, utc, wall_times

AN_ID = "12345678-9abc-4def-8123-456789abcdef"

TAKEN: list[tuple[Field[Any], object, object]] = [
    (fields.Text(5), "Ana", "Ana"),
    (fields.Text(6), "  Ana\n", "Ana"),
    (fields.Text(3), "Ana", "Ana"),
    (fields.Choice("email", "sms"), "sms", "sms"),
    (fields.Id(), AN_ID, UUID(AN_ID)),
    (fields.Id(), AN_ID.upper(), UUID(AN_ID)),
    (fields.Count(0, 9), 0, 0),
    (fields.Count(0, 9), 9, 9),
    (fields.QueryCount(1, 200), "200", 200),
    (fields.Minutes(), 40, 40),
    (fields.QueryMinutes(), "40", 40),
    (fields.Flag(), True, True),
    (fields.Flag(), False, False),
    (fields.Instant(), "2026-11-24T14:30:00-07:00", utc("2026-11-24 21:30")),
    (fields.Instant(), "2026-11-24T21:30Z", utc("2026-11-24 21:30")),
    (fields.Instant(), "2026-11-24T21:30:01.25Z", utc("2026-11-24 21:30:01.250")),
    (fields.Instant(on_grid=True), "2026-11-24T14:35:00-07:00", utc("2026-11-24 21:35")),
    (fields.Instant(on_grid=True), "2026-11-24T03:15:00+05:45", utc("2026-11-23 21:30")),
    (fields.Date(), "2026-11-24", date(2026, 11, 24)),
    (fields.Date(), "2024-02-29", date(2024, 2, 29)),
    (fields.WallTime(), "00:00", time(0)),
    (fields.WallTime(), "23:55", time(23, 55)),
]


@pytest.mark.parametrize(("field", "given_value", "expected"), TAKEN)
def test_the_one_spelling_is_taken(field: Field[Any], given_value: object, expected: Any) -> None:
    found = field.deserialize(given_value)
    assert found == expected
    assert type(found) is type(expected)


REFUSED: list[tuple[Field[Any], list[object]]] = [
    (fields.Text(5), ["", "   ", "\n", "Ana Lo", "   Ana", "A\nB", "A\tB", "A\rB"]),
    (fields.Text(5), [5, True, None, [], {}]),
    (fields.Choice("email", "sms"), ["fax", "SMS", " sms", "", 1, [], {}, ["sms"]]),
    (
        fields.Id(),
        [
            "",
            "1",
            1,
            [],
            {},
            AN_ID.replace("-", ""),
            f"{{{AN_ID}}}",
            f"urn:uuid:{AN_ID}",
            f" {AN_ID}",
            f"{AN_ID}\n",
            "0x345678-9abc-4def-8123-456789abcdef",
            "12345678-9abc-4def-8123-4_6789abcdef",
            "12345678-9abc-4def-8123-45678٩abcdef",
            "{123456789abc4def8123456789abcde-f-}",
            "123456789-abc-4def-8123-456789abcdef",
        ],
    ),
    (fields.Count(0, 9), [-1, 10, 2**31, 3.0, 3.5, "3", True, False, [], {}, None]),
    (fields.QueryCount(0, 9), ["-1", "10", "3.0", "", " 3", "+3", "٣", "1e1", "0x3", 3, "9" * 99]),
    (fields.Minutes(), [41, 1, -5, 1445, 40.0, "40", True, None]),
    (fields.QueryMinutes(), ["41", "-5", "forty", "40.0", 40]),
    (fields.Flag(), ["true", "false", "yes", 1, 0, "", None, []]),
    (
        fields.Instant(),
        [
            "2026-11-24T14:30:00",  # naive (I67)
            "2026-11-24 14:30:00-07:00",
            "2026-11-24T14:30:00 07:00",  # a plus sign that was not encoded
            "2026-11-24t14:30:00z",
            "2026-11-24",
            "2026-11-24T14:30:00-0700",
            "2026-11-24T14:30:00-07",
            "2026-11-24T14:30:60Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T14:30:00+24:00",
            "2026-11-24T14:30:00+12:60",
            "2026-11-24T14:30:00,5Z",
            "2026-11-24T14:30:00.1234567Z",
            "2026-02-30T14:30:00Z",
            "2026-13-01T14:30:00Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+12:00",
            "9999-12-31T23:59:59-12:00",
            "1999-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
            "2026-W48-2T14:30:00Z",
            "٢٠٢٦-11-24T14:30:00Z",
            "2026-11-24T14:30:00Z\n",
            "now",
            "",
            1790000000,
            True,
            [],
            {},
        ],
    ),
    (
        fields.Instant(on_grid=True),
        ["2026-11-24T14:31:00Z", "2026-11-24T14:30:01Z", "2026-11-24T14:30:00.000001Z"],
    ),
    (
        fields.Date(),
        ["2026-2-3", "20260203", "2026-02-30", "2026-02-03T00:00", "03.02.2026", "1899-12-31",
         "2200-01-01", "2026-W48-2", "2026-02-03\n", "٢٠٢٦-02-03", "", 20260203, [], True],
    ),
    (
        fields.WallTime(),
        ["9:30", "09:31", "24:00", "23:60", "09:30:00", "0930", "09:30Z", "-1:00", "٠٩:30",
         "09:30\n", "", 930, [], True],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in REFUSED for value in values]
)
def test_what_merely_looks_like_it_is_refused(field: Field[Any], value: object) -> None:
    """I7, I67"""
    with pytest.raises(ValidationError):
        field.deserialize(value)


SHAPES: list[Any] = [None, True, 0, -1, 1.5, 2**60, "", "x", "\ud800", [], [[]], {}, {"a": 1}]


@pytest.mark.parametrize("field", [field for field, _ in REFUSED])
def test_a_field_says_what_it_wants_of_any_shape(field: Field[Any]) -> None:
    refused = [found for shape in SHAPES if (found := refusal(field, shape))]
    assert len(refused) >= len(SHAPES) - 3


def refusal(field: Field[Any], value: object) -> object:
    """The messages, or None for a value that is taken; any other exception is a 500."""
    try:
        field.deserialize(value)
    except ValidationError as refused:
        return refused.messages
    return None


offsets = st.integers(-12 * 4, 14 * 4).map(lambda n: timezone(timedelta(minutes=15 * n)))


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2199, 1, 1)),  # noqa: DTZ001 - given an offset next
    offsets,
    st.sampled_from([each[0] for each in CLOCK_DAYS]),
)
def test_an_instant_is_the_same_in_any_offset_in_and_out(
    wall: datetime, offset: timezone, in_zone: Any
) -> None:
    """I67: UTC inside, an offset outside, and what was answered is taken again."""
    instant = wall.replace(tzinfo=offset)
    found = fields.Instant().deserialize(instant.isoformat())
    assert found == instant
    assert found.tzinfo is UTC
    token = fields.zone.set(in_zone)
    try:
        shown = fields.Instant()._serialize(found, "at", None)
    finally:
        fields.zone.reset(token)
    assert shown is not None
    again = datetime.fromisoformat(shown)
    assert again == instant
    assert again.utcoffset() == instant.astimezone(in_zone).utcoffset()


def test_an_instant_is_answered_in_the_clinics_zone() -> None:
    """I67"""
    token = fields.zone.set(PHOENIX)
    try:
        shown = fields.Instant()._serialize(utc("2026-11-24 21:30"), "at", None)
        assert shown == "2026-11-24T14:30:00-07:00"
        assert fields.Instant()._serialize(None, "at", None) is None
    finally:
        fields.zone.reset(token)


@given(wall_times)
def test_a_wall_time_is_answered_as_it_is_taken(wall: time) -> None:
    spelled = fields.WallTime()._serialize(wall, "at", None)
    assert spelled == f"{wall.hour:02}:{wall.minute:02}"
    assert fields.WallTime().deserialize(spelled) == wall
