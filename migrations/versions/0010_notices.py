"""What a patient is told at once: that a visit was booked, changed, cancelled or missed.

Of sessions from before, nobody knows when they were booked; nobody is told of them.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

# `promised_at` is when the session's start or liveness last changed, as `time_version` counts.
UP = """
ALTER TABLE sessions ADD COLUMN booked_at timestamptz, ADD COLUMN promised_at timestamptz;
CREATE INDEX sessions_by_booked_at ON sessions (clinic_id, booked_at);
CREATE INDEX sessions_by_promised_at ON sessions (clinic_id, promised_at);

ALTER TABLE policies ADD COLUMN notices text[] NOT NULL
    DEFAULT '{booked,changed,cancelled,missed}'
    CHECK (notices <@ '{booked,changed,cancelled,missed}');
ALTER TABLE policies ALTER COLUMN notices DROP DEFAULT;

ALTER TABLE messages DROP CONSTRAINT messages_kind_check,
    ADD CONSTRAINT messages_kind_check CHECK (kind IN ('reminder', 'follow_up', 'notice'));
CREATE UNIQUE INDEX messages_one_notice ON messages (clinic_id, session_id, time_version, rule)
    WHERE kind = 'notice';
"""

# What went out stays known, as what it is nearest to. Row security binds the owner too, who would
# change nothing.
DOWN = """
DROP INDEX messages_one_notice;
ALTER TABLE messages DROP CONSTRAINT messages_kind_check;
ALTER TABLE messages NO FORCE ROW LEVEL SECURITY;
UPDATE messages SET kind = 'reminder' WHERE kind = 'notice';
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
ALTER TABLE messages
    ADD CONSTRAINT messages_kind_check CHECK (kind IN ('reminder', 'follow_up'));
ALTER TABLE policies DROP COLUMN notices;
ALTER TABLE sessions DROP COLUMN booked_at, DROP COLUMN promised_at;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
