-- Mail that waits to be sent; in `dev`, mail that was caught. Contents are sealed: they hold links
-- and codes that would let a reader of this table in.
CREATE TABLE mail (
  id uuid PRIMARY KEY,
  -- Whom it is about, if there is such an account: it goes with the account.
  id_user integer REFERENCES users (id_user) ON DELETE CASCADE,
  template text NOT NULL,
  -- Recipient, subject, text and HTML.
  message_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  -- Past this it is of no use and is dropped.
  expires_at timestamptz NOT NULL,
  last_error text,
  -- Set where sent mail is kept, which is in `dev` alone.
  caught_at timestamptz
);
CREATE INDEX mail_due_idx ON mail (next_attempt_at) WHERE caught_at IS NULL;
CREATE INDEX mail_id_user_idx ON mail (id_user);
CREATE INDEX mail_expires_at_idx ON mail (expires_at);

-- The secrets in mailed links: hashed, for one purpose, for one use.
CREATE TABLE mailed_token (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'change_email',
                                           'undo_email_change', 'restore_account')),
  id_user integer NOT NULL REFERENCES users (id_user) ON DELETE CASCADE,
  -- The address that it speaks of: to be verified, to change to, to go back to.
  email text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  used_at timestamptz,
  -- Another one was asked for since.
  withdrawn_at timestamptz,
  CHECK (used_at IS NULL OR withdrawn_at IS NULL)
);
CREATE INDEX mailed_token_id_user_idx ON mailed_token (id_user);
CREATE INDEX mailed_token_expires_at_idx ON mailed_token (expires_at);
-- Asking again withdraws the earlier one.
CREATE UNIQUE INDEX mailed_token_live_idx ON mailed_token (id_user, purpose)
  WHERE used_at IS NULL AND withdrawn_at IS NULL AND purpose <> 'undo_email_change';
