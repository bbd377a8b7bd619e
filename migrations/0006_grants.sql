-- One authorization by one person for one client: the family that its code, its refresh tokens and
-- its access tokens belong to. Revoking the row revokes them all.
CREATE TABLE oauth_grant (
  id uuid PRIMARY KEY,
  client_id text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
  id_user integer NOT NULL REFERENCES users (id_user) ON DELETE CASCADE,
  sid uuid REFERENCES session (sid) ON DELETE SET NULL,
  scope text[] NOT NULL,
  resource text[] NOT NULL,
  -- The `claims` request parameter (OpenID Connect Core 1.0, section 5.5), as vetted.
  claims jsonb,
  nonce text,
  auth_time timestamptz NOT NULL,
  acr text NOT NULL,
  amr text[] NOT NULL,
  created_at timestamptz NOT NULL,
  -- The absolute lifetime of everything issued from this grant.
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  revoked_at timestamptz,
  revoked_reason text,
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX oauth_grant_client_id_idx ON oauth_grant (client_id);
CREATE INDEX oauth_grant_id_user_idx ON oauth_grant (id_user);
CREATE INDEX oauth_grant_sid_idx ON oauth_grant (sid);
CREATE INDEX oauth_grant_expires_at_idx ON oauth_grant (expires_at);

CREATE TABLE authorization_code (
  code_hash bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
  grant_id uuid NOT NULL UNIQUE REFERENCES oauth_grant (id) ON DELETE CASCADE,
  redirect_uri text NOT NULL,
  -- RFC 6749, section 4.1.3: the token request repeats it if, and only if, it was sent.
  redirect_uri_sent boolean NOT NULL,
  code_challenge text CHECK (code_challenge ~ '^[A-Za-z0-9_-]{43}$'),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  redeemed_at timestamptz
);

CREATE TABLE refresh_token (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  grant_id uuid NOT NULL REFERENCES oauth_grant (id) ON DELETE CASCADE,
  -- The token that this one replaced; unique, so a token can have one successor only.
  predecessor_hash bytea UNIQUE REFERENCES refresh_token (token_hash) ON DELETE CASCADE,
  issued_at timestamptz NOT NULL,
  idle_expires_at timestamptz NOT NULL CHECK (idle_expires_at > issued_at),
  used_at timestamptz,
  -- The successor's answer, sealed, for a retry by the same client within the window.
  retry_answer_sealed bytea,
  CHECK (used_at IS NOT NULL OR retry_answer_sealed IS NULL)
);
-- A family has one live refresh token at most.
CREATE UNIQUE INDEX refresh_token_live_idx ON refresh_token (grant_id) WHERE used_at IS NULL;
CREATE INDEX refresh_token_grant_id_idx ON refresh_token (grant_id);

-- RFC 7009 for a single access token: its `jti`, until the token would have expired anyway.
CREATE TABLE revoked_access_token (
  jti text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX revoked_access_token_expires_at_idx ON revoked_access_token (expires_at);
