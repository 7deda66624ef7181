"""The demo clinic itself: made fifteen weeks ago, then lived through until `now`.

All of it is one transaction. Nobody sees half a clinic, jobs that run meanwhile do not take its
past for work that is due, and a load that is killed leaves nothing behind.
"""

import sys
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import click
from sqlalchemy import select

from scheduler import clock
from scheduler.access.actions import make_key
from scheduler.access.model import ApiKey
from scheduler.alerts.actions import replace_on_call
from scheduler.alerts.rules import Rota, Shift
from scheduler.chairs.actions import add_chair, add_outage
from scheduler.chairs.model import active_chairs
from scheduler.clinics.actions import (
    add_closure,
    change_clinic,
    create_clinic,
    replace_opening_hours,
)
from scheduler.clinics.actions_staffing import replace_staffing
from scheduler.clinics.rules_staffing import Shift as NursesShift
from scheduler.consults.actions import add_provider
from scheduler.demo.life import Life, Staff
from scheduler.demo.series import Visits
from scheduler.demo.story import INDUCTION, WEEKS_BACK, stories, week_of, workday
from scheduler.demo.timeline import ANY, Outreach, Timeline
from scheduler.messages.channels_files import FileOutbox
from scheduler.protocols.actions import add_protocol, add_weekly
from scheduler.protocols.rules import WEEKLY, Phase
from scheduler.protocols.rules_follow_ups import Ask
from scheduler.tenancy import Actor, Work, unit_of_work
from scheduler.wall_time import local_date, on_wall

NAME = "Saguaro Ketamine & Wellness"
# It stands in messages, where the full name would tell what a visit is for.
NEUTRAL_NAME = "Saguaro Care"
PHONE = "+16025550100"
ZONE = "America/Phoenix"
MAIL_FROM = "no-reply@clinic.example"
OPEN_FROM = time(8)
# From Monday to Friday; Thursday is the long day.
OPEN_UNTIL = (time(17), time(17), time(17), time(19), time(15))
NURSES = 2
# Three a week for two weeks, then one a week.
INDUCTION_PHASES = [
    Phase(sessions=6, weekdays=(0, 2, 4), min_gap_days=2, max_gap_days=4),
    replace(WEEKLY, sessions=4),
]
# A text a day is enough: what is asked before a visit goes with the reminder of the day before.
INDUCTION_ASKS = [
    Ask(rule="baseline", instrument="phq9", days=7),
    Ask(rule="check_in", instrument="check_in", hours=24),
    Ask(rule="before_next", instrument="phq9", hours=24),
    Ask(rule="after_series", instrument="phq9", days=30),
]
CHAIRS = ("Chair 1", "Chair 2", "Chair 3", "Chair 4")
PROVIDERS = {
    "Dr. Ruth Rivera": {"phone": "+16025550111", "email": "rivera@clinic.example"},
    "Dr. Daniel Osei": {"phone": "+16025550112", "email": "osei@clinic.example"},
}
ROLES = ("front_desk", "integration", "admin")

# When the jobs of the past ran. The last visits end before four, so the day's messages go out
# that day, and by night none waits.
TICKS = (time(8), time(16))


@dataclass(frozen=True, slots=True)
class Made:
    """The clinic's id, and the secret of one key per role."""

    clinic_id: UUID
    keys: dict[str, str]


def load(now: datetime) -> dict[str, str]:
    """Make the demo clinic as of `now`; returns the secret of one key per role."""
    return make(now).keys


def make(now: datetime) -> Made:
    """Make a demo clinic as of `now`, in an app context, showing on stderr how far it is."""
    zone = clock.zone(ZONE)
    opened_at = on_wall(week_of(now, zone, -WEEKS_BACK), OPEN_FROM, zone).at
    with TemporaryDirectory() as folder, unit_of_work() as session:
        work = create_clinic(session, NAME, ZONE, opened_at)
        keys = _equip(work)
        outreach = Outreach({"email": FileOutbox(Path(folder), MAIL_FROM)})
        _live(_planned(work, now, outreach), opened_at, now)
    return Made(work.clinic_id, keys)


