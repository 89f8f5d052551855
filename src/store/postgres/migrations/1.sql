-- Schema 1 of the token store: tables, and one function for each operation.
--
-- A function is one statement for its caller, so it is done whole or not at all. Inside it, each statement sees what has been committed
-- until then (READ COMMITTED, which each connection asks for): what is read after waiting for a lock is what its last holder left.
--
-- Locks are taken in one order, so that nobody waits in a circle: first that of the browser (an advisory lock), then rows of launches by
-- their keys. What touches one launch only, takes its row and nothing else.
--
-- Times are milliseconds since 1970, by the clock of this server. Each operation reads it once, when it has its locks: of two operations
-- that meet, the one that comes second also has the later time. `p_now` is null, but for tests.

CREATE TABLE smart_auth.launch (
  key bytea PRIMARY KEY,
  browser bytea NOT NULL,
  -- 0 when the launch has ended
  version bigint NOT NULL,
  opened_at bigint NOT NULL,
  used_at bigint NOT NULL,
  -- The moment at which it ends by itself, and why.
  runs_out_at bigint NOT NULL,
  runs_out_why text NOT NULL,
  -- For how long it is remembered that it has ended.
  remember bigint NOT NULL,
  -- Blinded; null where no user is known.
  user_blind text,
  -- Sealed; and the end of that, by which a process recognises what it has opened already. Null when the launch has ended.
  record bytea,
  seal bytea,
  -- Sealed: what is remembered when it has ended.
  memory bytea NOT NULL,
  lease_owner bytea,
  lease_until bigint,
  -- Null while it is open.
  ended_why text,
  ended_at bigint,
  forgotten_at bigint,
  -- When the sweep looks at it next. Not moved by a use, so that a use changes no index.
  sweep_at bigint NOT NULL
) WITH (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.05,
  -- To give room back to the disk, a vacuum locks out everybody for a moment.
  vacuum_truncate = off,
  toast.vacuum_truncate = off
);

-- What is sealed does not get smaller.
ALTER TABLE smart_auth.launch ALTER COLUMN record SET STORAGE EXTERNAL, ALTER COLUMN memory SET STORAGE EXTERNAL;

CREATE INDEX launch_browser ON smart_auth.launch (browser) WHERE ended_at IS NULL;
CREATE INDEX launch_sweep ON smart_auth.launch (sweep_at);

CREATE TABLE smart_auth.claim (
  key bytea PRIMARY KEY,
  callback bytea NOT NULL,
  until bigint NOT NULL,
  since bigint NOT NULL,
  -- Which attempt claimed it. Null when it is finished.
  attempt bytea,
  -- Sealed. Null until it is finished.
  outcome bytea
) WITH (vacuum_truncate = off);
CREATE INDEX claim_sweep ON smart_auth.claim (until);

CREATE TABLE smart_auth.memo (
  browser bytea NOT NULL,
  memo smallint NOT NULL,
  -- The oldest first.
  list bytea[] NOT NULL,
  until bigint NOT NULL,
  PRIMARY KEY (browser, memo)
);
CREATE INDEX memo_sweep ON smart_auth.memo (until);

CREATE TABLE smart_auth.value (
  key bytea PRIMARY KEY,
  value bytea NOT NULL,
  until bigint NOT NULL
);
ALTER TABLE smart_auth.value ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX value_sweep ON smart_auth.value (until);

