"""More of the standard clinic, in bulk: rows that the rules made, copied by SQL.

All keys are `(clinic_id, id)`, so another clinic is the same rows under another clinic's id; ten
years are the same rows under other ids, in a time gone by.
"""

from typing import Any
from uuid import uuid4

import psycopg

from scheduler.access import secrets

WEEKS_A_COPY = 12
# Times 12 weeks: ten years, and with the cancelled ones 300,000 sessions.
COPIES = 43
CANCELLED_PERCENT = 45

Connection = psycopg.Connection[Any]

_COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
     ORDER BY ordinal_position
"""
_TABLES = """
    SELECT table_name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'clinic_id' ORDER BY table_name
"""
# What is another row's in another time; chairs, providers and protocols are the same ones.
_OTHERS = ("id", "patient_id", "series_id", "session_id", "clearance_id", "consultation_id")

Values = dict[str, str]


def eight(connection: Connection) -> None:
    """Eight standard clinics."""
    _clinics(connection, 8)


def hundred(connection: Connection) -> None:
    """A hundred clinics with a tenth of the standard one's patients."""
    connection.execute(
        """
        CREATE TEMP TABLE few AS SELECT id FROM patients WHERE id::text < '2';
        DELETE FROM sessions WHERE patient_id NOT IN (SELECT id FROM few);
        DELETE FROM series WHERE patient_id NOT IN (SELECT id FROM few);
        DELETE FROM clearances WHERE patient_id NOT IN (SELECT id FROM few);
        DELETE FROM consultations WHERE patient_id NOT IN (SELECT id FROM few);
        DELETE FROM consents WHERE patient_id NOT IN (SELECT id FROM few);
        DELETE FROM patients WHERE id NOT IN (SELECT id FROM few);
        """
    )
    _clinics(connection, 100)


def decade(connection: Connection) -> None:
    """Ten years of the standard clinic: what is kept, and what was cancelled and tried again."""
    past = f"make_interval(days => 7 + 7 * {WEEKS_A_COPY} * k)"
    bodies = {
        "patients": {"external_id": "external_id || '-' || k"},
        "consents": {},
        "consultations": {},
        "clearances": {"expires_on": f"(expires_on - {past})::date"},
        "series": {},
    }
    copies = f"generate_series(1, {COPIES}) AS k"
    for table, values in bodies.items():
        _copy(connection, table, _shifted(connection, table, past) | values, copies)
    completed = {
        "status": "'completed'",
        "arrived_at": f"block_starts_at - {past}",
        "started_at": f"starts_at - {past}",
        "infusion_ended_at": f"ends_at - {past}",
        "left_at": f"block_ends_at - {past}",
        "completed_at": f"block_ends_at - {past}",
    }
    sessions = _shifted(connection, "sessions", past)
    _copy(connection, "sessions", sessions | completed, copies)
    cancelled = {
        "id": "md5(id::text || 'cancelled' || k)::uuid",
        "status": "'cancelled'",
        "cancelled_at": f"starts_at - {past} - interval '2 days'",
        "cancelled_by": "'patient'",
        "cancel_reason": "'Called'",
    }
    some = f"abs(hashtext(id::text || k)) % 100 < {CANCELLED_PERCENT}"
    _copy(connection, "sessions", sessions | cancelled, copies, f"status = 'booked' AND {some}")
    connection.execute(_LEDGER)
    connection.execute(_AUDIT)


_LEDGER = """
    INSERT INTO messages (clinic_id, id, kind, rule, session_id, patient_id, time_version, channel,
                          address, due_at, not_after, status, attempts, next_attempt_at, sent_at,
                          created_at, version)
    SELECT clinic_id, md5(id::text || rule)::uuid, kind, rule, id, patient_id, time_version,
           'email', 'a@example.com', starts_at + ahead, starts_at + until, 'sent', 1,
           starts_at + ahead, starts_at + ahead, starts_at + ahead, 4
      FROM sessions CROSS JOIN (VALUES
           ('reminder', '3d_before', interval '-3 days', interval '-1 day'),
           ('reminder', '1d_before', interval '-1 day', interval '-1 hour'),
           ('follow_up', 'check_in', interval '25 hours', interval '3 days')
      ) AS rules (kind, rule, ahead, until)
     WHERE status = 'completed'
"""
_AUDIT = """
    INSERT INTO audit_log (clinic_id, id, at, request_id, role, method, route, status, object_ids)
    SELECT clinic_id, md5(id::text || 'audit')::uuid, starts_at - interval '9 days', id::text,
           'front_desk', 'POST', '/v1/sessions', 201, ARRAY[id, patient_id]
      FROM sessions WHERE status IN ('completed', 'cancelled')
"""


def _clinics(connection: Connection, count: int) -> None:
    """Copies of the one clinic, until there are so many; each with a key of its own."""
    tables = [name for (name,) in connection.execute(_TABLES).fetchall()]
    for number in range(1, count):
        clinic_id, secret = f"'{uuid4()}'::uuid", secrets.new_secret()
        # Of the first clinic only: the copies made so far are there too.
        of_first = "(SELECT clinic_id FROM bench.keys WHERE number = 0)"
        values = _plain(connection, "clinics") | {"id": clinic_id}
        _copy(connection, "clinics", values, where=f"clinics.id = {of_first}")
        for table in tables:
            values = _plain(connection, table) | {"clinic_id": clinic_id}
            if table == "api_keys":
                values["secret_hash"] = f"'\\x{secrets.hashed(secret).hex()}'::bytea"
            _copy(connection, table, values, where=f"{table}.clinic_id = {of_first}")
        row = f"({number}, {clinic_id}, '{secret}')"
        connection.execute(f"INSERT INTO bench.keys VALUES {row}".encode())


def _copy(
    connection: Connection, table: str, values: Values, beside: str = "", where: str = "true"
) -> None:
    """Insert the table's rows again with these values, once for each row of `beside`."""
    origin = f"{table}, {beside}" if beside else table
    names, chosen = ", ".join(values), ", ".join(values.values())
    insert = f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {origin} WHERE {where}"
    connection.execute(insert.encode())


def _plain(connection: Connection, table: str) -> Values:
    """Every column as it is."""
    return {name: name for name, _ in connection.execute(_COLUMNS, [table]).fetchall()}


def _shifted(connection: Connection, table: str, past: str) -> Values:
    """Every column of a row as it was in a time gone by, under other ids."""
    values = {}
    for name, kind in connection.execute(_COLUMNS, [table]).fetchall():
        values[name] = name
        if name in _OTHERS:
            values[name] = f"md5({name}::text || k)::uuid"
        elif kind.startswith("timestamp"):
            values[name] = f"{name} - {past}"
    return values
