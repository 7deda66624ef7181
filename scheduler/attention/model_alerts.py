"""The alerts that are not closed, and whether anybody can be told."""

from sqlalchemy import exists, select

from scheduler.alerts.model import Alert, AlertCall
from scheduler.attention.rules_alerts import Danger
from scheduler.db import in_states
from scheduler.tenancy import Work


def alerts_of(work: Work) -> list[Danger]:
    """Every alert that no clinician has closed."""
    told = exists().where(
        AlertCall.clinic_id == Alert.clinic_id,
        AlertCall.alert_id == Alert.id,
        AlertCall.clock_from == Alert.clock_from,
        in_states(AlertCall.status, "sent"),
    )
    rows = work.session.execute(
        select(
            Alert.id,
            Alert.patient_id,
            Alert.clock_from,
            Alert.acknowledged_at.is_not(None),
            told,
        ).where(Alert.clinic_id == work.clinic_id, Alert.closed_at.is_(None))
    )
    return [Danger(*row) for row in rows]
