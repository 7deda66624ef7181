"""What the database itself promises, from its catalog: once for all clinics (I15, I60, I67)."""

from sqlalchemy.orm import Session

from scheduler.check.proof import CatalogProof, Found, found_by
from scheduler.sessions.rules_states import LIVE

# What must be excluded, and for which states: rows in any other state block nothing.
_EXCLUSIONS = {
    "sessions_chair_free": LIVE,
    "sessions_patient_free": LIVE,
    "consultations_provider_free": ("booked", "arrived"),
    "consultations_patient_free": ("booked", "arrived"),
}

_BLOCKS_ONLY_LIVE = """
    SELECT wanted.name, wanted.states IS DISTINCT FROM (
               SELECT string_agg(state[1], ' ' ORDER BY state[1] COLLATE "C")
               FROM regexp_matches(pg_get_expr(i.indpred, i.indrelid), '''([a-z_]+)''', 'g')
                    AS state), false
    FROM unnest(CAST(:names AS text[]), CAST(:states AS text[])) AS wanted (name, states)
    LEFT JOIN pg_constraint c ON c.conname = wanted.name AND c.contype = 'x'
         AND c.connamespace = 'public'::regnamespace
    LEFT JOIN pg_index i ON i.indexrelid = c.conindid
"""

# Tables, their policies, their foreign keys, and the role this runs as.
_APART = """
    SELECT t.relname::text, NOT (t.relrowsecurity AND t.relforcerowsecurity AND EXISTS (
               SELECT FROM pg_policy p WHERE p.polrelid = t.oid)), false
    FROM pg_class t
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
      AND t.relname <> 'alembic_version'
    UNION ALL
    SELECT p.polrelid::regclass::text || '.' || p.polname,
           pg_get_expr(p.polqual, p.polrelid) NOT LIKE '%app.clinic_id%', false
    FROM pg_policy p
    WHERE EXISTS (SELECT FROM unnest(p.polroles) AS bound (role)
                  WHERE role = 0 OR pg_has_role(current_user, role, 'MEMBER'))
    UNION ALL
    SELECT f.conrelid::regclass::text || '.' || f.conname, NOT EXISTS (
               SELECT FROM unnest(f.conkey, f.confkey) AS k (here, there)
               JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.here
               JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.there
               WHERE a.attname = 'clinic_id'
                 AND (b.attname = 'clinic_id' OR f.confrelid = 'clinics'::regclass)), false
    FROM pg_constraint f
    WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace
    UNION ALL
    SELECT rolname::text, rolsuper OR rolbypassrls OR EXISTS (
               SELECT FROM pg_class t WHERE t.relnamespace = 'public'::regnamespace
               AND t.relkind IN ('r', 'p') AND pg_has_role(t.relowner, 'MEMBER')), false
    FROM pg_roles WHERE rolname = current_user
"""

_UTC = """
    SELECT t.relname || '.' || a.attname, a.atttypid <> 'timestamptz'::regtype, false
    FROM pg_attribute a
    JOIN pg_class t ON t.oid = a.attrelid
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
      AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
"""


def _blocks_only_live(session: Session) -> Found:
    """I15: the exclusion constraints stand, for live rows and no others."""
    states = [" ".join(sorted(each)) for each in _EXCLUSIONS.values()]
    return found_by(session, _BLOCKS_ONLY_LIVE, names=list(_EXCLUSIONS), states=states)


def _apart(session: Session) -> Found:
    """I60: no table, policy, foreign key or role lets one clinic see another's rows."""
    return found_by(session, _APART)


def _utc(session: Session) -> Found:
    return found_by(session, _UTC)


PROOFS = (
    CatalogProof("I15", "the database excludes live rows, and only those", _blocks_only_live),
    CatalogProof("I60", "row security binds every table; keys hold the clinic", _apart),
    CatalogProof("I67", "every instant is stored with its zone", _utc),
)