CREATE FUNCTION smart_auth.store_time(p_now bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
$$;

-- One browser: opening, ending all.
CREATE FUNCTION smart_auth.lock_browser(p_browser bytea) RETURNS void LANGUAGE sql VOLATILE AS $$
  SELECT pg_advisory_xact_lock(('x' || encode(substr(p_browser, 1, 8), 'hex'))::bit(64)::bigint)
$$;

CREATE FUNCTION smart_auth.close_launch(p_key bytea, p_why text, p_at bigint, p_remember bigint)
RETURNS void LANGUAGE sql VOLATILE AS $$
  UPDATE smart_auth.launch
  SET version = 0, record = NULL, seal = NULL, user_blind = NULL, lease_owner = NULL, lease_until = NULL,
    ended_why = p_why, ended_at = p_at, forgotten_at = p_at + p_remember, sweep_at = p_at + p_remember
  WHERE key = p_key
$$;

CREATE FUNCTION smart_auth.launch_open(
  p_now bigint, p_key bytea, p_browser bytea, p_opened bigint, p_idle bigint, p_absolute bigint, p_remember bigint, p_limit bigint,
  p_others text, p_user text, p_user_under_each_key text[], p_record bytea, p_seal bytea, p_memory bytea,
  OUT now bigint, OUT keys bytea[], OUT records bytea[]
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
  why text;
  staying bytea[] := '{}';
  ends bigint;
  ends_why text := 'idle';
BEGIN
  keys := '{}';
  records := '{}';
  PERFORM smart_auth.lock_browser(p_browser);
  PERFORM FROM smart_auth.launch WHERE browser = p_browser AND ended_at IS NULL ORDER BY key FOR UPDATE;
  now := smart_auth.store_time(p_now);
  ends := now + p_idle;
  IF ends >= p_opened + p_absolute THEN
    ends := p_opened + p_absolute;
    ends_why := 'too_old';
  END IF;
  INSERT INTO smart_auth.launch
    (key, browser, version, opened_at, used_at, runs_out_at, runs_out_why, remember, user_blind, record, seal, memory, sweep_at)
  VALUES
    (p_key, p_browser, 1, p_opened, now, ends, ends_why, p_remember, p_user, p_record, p_seal, p_memory, ends)
  ON CONFLICT (key) DO NOTHING;
  IF NOT FOUND THEN
    -- An attempt whose answer was lost, or one that comes after the end.
    RETURN;
  END IF;
  -- Those unused the longest come last.
  FOR l IN
    SELECT * FROM smart_auth.launch
    WHERE browser = p_browser AND ended_at IS NULL AND runs_out_at > now AND key <> p_key
    ORDER BY used_at DESC, key
  LOOP
    why := NULL;
    IF p_others = 'all' THEN
      why := 'replaced';
    ELSIF p_others = 'users' AND l.user_blind <> ALL (p_user_under_each_key) AND p_user IS NOT NULL THEN
      why := 'other_user';
    ELSIF cardinality(staying) + 2 > p_limit THEN
      why := 'evicted';
    ELSE
      staying := staying || l.key;
    END IF;
    IF why IS NOT NULL THEN
      keys := keys || l.key;
      records := records || l.record;
      PERFORM smart_auth.close_launch(l.key, why, now, p_remember);
    END IF;
  END LOOP;
END $$;

-- On the path of every request: a read, but for a use that has to be noted.
CREATE FUNCTION smart_auth.launch_load(
  p_now bigint, p_key bytea, p_idle bigint, p_absolute bigint, p_remember bigint, p_counts boolean, p_noted_every bigint, p_seal bytea,
  OUT now bigint, OUT state text, OUT r_version bigint, OUT r_record bytea, OUT r_memory bytea, OUT r_why text, OUT r_ended bigint
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
  ends bigint;
  ends_why text;
  is_locked boolean := false;
BEGIN
  LOOP
    IF is_locked THEN
      SELECT * INTO l FROM smart_auth.launch WHERE key = p_key FOR UPDATE;
    ELSE
      SELECT * INTO l FROM smart_auth.launch WHERE key = p_key;
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
  END LOOP;
  IF p_counts THEN
    ends := greatest(l.used_at, now) + p_idle;
    ends_why := 'idle';
    IF ends >= l.opened_at + p_absolute THEN
      ends := l.opened_at + p_absolute;
      ends_why := 'too_old';
    END IF;
    -- When the server crashes within the next second, this use is forgotten, and the launch runs out by the one before unless it is used again.
    -- Pages wait neither for the disk nor for a standby that is away.
    PERFORM set_config('synchronous_commit', 'off', true);
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

CREATE FUNCTION smart_auth.launch_replace(
  p_now bigint, p_key bytea, p_expected bigint, p_user text, p_record bytea, p_seal bytea, p_memory bytea,
  OUT now bigint, OUT answer text
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
BEGIN
  SELECT version, runs_out_at, ended_at, seal INTO l FROM smart_auth.launch WHERE key = p_key FOR UPDATE;
  now := smart_auth.store_time(p_now);
  IF l.version IS NULL OR l.ended_at IS NOT NULL OR l.runs_out_at <= now THEN
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
    answer := 'conflict';
  END IF;
END $$;

CREATE FUNCTION smart_auth.launch_end(
  p_now bigint, p_key bytea, p_remember bigint, p_why text, p_version bigint,
  OUT now bigint, OUT answer text, OUT r_record bytea
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
BEGIN
  SELECT * INTO l FROM smart_auth.launch WHERE key = p_key FOR UPDATE;
  now := smart_auth.store_time(p_now);
  IF l.key IS NULL OR l.ended_at IS NOT NULL OR l.runs_out_at <= now THEN
    answer := 'over';
  ELSIF l.version <> p_version THEN
    answer := 'newer';
  ELSE
    PERFORM smart_auth.close_launch(p_key, p_why, now, p_remember);
    answer := 'ended';
    r_record := l.record;
  END IF;
END $$;

CREATE FUNCTION smart_auth.browser_end_all(
  p_now bigint, p_browser bytea, p_remember bigint, p_why text,
  OUT now bigint, OUT keys bytea[], OUT records bytea[]
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM smart_auth.lock_browser(p_browser);
  PERFORM FROM smart_auth.launch WHERE browser = p_browser AND ended_at IS NULL ORDER BY key FOR UPDATE;
  now := smart_auth.store_time(p_now);
  SELECT coalesce(array_agg(l.key), '{}'), coalesce(array_agg(l.record), '{}') INTO keys, records
  FROM smart_auth.launch l
  WHERE browser = p_browser AND ended_at IS NULL AND runs_out_at > now;
  PERFORM smart_auth.close_launch(key, p_why, now, p_remember) FROM unnest(keys) AS key;
END $$;

CREATE FUNCTION smart_auth.browser_launches(
  p_now bigint, p_browser bytea,
  OUT now bigint, OUT keys bytea[], OUT used bigint[], OUT users text[]
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  now := smart_auth.store_time(p_now);
  SELECT coalesce(array_agg(key), '{}'), coalesce(array_agg(used_at), '{}'), coalesce(array_agg(user_blind), '{}')
  INTO keys, used, users
  FROM smart_auth.launch
  WHERE browser = p_browser AND ended_at IS NULL AND runs_out_at > now;
END $$;

CREATE FUNCTION smart_auth.lease_acquire(p_now bigint, p_key bytea, p_owner bytea, p_ttl bigint, OUT now bigint, OUT is_held boolean)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  l record;
BEGIN
  SELECT runs_out_at, ended_at, lease_owner, lease_until INTO l FROM smart_auth.launch WHERE key = p_key FOR UPDATE;
  now := smart_auth.store_time(p_now);
  is_held := FOUND AND l.ended_at IS NULL AND l.runs_out_at > now
    AND (l.lease_owner IS NULL OR l.lease_owner = p_owner OR l.lease_until <= now);
  IF is_held THEN
    UPDATE smart_auth.launch SET lease_owner = p_owner, lease_until = now + p_ttl WHERE key = p_key;
  END IF;
END $$;

CREATE FUNCTION smart_auth.lease_release(p_now bigint, p_key bytea, p_owner bytea, OUT now bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  UPDATE smart_auth.launch SET lease_owner = NULL, lease_until = NULL WHERE key = p_key AND lease_owner = p_owner;
  now := smart_auth.store_time(p_now);
END $$;

CREATE FUNCTION smart_auth.pending_claim(
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
      RETURN;
    END IF;
    answer := 'fresh';
    claimed_at := now;
    IF p_until <= now THEN
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

CREATE FUNCTION smart_auth.pending_release(p_now bigint, p_key bytea, p_callback bytea, p_claimed bigint, OUT now bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  DELETE FROM smart_auth.claim WHERE key = p_key AND callback = p_callback AND outcome IS NULL AND since = p_claimed;
  now := smart_auth.store_time(p_now);
END $$;

CREATE FUNCTION smart_auth.pending_finish(p_now bigint, p_key bytea, p_callback bytea, p_outcome bytea, OUT now bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  UPDATE smart_auth.claim SET outcome = p_outcome, attempt = NULL WHERE key = p_key AND callback = p_callback AND outcome IS NULL;
  now := smart_auth.store_time(p_now);
END $$;

CREATE FUNCTION smart_auth.memo_remember(
  p_now bigint, p_browser bytea, p_memo smallint, p_value bytea, p_keep integer, p_life bigint,
  OUT now bigint, OUT dropped bytea[]
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  m record;
  staying bytea[];
BEGIN
  LOOP
    SELECT * INTO m FROM smart_auth.memo WHERE browser = p_browser AND memo = p_memo FOR UPDATE;
    now := smart_auth.store_time(p_now);
    dropped := '{}';
    IF m.browser IS NULL THEN
      INSERT INTO smart_auth.memo (browser, memo, list, until) VALUES (p_browser, p_memo, ARRAY[p_value], now + p_life)
      ON CONFLICT DO NOTHING;
    ELSE
      staying := ARRAY[p_value];
      IF m.until > now THEN
        staying := array_remove(m.list, p_value) || p_value;
        dropped := staying[:cardinality(staying) - p_keep];
        staying := staying[greatest(cardinality(staying) - p_keep, 0) + 1:];
      END IF;
      UPDATE smart_auth.memo SET list = staying, until = now + p_life WHERE browser = p_browser AND memo = p_memo;
    END IF;
    IF FOUND THEN
      RETURN;
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION smart_auth.memo_recall(p_now bigint, p_browser bytea, p_memo smallint, OUT now bigint, OUT r_list bytea[])
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  now := smart_auth.store_time(p_now);
  SELECT m.list INTO r_list FROM smart_auth.memo m WHERE m.browser = p_browser AND m.memo = p_memo AND m.until > now;
  r_list := coalesce(r_list, '{}');
END $$;

CREATE FUNCTION smart_auth.value_load(p_now bigint, p_key bytea, OUT now bigint, OUT r_value bytea)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  now := smart_auth.store_time(p_now);
  SELECT v.value INTO r_value FROM smart_auth.value v WHERE v.key = p_key AND v.until > now;
END $$;

CREATE FUNCTION smart_auth.value_swap(
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
CREATE FUNCTION smart_auth.sweep(p_now bigint, p_batch bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
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
