"""The shape of a key's secret: `isk_<32+ random characters>_<checksum>`.

The prefix lets secret scanners recognise one, the checksum lets us refuse a mistyped one
without asking the database.
"""

import hashlib
import secrets
import zlib

PREFIX = "isk"
RANDOM_BYTES = 32


def new_secret() -> str:
    """A fresh secret with 256 random bits."""
    body = secrets.token_urlsafe(RANDOM_BYTES)
    return f"{PREFIX}_{body}_{_checksum(body)}"


def well_formed(secret: str) -> bool:
    """Could this be one of our secrets?"""
    prefix, _, rest = secret.partition("_")
    body, _, checksum = rest.rpartition("_")
    return prefix == PREFIX and bool(body) and checksum == _checksum(body)


def hashed(secret: str) -> bytes:
    """What is stored. A plain SHA-256 will do: the secret has 256 random bits of its own."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
