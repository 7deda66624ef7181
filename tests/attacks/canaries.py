"""Canaries: texts that stand nowhere else, planted wherever a caller can put a text.

One that turns up in a log, an address, another caller's answer or the audit log got out.
"""

import re
from itertools import count
from typing import Any

from marshmallow import fields

from scheduler.web.fields import Choice, Text
from scheduler.web.fields_contact import EmailAddress, Phone, TimeZone
from tests.api.everything import Operation

CANARY = re.compile(r"canary\d{4}|202556\d{4}", re.IGNORECASE)


class Aviary:
    """Every canary that was let in."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.planted = 0

    def text(self) -> str:
        self.planted += 1
        return f"Canary{next(self._numbers) % 10_000:04d}"

    def phone(self) -> str:
        self.planted += 1
        return f"+1202556{next(self._numbers) % 10_000:04d}"

    def email(self) -> str:
        return f"{self.text()}@example.com".lower()

    def of(self, field: Any) -> str | None:
        """A canary that the field takes, or None where it takes no free text."""
        if isinstance(field, Phone):
            return self.phone()
        if isinstance(field, EmailAddress):
            return self.email()
        chosen = isinstance(field, Choice | TimeZone)
        return self.text() if isinstance(field, Text) and not chosen else None

    def body(self, each: Operation, valid: dict[str, Any]) -> dict[str, Any]:
        """The valid body, every free text of it a canary."""
        found = {name: self.of(field) for name, field in each.schemas["json"].fields.items()}
        return valid | {name: canary for name, canary in found.items() if canary}

    def spoilt(self, each: Operation, valid: dict[str, Any]) -> list[dict[str, Any]]:
        """Bodies that are refused, each with a canary where it does not belong."""
        kinds = each.schemas["json"].fields
        wrong = [valid | {name: self.text()} for name in kinds if not _takes_text(kinds[name])]
        return [*wrong, self.body(each, valid) | {"unknown": self.text()}]

    def headers(self) -> dict[str, str | None]:
        """Headers that any caller may send; none of them is ours to repeat."""
        names = ("User-Agent", "Referer", "Cookie", "X-Request-Id", "X-Forwarded-For", "X-Patient")
        return {name: self.text() for name in names}


def _takes_text(field: Any) -> bool:
    return isinstance(field, fields.String) and not isinstance(field, Choice | TimeZone)


def seen_in(text: str) -> list[str]:
    """The canaries in a text."""
    return sorted(set(CANARY.findall(text)))
