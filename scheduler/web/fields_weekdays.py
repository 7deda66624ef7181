"""Days of the week, Monday being 0."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from scheduler.web.fields import Count


class Weekday(Count):
    """A day of the week."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(0, 6, metadata={"description": "0 is Monday, 6 is Sunday."}, **kwargs)


class Weekdays(fields.List[int]):
    """Days of the week, each once."""

    def __init__(self, **kwargs: Any) -> None:
        length = validate.Length(min=1, max=7)
        told = {"description": "0 is Monday, 6 is Sunday: [1, 3] is Tuesdays and Thursdays."}
        super().__init__(Weekday(), validate=length, metadata=told, **kwargs)

    def _deserialize(self, *args: Any, **kwargs: Any) -> list[Any]:
        days = super()._deserialize(*args, **kwargs)
        if len(set(days)) != len(days):
            raise ValidationError("Each only once.")
        return days
