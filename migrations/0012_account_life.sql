-- The life of an account beside the seed's columns: made but not yet verified, deleted but not yet
-- purged; and what a role demands of those who have it.
ALTER TABLE user_account
  -- Registered by a person who has not yet proved that the address is theirs: no sign-in until
  -- then. Null for accounts that others made.
  ADD COLUMN unverified_since timestamptz,
  -- Soft deletion: no sign-in, no session, no token; the address stays taken until the purge.
  ADD COLUMN deleted_at timestamptz,
  ADD COLUMN purge_at timestamptz,
  ADD COLUMN password_changed_at timestamptz,
  -- The password was set by way of the mailbox, so that a code by mail is no second factor beside
  -- it. Until the password is changed by its owner, or another factor was used.
  ADD COLUMN password_from_mail boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT user_account_purge_follows_deletion CHECK ((deleted_at IS NULL) = (purge_at IS NULL));
CREATE INDEX user_account_purge_at_idx ON user_account (purge_at) WHERE purge_at IS NOT NULL;
CREATE INDEX user_account_unverified_since_idx ON user_account (unverified_since)
  WHERE unverified_since IS NOT NULL;

-- The seed's table `role` keeps its columns.
CREATE TABLE role_policy (
  id_role integer PRIMARY KEY REFERENCES role (id_role) ON DELETE CASCADE,
  second_factor_required boolean NOT NULL DEFAULT false
);
