"""Which PostgreSQL this process uses, and under which roles.

The app's role is a plain one: row security does not bind a superuser, the tables' owner or a
role with BYPASSRLS, so the program refuses to run as one.
"""

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import OperationalError

import config
from scheduler import connections, embedded, logs
from scheduler.db import db

# In the midst of a transaction nobody thinks for so long.
LEAST_IDLE_SECONDS = 2

APP_ROLE, OWNER_ROLE = "scheduler_app", "scheduler_owner"

_ROLE = """
    SELECT rolsuper OR rolbypassrls OR EXISTS (
        SELECT FROM pg_class WHERE relname = 'sessions' AND pg_has_role(relowner, 'MEMBER')
    ) AS sees_too_much
    FROM pg_roles WHERE rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class Databases:
    """The app's database as the app's role, and as the owner of its tables for migrations."""

    app_url: URL
    owner_url: URL

    @property
    def app_role(self) -> str:
        """The role that migrations grant rights to."""
        return self.app_url.username or APP_ROLE


def find(settings: config.Settings) -> Databases:
    """The configured database, or the laptop's own, which is started if it does not run."""
    if settings.database_url is not None:
        app_url = make_url(settings.database_url)
        return Databases(app_url, make_url(settings.migration_database_url or app_url))
    server = embedded.start(settings.data_dir)
    return Databases(make_url(server.url(APP_ROLE)), make_url(server.url(OWNER_ROLE)))


def init_app(app: Flask, databases: Databases) -> None:
    """Connect the app, as a role that row security binds. Raises ConfigurationError."""
    app.extensions["databases"] = databases
    settings: config.Settings = app.extensions["settings"]
    # A process that freezes in a transaction would hold its rows for as long.
    idle_ms = int(max(settings.lease_seconds / 2, LEAST_IDLE_SECONDS) * 1000)
    app.config["SQLALCHEMY_DATABASE_URI"] = databases.app_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "hide_parameters": True,
        "pool_size": 8,
        "max_overflow": 8,
        "pool_timeout": 5,
        "connect_args": connections.ARGUMENTS
        | {
            # A writer that waits longer than this for the schedule answers 503 (reliability).
            "options": f"-c lock_timeout=2s -c statement_timeout={connections.STATEMENT_SECONDS}s"
            f" -c idle_in_transaction_session_timeout={idle_ms}"
            " -c TimeZone=UTC -c plan_cache_mode=force_generic_plan",
        },
    }
    db.init_app(app)
    with app.app_context():
        connections.init_engine(db.engine)
        event.listen(db.engine, "engine_connect", _refuse_a_role_that_sees_too_much)
        try:
            with db.engine.connect():
                pass
        except OperationalError:
            # Not there yet, or not there any more: answers are 503 until it is back.
            logs.log.warning("the database does not answer")


def _refuse_a_role_that_sees_too_much(connection: Connection) -> None:
    """Once per physical connection, as the role may have changed since the last."""
    if connection.info.get("role_checked"):
        return
    if connection.exec_driver_sql(_ROLE).scalar():
        raise config.ConfigurationError(
            "DATABASE_URL: its role is a superuser, bypasses row security or owns the tables;"
            f" give it a plain one ({APP_ROLE}), and the owner to MIGRATION_DATABASE_URL"
        )
    connection.rollback()
    connection.info["role_checked"] = True
