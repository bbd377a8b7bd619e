-- What a person allowed a client at which API (RFC 8707): a permission that was allowed at one API must
-- not pass for another without being asked about. `consent.scope` and `consent.resource` alone said
-- which values and which APIs, not which together.
CREATE TABLE consent_at_api (
  id_user integer NOT NULL,
  client_id text NOT NULL,
  resource text NOT NULL REFERENCES resource_server (identifier) ON DELETE CASCADE,
  scope text NOT NULL CHECK (scope ~ '^[!#-[\]-~]+$'),
  PRIMARY KEY (id_user, client_id, resource, scope),
  FOREIGN KEY (id_user, client_id) REFERENCES consent (id_user, client_id) ON DELETE CASCADE
);
CREATE INDEX consent_at_api_resource_idx ON consent_at_api (resource);

-- Of what was allowed before, the pairs that leave no doubt: where there was one API. Else the person
-- is asked once more.
INSERT INTO consent_at_api (id_user, client_id, resource, scope)
SELECT c.id_user, c.client_id, s.identifier, v.scope
FROM consent c
JOIN resource_server s ON s.identifier = ANY (c.resource)
CROSS JOIN LATERAL unnest(c.scope) AS v (scope)
WHERE (SELECT count(*) FROM resource_server o WHERE o.identifier = ANY (c.resource)) = 1
  AND (v.scope = 'roles' OR EXISTS (
    SELECT FROM resource_permission p WHERE p.resource = s.identifier AND p.permission = v.scope));
