"""What breaks each invariant, row by row: the tables behind `test_check.py`.

Each case is SQL in the words of the story told there: {ana} and {ben} are patients, {done} Ana's
completed session, {next} and {later} her next two, {bens} Ben's on the day of {next}. The last
statement answers the ids that the proof has to name.
"""

from scheduler.databases import APP_ROLE, OWNER_ROLE

CLOSED = "UPDATE alerts SET closed_at = '2026-12-04T19:00Z', closed_by = (SELECT id FROM providers)"
CLOSING = (
    "INSERT INTO alert_events (clinic_id, id, alert_id, kind, at, reasons, provider_id)"
    " SELECT clinic_id, gen_random_uuid(), id, 'closed', closed_at, '{{}}', closed_by FROM alerts"
)
LIFTED = "UPDATE stops SET lifted_at = now()"
UNHEARD = "UPDATE alerts SET acknowledged_at = NULL, clock_from = '2026-12-04T18:00Z'"
REACHABLE = "UPDATE providers SET phone = '+16025559001'"
CALLED = (
    "INSERT INTO alert_calls (clinic_id, id, alert_id, clock_from, number, provider_id, channel,"
    " address, due_at, status, next_attempt_at, first_attempt_at, version)"
    " SELECT clinic_id, gen_random_uuid(), id, clock_from, 1, (SELECT id FROM providers), 'sms',"
    " '+16025559001', '2026-12-04T18:59Z', 'sent', now(), now(), 1 FROM alerts"
)

ANSWERED = "UPDATE answers SET items ="
FROM_LINK = "UPDATE answers SET source = 'link'"


def corrected(what: str) -> str:
    """The statement that corrects the one there is by a copy of it, but for `what`."""
    return (
        "INSERT INTO answers SELECT (jsonb_populate_record(a, jsonb_build_object('id',"
        f" gen_random_uuid(), 'corrects_id', id, 'correction_reason', 'Misheard', {what}))).*"
        " FROM answers a RETURNING id"
    )


