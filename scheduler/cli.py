"""The flask commands."""

from uuid import UUID

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from scheduler import clock
from scheduler.access.actions import make_key
from scheduler.access.roles import ROLES
from scheduler.clinics.actions import create_clinic
from scheduler.protocols.actions import add_weekly
from scheduler.tenancy import unit_of_work, working_for

clinic = AppGroup("clinic", help="Clinics.")
key = AppGroup("key", help="Keys for the API.")


@clinic.command("create")
@click.option("--name", required=True, help="Its full name.")
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
@click.option("--name", default=None, help="Whose key it is; its role when not given.")
@click.option("--provider", "provider_id", type=click.UUID, help="Whose key a clinician's is.")
def create_key_command(
    clinic_id: UUID, role: str, name: str | None, provider_id: UUID | None
) -> None:
    """Make a key; its secret is alone on the last line and never shown again."""
    with working_for(clinic_id, clock.now()) as work:
        secret = make_key(work, name or role, role, provider_id)
    click.echo(secret)


def init_app(app: Flask) -> None:
    """Add the commands to the app."""
    app.cli.add_command(clinic)
    app.cli.add_command(key)
