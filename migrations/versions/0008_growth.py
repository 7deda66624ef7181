"""However many years a clinic has behind it, no question reads them whole.

Attention asks which series lost a session, and which messages did not arrive; a list asks for one
status. A search by name asks one pattern a word: `LIKE ALL` of an array knows no index, so the
patterns are written out.
"""

from alembic import context, op

revision = "0008"
down_revision = "0007"

INDEXES = """
CREATE INDEX sessions_lost ON sessions (clinic_id, series_id)
    WHERE status IN ('cancelled', 'no_show');
CREATE INDEX sessions_by_status ON sessions (clinic_id, status, starts_at, id);
CREATE INDEX messages_not_arrived ON messages (clinic_id, due_at)
    WHERE status IN ('failed', 'unknown', 'undelivered');
"""

# It runs as the owner, past row security, and so names the clinic itself.
NAMED = """
CREATE FUNCTION patients_named(patterns text[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY EXECUTE (
        SELECT format('SELECT id FROM patients WHERE clinic_id = %L::uuid',
                      nullif(current_setting('app.clinic_id', true), ''))
               || coalesce(string_agg(format(' AND search_name LIKE %L', pattern), ''), '')
          FROM unnest(patterns) AS pattern);
END $$;
"""

NAMED_BEFORE = """
CREATE FUNCTION patients_named(patterns text[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT id FROM patients
     WHERE clinic_id = nullif(current_setting('app.clinic_id', true), '')::uuid
       AND search_name LIKE ALL (patterns)
$$;
"""


def upgrade() -> None:
    op.execute(INDEXES)
    _replace(NAMED)


def downgrade() -> None:
    op.execute("DROP INDEX sessions_lost, sessions_by_status, messages_not_arrived")
    _replace(NAMED_BEFORE)


def _replace(function: str) -> None:
    """The function anew, for the app's role alone."""
    role = context.config.attributes["app_role"]
    op.execute("DROP FUNCTION patients_named(text[])")
    op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION patients_named(text[]) FROM PUBLIC")
    op.execute(f'GRANT EXECUTE ON FUNCTION patients_named(text[]) TO "{role}"')
