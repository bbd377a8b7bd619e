-- What OpenID Connect needs to know of a user beside the seed's columns: the subject identifier and
-- the standard claims (OpenID Connect Core 1.0, section 5.1). One row for each row of `users`,
-- made by trigger so that another service may insert into `users` alone.
CREATE TABLE user_account (
  id_user integer PRIMARY KEY REFERENCES users (id_user) ON DELETE CASCADE,
  -- Never id_user and never the email: both say more than a client needs to know.
  sub uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  -- The email as it is compared at sign-in: trimmed, lower-cased by the server, not by a locale.
  email_key text NOT NULL,
  email_verified boolean NOT NULL DEFAULT false,
  name text CHECK (name <> ''),
  given_name text CHECK (given_name <> ''),
  family_name text CHECK (family_name <> ''),
  middle_name text CHECK (middle_name <> ''),
  nickname text CHECK (nickname <> ''),
  preferred_username text CHECK (preferred_username <> ''),
  profile text CHECK (profile <> ''),
  picture text CHECK (picture <> ''),
  website text CHECK (website <> ''),
  gender text CHECK (gender <> ''),
  birthdate text CHECK (birthdate ~ '^(\d{4}(-\d{2}-\d{2})?|0000-\d{2}-\d{2})$'),
  zoneinfo text CHECK (zoneinfo <> ''),
  locale text CHECK (locale <> ''),
  phone_number text CHECK (phone_number <> ''),
  phone_number_verified boolean NOT NULL DEFAULT false CHECK (NOT phone_number_verified OR phone_number IS NOT NULL),
  address jsonb CHECK (jsonb_typeof(address) = 'object'),
  disabled_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- Not unique: a seed database may hold addresses that differ by case only.
CREATE INDEX user_account_email_key_idx ON user_account (email_key);

CREATE FUNCTION user_account_follow_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO user_account (id_user, email_key)
    VALUES (NEW.id_user, lower(btrim(NEW.email) COLLATE "C"));
  ELSIF NEW.email IS DISTINCT FROM OLD.email THEN
    UPDATE user_account
    SET email_key = lower(btrim(NEW.email) COLLATE "C"), email_verified = false, updated_at = now()
    WHERE id_user = NEW.id_user;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER user_account_follow_users
AFTER INSERT OR UPDATE OF email ON users
FOR EACH ROW EXECUTE FUNCTION user_account_follow_users();

INSERT INTO user_account (id_user, email_key)
SELECT id_user, lower(btrim(email) COLLATE "C") FROM users;
