-- OpenID Connect RP-Initiated Logout 1.0, section 4, and Core 1.0, section 3.1.2.1: an `id_token_hint`
-- is good after its token has expired, so a removed key goes on verifying hints, and nothing else, for
-- `keys.hint_retention`. Only its public part is kept. A key that was withdrawn may be in strange
-- hands: it verifies nothing.
ALTER TABLE signing_key
  ADD COLUMN withdrawn_at timestamptz,
  ADD CONSTRAINT signing_key_withdrawn_is_removed CHECK (withdrawn_at IS NULL OR removes_at IS NOT NULL),
  ADD CONSTRAINT signing_key_private_until_removed
    CHECK (octet_length(private_key_sealed) > 0 OR removes_at IS NOT NULL);
