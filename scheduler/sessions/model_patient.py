"""What a booking asks about its patient, read in one statement."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text

from scheduler.consults.rules import Term
from scheduler.errors import NotFound
from scheduler.patients.model import Patient
from scheduler.sessions.rules_calendar import Blocker
from scheduler.sessions.rules_overruns import leaves_at
from scheduler.sessions.rules_states import COUNTED, is_live
from scheduler.spans import Span
from scheduler.tenancy import Work

# A patient's infusions this long before are looked at for the distance to them: the longest gap is
# 60 days, and a day may have more than 24 hours.
FARTHEST_GAP = timedelta(days=75)

_FACTS = text(
    f"""
    SELECT p.status, p.birth_date, p.preferred_channel,
           CASE WHEN p.phone_failed_at IS NULL THEN p.phone END AS phone,
           CASE WHEN p.email_failed_at IS NULL THEN p.email END AS email,
        (SELECT jsonb_agg(jsonb_build_array(c.purpose, c.channel))
           FROM consents c
          WHERE c.clinic_id = p.clinic_id AND c.patient_id = p.id AND c.withdrawn_at IS NULL
        ) AS consents,
        (SELECT jsonb_agg(jsonb_build_array(
                    c.id, c.cleared_at, c.expires_on, c.revoked_at IS NOT NULL, c.max_sessions))
           FROM clearances c WHERE c.clinic_id = p.clinic_id AND c.patient_id = p.id
        ) AS terms,
        (SELECT jsonb_object_agg(u.clearance_id, u.sessions)
           FROM (SELECT s.clearance_id, count(*) AS sessions
                   FROM sessions s
                  WHERE s.clinic_id = p.clinic_id AND s.patient_id = p.id
                    AND s.status IN {COUNTED} AND s.id IS DISTINCT FROM :without
                  GROUP BY s.clearance_id) AS u
        ) AS used,
        (SELECT jsonb_agg(jsonb_build_array(
                    s.id, s.status, s.observation_minutes, s.extra_minutes,
                    s.starts_at, s.ends_at, s.block_starts_at, s.infusion_ended_at)
                    ORDER BY s.starts_at)
           FROM sessions s
          WHERE s.clinic_id = p.clinic_id AND s.patient_id = p.id
            AND s.status IN {COUNTED} AND s.id IS DISTINCT FROM :without
            AND s.starts_at > :since
        ) AS sessions,
        (SELECT jsonb_agg(jsonb_build_array(c.id, c.starts_at, c.ends_at) ORDER BY c.starts_at)
           FROM consultations c
          WHERE c.clinic_id = p.clinic_id AND c.patient_id = p.id
            AND c.status IN ('booked', 'arrived') AND c.id IS DISTINCT FROM :without
            AND c.starts_at > :since
        ) AS consultations
      FROM patients p WHERE p.clinic_id = :clinic_id AND p.id = :patient_id
    """  # noqa: S608 - COUNTED is a constant of ours
).bindparams(bindparam("without", type_=Uuid))


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """A patient as a booking sees them. `used` counts the sessions each clearance covers.

    `stays` are the visits that their live sessions and consultations keep them for, `infusions`
    the counted sessions to which a distance is kept.
    """

    id: UUID
    status: str
    birth_date: date
    preferred_channel: str
    addresses: dict[str, str | None]
    consents: frozenset[tuple[str, str | None]]
    terms: tuple[Term, ...]
    used: dict[UUID, int]
    stays: tuple[Blocker, ...]
    infusions: tuple[Blocker, ...]

    def consented_channels(self, purpose: str) -> set[str]:
        """The channels on which the patient may be written to for this purpose."""
        return {channel for of, channel in self.consents if of == purpose and channel}


def facts_of(
    work: Work,
    patient_id: UUID,
    without: UUID | None = None,
    field: str | None = None,
    earliest: datetime | None = None,
) -> PatientFacts:
    """The facts, as if the session or consultation `without`, which is to be moved, were not.

    `earliest` is the start of the first visit that is asked about, where that may be past; `field`
    names the body's field that held the id. Raises NotFound.
    """
    asked = {
        "clinic_id": work.clinic_id,
        "patient_id": patient_id,
        "without": without,
        "since": min(work.now, earliest or work.now) - FARTHEST_GAP,
    }
    row = work.session.execute(_FACTS, asked).one_or_none()
    if row is None:
        raise NotFound(Patient.noun, field)
    sessions = [_session(*each) for each in row.sessions or ()]
    stays = [
        Blocker("session", Span(each.block_starts_at, leaves_at(each, work.now)), each.id)
        for each in sessions
        if is_live(each.status)
    ]
    stays += [
        Blocker("consultation", Span(_at(starts_at), _at(ends_at)), UUID(id_))
        for id_, starts_at, ends_at in row.consultations or ()
    ]
    return PatientFacts(
        id=patient_id,
        status=row.status,
        birth_date=row.birth_date,
        preferred_channel=row.preferred_channel,
        addresses={"sms": row.phone, "email": row.email},
        consents=frozenset((purpose, channel) for purpose, channel in row.consents or ()),
        terms=tuple(_term(*each) for each in row.terms or ()),
        used={UUID(id_): sessions for id_, sessions in (row.used or {}).items()},
        stays=tuple(stays),
        infusions=tuple(
            Blocker("session", Span(each.starts_at, each.ends_at), each.id) for each in sessions
        ),
    )


class _Session(NamedTuple):
    id: UUID
    status: str
    observation_minutes: int
    extra_minutes: int
    starts_at: datetime
    ends_at: datetime
    block_starts_at: datetime
    infusion_ended_at: datetime | None


def _session(
    id_: str,
    status: str,
    observation: int,
    extra: int,
    starts_at: str,
    ends_at: str,
    block_starts_at: str,
    infusion_ended_at: str | None,
) -> _Session:
    return _Session(
        UUID(id_),
        status,
        observation,
        extra,
        _at(starts_at),
        _at(ends_at),
        _at(block_starts_at),
        _at(infusion_ended_at) if infusion_ended_at else None,
    )


def _term(id_: str, cleared_at: str, expires_on: str, revoked: bool, most: int | None) -> Term:
    return Term(UUID(id_), _at(cleared_at), date.fromisoformat(expires_on), revoked, most)


def _at(stored: str) -> datetime:
    return datetime.fromisoformat(stored).astimezone(UTC)
