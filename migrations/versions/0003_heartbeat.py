"""When a job process last ended a tick: milliseconds since 1970, by the database's clock.

A sequence, as it belongs to no clinic: row security has nothing to guard in it.
"""

from alembic import context, op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute("CREATE SEQUENCE last_tick")
    op.execute(f'GRANT SELECT, UPDATE ON SEQUENCE last_tick TO "{role}"')


def downgrade() -> None:
    op.execute("DROP SEQUENCE last_tick")
