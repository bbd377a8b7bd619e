-- An administrator whose own account is purged: the addresses and user agents from which they acted on
-- others go, what they did stays.
CREATE INDEX audit_event_actor_sub_idx ON audit_event (actor_sub) WHERE actor_sub IS NOT NULL;

-- Append-only, with two exceptions, for the purge: address, user agent and detail go together, or,
-- where somebody else acted, address and user agent alone: they are that person's, the detail is not.
CREATE OR REPLACE FUNCTION audit_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.ip IS NULL AND NEW.user_agent IS NULL
    AND (NEW.detail = '{}' OR (OLD.actor_sub IS NOT NULL AND NEW.detail = OLD.detail))
    AND (NEW.id, NEW.at, NEW.kind, NEW.actor) = (OLD.id, OLD.at, OLD.kind, OLD.actor)
    AND (NEW.subject, NEW.actor_sub, NEW.client_id, NEW.request_id)
      IS NOT DISTINCT FROM (OLD.subject, OLD.actor_sub, OLD.client_id, OLD.request_id)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit_event is append-only';
END $$;
