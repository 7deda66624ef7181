"""What every schema shares: unknown fields are refused, and one page and one problem shape."""

from functools import cache
from typing import Any, ClassVar

from marshmallow import (
    INCLUDE,
    RAISE,
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)

from scheduler.web.fields import Count, Id, Instant, QueryCount, Text

PAGE_LIMIT = 200

# What is wrong with a field: sentences, or those of the fields (or places) inside it.
MESSAGES = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]}


class Strict(Schema):
    """A body or a query: an unknown or read-only field is refused, never ignored (I63).

    A body has an `example`, which the documents show. Its ids are to be replaced; its dates were
    written on `documents.WRITTEN_ON`.
    """

    example: ClassVar[dict[str, Any]]

    class Meta:
        unknown = RAISE


class Stored(Schema):
    """A stored resource as it is answered."""

    id = Id(required=True)
    version = Count(least=1, required=True)


class Interval(Strict):
    """A time from `starts_at` up to, and without, `ends_at`."""

    starts_at = Instant(on_grid=True, required=True)
    ends_at = Instant(on_grid=True, required=True)

    @validates_schema
    def ends_after_it_starts(self, data: dict[str, Any], **_: object) -> None:
        if data["starts_at"] >= data["ends_at"]:
            raise ValidationError("Must be after starts_at.", "ends_at")


class StoredInterval(Stored):
    """A stored interval."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class PageQuery(Strict):
    """A window on a list."""

    limit = QueryCount(1, PAGE_LIMIT, load_default=100)
    cursor = fields.String(
        validate=validate.Length(min=1, max=500),
        metadata={"description": "`next` of the page before."},
    )

    @post_load
    def from_the_start(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Without a cursor. No default of the field's: the document would have it be null."""
        return {"cursor": None, **data}


@cache
def page_of(item: type[Schema]) -> Schema:
    """The schema of a page: `items` and the cursor of the next page, or null."""
    members: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(required=True, allow_none=True),
    }
    return Schema.from_dict(members, name=f"{item.__name__}Page")()


class ProblemSchema(Schema):
    """An RFC 9457 problem. `type` is stable; `detail` can be read out to a person."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = Count(400, 599, required=True)
    detail = fields.String(required=True)
    request_id = Text(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.Raw(metadata=MESSAGES))
    # Named, not imported: what is in the way of a visit is the sessions' to say.
    conflicts = fields.List(fields.Nested("Conflict"))
    sessions = fields.List(fields.Nested("NotCleared"))
    suggestion = fields.Nested("SuggestedOrder")
    ordinals = fields.List(Count(1))
    state = fields.String()
    missing = fields.List(fields.String())
