"""What a form's page sends: read strictly, but for an answer that tells of danger (I53)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from flask import Request

from scheduler.links.rules import nonce_holds
from scheduler.web.calls import whole_body

# A thousand characters of four bytes, each of them escaped, and the other fields.
MOST_BYTES = 16_384
_FIELDS = {"nonce", "version", "item", "value", "words", "submits"}
_NUMBER = re.compile("[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """The fields of a form; empty ones where nothing, or nothing sensible, was said.

    `ours`: just such fields as our page sends, each once.
    """

    ours: bool = False
    nonce: str = ""
    version: int = 0
    item: str = ""
    value: int | str | None = None
    submits: bool = False


def sent(request: Request) -> Given:
    """The request's form. Raises Problem when its body broke off."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return Given()
    raw = whole_body()
    if len(raw) > MOST_BYTES:
        return Given()
    try:
        fields = parse_qs(
            raw.decode("ascii"), strict_parsing=True, errors="strict", max_num_fields=16
        )
    except ValueError:
        return Given()
    said = {name: values[-1] for name, values in fields.items()}
    version, value = said.get("version", ""), said.get("value", "")
    words = _words(said.get("words", ""))
    return Given(
        ours=fields.keys() <= _FIELDS and all(len(values) == 1 for values in fields.values()),
        nonce=said.get("nonce", ""),
        version=int(version) if _NUMBER.fullmatch(version) else 0,
        item=said.get("item", ""),
        value=int(value) if _NUMBER.fullmatch(value) else words or None,
        submits="submits" in said,
    )


def _words(said: str) -> str:
    """As they are kept: one spelling of each letter, and nothing that no eye sees but spaces."""
    seen = "".join(" " if unicodedata.category(c) == "Cc" else c for c in said)
    return " ".join(unicodedata.normalize("NFC", seen).split())


def pressed(given: Given, token: str, version: int, now: datetime) -> bool:
    """Was this sent by the page's button, and lately, and is it the same form still?"""
    fits = given.ours and given.version == version
    return fits and nonce_holds(given.nonce, token, version, now)
