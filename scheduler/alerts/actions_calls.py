"""Which calls are to be made by now: entered once, whoever looks and however often."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from scheduler.alerts.model import AlertCall
from scheduler.alerts.model_calls import end_calls, told_of
from scheduler.alerts.model_rota import rota_of, ways_to_providers
from scheduler.alerts.rules import Pace, Told, people_now, round_now
from scheduler.clinics.model import policy_of
from scheduler.tenancy import Work


def plan_calls(work: Work, channels: Collection[str]) -> int:
    """Enter the calls that are due by now, by these channels; how many were new."""
    waiting = told_of(work)
    due = _due(work, waiting, channels) if waiting else []
    planned = 0
    if due:
        once = insert(AlertCall).values(due).on_conflict_do_nothing(constraint="alert_calls_once")
        planned = len(work.session.execute(once.returning(AlertCall.id)).all())
    end_calls(work)
    return planned


def _due(
    work: Work, waiting: Mapping[UUID, Told], channels: Collection[str]
) -> list[dict[str, Any]]:
    policy, reachable = policy_of(work), ways_to_providers(work, channels)
    pace = Pace(
        timedelta(minutes=policy.alert_repeat_minutes),
        timedelta(minutes=policy.alert_escalate_minutes),
    )
    named = rota_of(work).on_call(work.now, work.zone)
    return [
        {
            "clinic_id": work.clinic_id,
            "id": uuid4(),
            "alert_id": alert_id,
            "clock_from": told.clock_from,
            "number": round_now(told, pace, work.now),
            "provider_id": provider_id,
            "channel": channel,
            "address": address,
            "due_at": work.now,
            "status": "planned",
            "attempts": 0,
            "next_attempt_at": func.clock_timestamp(),
            "version": 1,
        }
        for alert_id, told in waiting.items()
        for provider_id in people_now(told, pace, work.now, named, reachable)
        for channel, address in reachable[provider_id].items()
    ]
