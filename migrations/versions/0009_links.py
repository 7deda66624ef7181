"""Links to patients: each for one purpose, found by the hash of its token.

`open_link` comes before a clinic is known, so it runs as the owner, as `authenticate` does: it sets
the clinic of the link that has this hash, and says nothing of any other. It writes nothing.
"""

from alembic import context, op

revision = "0009"
down_revision = "0008"

TABLE = """
CREATE TABLE links (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    purpose text NOT NULL
        CHECK (purpose IN ('confirm', 'change', 'decline', 'calendar', 'unsubscribe')),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    session_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    time_version integer NOT NULL,
    channel text NOT NULL CHECK (channel IN ('sms', 'email')),
    address text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    used_time_version integer,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT links_by_token UNIQUE (token_hash),
    FOREIGN KEY (clinic_id, session_id) REFERENCES sessions (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id)
);
CREATE INDEX links_by_session ON links (clinic_id, session_id);
CREATE INDEX links_by_patient ON links (clinic_id, patient_id);
-- Whose consents an address is written to by; others may share it.
CREATE INDEX consents_by_address ON consents (clinic_id, address);
CREATE INDEX patients_by_email ON patients (clinic_id, email);
"""

FUNCTION = """
CREATE POLICY looked_up ON links FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION open_link(hash bytea, reads_only boolean)
RETURNS TABLE (link_id uuid, clinic_id uuid, time_zone text, site_stamp uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT l.id, l.clinic_id INTO link_id, clinic_id FROM links l WHERE l.token_hash = hash;
    IF FOUND THEN
        PERFORM set_config('app.clinic_id', clinic_id::text, true);
        IF reads_only THEN
            PERFORM set_config('synchronous_commit', 'off', true);
        END IF;
        SELECT c.time_zone, s.site_stamp INTO time_zone, site_stamp
          FROM clinics c JOIN clinic_schedules s ON s.clinic_id = c.id
         WHERE c.id = open_link.clinic_id;
        RETURN NEXT;
    END IF;
END $$;
"""
CURRENT_CLINIC = "nullif(current_setting('app.clinic_id', true), '')::uuid"


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(TABLE)
    op.execute(
        f"""
        ALTER TABLE links ENABLE ROW LEVEL SECURITY;
        ALTER TABLE links FORCE ROW LEVEL SECURITY;
        CREATE POLICY one_clinic ON links USING (clinic_id = {CURRENT_CLINIC});
        GRANT SELECT, INSERT ON links TO "{role}";
        GRANT UPDATE (used_at, used_time_version, version) ON links TO "{role}";
        """
    )
    op.execute(FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION open_link(bytea, boolean) FROM PUBLIC")
    op.execute(f'GRANT EXECUTE ON FUNCTION open_link(bytea, boolean) TO "{role}"')


def downgrade() -> None:
    op.execute("DROP FUNCTION open_link(bytea, boolean)")
    op.execute("DROP INDEX consents_by_address, patients_by_email")
    op.execute("DROP TABLE links")
