"""Answers to check-ins, alerts that nobody can mute, the stops they set, and who is on call."""

from alembic import context, op

revision = "0015"
down_revision = "0014"

CURRENT_CLINIC = "nullif(current_setting('app.clinic_id', true), '')::uuid"
TABLES = ("answers", "alerts", "alert_events", "alert_calls", "stops", "on_call")

# One form, filled in by link as the patient goes along, or by phone at once.
ANSWERS = """
CREATE TABLE answers (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    session_id uuid,
    rule text,
    instrument text NOT NULL,
    instrument_version integer NOT NULL,
    language text NOT NULL CHECK (language IN ('en', 'es')),
    source text NOT NULL CHECK (source IN ('link', 'phone')),
    items jsonb NOT NULL CHECK (jsonb_typeof(items) = 'object'),
    started_at timestamptz NOT NULL,
    answered_at timestamptz NOT NULL,
    submitted_at timestamptz,
    recorded_by uuid,
    corrects_id uuid,
    correction_reason text,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id),
    FOREIGN KEY (clinic_id, session_id) REFERENCES sessions (clinic_id, id),
    FOREIGN KEY (clinic_id, corrects_id) REFERENCES answers (clinic_id, id),
    FOREIGN KEY (clinic_id, recorded_by) REFERENCES api_keys (clinic_id, id),
    CHECK ((corrects_id IS NULL) = (correction_reason IS NULL)),
    CHECK ((session_id IS NULL) = (rule IS NULL))
);
-- However many links lead to it, a form is one; and it is corrected once, then its correction is.
CREATE UNIQUE INDEX answers_one_by_link ON answers (clinic_id, session_id, rule)
    WHERE source = 'link' AND corrects_id IS NULL;
CREATE UNIQUE INDEX answers_one_correction ON answers (clinic_id, corrects_id)
    WHERE corrects_id IS NOT NULL;
CREATE INDEX answers_by_patient ON answers (clinic_id, patient_id, started_at);
CREATE INDEX answers_by_session ON answers (clinic_id, session_id);
CREATE INDEX answers_by_time ON answers (clinic_id, answered_at);
CREATE INDEX answers_by_key ON answers (clinic_id, recorded_by);
-- What was submitted stays as it was (I57), and nobody's answers are ever deleted.
CREATE FUNCTION keep_answers() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.submitted_at IS NOT NULL THEN
        RAISE EXCEPTION 'submitted answers never change';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_answers BEFORE UPDATE OR DELETE ON answers
    FOR EACH ROW EXECUTE FUNCTION keep_answers();
"""

# One open alert a patient; it ends only by a clinician with a note (I54).
ALERTS = """
CREATE TABLE alerts (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    raised_at timestamptz NOT NULL,
    clock_from timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    closed_at timestamptz,
    closed_by uuid,
    note text,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id),
    FOREIGN KEY (clinic_id, acknowledged_by) REFERENCES providers (clinic_id, id),
    FOREIGN KEY (clinic_id, closed_by) REFERENCES providers (clinic_id, id),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK (num_nulls(closed_at, closed_by, note) IN (0, 3)),
    CHECK (note <> '')
);
CREATE UNIQUE INDEX alerts_one_open ON alerts (clinic_id, patient_id) WHERE closed_at IS NULL;
CREATE INDEX alerts_by_patient ON alerts (clinic_id, patient_id);
CREATE INDEX alerts_by_time ON alerts (clinic_id, raised_at, id);
CREATE INDEX alerts_unheard ON alerts (clinic_id, clock_from)
    WHERE closed_at IS NULL AND acknowledged_at IS NULL;
CREATE FUNCTION keep_alerts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR NEW.patient_id <> OLD.patient_id
        OR NEW.raised_at <> OLD.raised_at OR NEW.clock_from < OLD.clock_from THEN
        RAISE EXCEPTION 'an alert ends only by being closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_alerts BEFORE UPDATE OR DELETE ON alerts
    FOR EACH ROW EXECUTE FUNCTION keep_alerts();

CREATE TABLE alert_events (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('raised', 'joined', 'acknowledged', 'closed')),
    at timestamptz NOT NULL,
    reasons text[] NOT NULL,
    answers_id uuid,
    provider_id uuid,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, alert_id) REFERENCES alerts (clinic_id, id),
    FOREIGN KEY (clinic_id, answers_id) REFERENCES answers (clinic_id, id),
    FOREIGN KEY (clinic_id, provider_id) REFERENCES providers (clinic_id, id)
);
CREATE INDEX alert_events_by_alert ON alert_events (clinic_id, alert_id, at);
CREATE INDEX alert_events_by_answers ON alert_events (clinic_id, answers_id);

-- One try to tell one person by one channel: the n-th since the clock last began.
CREATE TABLE alert_calls (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    clock_from timestamptz NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    provider_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('sms', 'email')),
    address text NOT NULL,
    due_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('planned', 'sending', 'sent', 'failed')),
    reason text,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    lease_until timestamptz,
    first_attempt_at timestamptz,
    sent_at timestamptz,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT alert_calls_once
        UNIQUE (clinic_id, alert_id, clock_from, number, provider_id, channel),
    FOREIGN KEY (clinic_id, alert_id) REFERENCES alerts (clinic_id, id),
    FOREIGN KEY (clinic_id, provider_id) REFERENCES providers (clinic_id, id)
);
CREATE INDEX alert_calls_waiting ON alert_calls (clinic_id, next_attempt_at)
    WHERE status IN ('planned', 'sending');
CREATE INDEX alert_calls_by_provider ON alert_calls (clinic_id, provider_id);
"""