def _equip(work: Work) -> dict[str, str]:
    """Hours, nurses, protocols, chairs, providers and keys; returns the secrets by role."""
    change_clinic(work, ANY, {"neutral_name": NEUTRAL_NAME, "phone": PHONE})
    week = [
        {"weekday": weekday, "opens": OPEN_FROM, "closes": closes}
        for weekday, closes in enumerate(OPEN_UNTIL)
    ]
    replace_opening_hours(work, ANY, week)
    shifts = [
        NursesShift(weekday, OPEN_FROM, closes, NURSES) for weekday, closes in enumerate(OPEN_UNTIL)
    ]
    replace_staffing(work, ANY, {"shifts": shifts})
    add_weekly(work)
    induction = {"name": INDUCTION, "phases": INDUCTION_PHASES, "follow_ups": INDUCTION_ASKS}
    add_protocol(work, induction | {"review_after": 4})
    for label in CHAIRS:
        add_chair(work, label)
    providers = [add_provider(work, name=name, **told) for name, told in PROVIDERS.items()]
    work.session.flush()
    _share_the_call(work, *(each.id for each in providers))
    keys = {role: make_key(work, role, role)[1] for role in ROLES}
    # Each provider decides with a key of their own; the first one's is shown.
    secrets = [make_key(work, each.name, "clinician", each.id)[1] for each in providers]
    work.session.flush()
    return keys | {"clinician": secrets[0]}


def _share_the_call(work: Work, weekdays: UUID, weekends: UUID) -> None:
    """One is on call from Monday to Friday, the other at the weekend; then the respective other."""
    shifts = [
        Shift(weekday, time(0), time(0), (weekdays if weekday < 5 else weekends,))
        for weekday in range(7)
    ]
    replace_on_call(work, ANY, Rota(tuple(shifts), (weekdays, weekends)))


def _planned(work: Work, now: datetime, outreach: Outreach) -> Timeline:
    """Everything that is known to come, before any of it has happened."""
    timeline, staff = Timeline(work), _staff(work)
    for story in stories(now, work.zone):
        Life(story, timeline, staff, Visits(story, timeline, staff).begin)
    _plan_disturbances(timeline, staff, now)
    today = local_date(now, work.zone)
    for days_ago in range((today - local_date(work.now, work.zone)).days + 1):
        for at in TICKS:
            timeline.at(timeline.on(today - timedelta(days=days_ago), at), outreach.tick)
    # The mark of what was looked at has to reach now: the real jobs go on from it.
    timeline.at(now, outreach.tick)
    return timeline


def _staff(work: Work) -> Staff:
    """Those who act, each with their own key."""
    keys = select(ApiKey).where(ApiKey.clinic_id == work.clinic_id).order_by(ApiKey.name)
    actors = [Actor(key.id, key.role, key.provider_id) for key in work.session.scalars(keys)]
    (desk,) = (each for each in actors if each.role == "front_desk")
    return Staff(desk, [each for each in actors if each.role == "clinician"])


def _plan_disturbances(timeline: Timeline, staff: Staff, now: datetime) -> None:
    """A closure and an outage ahead, made known when some were booked already."""
    zone = timeline.work.zone
    today = local_date(now, zone)
    friday = week_of(now, zone, 2) + timedelta(days=4)
    wednesday = week_of(now, zone, 1) + timedelta(days=2)
    chair_id = active_chairs(timeline.work)[-1][0]
    closed = partial(
        add_closure,
        starts_at=timeline.on(friday, OPEN_FROM),
        ends_at=timeline.on(friday, OPEN_UNTIL[4]),
        reason="Staff training",
    )
    out_of_order = partial(
        add_outage,
        chair_id=chair_id,
        starts_at=timeline.on(wednesday, OPEN_FROM),
        ends_at=timeline.on(wednesday, OPEN_UNTIL[2]),
        reason="The pump is serviced",
    )
    on = workday(today - timedelta(days=2))
    for do in (closed, out_of_order):
        timeline.at(timeline.on(on, time(16, 30)), do, staff.desk)


def _live(timeline: Timeline, opened_at: datetime, now: datetime) -> None:
    """Let it all happen, with a bar on a terminal and a line elsewhere."""
    label = "Making a demo clinic: three months in the life of its patients"
    days = (now - opened_at) // timedelta(days=1)
    with click.progressbar(length=days, label=label, file=sys.stderr) as bar:
        for instant in timeline.play(now):
            bar.update((instant - opened_at) // timedelta(days=1) - bar.pos)