# Number, what is wrong, the statements that make it so.
BROKEN = [
    (
        "I1",
        "cleared after its start",
        "UPDATE clearances SET cleared_at = '2026-12-16T00:00Z' WHERE patient_id = {ana};"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND starts_at < '2026-12-16'",
    ),
    (
        "I1",
        "booked past the last day of a clearance that nobody shortened",
        "UPDATE clearances SET expires_on = '2026-12-21' WHERE patient_id = {ana};"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND starts_at > '2026-12-22'",
    ),
    (
        "I1",
        "another patient's clearance",
        "UPDATE sessions SET clearance_id = (SELECT id FROM clearances WHERE patient_id = {ben})"
        " WHERE id = {next} RETURNING id",
    ),
    (
        "I2",
        "the consultation is not completed",
        "UPDATE consultations SET status = 'arrived' WHERE patient_id = {ana};"
        "SELECT id FROM clearances WHERE patient_id = {ana}",
    ),
    (
        "I2",
        "the consultation found otherwise",
        "UPDATE consultations SET outcome = 'unsuitable' WHERE patient_id = {ana};"
        "SELECT id FROM clearances WHERE patient_id = {ana}",
    ),
    (
        "I2",
        "no history was reviewed",
        "UPDATE consultations SET history_reviewed = false WHERE patient_id = {ana};"
        "SELECT id FROM clearances WHERE patient_id = {ana}",
    ),
    (
        "I2",
        "another provider cleared",
        "UPDATE clearances SET provider_id = gen_random_uuid() WHERE patient_id = {ana}"
        " RETURNING id",
    ),
    (
        "I2",
        "another patient was seen",
        "UPDATE clearances SET patient_id = gen_random_uuid() WHERE patient_id = {ana}"
        " RETURNING id",
    ),
    ("I2", "there is no consultation", "DELETE FROM consultations; SELECT id FROM clearances"),
    (
        "I3",
        "one session more than the clearance covers",
        "UPDATE clearances SET max_sessions = 5 WHERE patient_id = {ana};"
        "SELECT id FROM sessions WHERE starts_at::date = '2027-01-05'",
    ),
    (
        "I4",
        "started after the clearance was revoked",
        "UPDATE clearances SET version = 2, revoked_at = '2026-12-01T16:00Z'"
        " WHERE patient_id = {ana}; SELECT {done}",
    ),
    (
        "I5",
        "started after treatment consent was withdrawn",
        "UPDATE consents SET withdrawn_at = '2026-11-30T16:00Z'"
        " WHERE patient_id = {ana} AND purpose = 'treatment'; SELECT {done}",
    ),
    (
        "I5",
        "started without treatment consent",
        "DELETE FROM consents WHERE patient_id = {ana} AND purpose = 'treatment'; SELECT {done}",
    ),
    (
        "I5",
        "consented long after the start",
        "UPDATE consents SET given_at = '2026-12-09T16:00Z'"
        " WHERE patient_id = {ana} AND purpose = 'treatment'; SELECT {done}",
    ),
    (
        "I5",
        "started while a stop stood",
        "UPDATE stops SET patient_id = {ana}, placed_at = '2026-12-01T16:00Z'; SELECT {done}",
    ),
    (
        "I5",
        "started long before the stop was lifted",
        "UPDATE stops SET patient_id = {ana}, placed_at = '2026-12-01T16:00Z',"
        " lifted_at = '2026-12-09T16:00Z'; SELECT {done}",
    ),
    (
        "I6",
        "discharged ever since they were registered",
        "UPDATE patients SET status = 'discharged' WHERE id = {ana};"
        "SELECT id FROM sessions WHERE patient_id = {ana}",
    ),
    (
        "I6",
        "under age until later",
        "UPDATE patients SET birth_date = '2008-12-09' WHERE id = {ana};"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND starts_at < '2026-12-09'",
    ),
    (
        "I7",
        "off the grid",
        "UPDATE sessions SET ends_at = ends_at - interval '3 minutes' WHERE id = {next}"
        " RETURNING id",
    ),
    (
        "I7",
        "too long",
        "UPDATE sessions SET ends_at = ends_at + interval '15 minutes' WHERE id = {next}"
        " RETURNING id",
    ),
    (
        "I7",
        "too short",
        "UPDATE sessions SET ends_at = ends_at - interval '15 minutes' WHERE id = {done}"
        " RETURNING id",
    ),
    (
        "I8",
        "begins before the block before it ends",
        "UPDATE sessions SET block_starts_at = '2026-12-08T10:45-07:00' WHERE id = {bens}"
        " RETURNING id",
    ),
    (
        "I8",
        "two in the long block of a third",
        "UPDATE sessions SET block_ends_at = '2026-12-08T17:00-07:00' WHERE id = {next};"
        "UPDATE sessions SET block_starts_at = '2026-12-08T10:00-07:00',"
        " block_ends_at = '2026-12-08T10:30-07:00' WHERE id = {later};"
        "SELECT unnest(ARRAY[{later}, {bens}])",
    ),
    (
        "I9",
        "comes again while still observed",
        "UPDATE sessions SET patient_id = {ana}, block_starts_at = '2026-12-08T10:35-07:00'"
        " WHERE id = {bens} RETURNING id",
    ),
    (
        "I9",
        "a consultation while still observed",
        "UPDATE consultations SET patient_id = {ana}, starts_at = '2026-12-08T10:35-07:00',"
        " ends_at = '2026-12-08T10:55-07:00' WHERE id = {consultation} RETURNING id",
    ),
    (
        "I9",
        "two consultations",
        "UPDATE consultations SET status = 'booked', starts_at = '2026-12-09T10:15-07:00',"
        " ends_at = '2026-12-09T10:45-07:00' WHERE patient_id = {ben} AND status = 'completed'"
        " RETURNING id",
    ),
    (
        "I10",
        "twice on one day",
        "UPDATE sessions SET patient_id = {ana}, starts_at = '2026-12-08T14:30-07:00'"
        " WHERE id = {bens} RETURNING id",
    ),
    (
        "I10",
        "nearer than the protocol ever had it",
        "UPDATE sessions SET starts_at = '2026-12-12T09:30-07:00' WHERE id = {later} RETURNING id",
    ),
    (
        "I15",
        "no constraint on chairs",
        "ALTER TABLE sessions DROP CONSTRAINT sessions_chair_free; SELECT 'sessions_chair_free'",
    ),
    (
        "I15",
        "a cancelled session takes its patient's time",
        "ALTER TABLE sessions DROP CONSTRAINT sessions_patient_free;"
        "ALTER TABLE sessions ADD CONSTRAINT sessions_patient_free EXCLUDE USING gist (clinic_id"
        " WITH =, patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status IN"
        " ('held', 'booked', 'arrived', 'infusing', 'observing', 'cancelled'));"
        "SELECT 'sessions_patient_free'",
    ),
    (
        "I15",
        "an arrived consultation blocks nothing",
        "ALTER TABLE consultations DROP CONSTRAINT consultations_provider_free;"
        "ALTER TABLE consultations ADD CONSTRAINT consultations_provider_free EXCLUDE USING gist"
        " (clinic_id WITH =, provider_id WITH =, tstzrange(starts_at, ends_at) WITH &&)"
        " WHERE (status = 'booked'); SELECT 'consultations_provider_free'",
    ),
    (
        "I20",
        "more sessions than planned",
        "UPDATE series SET sessions_planned = 5 WHERE patient_id = {ana} RETURNING id",
    ),
    (
        "I22",
        "one session is missing",
        "DELETE FROM sessions WHERE id = {next}; SELECT id FROM series WHERE patient_id = {ana}",
    ),
    (
        "I27",
        "stopped, with sessions still to come",
        "UPDATE series SET cancelled_at = '2026-12-22T12:00-07:00' WHERE patient_id = {ana}"
        " RETURNING id",
    ),
    (
        "I28",
        "another patient's series",
        "UPDATE sessions SET series_id = (SELECT id FROM series WHERE patient_id = {ben})"
        " WHERE id = {next} RETURNING id",
    ),
    (
        "I28",
        "no such series",
        "UPDATE sessions SET series_id = gen_random_uuid() WHERE id = {next} RETURNING id",
    ),
    (
        "I29",
        "arrived, and booked",
        "UPDATE sessions SET arrived_at = now() WHERE id = {next} RETURNING id",
    ),
    (
        "I29",
        "arrived, and started already",
        "UPDATE sessions SET status = 'arrived' WHERE id = {done} RETURNING id",
    ),
    (
        "I29",
        "infusing, and not arrived",
        "UPDATE sessions SET status = 'infusing', started_at = now() WHERE id = {next}"
        " RETURNING id",
    ),
    (
        "I29",
        "observing, and left already",
        "UPDATE sessions SET status = 'observing' WHERE id = {done} RETURNING id",
    ),
    (
        "I29",
        "over before it began",
        "UPDATE sessions SET infusion_ended_at = started_at - interval '1 minute'"
        " WHERE id = {done} RETURNING id",
    ),
    (
        "I29",
        "called off once it had begun",
        "UPDATE sessions SET status = 'cancelled' WHERE id = {done} RETURNING id",
    ),
    (
        "I29",
        "a state of its own",
        "UPDATE sessions SET status = 'lost' WHERE id = {next} RETURNING id",
    ),
    (
        "I30",
        "missed within the grace",
        "UPDATE sessions SET status = 'no_show', missed_at = starts_at + interval '29 minutes'"
        " WHERE id = {next} RETURNING id",
    ),
    (
        "I30",
        "missed before the start, whatever the grace was",
        "UPDATE policies SET version = 2;"
        "UPDATE sessions SET status = 'no_show', missed_at = starts_at - interval '1 minute'"
        " WHERE id = {next} RETURNING id",
    ),
    (
        "I30",
        "missed, and arrived",
        "UPDATE sessions SET status = 'no_show', missed_at = starts_at + interval '1 hour'"
        " WHERE id = {done} RETURNING id",
    ),
    (
        "I30",
        "missed, and nobody knows when",
        "UPDATE sessions SET status = 'no_show' WHERE id = {next} RETURNING id",
    ),
    (
        "I32",
        "called off, and nobody knows why",
        "UPDATE sessions SET status = 'cancelled', cancelled_at = now(), cancelled_by = 'clinic'"
        " WHERE id = {next} RETURNING id",
    ),
    (
        "I33",
        "left a minute early",
        "UPDATE sessions SET left_at = infusion_ended_at + interval '29 minutes'"
        " WHERE id = {done} RETURNING id",
    ),
    (
        "I33",
        "never left",
        "UPDATE sessions SET left_at = NULL, early_reason = 'a fire' WHERE id = {done}"
        " RETURNING id",
    ),
    (
        "I35",
        "the same reminder twice",
        "INSERT INTO messages SELECT (jsonb_populate_record(m, jsonb_build_object('id',"
        " gen_random_uuid(), 'created_at', m.created_at + interval '1 hour'))).* FROM messages m"
        " WHERE rule = '1d_before' RETURNING id",
    ),
    (
        "I35",
        "the same follow-up for another time",
        "INSERT INTO messages SELECT (jsonb_populate_record(m, jsonb_build_object('id',"
        " gen_random_uuid(), 'created_at', m.created_at + interval '1 hour', 'time_version', 9)"
        ")).* FROM messages m WHERE kind = 'follow_up' RETURNING id",
    ),
    (
        "I36",
        "reminded at the start",
        "UPDATE messages SET sent_at = '2026-12-01T16:30Z' WHERE rule = '1d_before' RETURNING id",
    ),
    (
        "I36",
        "reminded after the start of one that is to come",
        "UPDATE messages SET session_id = {next}, sent_at = '2026-12-08T16:31Z'"
        " WHERE rule = '1d_before' RETURNING id",
    ),
    (
        "I38",
        "an unknown state",
        "UPDATE messages SET status = 'lost' WHERE rule = '1d_before' RETURNING id",
    ),
    (
        "I38",
        "sent, but not when",
        "UPDATE messages SET sent_at = NULL WHERE rule = '1d_before' RETURNING id",
    ),
    (
        "I38",
        "sent, but not where to",
        "UPDATE messages SET address = NULL WHERE rule = '1d_before' RETURNING id",
    ),
    (
        "I38",
        "sent, but not how",
        "UPDATE messages SET channel = NULL WHERE rule = '1d_before' RETURNING id",
    ),
    (
        "I38",
        "sent when it was of no use any more",
        "UPDATE messages SET sent_at = not_after + interval '6 minutes'"
        " WHERE rule = '3d_before' RETURNING id",
    ),
    (
        "I38",
        "skipped, but not why",
        "UPDATE messages SET status = 'skipped', sent_at = NULL WHERE rule = '1d_before'"
        " RETURNING id",
    ),
    (
        "I38",
        "failed, though it may have gone",
        "UPDATE messages SET status = 'failed', reason = 'broken', sent_at = NULL,"
        " ambiguous = true WHERE rule = '1d_before' RETURNING id",
    ),
    (
        "I38",
        "claimed for ever",
        "UPDATE messages SET status = 'claimed', sent_at = NULL WHERE rule = '1d_before'"
        " RETURNING id",
    ),
    (
        "I38",
        "free and claimed",
        "UPDATE messages SET status = 'planned', lease_until = now() WHERE rule = '1d_before'"
        " RETURNING id",
    ),
    (
        "I39",
        "sent at 22:00",
        "UPDATE messages SET sent_at = '2026-11-29T22:00-07:00' WHERE rule = '3d_before'"
        " RETURNING id",
    ),
    (
        "I39",
        "sent at night where the patient lives",
        "UPDATE patients SET time_zone = 'Asia/Tokyo' WHERE id = {ana};"
        "SELECT id FROM messages WHERE patient_id = {ana} AND sent_at IS NOT NULL",
    ),
    (
        "I39",
        "sent at night where the patient lives, as was known before",
        "UPDATE patients SET time_zone = 'Asia/Tokyo' WHERE id = {ana};"
        "INSERT INTO audit_log SELECT {clinic}, gen_random_uuid(), '2026-11-27T00:00Z', 'r', NULL,"
        " 'front_desk', 'PATCH', '/v1/patients/<uuid:patient_id>', 200, ARRAY[{ana}];"
        "SELECT id FROM messages WHERE patient_id = {ana} AND sent_at IS NOT NULL",
    ),
    (
        "I39",
        "sent at 22:00, when it was afternoon where another patient lives",
        "UPDATE messages SET sent_at = '2026-11-29T22:00-07:00' WHERE rule = '3d_before';"
        "UPDATE patients SET time_zone = 'Asia/Tokyo' WHERE id = {ben};"
        "INSERT INTO messages SELECT (jsonb_populate_record(m, jsonb_build_object('id',"
        " gen_random_uuid(), 'patient_id', {ben}))).* FROM messages m WHERE rule = '3d_before';"
        "SELECT id FROM messages WHERE rule = '3d_before' AND patient_id = {ana}",
    ),
    (
        "I40",
        "sent after the consent was withdrawn",
        "UPDATE consents SET withdrawn_at = '2026-11-29T00:00Z' WHERE purpose = 'reminders';"
        "SELECT id FROM messages WHERE rule = '1d_before'",
    ),
    (
        "I40",
        "sent before the consent was given",
        "UPDATE consents SET given_at = '2026-12-03T00:00Z' WHERE purpose = 'check_ins';"
        "SELECT id FROM messages WHERE rule = 'check_in'",
    ),
    (
        "I40",
        "consented on another channel",
        "UPDATE consents SET channel = 'sms' WHERE purpose = 'reminders';"
        "SELECT id FROM messages WHERE kind = 'reminder'",
    ),
    (
        "I40",
        "another patient's consent",
        "DELETE FROM consents WHERE patient_id = {ana};"
        "SELECT id FROM messages WHERE sent_at IS NOT NULL",
    ),
    (
        "I42",
        "a forbidden word in the neutral name",
        "UPDATE clinics SET neutral_name = 'Desert Ketamine' RETURNING id",
    ),
    (
        "I46",
        "sent to an address that had failed",
        "UPDATE patients SET email_failed_at = '2026-11-29T00:00Z' WHERE id = {ana};"
        "SELECT id FROM messages WHERE sent_at > '2026-11-29'",
    ),
    ("I50", "never followed up", "DELETE FROM messages WHERE kind = 'follow_up'; SELECT {done}"),
    (
        "I50",
        "followed up twice",
        "INSERT INTO messages SELECT (jsonb_populate_record(m, jsonb_build_object('id',"
        " gen_random_uuid()))).* FROM messages m WHERE rule = 'check_in' RETURNING session_id",
    ),
    (
        "I50",
        "never asked what its protocol asks on the second day",
        "UPDATE protocols SET follow_ups = jsonb_build_array(jsonb_build_object("
        "'rule', 'trend', 'instrument', 'phq2', 'days', 2));"
        "UPDATE outreach_marks SET scanned_until = '2026-12-05T00:00Z'; SELECT {done}",
    ),
    (
        "I50",
        "missed and followed up",
        "UPDATE sessions SET status = 'no_show' WHERE id = {done} RETURNING id",
    ),
    (
        "I51",
        "due before the patient left",
        "UPDATE messages SET due_at = '2026-12-01T10:39-07:00' WHERE rule = 'check_in'"
        " RETURNING id",
    ),
    (
        "I51",
        "sent after the next session's start",
        "UPDATE sessions SET starts_at = '2026-12-02T10:00-07:00' WHERE id = {next};"
        "SELECT id FROM messages WHERE rule = 'check_in'",
    ),
    (
        "I51",
        "a baseline sent after the start",
        "UPDATE messages SET rule = 'baseline', time_version = 1,"
        " sent_at = '2026-12-01T09:36-07:00' WHERE rule = 'check_in' RETURNING id",
    ),
    ("I52", "four is no answer", f"{ANSWERED} jsonb_build_object('9', 4) RETURNING id"),
    ("I52", "nor is a word", f"{ANSWERED} jsonb_build_object('9', '1') RETURNING id"),
    ("I52", "ten is no item", f"{ANSWERED} jsonb_build_object('10', 1) RETURNING id"),
    ("I52", "nor is sleep", f"{ANSWERED} jsonb_build_object('sleep', 1) RETURNING id"),
    (
        "I52",
        "three is none of two items",
        f"{ANSWERED} jsonb_build_object('3', 1), instrument = 'phq2' RETURNING id",
    ),
    (
        "I53",
        "an answer of danger that raised nothing",
        "DELETE FROM alert_events WHERE kind = 'raised'; SELECT id FROM answers",
    ),
    (
        "I53",
        "another patient's alert",
        "UPDATE alerts SET patient_id = {ana}; SELECT id FROM answers",
    ),
    (
        "I54",
        "the stop is lifted and the alert is open",
        f"{LIFTED}; SELECT id FROM alerts",
    ),
    ("I54", "there is no stop", "DELETE FROM stops; SELECT id FROM alerts"),
    ("I54", "another patient's stop", "UPDATE stops SET patient_id = {ana}; SELECT id FROM alerts"),
    (
        "I54",
        "closed, and the stop was left",
        f"{CLOSED}, note = 'Safe'; {CLOSING}; SELECT id FROM alerts",
    ),
    (
        "I54",
        "closed without a note",
        f"{CLOSED}, note = ''; {CLOSING}; {LIFTED}; SELECT id FROM alerts",
    ),
    (
        "I54",
        "closed by nobody",
        f"{CLOSED}, note = 'Safe'; {LIFTED}; SELECT id FROM alerts",
    ),
    (
        "I54",
        "nobody was told, and somebody could be",
        f"{UNHEARD}; {REACHABLE}; SELECT id FROM alerts",
    ),
    (
        "I54",
        "nobody was told again",
        f"{UNHEARD}; {REACHABLE}; {CALLED};"
        " UPDATE alert_calls SET due_at = '2026-12-04T18:20Z'; SELECT id FROM alerts",
    ),
    ("I57", "changed since", "UPDATE answers SET version = 2 RETURNING id"),
    ("I57", "told and not submitted", "UPDATE answers SET submitted_at = NULL RETURNING id"),
    (
        "I57",
        "answered after it was submitted",
        "UPDATE answers SET answered_at = submitted_at + interval '1 minute' RETURNING id",
    ),
    ("I57", "another patient's correction", corrected("'patient_id', {ana}")),
    ("I57", "a correction of another form", corrected("'instrument', 'gad7'")),
    ("I57", "a correction that changed", corrected("'version', 2")),
    (
        "I57",
        "a correction of what was not submitted",
        f"{FROM_LINK}, submitted_at = NULL;" + corrected("'submitted_at', answered_at"),
    ),
    (
        "I55",
        "answers of another patient",
        "UPDATE answers SET session_id = {done}, rule = 'check_in' WHERE patient_id = {ben}"
        " RETURNING id",
    ),
    (
        "I55",
        "a link to another patient's form",
        "UPDATE links SET patient_id = {ben} WHERE session_id = {done} RETURNING id",
    ),
    (
        "I58",
        "sent to one who was discharged ever since",
        "UPDATE patients SET status = 'discharged' WHERE id = {ana};"
        "SELECT id FROM messages WHERE sent_at IS NOT NULL",
    ),
    (
        "I58",
        "sent to one who had died",
        "UPDATE patients SET status = 'deceased', version = 2 WHERE id = {ana};"
        "INSERT INTO audit_log SELECT {clinic}, gen_random_uuid(), '2026-11-29T00:00Z', 'r', NULL,"
        " 'front_desk', 'PATCH', '/v1/patients/<uuid:patient_id>', 200, ARRAY[{ana}];"
        "SELECT id FROM messages WHERE sent_at > '2026-11-29'",
    ),
    (
        "I60",
        "not forced",
        "ALTER TABLE chairs NO FORCE ROW LEVEL SECURITY; SELECT 'chairs'",
    ),
    ("I60", "not enabled", "ALTER TABLE chairs DISABLE ROW LEVEL SECURITY; SELECT 'chairs'"),
    ("I60", "no policy", "DROP POLICY one_clinic ON chairs; SELECT 'chairs'"),
    ("I60", "a table without any of it", "CREATE TABLE notes (id uuid); SELECT 'notes'"),
    (
        "I60",
        "a policy for everyone",
        "CREATE POLICY everyone ON chairs USING (true); SELECT 'chairs.everyone'",
    ),
    (
        "I60",
        "a reference that forgets the clinic",
        "CREATE UNIQUE INDEX ON sessions (id);"
        "ALTER TABLE messages ADD CONSTRAINT loose FOREIGN KEY (session_id)"
        " REFERENCES sessions (id); SELECT 'messages.loose'",
    ),
    ("I60", "a role above it", f"ALTER ROLE {APP_ROLE} BYPASSRLS; SELECT '{APP_ROLE}'"),
    (
        "I60",
        "a role that owns it, and so sees by the owner's policies",
        f"GRANT {OWNER_ROLE} TO {APP_ROLE};"
        f"SELECT unnest(ARRAY['{APP_ROLE}', 'api_keys.looked_up', 'audit_log.looked_up',"
        " 'clinics.looked_up', 'links.looked_up', 'patients.looked_up'])",
    ),
    (
        "I67",
        "an instant without its zone",
        "ALTER TABLE chairs ADD COLUMN seen_at timestamp; SELECT 'chairs.seen_at'",
    ),
]

