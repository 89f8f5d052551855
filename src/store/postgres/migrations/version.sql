-- Which migrations were applied. `usable_from` is the oldest schema that a process may know to work with this one.
CREATE TABLE IF NOT EXISTS smart_auth.schema_version (
  version integer PRIMARY KEY,
  usable_from integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
