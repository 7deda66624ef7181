"""Follow-ups before and long after a session, their nudges, and what carries what."""

from alembic import op

revision = "0016"
down_revision = "0015"

MESSAGES = (
    "'reminder', 'follow_up', 'booked', 'booked_several', 'changed', 'cancelled',"
    " 'cancelled_several', 'missed'"
)

UP = f"""
-- Weeks after a session it is looked up by when its patient left.
CREATE INDEX sessions_left ON sessions (clinic_id, left_at) WHERE status = 'completed';
-- What was asked and may have to be asked once more.
CREATE INDEX messages_asked ON messages (clinic_id, sent_at)
    WHERE kind = 'follow_up' AND status IN ('sent', 'delivered');
-- Of two that go on one day a reminder carries the other's link.
ALTER TABLE messages
    ADD COLUMN carries_id uuid,
    ADD FOREIGN KEY (clinic_id, carries_id) REFERENCES messages (clinic_id, id);
CREATE INDEX messages_carrying ON messages (clinic_id, carries_id) WHERE carries_id IS NOT NULL;
ALTER TABLE message_templates DROP CONSTRAINT message_templates_message_check;
ALTER TABLE message_templates ADD CONSTRAINT message_templates_message_check
    CHECK (message IN ('follow_up_nudge', {MESSAGES}));
"""

DOWN = f"""
DELETE FROM message_templates WHERE message = 'follow_up_nudge';
ALTER TABLE message_templates DROP CONSTRAINT message_templates_message_check;
ALTER TABLE message_templates ADD CONSTRAINT message_templates_message_check
    CHECK (message IN ({MESSAGES}));
DROP INDEX messages_carrying;
ALTER TABLE messages DROP COLUMN carries_id;
DROP INDEX messages_asked;
DROP INDEX sessions_left;
"""  # noqa: S608 - put together from the words above


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
