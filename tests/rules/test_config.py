"""Every setting is checked at start, and a refusal names the variable."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

import config

POSTGRES = "postgresql://app:secret@db.example:5432/scheduler"

BROKEN = [
    ("DATABASE_URL", "mysql://app:secret@db.example/scheduler"),
    ("DATABASE_URL", "postgresql:app@db.example/scheduler"),
    ("DATABASE_URL", "postgresql://app:secret@db.example"),
    ("DATABASE_URL", "postgresql://app:secret@db.example/"),
    ("DATABASE_URL", "postgresql://app:secret@db.example:99999/scheduler"),
    ("DATABASE_URL", "postgresql://app:secret@db.example:0/scheduler"),
    ("DATABASE_URL", "postgresql://app:secret@db.example/sched uler"),
    ("DATABASE_URL", "postgresql://app:secret@[::1/scheduler"),
    ("DATABASE_URL", " "),
    ("DATA_DIR", "   "),
    ("DATA_DIR", "a\0b"),
    ("HOST", "127.0.0.1:80/"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "-1"),
    ("PORT", "8_000"),
    ("PORT", "٨٠٠٠"),
    ("PORT", "http"),
    ("OUTBOX", "file"),
    ("OUTBOX", "/tmp/outbox"),
    ("MAIL_FROM", "The Clinic <clinic@example.org>"),
    ("MAIL_FROM", "clinic"),
    ("MAIL_FROM", "clinic@localhost"),
    ("MAIL_FROM", "a@example.org,b@example.org"),
    ("SMS_URL", "sms.example/send"),
    ("SMS_URL", "ftp://sms.example/send"),
    ("SMS_URL", "https://"),
    ("SMS_URL", "https://user:password@sms.example/send"),
    ("SMS_URL", "https://sms.example/send#here"),
    ("SMS_URL", "https://sms.example/se nd"),
    ("SMS_URL", "https://sms.example/señd"),
    ("START_CLOCK_AT", "2026-12-01T08:55:00"),
    ("START_CLOCK_AT", "2026-12-01"),
    ("START_CLOCK_AT", "tomorrow"),
    ("START_CLOCK_AT", "2026-13-01T08:55:00-07:00"),
    ("TICK_SECONDS", "0"),
    ("TICK_SECONDS", "-5"),
    ("TICK_SECONDS", "nan"),
    ("TICK_SECONDS", "inf"),
    ("TICK_SECONDS", "100000"),
    ("MESSAGE_LEASE_SECONDS", "0.0"),
    ("MESSAGE_LEASE_SECONDS", "a minute"),
    ("WEB_WORKERS", "0"),
    ("WEB_WORKERS", "2.5"),
    ("WEB_THREADS", "257"),
    ("RATE_LIMIT_PER_MINUTE", "0"),
    ("RATE_LIMIT_PER_MINUTE", "100/minute"),
    ("FAILED_KEYS_PER_MINUTE", "-1"),
    ("PROXIES", "10"),
    ("METRICS_TOKEN", "short"),
    ("METRICS_TOKEN", "a token with spaces in it"),
    ("METRICS_TOKEN", "a-token-that-is-not-ascii-é"),
    ("JOBS_STUCK_SECONDS", "0"),
    ("LOG_LEVEL", "verbose"),
]


@pytest.mark.parametrize(("name", "value"), BROKEN)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(config.ConfigurationError, match=rf"\A{name}: expected [^\n]+\Z"):
        config.read({name: value})


@pytest.mark.parametrize(
    "value",
    [
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:mail",
        "smtp://mail.example/box",
        "smtp://mail.example?starttls=yes",
        "smtp://mail.example?tls=1",
    ],
)
def test_a_mail_server_that_cannot_be_used_is_refused_by_name(value: str) -> None:
    with pytest.raises(config.ConfigurationError, match=r"\ASMTP_URL: expected [^\n]+\Z"):
        config.read({"SMTP_URL": value, "MAIL_FROM": "clinic@example.org"})


@pytest.mark.parametrize(
    ("name", "environ"),
    [
        ("MIGRATION_DATABASE_URL", {"MIGRATION_DATABASE_URL": POSTGRES}),
        (
            "START_CLOCK_AT",
            {"START_CLOCK_AT": "2026-12-01T08:55:00-07:00", "DATABASE_URL": POSTGRES},
        ),
        ("MAIL_FROM", {"SMTP_URL": "smtp://mail.example"}),
        ("SMS_TOKEN", {"SMS_TOKEN": "0123456789abcdef"}),
        ("SMS_KEY_SECONDS", {"SMS_KEY_SECONDS": "3600"}),
        ("PUBLIC_URL", {"TWILIO_URL": "https://api.twilio.com"}),
        (
            "TWILIO_URL",
            {
                "TWILIO_URL": "https://api.twilio.com",
                "PUBLIC_URL": "https://clinic.example",
                "SMS_URL": "https://sms.example",
            },
        ),
        ("SMS_TOKEN", {"SMS_TOKEN": "short", "SMS_URL": "https://sms.example"}),
        ("SMS_KEY_SECONDS", {"SMS_KEY_SECONDS": "-1", "SMS_URL": "https://sms.example"}),
        ("SMS_KEY_SECONDS", {"SMS_KEY_SECONDS": "2592001", "SMS_URL": "https://sms.example"}),
    ],
)
def test_settings_that_do_not_go_together_are_refused(name: str, environ: dict[str, str]) -> None:
    with pytest.raises(config.ConfigurationError, match=rf"\A{name}: [^\n]+\Z"):
        config.read(environ)


def test_everything_wrong_is_named_at_once_and_no_password_is_shown() -> None:
    environ = {"PORT": "x", "DATABASE_URL": "mysql://app:hunter2@db/scheduler", "OUTBOX": "no"}
    with pytest.raises(config.ConfigurationError) as refusal:
        config.read(environ)
    lines = str(refusal.value).splitlines()
    assert {line.split(":")[0] for line in lines} == {"PORT", "DATABASE_URL", "OUTBOX"}
    assert "hunter2" not in str(refusal.value)


def test_an_empty_environment_is_a_laptop() -> None:
    settings = config.read({})
    assert settings.embedded
    assert settings.outbox == "files"
    assert settings.public_url == "http://localhost:8000"
    assert settings.data_dir == config.PROJECT / "var"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.tick_seconds, settings.lease_seconds) == (15, 60)
    assert settings == config.read({"DATABASE_URL": "", "PORT": "", "HOME": "/home/nurse"})


def test_links_of_a_laptop_lead_to_its_own_port_and_elsewhere_to_none_unasked() -> None:
    assert config.read({"PORT": "8123"}).public_url == "http://localhost:8123"
    assert config.read({"DATABASE_URL": POSTGRES, "OUTBOX": "files"}).public_url is None


@pytest.mark.parametrize(
    ("environ", "outbox"),
    [
        ({}, "files"),
        ({"SMTP_URL": "smtp://mail.example", "MAIL_FROM": "clinic@example.org"}, None),
        ({"SMS_URL": "https://sms.example/send"}, None),
        ({"DATABASE_URL": POSTGRES}, None),
        ({"DATABASE_URL": POSTGRES, "OUTBOX": "files"}, "files"),
    ],
)
def test_only_a_laptop_without_mail_writes_messages_to_files_unasked(
    environ: dict[str, str], outbox: str | None
) -> None:
    assert config.read(environ).outbox == outbox


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_database_is_named_as_our_driver_wants_it(scheme: str) -> None:
    url = f"{scheme}://app:secret@db.example/scheduler?sslmode=require"
    settings = config.read({"DATABASE_URL": url, "MIGRATION_DATABASE_URL": url})
    expected = "postgresql+psycopg://app:secret@db.example/scheduler?sslmode=require"
    assert settings.database_url == settings.migration_database_url == expected
    assert not settings.embedded
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    ["smtp://u:p@mail.example:587?starttls=1", "smtps://mail.example", "smtp://mail:1025"],
)
def test_a_mail_server_is_taken_as_given(url: str) -> None:
    settings = config.read({"SMTP_URL": url, "MAIL_FROM": "clinic@example.org"})
    assert (settings.smtp_url, settings.mail_from) == (url, "clinic@example.org")


def test_the_clock_starts_at_an_instant_with_its_offset() -> None:
    start = config.read({"START_CLOCK_AT": "2026-12-01T08:55:00-07:00"}).start_clock_at
    assert start is not None
    assert start.utcoffset() == timedelta(hours=-7)
    assert start == datetime.fromisoformat("2026-12-01T15:55:00Z")


def test_a_folder_may_be_absolute(tmp_path: Path) -> None:
    assert config.read({"DATA_DIR": str(tmp_path)}).data_dir == tmp_path
