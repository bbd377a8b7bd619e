-- Signing keys. The state of a key is a function of time alone, so every replica computes the same:
-- published from created_at, signing from activates_at until retires_at, gone at removes_at.
CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  alg text NOT NULL CHECK (alg IN ('RS256', 'PS256', 'ES256', 'EdDSA')),
  public_jwk jsonb NOT NULL CHECK (NOT public_jwk ?| ARRAY['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']),
  -- PKCS#8, sealed by the key-encryption key with the row's identity as associated data.
  private_key_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  activates_at timestamptz NOT NULL CHECK (activates_at >= created_at),
  retires_at timestamptz,
  removes_at timestamptz,
  CHECK ((retires_at IS NULL) = (removes_at IS NULL)),
  CHECK (retires_at IS NULL OR (retires_at >= activates_at AND removes_at >= retires_at))
);
-- At most one key of an algorithm has no successor: two replicas cannot both create one.
CREATE UNIQUE INDEX signing_key_newest_idx ON signing_key (alg) WHERE retires_at IS NULL;

-- Secrets of the server itself (the pairwise salt, the check value of the key-encryption key),
-- sealed like the signing keys.
CREATE TABLE server_secret (
  name text PRIMARY KEY,
  value_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
