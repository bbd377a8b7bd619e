-- The client by which an API authenticates at the introspection endpoint (RFC 7662, section 2.1): it
-- may ask about the tokens that were issued for that API.
ALTER TABLE resource_server ADD COLUMN client_id text REFERENCES client (client_id) ON DELETE SET NULL;
CREATE INDEX resource_server_client_id_idx ON resource_server (client_id);
