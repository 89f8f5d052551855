-- Schema 2: pages, and answers that change nothing, wait neither for the disk nor for a standby that is away. They did, because a row that is
-- locked is noted in the log of the server, and committing that waits as a change does.
--
-- `set_config` says so of the transaction in which it stands: where nothing was changed, or what may be forgotten by a crash. Not where an
-- attempt is told that an earlier one of its own was done: that one may have been given up while it waited.
--
-- Each function answers as before.

-- On the path of every request: a read, but for a use that has to be noted.
CREATE OR REPLACE FUNCTION smart_auth.launch_load(
  p_now bigint, p_key bytea, p_idle bigint, p_absolute bigint, p_remember bigint, p_counts boolean, p_noted_every bigint, p_seal bytea,
  OUT now bigint, OUT state text, OUT r_version bigint, OUT r_record bytea, OUT r_memory bytea, OUT r_why text, OUT r_ended bigint
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
  held record;
  ends bigint;
  ends_why text;
  is_locked boolean := false;
  waits boolean := true;
BEGIN
  LOOP
    IF NOT is_locked THEN
      SELECT * INTO l FROM smart_auth.launch WHERE key = p_key;
    ELSE
      PERFORM set_config('synchronous_commit', 'off', true);
      IF waits THEN
        SELECT * INTO l FROM smart_auth.launch WHERE key = p_key FOR UPDATE;
      ELSE
        SELECT * INTO held FROM smart_auth.launch WHERE key = p_key FOR UPDATE SKIP LOCKED;
        IF held.key IS NULL THEN
          -- Somebody writes it, perhaps for as long as a standby is away. What was read is true until that is done, and the next use is noted.
          p_counts := false;
          EXIT;
        END IF;
        l := held;
      END IF;
    END IF;
    now := smart_auth.store_time(p_now);
    IF l.key IS NULL THEN
      state := 'none';
      RETURN;
    END IF;
    IF l.ended_at IS NULL AND l.runs_out_at <= now AND NOT is_locked THEN
      -- Somebody may have used it between the look at the row and the look at the clock.
      is_locked := true;
      CONTINUE;
    END IF;
    IF l.ended_at IS NOT NULL OR l.runs_out_at <= now THEN
      IF now >= coalesce(l.forgotten_at, l.runs_out_at + p_remember) THEN
        state := 'none';
      ELSE
        state := 'ended';
        r_memory := l.memory;
        r_why := coalesce(l.ended_why, l.runs_out_why);
        r_ended := coalesce(l.ended_at, l.runs_out_at);
      END IF;
      RETURN;
    END IF;
    IF p_counts THEN
      -- With other lifetimes than those of the use that was noted, this one is noted too.
      ends := least(l.used_at + p_idle, l.opened_at + p_absolute);
      p_counts := now - l.used_at >= p_noted_every OR ends <> l.runs_out_at OR l.remember <> p_remember;
    END IF;
    EXIT WHEN is_locked OR NOT p_counts;
    -- Somebody may have ended it since.
    is_locked := true;
    -- No launch ends earlier by more than this for uses that were not noted.
    waits := now - l.used_at >= p_idle / 20;
  END LOOP;
  IF p_counts THEN
    ends := greatest(l.used_at, now) + p_idle;
    ends_why := 'idle';
    IF ends >= l.opened_at + p_absolute THEN
      ends := l.opened_at + p_absolute;
      ends_why := 'too_old';
    END IF;
    -- When the server crashes within the next second, this use is forgotten, and the launch runs out by the one before unless it is used again.
    UPDATE smart_auth.launch
    SET used_at = greatest(l.used_at, now), runs_out_at = ends, runs_out_why = ends_why, remember = p_remember
    WHERE key = p_key;
  END IF;
  r_version := l.version;
  IF l.seal = p_seal THEN
    state := 'same';
  ELSE
    state := 'open';
    r_record := l.record;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION smart_auth.launch_replace(
  p_now bigint, p_key bytea, p_expected bigint, p_user text, p_record bytea, p_seal bytea, p_memory bytea,
  OUT now bigint, OUT answer text
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
BEGIN
  SELECT version, runs_out_at, ended_at, seal INTO l FROM smart_auth.launch WHERE key = p_key FOR UPDATE;
  now := smart_auth.store_time(p_now);
  IF l.version IS NULL OR l.ended_at IS NOT NULL OR l.runs_out_at <= now THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    answer := 'gone';
  ELSIF l.version = p_expected THEN
    UPDATE smart_auth.launch
    SET version = p_expected + 1, user_blind = p_user, record = p_record, seal = p_seal, memory = p_memory
    WHERE key = p_key;
    answer := 'written';
  ELSIF l.version = p_expected + 1 AND l.seal = p_seal THEN
    -- No two sealed records are ever the same: this attempt has written it, and its answer was lost.
    answer := 'written';
  ELSE
    PERFORM set_config('synchronous_commit', 'off', true);
    answer := 'conflict';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION smart_auth.launch_end(
  p_now bigint, p_key bytea, p_remember bigint, p_why text, p_version bigint,
  OUT now bigint, OUT answer text, OUT r_record bytea
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
BEGIN
  SELECT * INTO l FROM smart_auth.launch WHERE key = p_key FOR UPDATE;
  now := smart_auth.store_time(p_now);
  IF l.ended_at IS NOT NULL THEN
    -- Perhaps by this attempt: whoever is told so may rely on it.
    answer := 'over';
  ELSIF l.key IS NULL OR l.runs_out_at <= now THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    answer := 'over';
  ELSIF l.version <> p_version THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    answer := 'newer';
  ELSE
    PERFORM smart_auth.close_launch(p_key, p_why, now, p_remember);
    answer := 'ended';
    r_record := l.record;
  END IF;
END $$;

-- A lease that a crash forgets does no harm: nothing is sent under it before the record says so, and that is waited for.
CREATE OR REPLACE FUNCTION smart_auth.lease_acquire(
  p_now bigint, p_key bytea, p_owner bytea, p_ttl bigint, OUT now bigint, OUT is_held boolean
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT runs_out_at, ended_at, lease_owner, lease_until INTO l FROM smart_auth.launch WHERE key = p_key FOR UPDATE;
  now := smart_auth.store_time(p_now);
  is_held := FOUND AND l.ended_at IS NULL AND l.runs_out_at > now
    AND (l.lease_owner IS NULL OR l.lease_owner = p_owner OR l.lease_until <= now);
  IF is_held THEN
    UPDATE smart_auth.launch SET lease_owner = p_owner, lease_until = now + p_ttl WHERE key = p_key;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION smart_auth.lease_release(p_now bigint, p_key bytea, p_owner bytea, OUT now bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE smart_auth.launch SET lease_owner = NULL, lease_until = NULL WHERE key = p_key AND lease_owner = p_owner;
  now := smart_auth.store_time(p_now);
END $$;

CREATE OR REPLACE FUNCTION smart_auth.pending_claim(
  p_now bigint, p_key bytea, p_callback bytea, p_until bigint, p_attempt bytea,
  OUT now bigint, OUT answer text, OUT claimed_at bigint, OUT r_outcome bytea
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  c record;
BEGIN
  LOOP
    SELECT * INTO c FROM smart_auth.claim WHERE key = p_key FOR UPDATE;
    now := smart_auth.store_time(p_now);
    IF c.key IS NOT NULL AND c.until > now THEN
      claimed_at := c.since;
      r_outcome := c.outcome;
      answer := CASE
        WHEN c.callback <> p_callback THEN 'other'
        WHEN c.outcome IS NOT NULL THEN 'done'
        -- This attempt was answered, and the answer got lost.
        WHEN c.attempt = p_attempt THEN 'fresh'
        ELSE 'exchanging'
      END;
      IF answer <> 'fresh' THEN
        PERFORM set_config('synchronous_commit', 'off', true);
      END IF;
      RETURN;
    END IF;
    answer := 'fresh';
    claimed_at := now;
    IF p_until <= now THEN
      -- Only asked.
      PERFORM set_config('synchronous_commit', 'off', true);
      RETURN;
    END IF;
    INSERT INTO smart_auth.claim AS held (key, callback, until, since, attempt)
    VALUES (p_key, p_callback, p_until, now, p_attempt)
    ON CONFLICT (key) DO UPDATE
    SET callback = p_callback, until = p_until, since = excluded.since, attempt = p_attempt, outcome = NULL
    -- Not when somebody else has claimed it meanwhile.
    WHERE held.until <= excluded.since;
    IF FOUND THEN
      RETURN;
    END IF;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION smart_auth.value_swap(
  p_now bigint, p_key bytea, p_expected bytea, p_value bytea, p_until bigint,
  OUT now bigint, OUT is_swapped boolean
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v record;
  there bytea;
  is_removed boolean;
BEGIN
  LOOP
    SELECT * INTO v FROM smart_auth.value WHERE key = p_key FOR UPDATE;
    now := smart_auth.store_time(p_now);
    there := CASE WHEN v.until > now THEN v.value END;
    is_removed := p_value IS NULL OR p_until <= now;
    is_swapped := there IS NOT DISTINCT FROM p_expected
      -- No two values are ever the same: this attempt has written it, and its answer was lost.
      OR coalesce(there = p_value AND v.until = p_until, false);
    IF NOT is_swapped THEN
      PERFORM set_config('synchronous_commit', 'off', true);
      RETURN;
    ELSIF is_removed THEN
      -- Where there was nothing, nothing is locked: what has come since is somebody else's.
      IF v.key IS NOT NULL THEN
        DELETE FROM smart_auth.value WHERE key = p_key;
      END IF;
      RETURN;
    ELSIF v.key IS NOT NULL THEN
      UPDATE smart_auth.value SET value = p_value, until = p_until WHERE key = p_key;
      RETURN;
    END IF;
    INSERT INTO smart_auth.value (key, value, until) VALUES (p_key, p_value, p_until) ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN;
    END IF;
  END LOOP;
END $$;

-- Frees what is over, at most `p_batch` rows of each table. Waits for nobody: rows that somebody holds are left for the next time. Answers how
-- many rows it looked at, or null when another process is at it.
CREATE OR REPLACE FUNCTION smart_auth.sweep(p_now bigint, p_batch bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  -- Memory is freed later than anything ends.
  slack CONSTANT bigint := 60000;
  now bigint;
  number bigint;
  seen bigint := 0;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('smart_auth.sweep', 0)) THEN
    RETURN NULL;
  END IF;
  -- What a crash puts back is over all the same. A commit that waits would hold the rows of launches that are in use.
  PERFORM set_config('synchronous_commit', 'off', true);
  now := smart_auth.store_time(p_now) - slack;
  WITH due AS (
    SELECT key FROM smart_auth.launch WHERE sweep_at <= now ORDER BY sweep_at LIMIT p_batch FOR UPDATE SKIP LOCKED
  ), forgotten AS (
    DELETE FROM smart_auth.launch l USING due
    WHERE l.key = due.key AND coalesce(l.forgotten_at, l.runs_out_at + l.remember) <= now
    RETURNING l.key
  ), ran_out AS (
    UPDATE smart_auth.launch l
    SET version = 0, record = NULL, seal = NULL, user_blind = NULL, lease_owner = NULL, lease_until = NULL,
      ended_why = l.runs_out_why, ended_at = l.runs_out_at, forgotten_at = l.runs_out_at + l.remember, sweep_at = l.runs_out_at + l.remember
    FROM due
    WHERE l.key = due.key AND l.ended_at IS NULL AND l.runs_out_at <= now AND l.runs_out_at + l.remember > now
    RETURNING l.key
  ), in_use AS (
    UPDATE smart_auth.launch l SET sweep_at = l.runs_out_at FROM due
    WHERE l.key = due.key AND l.ended_at IS NULL AND l.runs_out_at > now
    RETURNING l.key
  )
  SELECT (SELECT count(*) FROM forgotten) + (SELECT count(*) FROM ran_out) + (SELECT count(*) FROM in_use) INTO number;
  seen := greatest(seen, number);
  DELETE FROM smart_auth.claim WHERE key IN (
    SELECT key FROM smart_auth.claim WHERE until <= now ORDER BY until LIMIT p_batch FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS number = ROW_COUNT;
  seen := greatest(seen, number);
  DELETE FROM smart_auth.memo WHERE (browser, memo) IN (
    SELECT browser, memo FROM smart_auth.memo WHERE until <= now ORDER BY until LIMIT p_batch FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS number = ROW_COUNT;
  seen := greatest(seen, number);
  DELETE FROM smart_auth.value WHERE key IN (
    SELECT key FROM smart_auth.value WHERE until <= now ORDER BY until LIMIT p_batch FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS number = ROW_COUNT;
  RETURN greatest(seen, number);
END $$;