CHANGED = "version = version + 1"

# What a rule that changed afterwards leaves behind, or jobs that did not run: no violation.
ASIDE = [
    (
        "I3",
        "the clearance covers fewer by now",
        f"UPDATE clearances SET {CHANGED}, max_sessions = 4 WHERE patient_id = {{ana}};"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND starts_at > '2026-12-23'",
    ),
    (
        "I4",
        "the clearance of sessions ahead was revoked",
        f"UPDATE clearances SET {CHANGED}, revoked_at = '2026-12-03T00:00Z'"
        " WHERE patient_id = {ana};"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND status = 'booked'",
    ),
    (
        "I4",
        "the clearance was shortened",
        f"UPDATE clearances SET {CHANGED}, expires_on = '2026-12-22' WHERE patient_id = {{ana}};"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND starts_at > '2026-12-23'",
    ),
    (
        "I6",
        "discharged with sessions ahead",
        f"UPDATE patients SET {CHANGED}, status = 'discharged' WHERE id = {{ana}};"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND status = 'booked'",
    ),
    (
        "I7",
        "the clinic allows less than before",
        "UPDATE clinics SET session_minutes_max = 35;"
        "INSERT INTO audit_log SELECT {clinic}, gen_random_uuid(), '2026-12-03T00:00Z', 'r', NULL,"
        " 'admin', 'PATCH', '/v1/clinic', 200, ARRAY[]::uuid[];"
        "SELECT id FROM sessions WHERE status = 'booked'",
    ),
    (
        "I11",
        "the clinic opens later",
        'UPDATE opening_hours SET hours = (SELECT jsonb_agg(each || \'{{"opens": "09:20"}}\')'
        " FROM jsonb_array_elements(hours) AS each);"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND status = 'booked'",
    ),
    (
        "I11",
        "the clinic closes during turnover",
        'UPDATE opening_hours SET hours = (SELECT jsonb_agg(each || \'{{"closes": "12:45"}}\')'
        " FROM jsonb_array_elements(hours) AS each); SELECT {bens}",
    ),
    (
        "I11",
        "a closure ends as the block begins, another begins as it ends, a third is inside",
        "INSERT INTO closures SELECT {clinic}, gen_random_uuid(), f::timestamptz, t::timestamptz,"
        " '', 1 FROM (VALUES ('2026-12-08T00:00-07:00', '2026-12-08T09:15-07:00'),"
        " ('2026-12-08T10:50-07:00', '2026-12-08T11:15-07:00'),"
        " ('2026-12-08T12:49-07:00', '2026-12-08T13:00-07:00')) AS c (f, t); SELECT {bens}",
    ),
    (
        "I11",
        "a chair is out of order",
        "INSERT INTO outages SELECT {clinic}, gen_random_uuid(), id,"
        " '2026-12-08T10:00-07:00', '2026-12-08T11:15-07:00', '', 1 FROM chairs; SELECT {next}",
    ),
    (
        "I10",
        "the protocol keeps them further apart by now",
        f"UPDATE protocols SET {CHANGED},"
        " phases = (SELECT jsonb_agg(each || '{{\"min_gap_days\": 8}}')"
        " FROM jsonb_array_elements(phases) AS each);"
        "SELECT id FROM sessions WHERE patient_id = {ana} AND status = 'booked'",
    ),
    (
        "I12",
        "no nurse on one day",
        "INSERT INTO staffing_overrides SELECT {clinic}, gen_random_uuid(), '2026-12-08', '08:00',"
        " '17:00', 0, 1; SELECT unnest(ARRAY[{next}, {bens}])",
    ),
    (
        "I12",
        "one nurse sets up one at a time, and on one date is away for a while",
        "UPDATE staffing SET shifts = (SELECT jsonb_agg(jsonb_build_object('weekday', n,"
        " 'from', '08:00', 'to', '17:00', 'nurses', 1)) FROM generate_series(0, 4) AS n);"
        "UPDATE sessions SET starts_at = '2026-12-08T09:35-07:00',"
        " ends_at = '2026-12-08T10:15-07:00', block_starts_at = '2026-12-08T09:20-07:00',"
        " block_ends_at = '2026-12-08T10:55-07:00'"
        " WHERE id = {bens};"
        "INSERT INTO staffing_overrides SELECT {clinic}, gen_random_uuid(), '2026-12-15', '10:10',"
        " '10:15', 0, 1; SELECT unnest(ARRAY[{bens}, {later}])",
    ),
    (
        "I12",
        "one nurse watches one patient",
        "UPDATE staffing SET watch_ratio = 1, shifts = (SELECT jsonb_agg(jsonb_build_object("
        "'weekday', n, 'from', '08:00', 'to', '17:00', 'nurses', 1))"
        " FROM generate_series(0, 4) AS n);"
        "UPDATE sessions SET starts_at = '2026-12-08T10:35-07:00',"
        " ends_at = '2026-12-08T11:15-07:00', block_starts_at = '2026-12-08T10:20-07:00',"
        " block_ends_at = '2026-12-08T11:55-07:00'"
        " WHERE id = {bens}; SELECT {bens}",
    ),
    (
        "I13",
        "a chair takes no more",
        f"UPDATE chairs SET {CHANGED}, active = false;"
        "SELECT id FROM sessions WHERE status = 'booked'",
    ),
    (
        "I21",
        "one in the middle is called off",
        "UPDATE sessions SET status = 'cancelled' WHERE id = {next}; SELECT {later}",
    ),
    (
        "I25",
        "one is called off",
        "UPDATE sessions SET status = 'cancelled' WHERE id = {next};"
        "SELECT id FROM series WHERE patient_id = {ana}",
    ),
    (
        "I25",
        "as many were missed as the protocol lets pass, and made up for",
        "UPDATE sessions SET status = 'no_show' WHERE id = ANY(ARRAY[{next}, {later}]);"
        "UPDATE series SET sessions_planned = 4 WHERE patient_id = {ana} RETURNING id",
    ),
    (
        "I38",
        "the jobs do not run",
        "UPDATE messages SET status = 'planned', sent_at = NULL WHERE kind = 'follow_up'"
        " RETURNING id",
    ),
    (
        "I38",
        "a backlog waits for a person",
        "UPDATE messages SET status = 'planned', sent_at = NULL, reason = 'backlog_held',"
        " next_attempt_at = '2026-12-09' WHERE kind = 'follow_up' RETURNING id",
    ),
    (
        "I50",
        "no scan came",
        "DELETE FROM messages WHERE kind = 'follow_up';DELETE FROM outreach_marks; SELECT {done}",
    ),
    (
        "I50",
        "the last scan may have been just before it was due, had that been at night",
        "DELETE FROM messages WHERE kind = 'follow_up';"
        "UPDATE outreach_marks SET scanned_until = '2026-12-03T12:00-07:00'; SELECT {done}",
    ),
]

