"""The standard clinic, made by the program's own rules.

20 chairs, Monday to Friday from 08:00 to 17:00, 400 patients with 12 weekly sessions of 40
minutes (blocks of 95): four a chair-day, seven tenths full. On each chair-day one more block fits;
a hundred further patients, one a chair and weekday, are cleared and book there.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduler.access.actions import make_key
from scheduler.chairs.actions import add_chair
from scheduler.clinics.actions import create_clinic, replace_opening_hours
from scheduler.consults.actions import add_provider, complete_consultation
from scheduler.patients.actions import record_consent, register_patient
from scheduler.protocols.actions import add_weekly
from scheduler.series.actions import book_series
from scheduler.series.rules import Order
from scheduler.sessions.actions_consultations import book_consultation
from scheduler.tenancy import Actor, unit_of_work, working_for
from scheduler.wall_time import on_wall

ZONE = ZoneInfo("America/Phoenix")
# A Monday. The first sessions are a week later, so that nothing is due.
NOW = datetime(2027, 1, 4, 10, 2, tzinfo=ZONE).astimezone(UTC)
FIRST_MONDAY = date(2027, 1, 11)
MADE_AT = datetime(2026, 12, 1, 9, 0, tzinfo=ZONE).astimezone(UTC)
CONSULTATIONS_FROM = date(2026, 12, 7)

CHAIRS, WEEKDAYS, WEEKS, A_CHAIR_DAY = 20, 5, 12, 4
MINUTES, PREP_MINUTES, BLOCK_MINUTES = 40, 15, 95
OPENS, CLOSES = time(8), time(17)
PROVIDERS, CONSULTATION_MINUTES = 4, 30
# Where a chair's four blocks leave room: 160 minutes are free, 45 of them stagger the chairs.
GAP_MINUTES = 115


class AnyVersion:
    """Matches whatever version there is."""

    def allows(self, version: int) -> bool:
        """Always."""
        return version > 0


def block_starts(chair: int) -> list[int]:
    """The minutes after opening at which a chair's four blocks start."""
    stagger, gap_before = chair % 4 * 15, chair % (A_CHAIR_DAY + 1)
    return [
        stagger + each * BLOCK_MINUTES + (GAP_MINUTES if each >= gap_before else 0)
        for each in range(A_CHAIR_DAY)
    ]


def free_start(chair: int) -> int:
    """The minutes after opening at which the chair's one free block may start."""
    return chair % 4 * 15 + chair % (A_CHAIR_DAY + 1) * BLOCK_MINUTES


def wall(minutes: int) -> time:
    """The wall time of an infusion whose block starts so many minutes after opening."""
    return (
        datetime.combine(FIRST_MONDAY, OPENS) + timedelta(minutes=minutes + PREP_MINUTES)
    ).time()


def day_of(week: int, weekday: int) -> date:
    """The date of a weekday (Monday 0) in a week of the standard clinic."""
    return FIRST_MONDAY + timedelta(weeks=week, days=weekday)


def make() -> tuple[UUID, str]:
    """Make it in an app context, on an empty database; its id, and a front desk's secret."""
    clinic_id, secret, providers, chairs = _equipped()
    patients = [
        (f"standard-{chair}-{weekday}-{each}", chair, weekday, minutes)
        for weekday in range(WEEKDAYS)
        for chair in range(CHAIRS)
        for each, minutes in enumerate(block_starts(chair))
    ]
    further = [
        f"further-{weekday}-{chair}" for weekday in range(WEEKDAYS) for chair in range(CHAIRS)
    ]
    names = [name for name, *_ in patients] + further
    cleared = dict(zip(names, _cleared(clinic_id, names, providers), strict=True))
    for name, chair, weekday, minutes in patients:
        order = Order(
            patient_id=cleared[name],
            first_on=day_of(0, weekday),
            at=wall(minutes),
            sessions=WEEKS,
            minutes=MINUTES,
            every_days=7,
            chair_id=chairs[chair],
        )
        with working_for(clinic_id, NOW - timedelta(days=5)) as work:
            book_series(work, order)
    return clinic_id, secret


def _equipped() -> tuple[UUID, str, list[UUID], list[UUID]]:
    """The clinic without its patients: its id, the desk's secret, its providers and chairs."""
    with unit_of_work() as session:
        work = create_clinic(session, "Sonoran Care", ZONE.key, MADE_AT)
        work.clinic().phone = "+16025550100"
        add_weekly(work)
        hours = {"opens": OPENS, "closes": CLOSES}
        week = [{"weekday": weekday, **hours} for weekday in range(WEEKDAYS)]
        replace_opening_hours(work, AnyVersion(), week)
        chairs = [add_chair(work, f"Chair {number:02d}") for number in range(1, CHAIRS + 1)]
        providers = [add_provider(work, name=f"Dr. {number}") for number in range(PROVIDERS)]
        session.flush()
        secret = make_key(work, "front_desk", "front_desk")[1]
        session.flush()
        return work.clinic_id, secret, [each.id for each in providers], [each.id for each in chairs]


def _cleared(clinic_id: UUID, names: Iterable[str], providers: list[UUID]) -> list[UUID]:
    """A patient of each name, who has consented to everything and is cleared for a year."""
    return [
        _cleared_patient(clinic_id, number, name, providers) for number, name in enumerate(names)
    ]


def _cleared_patient(clinic_id: UUID, number: int, name: str, providers: list[UUID]) -> UUID:
    turn, which = divmod(number, len(providers))
    days, place = divmod(turn, 9 * 60 // CONSULTATION_MINUTES)
    on = CONSULTATIONS_FROM + timedelta(days=days + days // 5 * 2)
    minutes = place * CONSULTATION_MINUTES
    at = (datetime.combine(on, OPENS) + timedelta(minutes=minutes)).time()
    starts_at = on_wall(on, at, ZONE).at
    with working_for(clinic_id, MADE_AT) as work:
        patient = register_patient(
            work,
            given_name="Ana",
            family_name=f"Lopez-{number}",
            birth_date=date(1980, 2, 3),
            phone=f"+1602555{number % 10000:04d}",
            email=f"patient{number}@example.com",
            external_id=name,
        )
        work.session.flush()
        for purpose in ("treatment", "reminders", "check_ins"):
            record_consent(
                work,
                patient.id,
                purpose=purpose,
                channel=None if purpose == "treatment" else "email",
                source="paper form",
                wording_version="2026-01",
            )
        consultation = book_consultation(
            work,
            patient_id=patient.id,
            provider_id=providers[which],
            starts_at=starts_at,
            minutes=CONSULTATION_MINUTES,
        )
    over_at = starts_at + timedelta(minutes=CONSULTATION_MINUTES)
    with working_for(clinic_id, over_at, Actor(None, "clinician", providers[which])) as work:
        complete_consultation(
            work,
            consultation.id,
            AnyVersion(),
            outcome="suitable",
            symptoms=["insomnia"],
            history_reviewed=True,
            expires_on=NOW.date() + timedelta(days=365),
        )
    return patient.id
