//! What the tables hold about a person.

use serde_json::Value;
use sqlx::PgExecutor;

/// Everything but the audit trail, in one statement: what it tells belongs together.
///
/// # Errors
/// When the database fails.
pub(super) async fn collect(db: impl PgExecutor<'_>, id_user: i32) -> Result<Value, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT jsonb_strip_nulls(jsonb_build_object(
          'account', jsonb_build_object(
            'sub', a.sub, 'id_user', u.id_user, 'email', u.email,
            'email_as_compared', a.email_key, 'email_verified', a.email_verified,
            'role', r.name, 'permissions', r.permissions,
            'created_at', u.created_at AT TIME ZONE 'UTC', 'updated_at', a.updated_at,
            'unverified_since', a.unverified_since, 'disabled_at', a.disabled_at,
            'deleted_at', a.deleted_at, 'purge_at', a.purge_at,
            'password_changed_at', a.password_changed_at,
            'password_from_mail', a.password_from_mail),
          'profile', jsonb_build_object(
            'name', a.name, 'given_name', a.given_name, 'family_name', a.family_name,
            'middle_name', a.middle_name, 'nickname', a.nickname,
            'preferred_username', a.preferred_username, 'profile', a.profile,
            'picture', a.picture, 'website', a.website, 'gender', a.gender,
            'birthdate', a.birthdate, 'zoneinfo', a.zoneinfo, 'locale', a.locale,
            'phone_number', a.phone_number, 'phone_number_verified', a.phone_number_verified,
            'address', a.address),
          'sessions', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'sid', s.sid, 'created_at', s.created_at, 'last_seen_at', s.last_seen_at,
              'expires_at', s.expires_at, 'ended_at', s.ended_at, 'auth_time', s.auth_time,
              'acr', s.acr, 'amr', s.amr, 'ip', host(s.ip), 'user_agent', s.user_agent,
              'client_id', s.client_id) ORDER BY s.created_at), '[]')
            FROM session s WHERE s.id_user = a.id_user),
          'apps', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'client_id', c.client_id, 'client_name', m.metadata ->> 'client_name',
              'scope', c.scope, 'resource', c.resource, 'claims', c.claims,
              'at_apis', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                  'resource', p.resource, 'scope', p.scope) ORDER BY p.resource, p.scope), '[]')
                FROM consent_at_api p
                WHERE p.id_user = c.id_user AND p.client_id = c.client_id),
              'granted_at', c.granted_at) ORDER BY c.granted_at), '[]')
            FROM consent c JOIN client m USING (client_id) WHERE c.id_user = a.id_user),
          'grants', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'id', g.id, 'client_id', g.client_id, 'sid', g.sid, 'scope', g.scope,
              'resource', g.resource, 'claims', g.claims, 'nonce', g.nonce,
              'auth_time', g.auth_time, 'acr', g.acr, 'amr', g.amr,
              'created_at', g.created_at, 'expires_at', g.expires_at,
              'revoked_at', g.revoked_at, 'revoked_reason', g.revoked_reason,
              'code', (
                SELECT jsonb_build_object(
                  'redirect_uri', k.redirect_uri, 'redirect_uri_sent', k.redirect_uri_sent,
                  'created_at', k.created_at, 'expires_at', k.expires_at,
                  'redeemed_at', k.redeemed_at)
                FROM authorization_code k WHERE k.grant_id = g.id),
              'refresh_tokens', (
                SELECT jsonb_agg(jsonb_build_object(
                  'issued_at', t.issued_at, 'idle_expires_at', t.idle_expires_at,
                  'used_at', t.used_at) ORDER BY t.issued_at)
                FROM refresh_token t WHERE t.grant_id = g.id)) ORDER BY g.created_at), '[]')
            FROM oauth_grant g WHERE g.id_user = a.id_user),
          'factors', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'id', f.id, 'kind', f.kind, 'name', f.name, 'created_at', f.created_at,
              'last_used_at', f.last_used_at) ORDER BY f.created_at), '[]')
            FROM factor f WHERE f.id_user = a.id_user),
          'recovery_codes', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'created_at', c.created_at, 'used_at', c.used_at) ORDER BY c.created_at), '[]')
            FROM recovery_code c WHERE c.id_user = a.id_user),
          'known_devices', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'created_at', d.created_at, 'last_seen_at', d.last_seen_at,
              'expires_at', d.expires_at) ORDER BY d.created_at), '[]')
            FROM known_device d WHERE d.id_user = a.id_user),
          'mail', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'template', m.template, 'created_at', m.created_at, 'attempts', m.attempts,
              'next_attempt_at', m.next_attempt_at, 'expires_at', m.expires_at,
              'last_error', m.last_error, 'caught_at', m.caught_at) ORDER BY m.created_at), '[]')
            FROM mail m WHERE m.id_user = a.id_user),
          'mailed_links', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'purpose', l.purpose, 'email', l.email, 'created_at', l.created_at,
              'expires_at', l.expires_at, 'used_at', l.used_at,
              'withdrawn_at', l.withdrawn_at, 'session_began_at', l.session_began_at) ORDER BY l.created_at), '[]')
            FROM mailed_token l WHERE l.id_user = a.id_user),
          'sign_ins_under_way', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'id', s.id, 'client_id', s.client_id, 'amr', s.amr,
              'email_code_expires_at', s.email_code_expires_at,
              'email_code_tries', s.email_code_tries,
              'created_at', s.created_at, 'expires_at', s.expires_at)
              ORDER BY s.created_at), '[]')
            FROM sign_in_attempt s WHERE s.id_user = a.id_user),
          'enrolments_under_way', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
              'id', c.id, 'kind', c.kind, 'tries', c.tries,
              'created_at', c.created_at, 'expires_at', c.expires_at)
              ORDER BY c.created_at), '[]')
            FROM ceremony c WHERE c.id_user = a.id_user)
        )) AS "document!"
        FROM users u
        JOIN user_account a USING (id_user)
        LEFT JOIN role r ON r.id_role = u.role_id
        WHERE id_user = $1
        "#,
        id_user,
    )
    .fetch_one(db)
    .await
}
