-- A session that a first-party client began by the JSON API, instead of a browser's.
ALTER TABLE session ADD COLUMN client_id text REFERENCES client (client_id) ON DELETE CASCADE;
CREATE INDEX session_client_id_idx ON session (client_id) WHERE client_id IS NOT NULL;

-- Who did it: the person themself, a client, an administrator, whoever runs the server, a job.
ALTER TABLE audit_event
  ADD COLUMN actor text NOT NULL DEFAULT 'self'
    CHECK (actor IN ('self', 'client', 'administrator', 'operator', 'job', 'stranger')),
  -- The actor's `sub`, where it is a person other than the subject.
  ADD COLUMN actor_sub uuid;
CREATE INDEX audit_event_kind_idx ON audit_event (kind, id DESC);
CREATE INDEX audit_event_subject_id_idx ON audit_event (subject, id DESC) WHERE subject IS NOT NULL;
DROP INDEX audit_event_subject_idx;

-- Append-only, with one exception: a purge takes the personal data (address, user agent, and what
-- `detail` tells of the person) out of the events and leaves the trail readable.
CREATE OR REPLACE FUNCTION audit_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.ip IS NULL AND NEW.user_agent IS NULL AND NEW.detail = '{}'
    AND (NEW.id, NEW.at, NEW.kind, NEW.actor) = (OLD.id, OLD.at, OLD.kind, OLD.actor)
    AND (NEW.subject, NEW.actor_sub, NEW.client_id, NEW.request_id)
      IS NOT DISTINCT FROM (OLD.subject, OLD.actor_sub, OLD.client_id, OLD.request_id)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit_event is append-only';
END $$;

-- As before, and: a deleted account counts as disabled everywhere; what the sign-in asks.
CREATE OR REPLACE VIEW user_with_role AS
SELECT
  u.id_user, u.email,
  a.sub, a.email_verified, a.name, a.given_name, a.family_name, a.middle_name, a.nickname,
  a.preferred_username, a.profile, a.picture, a.website, a.gender, a.birthdate, a.zoneinfo,
  a.locale, a.phone_number, a.phone_number_verified, a.address,
  a.disabled_at IS NOT NULL OR a.deleted_at IS NOT NULL AS disabled,
  extract(epoch FROM a.updated_at)::bigint AS updated_at,
  r.name AS role,
  coalesce(r.permissions, '[]'::jsonb) AS permissions,
  a.unverified_since IS NOT NULL AS unverified,
  a.password_from_mail,
  a.deleted_at IS NOT NULL AND a.disabled_at IS NULL AS restorable,
  coalesce(p.second_factor_required, false) AS second_factor_required
FROM users u
JOIN user_account a USING (id_user)
LEFT JOIN role r ON r.id_role = u.role_id
LEFT JOIN role_policy p ON p.id_role = u.role_id;
