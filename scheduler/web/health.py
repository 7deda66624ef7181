"""Is the process alive, and can it serve?"""

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, Response, jsonify
from flask_migrate import Migrate
from sqlalchemy.exc import SQLAlchemyError

from scheduler import logs
from scheduler.db import db
from scheduler.web.declared import public
from scheduler.web.problems import problem


def init_app(app: Flask) -> None:
    """Serve `/healthz`, which asks nobody, and `/readyz`, which asks the database."""
    migrate: Migrate = app.extensions["migrate"].migrate
    head = ScriptDirectory(migrate.directory).get_current_head()

    @app.get("/healthz")
    @public
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.get("/readyz")
    @public
    def readyz() -> Response:
        try:
            with db.engine.connect() as connection:
                current = MigrationContext.configure(connection).get_current_revision()
        except SQLAlchemyError:
            return problem(503, "not_ready", "The database does not answer.", None, _SOON)
        if current != head:
            logs.log.warning("the schema is not up to date")
            return problem(503, "not_ready", "The schema is not up to date.", None, _SOON)
        return jsonify(status="ready", schema=head)


_SOON = {"Retry-After": "1"}
