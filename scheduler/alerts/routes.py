"""Alerts: reading them, hearing of one, closing it; and who is on call."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from scheduler.access.roles import DECIDE_CARE, READ_ANSWERS, READ_SITE, WRITE_ON_CALL
from scheduler.alerts import actions
from scheduler.alerts.actions import AlertView
from scheduler.alerts.model import Alert
from scheduler.alerts.rules import Rota
from scheduler.alerts.schema import (
    AlertDetail,
    AlertOut,
    AlertQuery,
    Closing,
    OnCallIn,
    OnCallOut,
)
from scheduler.clinics.model_on_call import OnCall
from scheduler.tenancy import Match, Work
from scheduler.web.paging import Page, page
from scheduler.web.routes import Routes
from scheduler.web.schema import page_of

routes = Routes("alerts", "Patients who may be in danger, and who is told of it.")

ALERT = "/alerts/<uuid:alert_id>"


@routes.get("/alerts", access=READ_ANSWERS, query=AlertQuery(), answer=page_of(AlertOut))
def list_alerts(work: Work, query: dict[str, Any]) -> Page:
    """List the alerts, oldest first."""
    alerts = select(Alert)
    if "status" in query:
        alerts = alerts.where(*Alert.in_state(query["status"]))
    if "patient_id" in query:
        alerts = alerts.where(Alert.patient_id == query["patient_id"])
    order = [Alert.raised_at, Alert.id]
    return page(work, alerts, order, limit=query["limit"], cursor=query["cursor"])


@routes.get(ALERT, access=READ_ANSWERS, answer=AlertDetail())
def read_alert(work: Work, alert_id: UUID) -> AlertView:
    """Read an alert: what raised it, what happened since, and who was told."""
    return actions.view_of(work, work.load(Alert, alert_id))


@routes.change(
    "POST",
    f"{ALERT}/acknowledge",
    access=DECIDE_CARE,
    answer=AlertDetail(),
    refusals=("not_allowed",),
)
def acknowledge_alert(work: Work, alert_id: UUID, match: Match) -> AlertView:
    """Say that you have heard and go on from here: nobody else is told, until a further answer."""
    return actions.acknowledge_alert(work, alert_id, match)


@routes.change(
    "POST",
    f"{ALERT}/close",
    access=DECIDE_CARE,
    body=Closing(),
    answer=AlertDetail(),
    refusals=("not_allowed",),
)
def close_alert(work: Work, body: dict[str, Any], alert_id: UUID, match: Match) -> AlertView:
    """Say what was done for the patient; their next session may start again."""
    return actions.close_alert(work, alert_id, match, body["note"])


@routes.get("/clinic/on-call", access=READ_SITE, answer=OnCallOut())
def read_on_call(work: Work) -> OnCall:
    """Read who is on call, by the clinic's wall clock."""
    return work.session.get_one(OnCall, work.clinic_id)


@routes.change("PUT", "/clinic/on-call", access=WRITE_ON_CALL, body=OnCallIn(), answer=OnCallOut())
def replace_on_call(work: Work, rota: Rota, match: Match) -> OnCall:
    """Replace who is on call. Everybody in it is active and has a phone or a mail address."""
    return actions.replace_on_call(work, match, rota)
