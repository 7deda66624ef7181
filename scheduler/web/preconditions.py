"""If-Match and ETag: nobody overwrites what they have not seen (I34)."""

from dataclasses import dataclass

from flask import Request
from werkzeug.http import parse_etags

from scheduler.web.problems import Problem


@dataclass(frozen=True, slots=True)
class IfMatch:
    """The versions that the caller has seen; `*` is any."""

    versions: frozenset[str]
    any: bool

    def allows(self, version: int) -> bool:
        return self.any or str(version) in self.versions


def required_if_match(request: Request) -> IfMatch:
    """The request's If-Match. Raises Problem 428 when there is none."""
    header = request.headers.get("If-Match")
    if header is None:
        raise Problem(
            428, "if_match_needed", "Send If-Match with the version that you read, in quotes."
        )
    found = parse_etags(header)
    return IfMatch(frozenset(found.as_set()), found.star_tag)


def etag(version: int) -> str:
    """The ETag of a stored resource."""
    return f'"{version}"'
