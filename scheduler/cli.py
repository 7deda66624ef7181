"""The flask commands."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO
from uuid import UUID

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

import config
from scheduler import clock, delivery, demo, jobs, prepare, serving
from scheduler.access.actions import make_key
from scheduler.access.roles import ROLES
from scheduler.check import report
from scheduler.clinics.actions import create_clinic
from scheduler.consults.model import Provider
from scheduler.errors import Refused
from scheduler.messages.actions_texts import set_sender
from scheduler.messages.channels import open_channels
from scheduler.protocols.actions import add_weekly
from scheduler.tenancy import unit_of_work, working_for

clinic = AppGroup("clinic", help="Clinics.")
key = AppGroup("key", help="Keys for the API.")
# Of a mail that came back; what it quotes of ours stands well before.
MOST_MAIL = 1024 * 1024

sender = AppGroup("sender", help="The numbers that clinics' texts come from.")


@contextmanager
def said_plainly() -> Iterator[None]:
    """A refusal is a line on the terminal, not a traceback."""
    try:
        yield
    except Refused as refusal:
        raise click.ClickException(refusal.detail) from None


def _not_blank(_context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("must not be blank", param=option)
    return value


@clinic.command("create")
@click.option("--name", required=True, callback=_not_blank, help="Its full name.")
@click.option("--time-zone", required=True, help="An IANA zone: America/Phoenix.")
def create_clinic_command(name: str, time_zone: str) -> None:
    """Make a clinic; its id is alone on the last line."""
    if time_zone not in clock.zone_names():
        raise click.BadParameter("not an IANA time zone", param_hint="--time-zone")
    with unit_of_work() as session:
        work = create_clinic(session, name, time_zone, clock.now())
        add_weekly(work)
        session.flush()
    click.echo(work.clinic_id)


@key.command("create")
@click.option("--clinic", "clinic_id", required=True, type=click.UUID)
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--name", callback=_not_blank, help="Whose key it is; its role when not given.")
@click.option("--provider", "provider_id", type=click.UUID, help="Whose key a clinician's is.")
def create_key_command(
    clinic_id: UUID, role: str, name: str | None, provider_id: UUID | None
) -> None:
    """Make a key; its secret is alone on the last line and never shown again."""
    with said_plainly(), working_for(clinic_id, clock.now()) as work:
        if provider_id is not None:
            work.load(Provider, provider_id)
        _, secret = make_key(work, name or role, role, provider_id)
    click.echo(secret)


@sender.command("set")
@click.option("--clinic", "clinic_id", required=True, type=click.UUID)
@click.option("--number", required=True, help="With its country's code: +16025550100.")
@click.option("--account", required=True, help="Its account's id with the provider.")
@click.option("--token", prompt="The account's token", hide_input=True, help="Asked for if absent.")
def set_sender_command(clinic_id: UUID, number: str, account: str, token: str) -> None:
    """Give a clinic a number of its own for texts, or another one."""
    for option, given, shape in (
        ("--number", number, r"\+[1-9][0-9]{1,14}"),
        ("--account", account, "[A-Za-z0-9]{1,64}"),
        ("--token", token, "[!-~]{16,200}"),
    ):
        if not re.fullmatch(shape, given):
            raise click.BadParameter("cannot be used", param_hint=option)
    with said_plainly(), working_for(clinic_id, clock.now()) as work:
        set_sender(work, number=number, account=account, secret=token)


@click.command("jobs")
@with_appcontext
def jobs_command() -> None:
    """Run the background process until it is told to stop."""
    jobs.run(_app())


@click.command("tick")
@click.option("--at", "at", metavar="INSTANT", help="As of that instant, with an offset.")
@click.option("--dry-run", is_flag=True, help="Only count what would fall due.")
@with_appcontext
def tick_command(at: str | None, dry_run: bool) -> None:
    """Do all due work once and say what was done."""
    settings: config.Settings = current_app.extensions["settings"]
    moment = None if at is None else _instant(at)
    if moment and settings.database_url and not dry_run:
        raise click.UsageError("--at with a DATABASE_URL needs --dry-run.")
    channels = open_channels(settings)
    if dry_run:
        messages, calls = delivery.count_due(moment or clock.now(), channels)
        click.echo(f"{messages} messages would fall due")
        click.echo(f"{calls} calls for alerts would be made")
        return
    done = delivery.tick(
        _app(), (lambda: moment) if moment else clock.now, channels, move_mark=moment is None
    )
    for what, count in sorted(done.items()):
        click.echo(f"{count:5} {what}")
    if not done:
        click.echo("nothing was due")


@click.command("bounce")
@click.argument("mail", type=click.File("rb"), default="-")
@with_appcontext
def bounce_command(mail: BinaryIO) -> None:
    """Take in a mail that came back: the mail server pipes what comes to MAIL_FROM in here."""
    click.echo(delivery.take_bounce(mail.read(MOST_MAIL), clock.now))


@click.command("restored")
@with_appcontext
def restored_command() -> None:
    """After restoring a copy: what was due becomes unknown, so that nothing is sent twice."""
    for what, count in sorted(delivery.doubt_all(clock.now).items()):
        click.echo(f"{count:5} {what}")


@click.command("check")
@with_appcontext
def check_command() -> None:
    """Prove the invariants from the stored rows; exits with 1 when one does not hold."""

    def watched(clinics: list[UUID]) -> Iterator[UUID]:
        with click.progressbar(clinics, label="clinics", file=sys.stderr) as bar:
            yield from bar

    found = report.check(clock.now(), watched)
    for line in report.lines(found):
        click.echo(line)
    if found.violations:
        raise SystemExit(1)


@click.command("demo")
@with_appcontext
def demo_command() -> None:
    """Make another demo clinic; shows its id, and the secret of one key per role."""
    settings: config.Settings = current_app.extensions["settings"]
    if not settings.embedded:
        raise click.UsageError("DATABASE_URL is set: a demo clinic is for the embedded server.")
    made = demo.make(clock.now())
    click.echo(f"clinic {made.clinic_id}")
    for role, secret in made.keys.items():
        click.echo(f"{role} {secret}")


@click.command("up")
@with_appcontext
def up_command() -> None:
    """Migrate, and run web and jobs until told to stop: what `make run` does."""
    settings: config.Settings = current_app.extensions["settings"]
    raise SystemExit(serving.run(settings, lambda: prepare.prepare(settings)))


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("not an instant", param_hint="--at") from None
    if moment.tzinfo is None:
        raise click.BadParameter("needs an offset: …-07:00", param_hint="--at")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise click.BadParameter("not an instant", param_hint="--at") from None


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]


def init_app(app: Flask) -> None:
    """Add the commands to the app."""
    app.cli.add_command(clinic)
    for command in (
        key,
        sender,
        jobs_command,
        tick_command,
        bounce_command,
        restored_command,
        check_command,
        demo_command,
        up_command,
    ):
        app.cli.add_command(command)
