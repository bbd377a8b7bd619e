-- Delays between guesses, shared by all replicas. A bucket is named by a hash: it says neither whose
-- it is nor whether such an account exists.
CREATE TABLE throttle (
  bucket bytea PRIMARY KEY CHECK (octet_length(bucket) = 32),
  failures integer NOT NULL CHECK (failures > 0),
  blocked_until timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX throttle_expires_at_idx ON throttle (expires_at);

-- Browsers in which a person has signed in before: each guesses on a budget of its own, so that
-- strangers cannot lock the owner out, and a sign-in from any other mails a notice.
CREATE TABLE known_device (
  device_hash bytea NOT NULL CHECK (octet_length(device_hash) = 32),
  id_user integer NOT NULL REFERENCES users (id_user) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (device_hash, id_user)
);
CREATE INDEX known_device_id_user_idx ON known_device (id_user);
CREATE INDEX known_device_expires_at_idx ON known_device (expires_at);
