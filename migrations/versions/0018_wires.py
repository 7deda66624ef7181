"""Ways that a message went in vain, opt-outs that a carrier told of, how many messages are held."""

from alembic import op

revision = "0018"
down_revision = "0017"

UP = """
-- The attempts that did not arrive, each with the way it took; the present one stands in the row.
ALTER TABLE messages ADD COLUMN tried jsonb NOT NULL DEFAULT '[]'
    CHECK (jsonb_typeof(tried) = 'array');
ALTER TABLE consents
    ADD COLUMN withdrawn_by_message uuid,
    ADD FOREIGN KEY (clinic_id, withdrawn_by_message) REFERENCES messages (clinic_id, id);
CREATE INDEX consents_by_message ON consents (clinic_id, withdrawn_by_message);
-- For the metrics: all clinics' together, as row security shows one at a time.
CREATE FUNCTION messages_held() RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    clinic uuid;
    held bigint := 0;
BEGIN
    FOR clinic IN SELECT id FROM all_clinic_ids() AS id LOOP
        PERFORM set_config('app.clinic_id', clinic::text, true);
        held := held + (SELECT count(*) FROM messages m
                         WHERE m.clinic_id = clinic AND m.status = 'planned'
                           AND m.reason = 'backlog_held');
    END LOOP;
    PERFORM set_config('app.clinic_id', '', true);
    RETURN held;
END $$;
"""

DOWN = """
DROP FUNCTION messages_held();
ALTER TABLE consents DROP COLUMN withdrawn_by_message;
ALTER TABLE messages DROP COLUMN tried;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
