"""A session's messages are found by the session.

`GET /v1/sessions/{session_id}/messages` looks over 800 days: by when they are due it read every
message of that time. The unique indexes know only one kind each, so no plan could use them.
"""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("CREATE INDEX messages_by_session ON messages (clinic_id, session_id)")


def downgrade() -> None:
    op.execute("DROP INDEX messages_by_session")
