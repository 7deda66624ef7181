"""A clinic's own words for its messages, and how many texts a number gets."""

from alembic import context, op

revision = "0014"
down_revision = "0013"

# Deletion keeps the row, without words: its version goes on rising.
TABLE = """
CREATE TABLE message_templates (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    message text NOT NULL CHECK (message IN ('reminder', 'follow_up', 'booked', 'booked_several',
        'changed', 'cancelled', 'cancelled_several', 'missed')),
    language text NOT NULL CHECK (language IN ('en', 'es')),
    subject text,
    body text,
    text text,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, message, language),
    CHECK (num_nulls(subject, body, text) IN (0, 3))
);
ALTER TABLE message_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE message_templates FORCE ROW LEVEL SECURITY;
CREATE POLICY one_clinic ON message_templates
    USING (clinic_id = nullif(current_setting('app.clinic_id', true), '')::uuid);
-- Each process keeps them under the site's stamp.
CREATE TRIGGER stamp_site AFTER INSERT OR UPDATE OR DELETE ON message_templates
    FOR EACH ROW EXECUTE FUNCTION stamp_site('clinic_id');
"""

# What was not told for want of room, a person has to tell.
CAPS = """
ALTER TABLE policies
    ADD COLUMN texts_a_day integer NOT NULL DEFAULT 1 CHECK (texts_a_day > 0),
    ADD COLUMN texts_a_week integer NOT NULL DEFAULT 5 CHECK (texts_a_week > 0);
ALTER TABLE policies
    ALTER COLUMN texts_a_day DROP DEFAULT, ALTER COLUMN texts_a_week DROP DEFAULT;
CREATE INDEX messages_capped ON messages (clinic_id, due_at)
    WHERE status = 'skipped' AND reason = 'cap';
"""


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(TABLE)
    op.execute(CAPS)
    op.execute(f'GRANT SELECT, INSERT, UPDATE ON message_templates TO "{role}"')


def downgrade() -> None:
    op.execute("DROP TABLE message_templates")
    op.execute("DROP INDEX messages_capped")
    op.execute("ALTER TABLE policies DROP COLUMN texts_a_day, DROP COLUMN texts_a_week")
