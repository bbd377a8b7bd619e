-- A used refresh token can go before its grant does: its successor must not go with it.
ALTER TABLE refresh_token DROP CONSTRAINT refresh_token_predecessor_hash_fkey;
ALTER TABLE refresh_token ADD CONSTRAINT refresh_token_predecessor_hash_fkey
  FOREIGN KEY (predecessor_hash) REFERENCES refresh_token (token_hash) ON DELETE SET NULL;
CREATE INDEX refresh_token_used_idx ON refresh_token (idle_expires_at) WHERE used_at IS NOT NULL;
