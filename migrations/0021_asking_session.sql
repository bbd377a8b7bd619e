-- When the session began in which a change of address was asked for, on the link that undoes it: what was
-- added to the account since then is taken back with the change. Null on other links, and on those that
-- were made before this column.
ALTER TABLE mailed_token ADD COLUMN session_began_at timestamptz;