# On the right side of each line.
SOUND = [
    ("I57", corrected("'items', jsonb_build_object()")),
    ("I57", f"{FROM_LINK}, version = 9"),
    ("I57", f"{FROM_LINK}, submitted_at = NULL"),
    (
        "I5",
        "UPDATE alerts SET patient_id = {ana}; UPDATE stops SET patient_id = {ana},"
        " placed_at = '2026-12-01T16:31Z'",
    ),
    ("I54", f"{CLOSED}, note = 'Safe'; {CLOSING}; {LIFTED}"),
    ("I54", f"{UNHEARD}; UPDATE providers SET phone = '+16025559001', active = false"),
    ("I54", f"{UNHEARD}; {REACHABLE}; {CALLED}"),
    (
        "I54",
        "UPDATE alerts SET acknowledged_at = NULL, clock_from = '2026-12-04T18:56Z';"
        "UPDATE providers SET phone = '+16025559001'",
    ),
    ("I1", "UPDATE clearances SET expires_on = '2027-01-05'"),
    ("I1", "UPDATE clearances SET cleared_at = '2026-12-01T16:30Z' WHERE patient_id = {ana}"),
    ("I1", f"UPDATE clearances SET {CHANGED}, expires_on = '2026-11-30'"),
    ("I3", "UPDATE clearances SET max_sessions = 6"),
    (
        "I3",
        "UPDATE clearances SET max_sessions = 5; UPDATE sessions SET status = 'no_show'"
        " WHERE id = {next}",
    ),
    ("I4", f"UPDATE clearances SET {CHANGED}, expires_on = '2027-01-05'"),
    (
        "I4",
        "UPDATE sessions SET starts_at = '2026-12-04T11:55-07:00' WHERE status = 'booked';"
        f"UPDATE clearances SET {CHANGED}, revoked_at = '2026-12-03T00:00Z'",
    ),
    (
        "I4",
        "INSERT INTO clearances SELECT (jsonb_populate_record(k, jsonb_build_object('id',"
        " gen_random_uuid(), 'consultation_id', gen_random_uuid()))).* FROM clearances k;"
        f"UPDATE clearances SET {CHANGED}, revoked_at = '2026-12-03T00:00Z'"
        " WHERE id IN (SELECT clearance_id FROM sessions)",
    ),
    ("I5", "UPDATE consents SET withdrawn_at = '2026-12-01T16:31Z'"),
    ("I6", "UPDATE patients SET birth_date = '2008-12-01'"),
    (
        "I8",
        "UPDATE sessions SET block_starts_at = '2026-12-08T10:50-07:00' WHERE id = {bens}",
    ),
    (
        "I8",
        "UPDATE sessions SET block_starts_at = '2026-12-08T09:00-07:00', status = 'cancelled'"
        " WHERE id = {bens}",
    ),
    (
        "I9",
        "UPDATE sessions SET patient_id = {ana}, block_starts_at = '2026-12-08T10:40-07:00'"
        " WHERE id = {bens}",
    ),
    ("I11", "UPDATE sessions SET status = 'cancelled'; UPDATE opening_hours SET hours = '[]'"),
    (
        "I11",
        "UPDATE sessions SET status = 'booked', starts_at = '2026-12-04T11:55-07:00';"
        "UPDATE opening_hours SET hours = '[]'",
    ),
    ("I10", "UPDATE sessions SET starts_at = '2026-12-13T09:30-07:00' WHERE id = {later}"),
    (
        "I12",
        "UPDATE staffing SET watch_ratio = 1, shifts = (SELECT jsonb_agg(jsonb_build_object("
        "'weekday', n, 'from', '09:15', 'to', '12:40', 'nurses', 1))"
        " FROM generate_series(0, 4) AS n)",
    ),
    ("I13", "UPDATE chairs SET active = false; UPDATE sessions SET status = 'cancelled'"),
    ("I21", "UPDATE sessions SET starts_at = '2026-12-18T09:30-07:00' WHERE id = {later}"),
    (
        "I25",
        "UPDATE sessions SET status = 'cancelled' WHERE id = {next};"
        "UPDATE series SET cancelled_at = now()",
    ),
    (
        "I25",
        "UPDATE sessions SET status = 'cancelled' WHERE id = {next};"
        "UPDATE patients SET status = 'discharged'",
    ),
    ("I27", "UPDATE series SET cancelled_at = '2027-01-05T09:30-07:00'"),
    (
        "I30",
        "UPDATE sessions SET status = 'no_show', missed_at = starts_at + interval '30 minutes'"
        " WHERE id = {next}",
    ),
    ("I20", "UPDATE sessions SET status = 'no_show'; UPDATE series SET sessions_planned = 1"),
    ("I22", "UPDATE sessions SET status = 'cancelled'"),
    (
        "I33",
        "UPDATE sessions SET left_at = infusion_ended_at, early_reason = 'a fire'"
        " WHERE id = {done}",
    ),
    (
        "I36",
        "UPDATE sessions SET starts_at = '2026-11-27T16:30Z', time_version = 9 WHERE id = {done}",
    ),
    ("I38", "UPDATE messages SET sent_at = not_after + interval '4 minutes'"),
    ("I39", "UPDATE messages SET sent_at = '2026-11-30T21:04-07:00'"),
    (
        "I39",
        "UPDATE patients SET time_zone = 'Asia/Tokyo';"
        "INSERT INTO audit_log SELECT {clinic}, gen_random_uuid(), '2026-12-03T00:00Z', 'r', NULL,"
        " 'front_desk', 'PATCH', '/v1/patients/<uuid:patient_id>', 200, ARRAY[{ana}]",
    ),
    (
        "I39",
        "UPDATE policies SET quiet_from = '06:00', quiet_until = '05:00';"
        "INSERT INTO audit_log SELECT {clinic}, gen_random_uuid(), '2026-12-03T00:00Z', 'r', NULL,"
        " 'admin', 'PATCH', '/v1/clinic/policies', 200, ARRAY[]::uuid[]",
    ),
    ("I40", "UPDATE consents SET withdrawn_at = '2026-12-03T00:00Z'"),
    ("I46", "UPDATE patients SET email_failed_at = '2026-12-03T00:00Z'"),
    (
        "I46",
        "UPDATE patients SET email = 'new@example.com', email_failed_at = '2026-11-01T00:00Z'",
    ),
    (
        "I50",
        "DELETE FROM messages WHERE kind = 'follow_up';"
        "INSERT INTO audit_log SELECT {clinic}, gen_random_uuid(), '2026-12-02T00:00Z', 'r', NULL,"
        " 'admin', 'PATCH', '/v1/clinic/policies', 200, ARRAY[]::uuid[]",
    ),
    (
        "I50",
        "DELETE FROM messages WHERE kind = 'follow_up';"
        "UPDATE clinics SET created_at = '2026-12-02T00:00Z'",
    ),
    ("I58", f"UPDATE patients SET {CHANGED}, status = 'discharged'"),
    (
        "I58",
        f"UPDATE patients SET {CHANGED}, status = 'discharged';"
        "INSERT INTO audit_log SELECT {clinic}, gen_random_uuid(), '2026-12-03T00:00Z', 'r', NULL,"
        " 'front_desk', 'PATCH', '/v1/patients/<uuid:patient_id>', 200, ARRAY[{ana}]",
    ),
]
