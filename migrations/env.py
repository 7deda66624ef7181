"""Runs the migrations as the tables' owner (`MIGRATION_DATABASE_URL`), never as the app's role.

Row security is forced on the owner too: a migration that changes rows sets the clinic first.
"""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool

targets = current_app.extensions["databases"]


def run() -> None:
    """Apply what is missing, each migration in a transaction of its own."""
    engine = create_engine(targets.owner_url, poolclass=pool.NullPool, hide_parameters=True)
    with engine.connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        context.config.attributes["app_role"] = targets.app_role
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
