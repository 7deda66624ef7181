"""A stamp that changes with whatever a process may keep of a clinic's site.

A random one, never a counter: what was read under a stamp whose transaction was rolled back, or
before a backup was restored, can never be taken for what is there now.
"""

from alembic import context, op

revision = "0005"
down_revision = "0004"

OF_SITE = (
    "chairs",
    "closures",
    "opening_hours",
    "outages",
    "policies",
    "protocols",
    "staffing",
    "staffing_overrides",
)

STAMP = """
ALTER TABLE clinic_schedules ADD COLUMN site_stamp uuid NOT NULL DEFAULT gen_random_uuid();
CREATE FUNCTION stamp_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clinic_schedules SET site_stamp = gen_random_uuid()
     WHERE clinic_id = (to_jsonb(coalesce(NEW, OLD)) ->> TG_ARGV[0])::uuid;
    RETURN NULL;
END $$;
"""

_AUTHENTICATE = """
DROP FUNCTION authenticate(bytea, boolean, timestamptz);
CREATE FUNCTION authenticate(hash bytea, reads_only boolean, at timestamptz)
RETURNS TABLE (key_id uuid, clinic_id uuid, role text, provider_id uuid, time_zone text{returned})
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
        PERFORM set_config('app.clinic_id', clinic_id::text, true);{stamped}
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
# The zone in one look with its stamp: one of before would be kept and gone by under that of after.
STAMPED = """
        SELECT c.time_zone, s.schedule_version, s.site_stamp
          INTO time_zone, schedule_version, site_stamp
          FROM clinics c JOIN clinic_schedules s ON s.clinic_id = c.id
         WHERE c.id = authenticate.clinic_id;"""
WITH_STAMP = _AUTHENTICATE.format(
    returned=", schedule_version bigint, site_stamp uuid", stamped=STAMPED
)
WITHOUT_STAMP = _AUTHENTICATE.format(returned="", stamped="")

ENTER = """
CREATE FUNCTION enter_clinic(id uuid) RETURNS TABLE (time_zone text, site_stamp uuid)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.clinic_id', id::text, true);
    RETURN QUERY SELECT c.time_zone, s.site_stamp
      FROM clinics c JOIN clinic_schedules s ON s.clinic_id = c.id WHERE c.id = enter_clinic.id;
END $$;
"""


# What runs as the owner looks for temporary tables last: anybody may make one, of any name.
AS_OWNER = ("all_clinic_ids()", "audit_entries_of(uuid)", "patients_named(text[])")


def upgrade() -> None:
    for function in AS_OWNER:
        op.execute(f"ALTER FUNCTION {function} SET search_path = pg_catalog, public, pg_temp")
    op.execute(STAMP)
    for table in OF_SITE:
        op.execute(_trigger(table, "clinic_id"))
    op.execute(_trigger("clinics", "id"))
    op.execute(WITH_STAMP)
    op.execute(ENTER)
    _only_for_the_app("authenticate(bytea, boolean, timestamptz)")
    _only_for_the_app("enter_clinic(uuid)")


def downgrade() -> None:
    op.execute("DROP FUNCTION enter_clinic(uuid)")
    op.execute(WITHOUT_STAMP)
    _only_for_the_app("authenticate(bytea, boolean, timestamptz)")
    for table in ("clinics", *OF_SITE):
        op.execute(f"DROP TRIGGER stamp_site ON {table}")
    op.execute("DROP FUNCTION stamp_site()")
    op.execute("ALTER TABLE clinic_schedules DROP COLUMN site_stamp")


def _trigger(table: str, column: str) -> str:
    return (
        f"CREATE TRIGGER stamp_site AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION stamp_site('{column}')"
    )


def _only_for_the_app(function: str) -> None:
    role = context.config.attributes["app_role"]
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f'GRANT EXECUTE ON FUNCTION {function} TO "{role}"')
