//! Somebody who has more of everything than a page lists.

use sqlx::PgPool;

/// Forty more sessions beside each one that there is, used later.
pub async fn sessions(pool: &PgPool) {
    sqlx::query(
        "INSERT INTO session (sid, token_hash, id_user, auth_time, acr, amr, user_agent, ip,
                              created_at, last_seen_at, expires_at)
         SELECT gen_random_uuid(), sha256((sid::text || n)::bytea), id_user, auth_time, acr, amr,
                user_agent, ip, created_at, last_seen_at + n * interval '1 second', expires_at
         FROM session, generate_series(1, 40) AS n",
    )
    .execute(pool)
    .await
    .unwrap();
}

/// Thirty apps, `app-1` to `app-30`, and everybody's consent to each, the last one the newest.
pub async fn apps(pool: &PgPool) {
    sqlx::query(
        "INSERT INTO client (client_id, metadata)
         SELECT 'app-' || n, jsonb_build_object('client_name', 'App ' || n, 'redirect_uris',
                jsonb_build_array('https://app.example/cb'), 'token_endpoint_auth_method', 'none')
         FROM generate_series(1, 30) AS n",
    )
    .execute(pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO consent (id_user, client_id, scope, resource, granted_at)
         SELECT id_user, 'app-' || n, '{openid,profile,email}', '{}', now() + n * interval '1 second'
         FROM users, generate_series(1, 30) AS n",
    )
    .execute(pool)
    .await
    .unwrap();
}
