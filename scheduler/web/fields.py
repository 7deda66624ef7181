"""Strict fields: each takes one spelling of a value and refuses what merely looks like it."""

import re
import unicodedata
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate

GRID_MINUTES = 5
WALL_TIME = {"pattern": "^([01][0-9]|2[0-3]):[0-5][05]$"}

# Stands for an id in the documents' examples.
EXAMPLE_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

# The clinic's zone for this request: instants are answered in it.
zone: ContextVar[tzinfo] = ContextVar("zone", default=UTC)

# Newer Pythons read 24:00 as the next midnight: no hour but 00 to 23 here.
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
_INSTANT = re.compile(
    rf"\d{{4}}-\d\d-\d\dT{_CLOCK}(:\d\d(\.\d{{1,6}})?)?(Z|[+-]{_CLOCK})", re.ASCII
)
_WALL_TIME = re.compile(_CLOCK, re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Bounded(fields.String):
    """A text of `least` to `longest` characters, both as it is sent and as it is then read."""

    def __init__(self, least: int, longest: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(least, longest), **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        self._validate(text)
        return text


class Text(Bounded):
    """One line of 1 to `longest` characters, trimmed at both ends."""

    def __init__(self, longest: int = 200, **kwargs: Any) -> None:
        super().__init__(1, longest, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        # A line break would start a header of its own in a mail.
        if any(character in text for character in "\t\n\r\u2028\u2029"):
            raise ValidationError("Must be one line.")
        _shown(text)
        return text


class Lines(Bounded):
    """Lines of 1 to `longest` characters in all, trimmed at both ends, each ended in one way."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(1, longest, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        text = "\n".join(text.splitlines()).strip()
        self._validate(text)
        _shown(text)
        return text


def _shown(text: str) -> None:
    """Raises ValidationError for what no eye would see."""
    if text and all(unicodedata.category(character) in ("Cf", "Zs") for character in text):
        raise ValidationError("Must show something.")


class Told(fields.String):
    """An answer's text that is already in the spelling of a format: date-time, uuid."""

    def __init__(self, spelling: str, **kwargs: Any) -> None:
        super().__init__(metadata={"format": spelling}, **kwargs)


class Choice(fields.String):
    """One word out of a fixed list."""

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(choices), **kwargs)


class Id(fields.UUID):
    """An id: a UUID in its usual spelling."""

    def _validated(self, value: Any) -> UUID:
        if isinstance(value, UUID):
            return value
        if not isinstance(value, str) or not _UUID.fullmatch(value):
            raise self.make_error("invalid_uuid")
        return super()._validated(value)


class Count(fields.Integer):
    """A whole number within bounds; not 33.0, not "33", not true."""

    def __init__(self, least: int = 0, most: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **kwargs)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        return value


class QueryCount(Count):
    """A `Count` in a query string, where everything is text."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(int(value), attr, data, **kwargs)


class Minutes(Count):
    """A length in whole minutes, on the grid of five."""

    def __init__(self, least: int = 0, most: int = 24 * 60, **kwargs: Any) -> None:
        known = {"multipleOf": GRID_MINUTES, **kwargs.pop("metadata", {})}
        super().__init__(least, most, metadata=known, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        minutes = super()._deserialize(value, attr, data, **kwargs)
        if minutes % GRID_MINUTES:
            raise ValidationError(f"Must be a multiple of {GRID_MINUTES} minutes.")
        return minutes


class QueryMinutes(Minutes, QueryCount):
    """`Minutes` in a query string."""


class Flag(fields.Boolean):
    """true or false, and nothing that only sounds like it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if type(value) is not bool:
            raise self.make_error("invalid", input=value)
        return value


class QueryFlag(fields.Boolean):
    """true or false in a query string, where everything is text."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if value not in ("true", "false"):
            raise self.make_error("invalid", input=value)
        return bool(value == "true")


class Instant(fields.DateTime):
    """RFC 3339 with an offset (I67), UTC inside, answered in the clinic's zone.

    With `on_grid`, its minutes are a multiple of five and its seconds zero.
    """

    def __init__(self, *, on_grid: bool = False, **kwargs: Any) -> None:
        if on_grid:
            kwargs["metadata"] = {"description": "Its minutes are a multiple of five."}
        super().__init__(**kwargs)
        self.on_grid = on_grid

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        return value if value is None else value.astimezone(zone.get()).isoformat()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise ValidationError("Needs an instant with an offset: 2026-11-24T14:30:00-07:00.")
        try:
            instant = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError("There is no such instant.") from None
        if not 2000 <= instant.year < 2200:
            raise ValidationError("Must lie between the years 2000 and 2200.")
        if self.on_grid and (
            instant.minute % GRID_MINUTES or instant.second or instant.microsecond
        ):
            raise ValidationError(f"Must be a multiple of {GRID_MINUTES} minutes.")
        return instant


class Date(fields.Date):
    """A date on a wall calendar: 2026-11-24."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValidationError("Needs a date: 2026-11-24.")
        try:
            found = date.fromisoformat(value)
        except ValueError:
            raise ValidationError("There is no such date.") from None
        if not 1900 <= found.year < 2200:
            raise ValidationError("Must lie between the years 1900 and 2200.")
        return found


class WallTime(fields.Time):
    """A time on the clinic's wall, on the grid of five: 09:30."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata=WALL_TIME, **kwargs)

    def _serialize(self, value: time | None, *_: Any, **__: Any) -> str | None:
        return value if value is None else value.strftime("%H:%M")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> time:
        if not isinstance(value, str) or not _WALL_TIME.fullmatch(value):
            raise ValidationError("Needs a wall time: 09:30.")
        try:
            found = time.fromisoformat(value)
        except ValueError:
            raise ValidationError("There is no such time.") from None
        if found.minute % GRID_MINUTES:
            raise ValidationError(f"Must be a multiple of {GRID_MINUTES} minutes.")
        return found
