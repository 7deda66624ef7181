"""What a patient's text asked for, what followed, and which consents a text withdrew."""

from alembic import op

revision = "0011"
down_revision = "0010"

# Texts that came before were only kept: a person reads them.
UP = """
ALTER TABLE inbound_texts
    ADD COLUMN meaning text NOT NULL DEFAULT 'words'
        CHECK (meaning IN ('stop', 'cancel', 'start', 'help', 'confirm', 'change', 'words')),
    ADD COLUMN session_id uuid,
    ADD COLUMN answer text,
    ADD FOREIGN KEY (clinic_id, session_id) REFERENCES sessions (clinic_id, id);
CREATE INDEX inbound_texts_by_receipt ON inbound_texts (clinic_id, received_at);
CREATE INDEX inbound_texts_by_session ON inbound_texts (clinic_id, session_id);
CREATE INDEX inbound_texts_by_number ON inbound_texts (clinic_id, number, received_at);
-- What a "C" speaks of: the texts that went to its number.
CREATE INDEX messages_by_number ON messages (clinic_id, address) WHERE channel = 'sms';
ALTER TABLE consents
    ADD COLUMN withdrawn_by_text uuid,
    ADD FOREIGN KEY (clinic_id, withdrawn_by_text) REFERENCES inbound_texts (clinic_id, id);
CREATE INDEX consents_by_text ON consents (clinic_id, withdrawn_by_text);
"""

DOWN = """
ALTER TABLE consents DROP COLUMN withdrawn_by_text;
DROP INDEX messages_by_number;
ALTER TABLE inbound_texts DROP COLUMN meaning, DROP COLUMN session_id, DROP COLUMN answer;
DROP INDEX inbound_texts_by_receipt, inbound_texts_by_number;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
