-- New recovery codes, sealed, for the ten minutes in which their page may have to be shown again. They
-- are no challenge, but are kept and cleaned up like one.
ALTER TABLE ceremony
  DROP CONSTRAINT ceremony_kind_check,
  ADD CONSTRAINT ceremony_kind_check
    CHECK (kind IN ('passkey_registration', 'passkey_authentication', 'passkey_discoverable',
                    'totp_enrolment', 'email_enrolment', 'recovery_codes'));
