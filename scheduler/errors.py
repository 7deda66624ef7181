"""Refusals in the clinic's words, without HTTP: `web/problems.py` turns each into an answer."""

from collections.abc import Callable, Mapping
from typing import Any

Facts = Mapping[str, Any]


class Refused(Exception):
    """A request that was understood and that a rule of the clinic forbids.

    `word` is the stable name of the rule ("not_cleared"), `detail` a sentence the front desk
    can read out, and `facts` what the caller needs to put it right. Neither holds patient data.

    `explain` finds what would fit instead. It is called once, after everything was rolled back
    and no lock is held, and its facts (with a `detail` that says more) join the answer.
    """

    def __init__(
        self, word: str, detail: str, *, explain: Callable[[Any], Facts] | None = None, **facts: Any
    ) -> None:
        super().__init__(word)
        self.word = word
        self.detail = detail
        self.explain = explain
        self.facts: Facts = facts


class Conflict(Refused):
    """Something that is already there is in the way; the same request may fit later."""


class NotFound(Refused):
    """No such thing in this clinic; another clinic's id is the same answer (I60)."""

    def __init__(self, noun: str, field: str | None = None) -> None:
        detail = f"No {noun} with this id."
        facts: Facts = {"errors": {field: [detail]}} if field else {}
        super().__init__("not_found", detail, **facts)


class Invalid(Refused):
    """A body or a parameter of the wrong shape: `errors` maps each field to its messages."""

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__("invalid", _first(errors), errors=dict(errors))


def _first(errors: Mapping[str, Any], path: str = "") -> str:
    """The first message with the way to its field, to be read out; `errors` has the rest."""
    name, below = next(iter(errors.items()), ("", "Not as it should be."))
    # What concerns the whole body stands under a name of marshmallow's own.
    here = path if name == "_schema" else f"{path}.{name}".lstrip(".")
    if isinstance(below, Mapping):
        return _first(below, here)
    message = below[0] if isinstance(below, list) and below else below
    return f"{here}: {message}".removeprefix(": ")


class Forbidden(Refused):
    """The key is valid and its role may not do this."""

    def __init__(self, detail: str) -> None:
        super().__init__("forbidden", detail)


class Stale(Refused):
    """The caller saw an older version than the one there is now (I34)."""

    def __init__(self) -> None:
        super().__init__("stale", "This has changed since you read it. Read it again, then retry.")
