"""Whom messages reach: links that end, moves of a patient's own, addresses that failed."""

from alembic import context, op

revision = "0013"
down_revision = "0012"

UP = """
CREATE INDEX links_by_expiry ON links (clinic_id, expires_at);
ALTER TABLE sessions
    ADD COLUMN moved_by text CHECK (moved_by IN ('patient', 'clinic'));
ALTER TABLE patients
    ADD COLUMN phone_failed_at timestamptz,
    ADD COLUMN email_failed_at timestamptz;
"""

DOWN = """
ALTER TABLE patients DROP COLUMN phone_failed_at, DROP COLUMN email_failed_at;
ALTER TABLE sessions DROP COLUMN moved_by;
DROP INDEX links_by_expiry;
"""


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(UP)
    op.execute(f'GRANT DELETE ON links TO "{role}"')


def downgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(f'REVOKE DELETE ON links FROM "{role}"')
    op.execute(DOWN)
