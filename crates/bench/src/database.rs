//! A throw-away PostgreSQL with the demo data, a client whose tokens are signed by ES256, and as many
//! authorization codes as are asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auth_api::app::db;
use auth_api::authn::password::Passwords;
use auth_api::cli::demo;
use auth_api::clients::store::client;
use auth_api::foundation::clock::Clock;
use auth_api::foundation::dev_postgres::DevPostgres;
use auth_api::foundation::secret::Secret;
use auth_api::keys::Algorithm;
use auth_api::oauth::grant::model::{NewCode, NewGrant};
use auth_api::oauth::grant::store;
use auth_api::oauth::pkce;
use auth_api::oauth::scope::Scope;
use sqlx::PgPool;
use url::Url;
use uuid::Uuid;

use crate::http::token_request;
use crate::proxy::{self, Counts};
use crate::{Error, Outcome};

const NAME: &str = "auth_api_bench";
/// Where fetched programs of PostgreSQL are kept; the private database of `dev` lies there too.
const CACHE: &str = ".dev";

pub const RS256_CLIENT: (&str, &str) = ("booking-batch", "booking-batch-secret");
pub const ES256_CLIENT: (&str, &str) = ("bench-es256", "booking-batch-secret");
const CODE_CLIENT: (&str, &str) = ("booking-app", "booking-app-secret");
/// Of everybody in the database.
pub const PASSWORD: &str = demo::PASSWORD;
const REDIRECT_URI: &str = "http://localhost:3002/callback";

/// The database; gone when dropped.
pub struct Database {
    postgres: DevPostgres,
    pool: PgPool,
    session: Uuid,
    id_user: i32,
}

impl Database {
    /// Starts, migrates and fills it.
    pub async fn start() -> Outcome<Self> {
        let postgres = tokio::task::spawn_blocking(|| {
            DevPostgres::start_throw_away(Path::new(CACHE), |line| eprintln!("{line}"))
        })
        .await??;
        postgres.create_database(NAME).await?;
        let pool = PgPool::connect(&postgres.url(NAME)).await?;
        db::MIGRATIONS.run(&pool).await?;
        let now = Clock::default().now();
        demo::seed(&pool, &Passwords::new()?, now).await?;
        let rs256 = client::find(&pool, RS256_CLIENT.0).await?;
        let mut es256 = rs256.ok_or("no client for client credentials")?;
        ES256_CLIENT.0.clone_into(&mut es256.client_id);
        es256.metadata.access_token_signed_response_alg = Algorithm::ES256;
        client::upsert(&pool, &es256).await?;
        let session = Uuid::from_u128(1);
        let id_user: i32 = sqlx::query_scalar(
            "INSERT INTO session (sid, token_hash, id_user, auth_time, acr, amr, created_at,
                                  last_seen_at, expires_at)
             SELECT $1, $2, id_user, now(), 'urn:bench', '{pwd}', now(), now(), now() + interval '1 d'
             FROM users WHERE email = 'customer@booking.test'
             RETURNING id_user",
        )
        .bind(session)
        .bind(Secret::generate().hash().to_vec())
        .fetch_one(&pool)
        .await?;
        Ok(Self {
            postgres,
            pool,
            session,
            id_user,
        })
    }

    /// The URL of the database itself.
    pub fn url(&self) -> String {
        self.postgres.url(NAME)
    }

    /// A way to the database that counts what passes, and its URL.
    pub fn counted(&self, directory: &Path) -> Outcome<(Arc<Counts>, String)> {
        let mut url = Url::parse(&self.url())?;
        let host = url.query_pairs().find(|(name, _)| name == "host");
        let socket = host.map(|(_, socket)| PathBuf::from(socket.as_ref()));
        let counts = proxy::start(directory, &socket.ok_or("no socket")?)?;
        let directory = directory.to_str().ok_or("the directory is not UTF-8")?;
        // The counting way does not know SSLRequest.
        url.query_pairs_mut()
            .clear()
            .append_pair("host", directory)
            .append_pair("sslmode", "disable");
        Ok((counts, url.into()))
    }

    /// How many transactions have written so far: each of them takes one number.
    pub async fn written(&self) -> Outcome<i64> {
        let sql = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
        Ok(sqlx::query_scalar(sql).fetch_one(&self.pool).await?)
    }

    /// People with the password [`PASSWORD`]; their addresses.
    pub async fn people(&self, count: usize) -> Outcome<Vec<String>> {
        let added = sqlx::query_scalar(
            "INSERT INTO users (email, password_hash, role_id)
             SELECT format('person-%s@booking.test', number), password_hash, role_id
             FROM users, generate_series(1, $2) AS number WHERE id_user = $1
             RETURNING email",
        )
        .bind(self.id_user)
        .bind(i32::try_from(count)?)
        .fetch_all(&self.pool)
        .await?;
        // As the demo people are: otherwise the sign-in page would send them to their mail first.
        sqlx::query("UPDATE user_account SET email_verified = true")
            .execute(&self.pool)
            .await?;
        Ok(added)
    }

    /// Token requests that redeem new codes: an ID token, a refresh token and an access token for an
    /// API each.
    pub async fn code_exchanges(&self, count: usize) -> Outcome<Vec<Vec<u8>>> {
        let scope = Scope::parse("openid profile roles offline_access bookings:read");
        let scope = scope.ok_or("the scope is malformed")?;
        let now = Clock::default().now();
        let mut requests = Vec::with_capacity(count);
        for _ in 0..count {
            let (code, verifier) = (Secret::generate(), Secret::generate());
            let challenge = pkce::challenge_of(verifier.expose()).ok_or("no challenge")?;
            let grant = NewGrant {
                client_id: CODE_CLIENT.0,
                id_user: self.id_user,
                sid: self.session,
                scope: &scope,
                resource: &["http://localhost:3004".to_owned()],
                claims: None,
                nonce: Some("the-nonce"),
                auth_time: now,
                acr: "urn:bench",
                amr: &["pwd".to_owned()],
                expires_at: now + Duration::from_hours(24),
                code: NewCode {
                    code: &code,
                    redirect_uri: REDIRECT_URI,
                    redirect_uri_sent: true,
                    code_challenge: Some(&challenge),
                    expires_at: now + Duration::from_hours(1),
                },
            };
            if !store::issue_code(&self.pool, &grant, None, now).await? {
                return Err("no code was made".into());
            }
            requests.push(token_request(
                CODE_CLIENT,
                &[
                    ("grant_type", "authorization_code"),
                    ("code", code.expose()),
                    ("redirect_uri", REDIRECT_URI),
                    ("code_verifier", verifier.expose()),
                ],
            ));
        }
        Ok(requests)
    }
}

/// The token request that uses the refresh token of a token response.
pub fn refresh(token_response: &[u8]) -> Result<Vec<u8>, Error> {
    let response: serde_json::Value = serde_json::from_slice(token_response)?;
    let token = response
        .get("refresh_token")
        .and_then(|token| token.as_str());
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.ok_or("no refresh token")?),
    ];
    Ok(token_request(CODE_CLIENT, &form))
}

/// A client-credentials request.
pub fn client_credentials(client: (&str, &str)) -> Vec<u8> {
    token_request(client, &[("grant_type", "client_credentials")])
}
