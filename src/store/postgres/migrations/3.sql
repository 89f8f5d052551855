-- Schema 3: a claim that arrives after it was given back does not stand, and what is repeated waits for the standby as the first attempt did.
--
-- Each function answers as before.

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
    ELSIF c.attempt = p_attempt THEN
      -- This attempt was given back, and comes late. Nobody waits for its answer.
      PERFORM set_config('synchronous_commit', 'off', true);
      answer := 'exchanging';
      claimed_at := c.since;
      RETURN;
    END IF;
    INSERT INTO smart_auth.claim AS held (key, callback, until, since, attempt)
    VALUES (p_key, p_callback, p_until, now, p_attempt)
    ON CONFLICT (key) DO UPDATE
    SET callback = p_callback, until = p_until, since = excluded.since, attempt = p_attempt, outcome = NULL
    -- Not when somebody else has claimed it meanwhile, or this attempt has, and was given back.
    WHERE held.until <= excluded.since AND held.attempt IS DISTINCT FROM p_attempt;
    IF FOUND THEN
      RETURN;
    END IF;
  END LOOP;
END $$;

-- The claim ends when it began, and is forgotten later: that of the same attempt may be under way still, and must find that it was given back.
CREATE OR REPLACE FUNCTION smart_auth.pending_release(p_now bigint, p_key bytea, p_callback bytea, p_claimed bigint, OUT now bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  UPDATE smart_auth.claim SET until = since WHERE key = p_key AND callback = p_callback AND outcome IS NULL AND since = p_claimed;
  now := smart_auth.store_time(p_now);
END $$;

CREATE OR REPLACE FUNCTION smart_auth.pending_finish(p_now bigint, p_key bytea, p_callback bytea, p_outcome bytea, OUT now bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  -- Also where it is finished: perhaps by this attempt, which was given up while it waited. That a row is locked is noted in the log of the
  -- server, and committing that waits as a change does.
  PERFORM FROM smart_auth.claim WHERE key = p_key FOR UPDATE;
  UPDATE smart_auth.claim SET outcome = p_outcome, attempt = NULL WHERE key = p_key AND callback = p_callback AND outcome IS NULL;
  now := smart_auth.store_time(p_now);
END $$;

CREATE OR REPLACE FUNCTION smart_auth.browser_end_all(
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
  IF keys = '{}' THEN
    -- They may have been ended by this attempt, which was given up while it waited. Their rows stand in no index any more. This note in the log of
    -- the server is read by nobody, and committing it waits as a change does.
    PERFORM pg_logical_emit_message(true, 'actix-smart-auth', ''::text);
  END IF;
END $$;
