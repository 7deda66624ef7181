"""`/metrics`, for Prometheus: closed unless METRICS_TOKEN opens it.

Labels are route templates, methods and statuses; nothing of a request is ever one (I64). The web
processes of one gunicorn count together, in files (`gunicorn_settings.py`); any other alone.
"""

import hmac
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MutexValue, ValueClass
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError

import config
from scheduler import clock
from scheduler.db import db
from scheduler.heartbeat import last_beat
from scheduler.tenancy import unit_of_work
from scheduler.web.declared import public
from scheduler.web.problems import Problem

ALONE = CollectorRegistry()

REQUESTS = Histogram(
    "scheduler_request_seconds",
    "How long requests took.",
    ("route", "method", "status"),
    registry=ALONE,
)
CONNECTIONS = Gauge(
    "scheduler_database_connections",
    "Connections of the pool to the database.",
    ("state",),
    registry=ALONE,
    multiprocess_mode="livesum",
)


_UNHEARD = text(
    "SELECT coalesce(sum(unheard), 0)::int AS alerts, min(since) AS since"
    " FROM clinics_with_alerts()"
)


def observe(route: str | None, method: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    REQUESTS.labels(route or "none", method, f"{status // 100}xx").observe(seconds)


def init_app(app: Flask, settings: config.Settings) -> None:
    """Watch the pool, and open `/metrics` if there is a token for it."""
    with app.app_context():
        _watch_the_pool()
    if settings.metrics_token is None:
        return
    expected = f"Bearer {settings.metrics_token}".encode()

    @app.get("/metrics")
    @public
    def metrics() -> Response:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            needed = {"WWW-Authenticate": "Bearer"}
            raise Problem(401, "unauthenticated", "Send the token of the metrics.", needed)
        text = generate_latest(_collected())
        headers = {"Cache-Control": "no-store"}
        return Response(text, content_type=CONTENT_TYPE_LATEST, headers=headers)


def _collected() -> CollectorRegistry:
    if ValueClass is MutexValue:
        registry = CollectorRegistry()
        registry.register(ALONE)
    else:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(Shared())
    return registry


class Shared(Collector):
    """What all processes see alike, looked up when it is asked for."""

    def collect(self) -> Iterator[Metric]:
        """Is the database there, when did the jobs last work, and what waits for a person?"""
        up, beat, unheard, held = 1, None, None, None
        try:
            with unit_of_work() as session:
                beat = last_beat(session)
                unheard = session.execute(_UNHEARD).one()
                held = session.scalar(text("SELECT messages_held()"))
        except SQLAlchemyError:
            up = 0
        yield GaugeMetricFamily("scheduler_database_up", "Does the database answer?", up)
        if held is not None:
            help_text = "Messages left lying that wait for somebody to release them."
            yield GaugeMetricFamily("scheduler_messages_held", help_text, held)
        if beat:
            help_text = "When a job process last ended a tick, in seconds since 1970."
            yield GaugeMetricFamily("scheduler_jobs_ticked_at_seconds", help_text, beat.at)
        if unheard:
            waiting = (clock.now() - unheard.since).total_seconds() if unheard.since else 0
            help_text = "Alerts that no clinician has acknowledged yet."
            yield GaugeMetricFamily("scheduler_alerts_unheard", help_text, unheard.alerts)
            help_text = "How long the oldest of them has waited for that."
            yield GaugeMetricFamily("scheduler_alerts_unheard_seconds", help_text, waiting)


def _watch_the_pool() -> None:
    """Count the connections as they are opened, taken, given back and closed."""
    counted = {state: CONNECTIONS.labels(state) for state in ("open", "in_use")}

    def begins(record: Any, state: str) -> None:
        if not record.info.get(state):
            record.info[state] = True
            counted[state].inc()

    def ends(record: Any, state: str) -> None:
        # One that could not be made anew is given back without having been taken.
        if record.info.pop(state, False):
            counted[state].dec()

    def taken(_connection: Any, record: Any, _proxy: Any) -> None:
        # The first one was opened before anybody counted.
        begins(record, "open")
        begins(record, "in_use")

    event.listen(db.engine, "checkout", taken)
    event.listen(db.engine, "checkin", lambda _connection, record: ends(record, "in_use"))
    event.listen(db.engine, "close", lambda _connection, record: ends(record, "open"))
