"""The first tables: clinics, people, the schedule, messages, keys, the audit log.

Every table belongs to a clinic, hides other clinics' rows (forced row security) and is keyed
and referenced by `(clinic_id, id)`. What must never be is refused here: two patients in a
chair, one patient in two chairs, a provider or a patient in two consultations.
"""

from alembic import context, op

revision = "0001"
down_revision = None

LIVE = "('held', 'booked', 'arrived', 'infusing', 'observing')"

TABLES = f"""
CREATE TABLE clinics (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    neutral_name text NOT NULL CHECK (length(neutral_name) BETWEEN 1 AND 30),
    phone text,
    time_zone text NOT NULL,
    session_minutes_min integer NOT NULL CHECK (session_minutes_min > 0),
    session_minutes_max integer NOT NULL CHECK (session_minutes_max >= session_minutes_min),
    created_at timestamptz NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE clinic_schedules (
    clinic_id uuid PRIMARY KEY REFERENCES clinics (id),
    schedule_version bigint NOT NULL DEFAULT 0,
    first_booked_at timestamptz
);

CREATE TABLE policies (
    clinic_id uuid PRIMARY KEY REFERENCES clinics (id),
    minimum_age integer NOT NULL CHECK (minimum_age >= 0),
    quiet_from time NOT NULL,
    quiet_until time NOT NULL,
    reminder_days integer[] NOT NULL,
    follow_up_hours integer NOT NULL CHECK (follow_up_hours > 0),
    symptom_codes text[] NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE opening_hours (
    clinic_id uuid PRIMARY KEY REFERENCES clinics (id),
    hours jsonb NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE closures (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CHECK (starts_at < ends_at)
);
CREATE INDEX closures_by_end ON closures (clinic_id, ends_at);

CREATE TABLE chairs (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    label text NOT NULL,
    active boolean NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT chairs__label__taken UNIQUE (clinic_id, label)
);

CREATE TABLE outages (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    chair_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, chair_id) REFERENCES chairs (clinic_id, id),
    CHECK (starts_at < ends_at)
);
CREATE INDEX outages_by_end ON outages (clinic_id, ends_at);

CREATE TABLE protocols (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    name text NOT NULL,
    prep_minutes integer NOT NULL CHECK (prep_minutes BETWEEN 0 AND 120),
    session_minutes integer NOT NULL CHECK (session_minutes > 0),
    observation_minutes integer NOT NULL CHECK (observation_minutes BETWEEN 0 AND 240),
    turnover_minutes integer NOT NULL CHECK (turnover_minutes BETWEEN 0 AND 120),
    phases jsonb NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT protocols__name__taken UNIQUE (clinic_id, name)
);

CREATE TABLE providers (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    name text NOT NULL,
    phone text,
    email text,
    active boolean NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id)
);

CREATE TABLE patients (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    birth_date date NOT NULL,
    phone text,
    email text,
    time_zone text,
    language text NOT NULL CHECK (language IN ('en', 'es')),
    preferred_channel text NOT NULL CHECK (preferred_channel IN ('sms', 'email')),
    external_id text,
    status text NOT NULL CHECK (status IN ('active', 'discharged', 'deceased')),
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    CONSTRAINT patients__external_id__taken UNIQUE (clinic_id, external_id)
);
CREATE INDEX patients_by_creation ON patients (clinic_id, created_at, id);

CREATE TABLE consents (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('treatment', 'reminders', 'check_ins')),
    channel text CHECK (channel IN ('sms', 'email')),
    address text,
    source text NOT NULL,
    wording_version text NOT NULL,
    given_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    recorded_by uuid,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id),
    CHECK ((purpose = 'treatment') = (channel IS NULL))
);
CREATE INDEX consents_by_patient ON consents (clinic_id, patient_id, given_at, id);

CREATE TABLE consultations (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text,
    status text NOT NULL
        CHECK (status IN ('booked', 'arrived', 'completed', 'cancelled', 'no_show')),
    arrived_at timestamptz,
    completed_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text,
    outcome text CHECK (outcome IN ('suitable', 'unsuitable', 'undecided')),
    history_reviewed boolean NOT NULL DEFAULT false,
    symptoms text[] NOT NULL DEFAULT '{{}}',
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    UNIQUE (clinic_id, id, patient_id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id),
    FOREIGN KEY (clinic_id, provider_id) REFERENCES providers (clinic_id, id),
    CHECK (starts_at < ends_at),
    CHECK ((status = 'completed') = (outcome IS NOT NULL)),
    CONSTRAINT consultations_provider_free EXCLUDE USING gist (
        clinic_id WITH =, provider_id WITH =, tstzrange(starts_at, ends_at) WITH &&
    ) WHERE (status IN ('booked', 'arrived')),
    CONSTRAINT consultations_patient_free EXCLUDE USING gist (
        clinic_id WITH =, patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&
    ) WHERE (status IN ('booked', 'arrived'))
);
CREATE INDEX consultations_by_start ON consultations (clinic_id, starts_at, id);
CREATE INDEX consultations_by_patient ON consultations (clinic_id, patient_id, starts_at);

CREATE TABLE clearances (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    consultation_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    cleared_at timestamptz NOT NULL,
    expires_on date NOT NULL,
    max_sessions integer CHECK (max_sessions > 0),
    revoked_at timestamptz,
    revoke_reason text,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    UNIQUE (clinic_id, id, patient_id),
    UNIQUE (clinic_id, consultation_id),
    FOREIGN KEY (clinic_id, consultation_id, patient_id)
        REFERENCES consultations (clinic_id, id, patient_id),
    FOREIGN KEY (clinic_id, provider_id) REFERENCES providers (clinic_id, id)
);
CREATE INDEX clearances_by_patient ON clearances (clinic_id, patient_id);

CREATE TABLE series (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    patient_id uuid NOT NULL,
    protocol_id uuid NOT NULL,
    sessions_planned integer NOT NULL CHECK (sessions_planned BETWEEN 1 AND 52),
    minutes integer NOT NULL,
    every_days integer NOT NULL,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    UNIQUE (clinic_id, id, patient_id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id),
    FOREIGN KEY (clinic_id, protocol_id) REFERENCES protocols (clinic_id, id)
);
CREATE INDEX series_by_creation ON series (clinic_id, created_at, id);
CREATE INDEX series_by_patient ON series (clinic_id, patient_id);

CREATE TABLE sessions (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    series_id uuid,
    patient_id uuid NOT NULL,
    chair_id uuid NOT NULL,
    protocol_id uuid NOT NULL,
    clearance_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    block_starts_at timestamptz NOT NULL,
    block_ends_at timestamptz NOT NULL,
    observation_minutes integer NOT NULL CHECK (observation_minutes >= 0),
    status text NOT NULL CHECK (status IN
        ('held', 'booked', 'arrived', 'infusing', 'observing',
         'completed', 'cancelled', 'no_show')),
    confirmed_at timestamptz,
    arrived_at timestamptz,
    started_at timestamptz,
    infusion_ended_at timestamptz,
    left_at timestamptz,
    completed_at timestamptz,
    early_reason text,
    cancelled_at timestamptz,
    cancelled_by text CHECK (cancelled_by IN ('patient', 'clinic')),
    cancel_reason text,
    time_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, series_id, patient_id) REFERENCES series (clinic_id, id, patient_id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id),
    FOREIGN KEY (clinic_id, chair_id) REFERENCES chairs (clinic_id, id),
    FOREIGN KEY (clinic_id, protocol_id) REFERENCES protocols (clinic_id, id),
    FOREIGN KEY (clinic_id, clearance_id, patient_id)
        REFERENCES clearances (clinic_id, id, patient_id),
    CHECK (block_starts_at <= starts_at AND starts_at < ends_at AND ends_at <= block_ends_at),
    CHECK (block_ends_at <= block_starts_at + interval '12 hours'),
    CHECK (extract(epoch FROM starts_at)::bigint % 300 = 0
        AND extract(epoch FROM ends_at)::bigint % 300 = 0),
    CONSTRAINT sessions_chair_free EXCLUDE USING gist (
        clinic_id WITH =, chair_id WITH =, tstzrange(block_starts_at, block_ends_at) WITH &&
    ) WHERE (status IN {LIVE}),
    CONSTRAINT sessions_patient_free EXCLUDE USING gist (
        clinic_id WITH =, patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&
    ) WHERE (status IN {LIVE})
);
-- Range operators are not leakproof: under row security a search compares plain columns.
CREATE INDEX sessions_live_by_block ON sessions (clinic_id, block_starts_at)
    WHERE status IN {LIVE};
CREATE INDEX sessions_by_start ON sessions (clinic_id, starts_at, id);
CREATE INDEX sessions_by_patient ON sessions (clinic_id, patient_id, starts_at);
CREATE INDEX sessions_by_series ON sessions (clinic_id, series_id, starts_at);
CREATE INDEX sessions_completed ON sessions (clinic_id, completed_at) WHERE status = 'completed';

CREATE TABLE messages (
    clinic_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reminder', 'follow_up')),
    rule text NOT NULL,
    session_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    time_version integer NOT NULL,
    channel text CHECK (channel IN ('sms', 'email')),
    address text,
    due_at timestamptz NOT NULL,
    not_after timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('planned', 'claimed', 'sending', 'sent', 'delivered',
        'undelivered', 'unknown', 'failed', 'skipped', 'cancelled')),
    reason text,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    lease_until timestamptz,
    sent_at timestamptz,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, session_id) REFERENCES sessions (clinic_id, id),
    FOREIGN KEY (clinic_id, patient_id) REFERENCES patients (clinic_id, id)
);
-- One row a key, whoever scans and however often (I35).
CREATE UNIQUE INDEX messages_one_reminder ON messages (clinic_id, session_id, time_version, rule)
    WHERE kind = 'reminder';
CREATE UNIQUE INDEX messages_one_follow_up ON messages (clinic_id, session_id, rule)
    WHERE kind = 'follow_up';
CREATE INDEX messages_waiting ON messages (clinic_id, next_attempt_at)
    WHERE status = 'planned';
CREATE INDEX messages_leased ON messages (clinic_id, lease_until)
    WHERE status IN ('claimed', 'sending');
CREATE INDEX messages_by_due ON messages (clinic_id, due_at, id);
CREATE INDEX messages_by_patient ON messages (clinic_id, patient_id);

CREATE TABLE outreach_marks (
    clinic_id uuid PRIMARY KEY REFERENCES clinics (id),
    scanned_until timestamptz NOT NULL
);

CREATE TABLE api_keys (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('front_desk', 'clinician', 'integration', 'admin')),
    provider_id uuid,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (clinic_id, id),
    FOREIGN KEY (clinic_id, provider_id) REFERENCES providers (clinic_id, id),
    CHECK ((role = 'clinician') = (provider_id IS NOT NULL))
);
CREATE UNIQUE INDEX api_keys_by_secret ON api_keys (secret_hash);

CREATE TABLE idempotent_answers (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    key_id uuid NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint bytea NOT NULL,
    created_at timestamptz NOT NULL,
    status integer,
    headers jsonb,
    body text,
    PRIMARY KEY (clinic_id, key_id, idempotency_key, method, path)
);
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (clinic_id, created_at);

CREATE TABLE audit_log (
    clinic_id uuid NOT NULL REFERENCES clinics (id),
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    request_id text NOT NULL,
    key_id uuid,
    role text NOT NULL,
    method text NOT NULL,
    route text NOT NULL,
    status integer NOT NULL,
    object_ids uuid[] NOT NULL,
    PRIMARY KEY (clinic_id, id)
);
CREATE INDEX audit_log_by_time ON audit_log (clinic_id, at);
"""

