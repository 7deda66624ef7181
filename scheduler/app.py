"""create_app: names every part. Start reading here."""

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

import config
from scheduler import cli, clock, databases, logs
from scheduler.alerts.routes import routes as alerts
from scheduler.answers.pages import pages as check_ins
from scheduler.answers.routes import routes as answers
from scheduler.attention.routes import routes as attention
from scheduler.chairs.routes import routes as chairs
from scheduler.clinics.routes import routes as clinics
from scheduler.clinics.routes_staffing import routes as staffing
from scheduler.consults.routes import routes as consults
from scheduler.course.routes import routes as course
from scheduler.db import db
from scheduler.instruments.routes import routes as instruments
from scheduler.keys.routes import routes as keys
from scheduler.links.routes import pages
from scheduler.messages import hooks
from scheduler.messages.channels import check_sender
from scheduler.messages.routes import routes as messages
from scheduler.messages.routes_templates import routes as templates
from scheduler.outreach.routes import routes as outreach
from scheduler.patients.routes import routes as patients
from scheduler.protocols.routes import routes as protocols
from scheduler.series.routes import routes as series
from scheduler.sessions.routes import routes as sessions
from scheduler.sessions.routes_consultations import routes as consultations
from scheduler.sessions.routes_steps import routes as steps
from scheduler.web import (
    documents,
    health,
    limits,
    metrics,
    problem_pages,
    problems,
    requests,
    strict_json,
)
from scheduler.web.declared import require_declared_access

NOUNS = (
    keys,
    clinics,
    staffing,
    chairs,
    protocols,
    consults,
    patients,
    consultations,
    sessions,
    steps,
    series,
    instruments,
    answers,
    messages,
    templates,
    outreach,
    alerts,
    course,
    attention,
)


def create_app(
    settings: config.Settings | None = None, found: databases.Databases | None = None
) -> Flask:
    """The whole application. Raises ConfigurationError, naming the variable, for a bad setting."""
    settings = settings or config.read()
    logs.init(settings.log_level)
    app = requests.App("scheduler", static_folder=None)
    app.json = strict_json.Provider(app)
    app.extensions["settings"] = settings
    # One more than is taken: what has no length is cut there, and must still be seen to be long.
    app.config["MAX_CONTENT_LENGTH"] = strict_json.MAX_BYTES + 1
    check_sender(settings)
    clock.load(settings.data_dir)
    databases.init_app(app, found or databases.find(settings))
    Migrate(app, db, directory=str(Path(config.__file__).parent / "migrations"))
    problems.init_app(app)
    requests.init_app(app)
    limits.init_app(app, settings)
    problem_pages.init_app(app)
    health.init_app(app)
    metrics.init_app(app, settings)
    document = documents.init_app(app)
    for routes in NOUNS:
        document.register_blueprint(routes)
    hooks.init_app(app, settings)
    app.register_blueprint(pages)
    app.register_blueprint(check_ins)
    cli.init_app(app)
    require_declared_access(app)
    return app