# Why a patient's next session may not start (I5); an alert's is lifted by closing that alert.
STOPS = """
CREATE TABLE stops (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    alert_id uuid NOT NULL,
    placed_at timestamptz NOT NULL,
    lifted_at timestamptz,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id),
    FOREIGN KEY (clinic_id, alert_id) REFERENCES alerts (clinic_id, id)
);
CREATE UNIQUE INDEX stops_one_an_alert ON stops (clinic_id, alert_id);
CREATE INDEX stops_by_patient ON stops (clinic_id, patient_id) WHERE lifted_at IS NULL;
CREATE FUNCTION keep_stops() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.lifted_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM alerts a WHERE a.clinic_id = NEW.clinic_id AND a.id = NEW.alert_id
                               AND a.closed_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'the alert behind this stop is open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_stops BEFORE INSERT OR UPDATE ON stops
    FOR EACH ROW EXECUTE FUNCTION keep_stops();
"""

ON_CALL = """
CREATE TABLE on_call (
    clinic_id uuid PRIMARY KEY REFERENCES clinics (id),
    shifts jsonb NOT NULL,
    otherwise uuid[] NOT NULL,
    version bigint NOT NULL
);
"""

# Each clinic in turn: row security binds the owner too.
EACH_CLINIC = """
DO $$
DECLARE
    clinic uuid;
BEGIN
    FOR clinic IN SELECT id FROM clinics LOOP
        PERFORM set_config('app.clinic_id', clinic::text, true);
        INSERT INTO on_call VALUES (clinic, '[]', '{}', 1);
    END LOOP;
    PERFORM set_config('app.clinic_id', '', true);
END $$
"""

POLICIES = """
ALTER TABLE policies
    ADD COLUMN nudge_hours integer NOT NULL DEFAULT 24 CHECK (nudge_hours > 0),
    ADD COLUMN alert_total integer NOT NULL DEFAULT 20 CHECK (alert_total BETWEEN 10 AND 20),
    ADD COLUMN alert_repeat_minutes integer NOT NULL DEFAULT 5
        CHECK (alert_repeat_minutes BETWEEN 1 AND 15),
    ADD COLUMN alert_escalate_minutes integer NOT NULL DEFAULT 15
        CHECK (alert_escalate_minutes BETWEEN 1 AND 60),
    ADD COLUMN crisis_text jsonb NOT NULL DEFAULT '{}';
ALTER TABLE policies
    ALTER COLUMN nudge_hours DROP DEFAULT, ALTER COLUMN alert_total DROP DEFAULT,
    ALTER COLUMN alert_repeat_minutes DROP DEFAULT,
    ALTER COLUMN alert_escalate_minutes DROP DEFAULT, ALTER COLUMN crisis_text DROP DEFAULT;
-- Null: the usual check-ins (`protocols/rules_follow_ups.py`).
ALTER TABLE protocols ADD COLUMN follow_ups jsonb;
"""

# A link to a form says which: the rule that asked, and what it asks.
LINKS = """
ALTER TABLE links DROP CONSTRAINT links_purpose_check;
ALTER TABLE links
    ADD CONSTRAINT links_purpose_check CHECK (purpose IN
        ('confirm', 'change', 'decline', 'calendar', 'unsubscribe', 'check_in')),
    ADD COLUMN rule text,
    ADD COLUMN instrument text,
    ADD CONSTRAINT links_form_check CHECK
        (num_nulls(rule, instrument) = CASE WHEN purpose = 'check_in' THEN 0 ELSE 2 END);
"""

DOWN = """
DELETE FROM links WHERE purpose = 'check_in';
ALTER TABLE links DROP CONSTRAINT links_form_check, DROP CONSTRAINT links_purpose_check,
    DROP COLUMN rule, DROP COLUMN instrument,
    ADD CONSTRAINT links_purpose_check CHECK (purpose IN
        ('confirm', 'change', 'decline', 'calendar', 'unsubscribe'));
ALTER TABLE protocols DROP COLUMN follow_ups;
ALTER TABLE policies DROP COLUMN nudge_hours, DROP COLUMN alert_total,
    DROP COLUMN alert_repeat_minutes, DROP COLUMN alert_escalate_minutes,
    DROP COLUMN crisis_text;
DROP TABLE on_call, stops, alert_calls, alert_events, alerts, answers;
DROP FUNCTION keep_stops();
DROP FUNCTION keep_alerts();
DROP FUNCTION keep_answers();
"""


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    for part in (ANSWERS, ALERTS, STOPS, ON_CALL, POLICIES, LINKS):
        op.execute(part)
    for table in TABLES:
        op.execute(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY one_clinic ON {table} USING (clinic_id = {CURRENT_CLINIC});
            GRANT SELECT, INSERT ON {table} TO "{role}";
            """
        )
    op.execute(EACH_CLINIC)
    op.execute(
        f"""
        GRANT UPDATE (items, answered_at, submitted_at, version) ON answers TO "{role}";
        GRANT UPDATE (clock_from, acknowledged_at, acknowledged_by, closed_at, closed_by, note,
            version) ON alerts TO "{role}";
        GRANT UPDATE (address, status, reason, attempts, next_attempt_at, lease_until,
            first_attempt_at, sent_at, version) ON alert_calls TO "{role}";
        GRANT UPDATE (lifted_at, version) ON stops TO "{role}";
        GRANT UPDATE ON on_call TO "{role}";
        """
    )


def downgrade() -> None:
    op.execute(DOWN)
