-- The job that wipes kept answers finds them without reading every token.
CREATE INDEX refresh_token_retry_answer_idx ON refresh_token (used_at)
WHERE retry_answer_sealed IS NOT NULL;
