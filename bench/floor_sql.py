"""The floor's statements. `INSTALL` adds a key look-up of its own, as the program's may grow."""

LIVE = "('held', 'booked', 'arrived', 'infusing', 'observing')"

INSTALL = """
CREATE FUNCTION floor_authenticate(hash bytea, reads_only boolean)
RETURNS TABLE (key_id uuid, clinic_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    SELECT k.id, k.clinic_id INTO key_id, clinic_id FROM api_keys k WHERE k.secret_hash = hash;
    IF FOUND THEN
        PERFORM set_config('app.clinic_id', clinic_id::text, true);
        IF reads_only THEN
            PERFORM set_config('synchronous_commit', 'off', true);
        END IF;
        RETURN NEXT;
    END IF;
END $$;
"""

AUTHENTICATE = "SELECT clinic_id, key_id FROM floor_authenticate(%s, %s)"

CLAIM = """
    INSERT INTO idempotent_answers
        (clinic_id, key_id, idempotency_key, method, path, fingerprint, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING key_id
"""
STORE = """
    UPDATE idempotent_answers SET status = %s, headers = %s, body = %s
     WHERE clinic_id = %s AND key_id = %s AND idempotency_key = %s AND method = %s AND path = %s
"""
LOCK = """
    UPDATE clinic_schedules SET schedule_version = schedule_version + 1
     WHERE clinic_id = %s RETURNING schedule_version
"""
AUDIT = """
    INSERT INTO audit_log
        (clinic_id, id, at, request_id, key_id, role, method, route, status, object_ids)
    VALUES (%s, %s, %s, %s, %s, 'front_desk', %s, %s, %s, %s)
"""
FREE = f"""
    SELECT c.id, c.label, s.block_starts_at AS starts, s.block_ends_at AS ends
      FROM chairs c LEFT JOIN sessions s ON s.clinic_id = c.clinic_id AND s.chair_id = c.id
       AND s.status IN {LIVE} AND s.block_starts_at >= %s AND s.block_starts_at < %s
       AND s.block_ends_at > %s
     WHERE c.clinic_id = %s AND c.active AND c.id = coalesce(%s::uuid, c.id)
     ORDER BY c.label, s.block_starts_at
"""
TAKEN = f"""
    SELECT s.id, s.chair_id, s.block_starts_at, s.block_ends_at
      FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
           AS w (earliest, low, high)
     CROSS JOIN LATERAL (
        SELECT id, chair_id, block_starts_at, block_ends_at FROM sessions
         WHERE clinic_id = %s AND status IN {LIVE} AND block_starts_at >= w.earliest
           AND block_starts_at < w.high AND block_ends_at > w.low) AS s
"""
ADD_SERIES = """
    INSERT INTO series (clinic_id, id, sessions_planned, minutes, every_days, created_at, version,
                        patient_id, protocol_id)
    SELECT %s, %s, %s, %s, %s, %s, 1, %s, id FROM protocols WHERE name = 'weekly'
"""
ADD_SESSIONS = """
    INSERT INTO sessions (clinic_id, id, series_id, patient_id, chair_id, protocol_id,
                          clearance_id, starts_at, ends_at, block_starts_at, block_ends_at,
                          observation_minutes, status, time_version, version)
    SELECT c.clinic_id, s.id, %s, c.patient_id, %s, p.id, c.id, s.starts, s.ends, s.low, s.high,
           %s, 'booked', 1, 1
      FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
                  %s::timestamptz[]) AS s (id, starts, ends, low, high),
           clearances c JOIN protocols p ON p.clinic_id = c.clinic_id AND p.name = 'weekly'
     WHERE c.clinic_id = %s AND c.patient_id = %s
    RETURNING *
"""
