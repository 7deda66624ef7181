"""What the text of a setting may be: each parser returns the value or raises ValueError.

An error says what was expected and never repeats the text, which may be a password.
"""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

DATABASE_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
BARE_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def database_url(text: str) -> str:
    """A PostgreSQL URL, as SQLAlchemy spells it for our driver."""
    expected = ValueError("expected postgresql://user:password@host:port/database")
    scheme, separator, rest = text.partition("://")
    parts = _split(f"postgresql://{rest}", expected)
    if scheme not in DATABASE_SCHEMES or not separator or not parts.path.strip("/"):
        raise expected
    return f"postgresql+psycopg://{rest}"


def smtp_url(text: str) -> str:
    """Where mail is handed over, as given: smtp:// or smtps://."""
    expected = ValueError("expected smtp://user:password@host:587?starttls=1, or smtps://")
    parts = _split(text, expected)
    query = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/"):
        raise expected
    if set(query) - {"starttls"} or query.get("starttls", ["1"]) not in (["0"], ["1"]):
        raise expected
    return text


def http_url(text: str) -> str:
    """Where texts are handed over: https://, or http:// to this machine's own network."""
    expected = ValueError("expected https://host/path, or http://")
    parts = _split(text, expected)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise expected
    if parts.fragment or not text.isascii():
        raise expected
    return text


def _split(url: str, expected: ValueError) -> SplitResult:
    """The URL's parts; `expected` is raised for a port or host that cannot be one."""
    if any(character.isspace() for character in url):
        raise expected
    try:
        parts = urlsplit(url)
        if parts.port == 0:
            raise expected
    except ValueError:
        raise expected from None
    return parts


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers within these bounds."""

    def parse(text: str) -> int:
        # int() would also take "8_000" and Arabic digits.
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return parse


def seconds(text: str) -> float:
    """A length of time, up to a day."""
    # float() would also take "nan", "inf" and "1_5".
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", text) or not 0 < float(text) <= 86_400:
        raise ValueError("expected a number of seconds above 0 and up to 86400")
    return float(text)


def one_of(*allowed: str) -> Callable[[str], str]:
    """A parser that takes these words only."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"expected {' or '.join(allowed)}, or nothing")
        return text

    return parse


def instant(text: str) -> datetime:
    """An aware datetime, from RFC 3339 text with its offset."""
    expected = ValueError("expected an instant with its offset, as 2026-12-01T08:55:00-07:00")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise expected from None
    # A date alone parses too, and a time without an offset would be this machine's.
    if instant.tzinfo is None or "T" not in text.upper():
        raise expected
    return instant


def path(text: str) -> Path:
    """A folder, absolute or not."""
    if "\0" in text or not text.strip():
        raise ValueError("expected a folder")
    return Path(text)


def host(text: str) -> str:
    """An address or name to listen on."""
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ValueError("expected an address or a host name to listen on")
    return text


def token(text: str) -> str:
    """A secret that stands in a header."""
    if not re.fullmatch("[!-~]{16,200}", text):
        raise ValueError("expected 16 to 200 letters, digits and signs without a space")
    return text


def mail_address(text: str) -> str:
    """One address, without a display name."""
    if not BARE_ADDRESS.fullmatch(text):
        raise ValueError("expected one bare address, as clinic@example.org")
    return text
