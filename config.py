"""Every setting, read from the environment once and checked at start.

Nothing else in the project reads the environment. `read` looks at all of it before it
complains, so that one start shows everything that has to be put right.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import config_values as values

Value = TypeVar("Value")

PROJECT = Path(__file__).resolve().parent
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class ConfigurationError(Exception):
    """One or more settings cannot be used; the text names each variable on a line of its own."""


@dataclass(frozen=True)
class Settings:
    """What the environment asks for, checked. Lengths of time are in seconds.

    What may hold a password stays out of its text.
    """

    database_url: str | None = field(repr=False)
    migration_database_url: str | None = field(repr=False)
    data_dir: Path
    host: str
    port: int
    outbox: str | None
    smtp_url: str | None = field(repr=False)
    mail_from: str
    sms_url: str | None = field(repr=False)
    sms_token: str | None = field(repr=False)
    sms_key_seconds: int
    twilio_url: str | None = field(repr=False)
    public_url: str | None
    start_clock_at: datetime | None
    tick_seconds: float
    lease_seconds: float
    web_workers: int
    web_threads: int
    rate_limit_per_minute: int
    failed_keys_per_minute: int
    proxies: int
    metrics_token: str | None = field(repr=False)
    jobs_stuck_seconds: float
    log_level: str

    @property
    def embedded(self) -> bool:
        """Whether the project runs its own PostgreSQL, as no DATABASE_URL names another."""
        return self.database_url is None


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environ`; variables of other programs are ignored, empty ones are unset.

    Raises ConfigurationError, naming every variable that cannot be used.
    """
    reader = _Reader(environ)
    port = reader.take("PORT", values.whole(1, 65535), 8000)
    settings = Settings(
        database_url=reader.take("DATABASE_URL", values.database_url, None),
        migration_database_url=reader.take("MIGRATION_DATABASE_URL", values.database_url, None),
        data_dir=PROJECT / reader.take("DATA_DIR", values.path, Path("var")),
        host=reader.take("HOST", values.host, "127.0.0.1"),
        port=port,
        outbox=reader.take("OUTBOX", values.one_of("files"), _default_outbox(reader)),
        smtp_url=reader.take("SMTP_URL", values.smtp_url, None),
        mail_from=reader.take("MAIL_FROM", values.mail_address, "no-reply@clinic.example"),
        sms_url=reader.take("SMS_URL", values.http_url, None),
        sms_token=reader.take("SMS_TOKEN", values.token, None),
        sms_key_seconds=reader.take("SMS_KEY_SECONDS", values.whole(0, 30 * 86_400), 0),
        twilio_url=reader.take("TWILIO_URL", values.http_url, None),
        public_url=reader.take("PUBLIC_URL", values.http_url, _default_public_url(reader, port)),
        start_clock_at=reader.take("START_CLOCK_AT", values.instant, None),
        tick_seconds=reader.take("TICK_SECONDS", values.seconds, 15.0),
        lease_seconds=reader.take("MESSAGE_LEASE_SECONDS", values.seconds, 60.0),
        web_workers=reader.take("WEB_WORKERS", values.whole(1, 256), 2),
        web_threads=reader.take("WEB_THREADS", values.whole(1, 256), 4),
        rate_limit_per_minute=reader.take("RATE_LIMIT_PER_MINUTE", values.whole(1, 10**6), 6000),
        failed_keys_per_minute=reader.take("FAILED_KEYS_PER_MINUTE", values.whole(1, 10**6), 300),
        proxies=reader.take("PROXIES", values.whole(0, 9), 0),
        metrics_token=reader.take("METRICS_TOKEN", values.token, None),
        jobs_stuck_seconds=reader.take("JOBS_STUCK_SECONDS", values.seconds, 180.0),
        log_level=reader.take("LOG_LEVEL", values.one_of(*LOG_LEVELS), "INFO"),
    )
    _check_together(reader)
    if reader.problems:
        raise ConfigurationError("\n".join(reader.problems))
    return settings


class _Reader:
    """Takes settings out of the environment and keeps what is wrong with each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def has(self, name: str) -> bool:
        """Whether the variable says anything; compose files pass an empty one for none."""
        return bool(self.environ.get(name))

    def take(self, name: str, parse: Callable[[str], Value], default: Value) -> Value:
        """The variable through `parse`, whose ValueError says what was expected instead."""
        if not self.has(name):
            return default
        try:
            return parse(self.environ[name])
        except ValueError as error:
            self.refuse(name, str(error))
            return default

    def refuse(self, name: str, why: str) -> None:
        """Note a problem, without the value: it may be a password."""
        self.problems.append(f"{name}: {why}")


def _check_together(reader: _Reader) -> None:
    """What no variable shows on its own."""
    if reader.has("MIGRATION_DATABASE_URL") and not reader.has("DATABASE_URL"):
        reader.refuse("MIGRATION_DATABASE_URL", "needs DATABASE_URL as well")
    if reader.has("START_CLOCK_AT") and reader.has("DATABASE_URL"):
        reader.refuse("START_CLOCK_AT", "is for trying things out, never with DATABASE_URL")
    if reader.has("SMTP_URL") and not reader.has("MAIL_FROM"):
        reader.refuse("MAIL_FROM", "is needed with SMTP_URL")
    if reader.has("SMS_URL") and reader.has("TWILIO_URL"):
        reader.refuse("TWILIO_URL", "texts go one way: this or SMS_URL")
    if reader.has("TWILIO_URL") and not reader.has("PUBLIC_URL"):
        reader.refuse("PUBLIC_URL", "is needed with TWILIO_URL: it is called back there")
    for name in ("SMS_TOKEN", "SMS_KEY_SECONDS"):
        if reader.has(name) and not reader.has("SMS_URL"):
            reader.refuse(name, "needs SMS_URL as well")


def _default_outbox(reader: _Reader) -> str | None:
    """A laptop without a way out shows its messages as files; anything else asks for it."""
    configured = any(map(reader.has, ("DATABASE_URL", "SMTP_URL", "SMS_URL", "TWILIO_URL")))
    return None if configured else "files"


def _default_public_url(reader: _Reader, port: int) -> str | None:
    """Links in a laptop's messages, which are files, lead to its own web."""
    return f"http://localhost:{port}" if _default_outbox(reader) else None