OF_CLINIC = (
    "clinic_schedules",
    "policies",
    "opening_hours",
    "closures",
    "chairs",
    "outages",
    "protocols",
    "providers",
    "patients",
    "consents",
    "consultations",
    "clearances",
    "series",
    "sessions",
    "messages",
    "outreach_marks",
    "api_keys",
    "idempotent_answers",
    "audit_log",
)
DELETABLE = ("closures", "outages", "idempotent_answers")
APPEND_ONLY = ("audit_log",)

# After a transaction the setting reads '', and a bare cast of that would be an error.
CURRENT_CLINIC = "nullif(current_setting('app.clinic_id', true), '')::uuid"

# The two look-ups that come before a clinic is known. They run as the owner, who may read
# these two tables whole; the app's role may not.
FUNCTIONS = """
CREATE POLICY looked_up ON clinics FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY looked_up ON api_keys FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION authenticate(hash bytea, reads_only boolean)
RETURNS TABLE (key_id uuid, clinic_id uuid, role text, provider_id uuid, time_zone text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    SELECT k.id, k.clinic_id, k.role, k.provider_id, c.time_zone
      INTO key_id, clinic_id, role, provider_id, time_zone
      FROM api_keys k JOIN clinics c ON c.id = k.clinic_id
     WHERE k.secret_hash = hash;
    IF FOUND THEN
        PERFORM set_config('app.clinic_id', clinic_id::text, true);
        IF reads_only THEN
            PERFORM set_config('synchronous_commit', 'off', true);
        END IF;
        RETURN NEXT;
    END IF;
END $$;

CREATE FUNCTION all_clinic_ids() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT id FROM clinics ORDER BY id
$$;
"""


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(TABLES)
    for table in ("clinics", *OF_CLINIC):
        column = "id" if table == "clinics" else "clinic_id"
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE"
        if table in DELETABLE:
            rights += ", DELETE"
        op.execute(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY one_clinic ON {table} USING ({column} = {CURRENT_CLINIC});
            GRANT {rights} ON {table} TO "{role}";
            """
        )
    op.execute(FUNCTIONS)
    op.execute(
        f"""
        REVOKE ALL ON FUNCTION authenticate(bytea, boolean), all_clinic_ids() FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION authenticate(bytea, boolean), all_clinic_ids() TO "{role}";
        GRANT SELECT ON alembic_version TO "{role}";
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION authenticate(bytea, boolean), all_clinic_ids()")
    for table in reversed(("clinics", *OF_CLINIC)):
        op.execute(f"DROP TABLE {table}")
