"""By which way a message went in vain, and which message a carrier answered with an opt-out."""

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
"""

DOWN = """
ALTER TABLE consents DROP COLUMN withdrawn_by_message;
ALTER TABLE messages DROP COLUMN tried;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
