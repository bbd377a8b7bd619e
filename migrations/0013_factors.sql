-- Second factors. A row is a factor that was confirmed: an enrolment that is under way stands in
-- `ceremony`.
CREATE TABLE factor (
  id uuid PRIMARY KEY,
  id_user integer NOT NULL REFERENCES users (id_user) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('totp', 'passkey', 'email')),
  -- What the person calls it.
  name text NOT NULL CHECK (name <> '' AND length(name) <= 100),
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  -- RFC 6238: the shared secret, sealed; and the last time step that was accepted, so that no code
  -- is accepted twice (section 5.2).
  totp_secret_sealed bytea,
  totp_last_step bigint,
  -- WebAuthn: the credential's id, and what webauthn-rs keeps of it.
  credential_id bytea UNIQUE,
  credential jsonb,
  CHECK ((kind = 'totp') = (totp_secret_sealed IS NOT NULL)),
  CHECK ((kind = 'totp') = (totp_last_step IS NOT NULL)),
  CHECK ((kind = 'passkey') = (credential_id IS NOT NULL)),
  CHECK ((kind = 'passkey') = (credential IS NOT NULL))
);
CREATE INDEX factor_id_user_idx ON factor (id_user);
-- Codes go to the account's own address, of which there is one.
CREATE UNIQUE INDEX factor_email_idx ON factor (id_user) WHERE kind = 'email';

-- 80 random bits each, hashed; one use.
CREATE TABLE recovery_code (
  code_hash bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
  id_user integer NOT NULL REFERENCES users (id_user) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX recovery_code_id_user_idx ON recovery_code (id_user);

-- A sign-in whose password was right and whose second factor is due. Named by a page's address and
-- bound to the browser, or by the secret handle of the JSON API.
CREATE TABLE sign_in_attempt (
  id uuid PRIMARY KEY,
  id_user integer NOT NULL REFERENCES users (id_user) ON DELETE CASCADE,
  browser_hash bytea CHECK (octet_length(browser_hash) = 32),
  handle_hash bytea UNIQUE CHECK (octet_length(handle_hash) = 32),
  -- The client of a JSON login.
  client_id text REFERENCES client (client_id) ON DELETE CASCADE,
  amr text[] NOT NULL CHECK (cardinality(amr) > 0),
  -- The code that was mailed for this attempt, and how often one was entered.
  email_code_hash bytea CHECK (octet_length(email_code_hash) = 32),
  email_code_expires_at timestamptz,
  email_code_tries integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  CHECK ((browser_hash IS NULL) <> (handle_hash IS NULL)),
  CHECK ((email_code_hash IS NULL) = (email_code_expires_at IS NULL))
);
CREATE INDEX sign_in_attempt_id_user_idx ON sign_in_attempt (id_user);
CREATE INDEX sign_in_attempt_client_id_idx ON sign_in_attempt (client_id);
CREATE INDEX sign_in_attempt_expires_at_idx ON sign_in_attempt (expires_at);

-- A challenge that was given and not yet answered: a WebAuthn ceremony, or the enrolment of TOTP or
-- of codes by mail. Taken (deleted) by whoever answers first, so that none is answered twice.
CREATE TABLE ceremony (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('passkey_registration', 'passkey_authentication',
                                     'passkey_discoverable', 'totp_enrolment', 'email_enrolment')),
  -- Null where the challenge is for whoever answers.
  id_user integer REFERENCES users (id_user) ON DELETE CASCADE,
  -- To what it is bound: a browser, a session, a sign-in attempt.
  bound_to bytea NOT NULL CHECK (octet_length(bound_to) = 32),
  state_sealed bytea NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  CHECK ((kind = 'passkey_discoverable') = (id_user IS NULL))
);
CREATE INDEX ceremony_id_user_idx ON ceremony (id_user);
CREATE INDEX ceremony_expires_at_idx ON ceremony (expires_at);
