"""Every rule of the schedule: staffing, whole protocols, the life of a session, attention.

Row security binds the owner too, so what clinics already have is made clinic by clinic.
"""

from alembic import context, op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE staffing (
    clinic_id uuid PRIMARY KEY REFERENCES clinics (id),
    shifts jsonb,
    watch_ratio integer NOT NULL CHECK (watch_ratio > 0),
    setup_minutes integer NOT NULL CHECK (setup_minutes BETWEEN 5 AND 120),
    version bigint NOT NULL
);

CREATE TABLE staffing_overrides (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    on_date date NOT NULL,
    from_time time NOT NULL,
    to_time time NOT NULL,
    nurses integer NOT NULL CHECK (nurses >= 0),
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CHECK (from_time < to_time)
);
CREATE INDEX staffing_overrides_by_date ON staffing_overrides (clinic_id, on_date);

CREATE TABLE attention_handled (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    note text NOT NULL,
    handled_at timestamptz NOT NULL,
    handled_by uuid,
    PRIMARY KEY (clinic_id, id)
);
"""

COLUMNS = """
ALTER TABLE policies
    ADD COLUMN late_minutes integer NOT NULL DEFAULT 15 CHECK (late_minutes >= 0),
    ADD COLUMN no_show_grace_minutes integer NOT NULL DEFAULT 30
        CHECK (no_show_grace_minutes >= 0),
    ADD COLUMN notice_hours integer NOT NULL DEFAULT 24 CHECK (notice_hours >= 0),
    ADD COLUMN escort_asked boolean NOT NULL DEFAULT false,
    ADD COLUMN fasting_asked boolean NOT NULL DEFAULT false;

ALTER TABLE protocols
    ADD COLUMN review_after integer CHECK (review_after > 0),
    ADD COLUMN missed_limit integer NOT NULL DEFAULT 2 CHECK (missed_limit > 0);

ALTER TABLE series
    ALTER COLUMN every_days DROP NOT NULL,
    ADD COLUMN cancelled_at timestamptz,
    ADD COLUMN cancelled_by text CHECK (cancelled_by IN ('patient', 'clinic')),
    ADD COLUMN cancel_reason text;

ALTER TABLE sessions
    ADD COLUMN extra_minutes integer NOT NULL DEFAULT 0 CHECK (extra_minutes >= 0),
    ADD COLUMN block_extra_minutes integer NOT NULL DEFAULT 0
        CHECK (block_extra_minutes BETWEEN 0 AND extra_minutes),
    ADD COLUMN ended_early boolean NOT NULL DEFAULT false,
    ADD COLUMN escort_confirmed boolean NOT NULL DEFAULT false,
    ADD COLUMN fasting_confirmed boolean NOT NULL DEFAULT false,
    ADD COLUMN override_reason text,
    ADD COLUMN arrived_late boolean,
    ADD COLUMN missed_at timestamptz,
    ADD COLUMN cancelled_late boolean,
    ADD COLUMN undone_at timestamptz,
    ADD COLUMN undo_reason text;

ALTER TABLE consultations ADD COLUMN missed_at timestamptz;
"""

EACH_CLINIC = """
DO $$
DECLARE
    clinic uuid;
BEGIN
    FOR clinic IN SELECT id FROM clinics LOOP
        PERFORM set_config('app.clinic_id', clinic::text, true);
        INSERT INTO staffing VALUES (clinic, NULL, 4, 15, 1);
    END LOOP;
    PERFORM set_config('app.clinic_id', '', true);
END $$
"""

# The version before knows series of every so many days only.
EACH_SERIES = """
DO $$
DECLARE
    clinic uuid;
BEGIN
    FOR clinic IN SELECT id FROM clinics LOOP
        PERFORM set_config('app.clinic_id', clinic::text, true);
        UPDATE series SET every_days = 7 WHERE every_days IS NULL;
    END LOOP;
    PERFORM set_config('app.clinic_id', '', true);
END $$
"""

OF_CLINIC = {
    "staffing": "SELECT, INSERT, UPDATE",
    "staffing_overrides": "SELECT, INSERT, DELETE",
    "attention_handled": "SELECT, INSERT",
}
CURRENT_CLINIC = "nullif(current_setting('app.clinic_id', true), '')::uuid"


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(TABLES)
    op.execute(COLUMNS)
    for table, rights in OF_CLINIC.items():
        op.execute(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY one_clinic ON {table} USING (clinic_id = {CURRENT_CLINIC});
            GRANT {rights} ON {table} TO "{role}";
            """
        )
    op.execute(EACH_CLINIC)


def downgrade() -> None:
    op.execute(EACH_SERIES)
    op.execute("ALTER TABLE series ALTER COLUMN every_days SET NOT NULL")
    op.execute(
        """
        DROP TABLE attention_handled, staffing_overrides, staffing;
        ALTER TABLE consultations DROP COLUMN missed_at;
        ALTER TABLE sessions DROP COLUMN block_extra_minutes, DROP COLUMN extra_minutes,
            DROP COLUMN ended_early, DROP COLUMN escort_confirmed,
            DROP COLUMN fasting_confirmed, DROP COLUMN override_reason,
            DROP COLUMN arrived_late, DROP COLUMN missed_at, DROP COLUMN cancelled_late,
            DROP COLUMN undone_at, DROP COLUMN undo_reason;
        ALTER TABLE series DROP COLUMN cancelled_at, DROP COLUMN cancelled_by,
            DROP COLUMN cancel_reason;
        ALTER TABLE protocols DROP COLUMN review_after, DROP COLUMN missed_limit;
        ALTER TABLE policies DROP COLUMN late_minutes, DROP COLUMN no_show_grace_minutes,
            DROP COLUMN notice_hours, DROP COLUMN escort_asked, DROP COLUMN fasting_asked;
        """
    )
