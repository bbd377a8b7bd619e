-- A client's metadata (RFC 7591, section 2, and OpenID Connect Dynamic Client Registration 1.0) is
-- one validated JSON document; what the server itself decides or compares has columns.
CREATE TABLE client (
  client_id text PRIMARY KEY CHECK (client_id ~ '^[!-~]{1,128}$'),
  client_secret_hash bytea CHECK (octet_length(client_secret_hash) = 32),
  metadata jsonb NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
  -- Flagged by an administrator; registration never sets it.
  first_party boolean NOT NULL DEFAULT false,
  -- A classic confidential OpenID Connect client may be registered without PKCE, never a public one.
  require_pkce boolean NOT NULL DEFAULT true,
  registration_access_token_hash bytea UNIQUE CHECK (octet_length(registration_access_token_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT client_secret_matches_method CHECK (
    (client_secret_hash IS NOT NULL)
    = (metadata ->> 'token_endpoint_auth_method' IN ('client_secret_basic', 'client_secret_post'))
  ),
  CONSTRAINT client_public_has_pkce CHECK (
    require_pkce OR metadata ->> 'token_endpoint_auth_method' <> 'none'
  )
);

-- Other replicas drop their cached copy when a client changes. Correctness does not depend on the
-- notification: the cache is also bounded in age.
CREATE FUNCTION client_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('client_changed', OLD.client_id);
  RETURN NULL;
END $$;
CREATE TRIGGER client_changed AFTER UPDATE OR DELETE ON client
FOR EACH ROW EXECUTE FUNCTION client_changed();

-- RFC 7591, section 3: the initial access token that lets a developer register a client.
CREATE TABLE initial_access_token (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  label text NOT NULL,
  uses_left integer NOT NULL CHECK (uses_left >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);

-- RFC 7523, section 3: the `jti` of a client assertion is accepted once.
CREATE TABLE client_assertion (
  client_id text NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
  jti_hash bytea NOT NULL CHECK (octet_length(jti_hash) = 32),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (client_id, jti_hash)
);
CREATE INDEX client_assertion_expires_at_idx ON client_assertion (expires_at);

-- The APIs that accept our access tokens, by RFC 8707 resource indicator, and the permissions that
-- each understands. A permission is also a scope value that a client may ask for.
CREATE TABLE resource_server (
  identifier text PRIMARY KEY CHECK (identifier <> ''),
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE resource_permission (
  resource text NOT NULL REFERENCES resource_server (identifier) ON DELETE CASCADE,
  permission text NOT NULL CHECK (permission ~ '^[a-z0-9_.-]+:[a-z0-9_.:-]+$'),
  description_en text NOT NULL,
  description_fr text NOT NULL,
  PRIMARY KEY (resource, permission)
);
