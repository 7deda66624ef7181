"""What delivery needs to know of an attempt: whether it may have gone, and the provider's id."""

from alembic import op

revision = "0007"
down_revision = "0004"

# `key_until` is by the database's clock, as leases are: until then the provider still knows the
# key of an attempt, so that sending it again is as good as once.
COLUMNS = """
ALTER TABLE messages
    ADD COLUMN ambiguous boolean NOT NULL DEFAULT false,
    ADD COLUMN key_until timestamptz,
    ADD COLUMN provider_id text;
CREATE INDEX messages_by_provider_id ON messages (clinic_id, provider_id)
    WHERE provider_id IS NOT NULL;
"""

NO_COLUMNS = """
ALTER TABLE messages
    DROP COLUMN ambiguous,
    DROP COLUMN key_until,
    DROP COLUMN provider_id;
"""


def upgrade() -> None:
    op.execute(COLUMNS)


def downgrade() -> None:
    op.execute(NO_COLUMNS)
