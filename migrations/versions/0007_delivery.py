"""What delivery needs to know of an attempt; a clinic's own number for texts, and texts to it."""

from alembic import context, op

revision = "0007"
down_revision = "0006"

# `key_until` is by the database's clock, as leases are: until then the provider still knows the
# key of an attempt, so that sending it again is as good as once.
COLUMNS = """
ALTER TABLE messages
    ADD COLUMN ambiguous boolean NOT NULL DEFAULT false,
    ADD COLUMN key_until timestamptz,
    ADD COLUMN provider_id text,
    ADD COLUMN note text;
"""

NO_COLUMNS = """
ALTER TABLE messages
    DROP COLUMN ambiguous,
    DROP COLUMN key_until,
    DROP COLUMN provider_id,
    DROP COLUMN note;
"""

TABLES = """
CREATE TABLE text_senders (
    clinic_id uuid PRIMARY KEY REFERENCES clinics (id),
    number text NOT NULL,
    account text NOT NULL,
    secret text NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE inbound_texts (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    provider_id text NOT NULL,
    number text NOT NULL,
    body text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, id),
    UNIQUE (clinic_id, provider_id)
);
"""

OF_CLINIC = {
    "text_senders": "SELECT, INSERT, UPDATE",
    "inbound_texts": "SELECT, INSERT",
}
CURRENT_CLINIC = "nullif(current_setting('app.clinic_id', true), '')::uuid"


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(COLUMNS)
    op.execute(TABLES)
    for table, rights in OF_CLINIC.items():
        op.execute(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY one_clinic ON {table} USING (clinic_id = {CURRENT_CLINIC});
            GRANT {rights} ON {table} TO "{role}";
            """
        )


def downgrade() -> None:
    op.execute("DROP TABLE inbound_texts, text_senders")
    op.execute(NO_COLUMNS)
