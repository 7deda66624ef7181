"""Keys that end, an audit log nobody rewrites, and finding a patient by name.

`authenticate` refuses disabled and expired keys by the program's clock, and notes a key's last
use at most once a minute. The look-ups below run as the owner because arrays and `LIKE` are not
leakproof: under row security they could not use their index. Each names the clinic itself.
"""

from alembic import context, op

revision = "0002"
down_revision = "0001"

KEYS = """
ALTER TABLE api_keys
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN version bigint NOT NULL DEFAULT 1;

DROP FUNCTION authenticate(bytea, boolean);
CREATE FUNCTION authenticate(hash bytea, reads_only boolean, at timestamptz)
RETURNS TABLE (key_id uuid, clinic_id uuid, role text, provider_id uuid, time_zone text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    used_at timestamptz;
BEGIN
    SELECT k.id, k.clinic_id, k.role, k.provider_id, c.time_zone, k.last_used_at
      INTO key_id, clinic_id, role, provider_id, time_zone, used_at
      FROM api_keys k JOIN clinics c ON c.id = k.clinic_id
     WHERE k.secret_hash = hash
       AND k.disabled_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > at);
    IF FOUND THEN
        PERFORM set_config('app.clinic_id', clinic_id::text, true);
        IF reads_only THEN
            PERFORM set_config('synchronous_commit', 'off', true);
        END IF;
        -- One of many requests at once notes it; the others do not wait for that.
        IF used_at IS NULL OR used_at < at - interval '1 minute' THEN
            UPDATE api_keys u SET last_used_at = at
             WHERE (u.clinic_id, u.id) IN (
                SELECT w.clinic_id, w.id FROM api_keys w
                 WHERE w.clinic_id = authenticate.clinic_id AND w.id = key_id
                   FOR UPDATE SKIP LOCKED);
        END IF;
        RETURN NEXT;
    END IF;
END $$;
"""

AUDIT = """
CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();
CREATE INDEX audit_log_by_object ON audit_log USING gin (object_ids);
CREATE POLICY looked_up ON audit_log FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION audit_entries_of(object_id uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT id FROM audit_log
     WHERE clinic_id = nullif(current_setting('app.clinic_id', true), '')::uuid
       AND object_ids @> ARRAY[object_id]
$$;
"""

SEARCH = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER TABLE patients ADD COLUMN search_name text GENERATED ALWAYS AS (
    lower(regexp_replace(
        normalize(given_name || ' ' || family_name, NFKD), '[\\u0300-\\u036f]', '', 'g'))
) STORED;
CREATE INDEX patients_by_name ON patients USING gin (search_name gin_trgm_ops);
CREATE INDEX patients_by_phone ON patients (clinic_id, phone);
CREATE INDEX patients_by_birth_date ON patients (clinic_id, birth_date);
CREATE POLICY looked_up ON patients FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION patients_named(patterns text[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT id FROM patients
     WHERE clinic_id = nullif(current_setting('app.clinic_id', true), '')::uuid
       AND search_name LIKE ALL (patterns)
$$;
"""

CALLED = (
    "authenticate(bytea, boolean, timestamptz)",
    "audit_entries_of(uuid)",
    "patients_named(text[])",
)


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    for part in (KEYS, AUDIT, SEARCH):
        op.execute(part)
    for function in CALLED:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f'GRANT EXECUTE ON FUNCTION {function} TO "{role}"')


def downgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(
        """
        DROP FUNCTION patients_named(text[]);
        DROP POLICY looked_up ON patients;
        DROP INDEX patients_by_phone, patients_by_birth_date;
        ALTER TABLE patients DROP COLUMN search_name;
        DROP EXTENSION pg_trgm;
        DROP FUNCTION audit_entries_of(uuid);
        DROP POLICY looked_up ON audit_log;
        DROP INDEX audit_log_by_object;
        DROP TRIGGER append_only ON audit_log;
        DROP FUNCTION refuse_to_rewrite();
        DROP FUNCTION authenticate(bytea, boolean, timestamptz);
        ALTER TABLE api_keys DROP COLUMN expires_at, DROP COLUMN disabled_at,
            DROP COLUMN last_used_at, DROP COLUMN version;
        """
    )
    op.execute(FIRST_AUTHENTICATE)
    op.execute("REVOKE ALL ON FUNCTION authenticate(bytea, boolean) FROM PUBLIC")
    op.execute(f'GRANT EXECUTE ON FUNCTION authenticate(bytea, boolean) TO "{role}"')


FIRST_AUTHENTICATE = """
CREATE FUNCTION authenticate(hash bytea, reads_only boolean)
RETURNS TABLE (key_id uuid, clinic_id uuid, role text, provider_id uuid, time_zone text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    SELECT k.id, k.clinic_id, k.role, k.provider_id, c.time_zone
      INTO key_id, clinic_id, role, provider_id, time_zone
      FROM api_keys k JOIN clinics c ON c.id = k.clinic_id
     WHERE k.secret_hash = hash;
    IF FOUND THEN
        PERFORM set_config('app.clinic_id', clinic_id::text, true);
        IF reads_only THEN
            PERFORM set_config('synchronous_commit', 'off', true);
        END IF;
        RETURN NEXT;
    END IF;
END $$;
"""
