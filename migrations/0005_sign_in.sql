-- A browser's session. The cookie's value is kept as a hash only; `sid` is public (ID tokens).
CREATE TABLE session (
  sid uuid PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  id_user integer NOT NULL REFERENCES users (id_user) ON DELETE CASCADE,
  auth_time timestamptz NOT NULL,
  acr text NOT NULL,
  amr text[] NOT NULL CHECK (cardinality(amr) > 0),
  user_agent text,
  ip inet,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  -- The end of the absolute lifetime.
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  ended_at timestamptz
);
CREATE INDEX session_id_user_idx ON session (id_user);
CREATE INDEX session_expires_at_idx ON session (expires_at);

-- An authorization request that waits for its person: one for each browser tab, bound to the
-- browser by the hash of a cookie. `progress` says what was done in it (sign-in, account choice).
CREATE TABLE continuation (
  id uuid PRIMARY KEY,
  browser_hash bytea NOT NULL CHECK (octet_length(browser_hash) = 32),
  client_id text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
  request jsonb NOT NULL,
  progress jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX continuation_client_id_idx ON continuation (client_id);
CREATE INDEX continuation_expires_at_idx ON continuation (expires_at);

-- What a person allowed a client, so that the same question is not asked twice.
CREATE TABLE consent (
  id_user integer NOT NULL REFERENCES users (id_user) ON DELETE CASCADE,
  client_id text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
  scope text[] NOT NULL,
  resource text[] NOT NULL,
  claims text[] NOT NULL DEFAULT '{}',
  granted_at timestamptz NOT NULL,
  PRIMARY KEY (id_user, client_id)
);
CREATE INDEX consent_client_id_idx ON consent (client_id);
