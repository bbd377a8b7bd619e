//! An issuer and the two APIs, as small as the application can tell.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use booking_kit::test_issuer::TestKey;
use serde_json::{Value, json};

/// What a test sets, and what the issuer notes.
pub struct Issuer {
    key: Mutex<TestKey>,
    pub behaviour: Mutex<Behaviour>,
    pub refreshes: Mutex<u32>,
}

/// The issuer's state and moods.
pub struct Behaviour {
    /// The parameters of the authorization request whose code is `good-code`.
    pub request: HashMap<String, String>,
    /// Lifetime of access tokens, in seconds.
    pub expires_in: u64,
    pub wrong_at_hash: bool,
    pub wrong_subject: bool,
    pub refuse_refresh: bool,
}

impl Issuer {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            key: Mutex::new(TestKey::new()),
            behaviour: Mutex::new(Behaviour {
                request: HashMap::new(),
                expires_in: 3600,
                wrong_at_hash: false,
                wrong_subject: false,
                refuse_refresh: false,
            }),
            refreshes: Mutex::new(0),
        })
    }

    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/artists", get(artists))
            .route("/me/bookings", get(bookings))
            .with_state(Arc::clone(self))
    }
}

fn own_address(headers: &HeaderMap) -> String {
    format!("http://{}", headers[header::HOST].to_str().expect("a host"))
}

async fn discovery(headers: HeaderMap) -> Json<Value> {
    let issuer = own_address(&headers);
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    Json(issuer.key.lock().expect("the lock").jwks())
}

async fn token(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error})));
    let own = own_address(&headers);
    let basic = format!(
        "Basic {}",
        STANDARD.encode("booking-app:booking-app-secret")
    );
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|sent| sent != basic.as_str())
    {
        return refused("invalid_client");
    }
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let resources: Vec<_> = pairs
        .iter()
        .filter(|(name, _)| name == "resource")
        .map(|(_, value)| value)
        .collect();
    if resources != [&own, "http://localhost:3004"] {
        return refused("invalid_target");
    }
    let form: HashMap<_, _> = pairs.iter().cloned().collect();
    let behaviour = issuer.behaviour.lock().expect("the lock");
    match form["grant_type"].as_str() {
        "authorization_code" => {
            let challenge =
                URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
            if form["code"] != "good-code"
                || behaviour.request.get("code_challenge") != Some(&challenge)
                || behaviour.request.get("redirect_uri") != form.get("redirect_uri")
            {
                return refused("invalid_grant");
            }
            #[allow(
                clippy::disallowed_methods,
                reason = "a test issuer outside the server"
            )]
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .expect("a time after 1970")
                .as_secs();
            let hash = digest(&SHA256, b"access-0");
            let at_hash = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]);
            let claims = json!({
                "iss": own, "aud": "booking-app", "sub": "u1", "iat": now, "exp": now + 300,
                "nonce": behaviour.request["nonce"],
                "at_hash": if behaviour.wrong_at_hash { "AAAAAAAAAAAAAAAAAAAAAA" } else { &at_hash },
            });
            let id_token = issuer.key.lock().expect("the lock").sign("JWT", &claims);
            let answer = json!({
                "access_token": "access-0", "token_type": "Bearer", "refresh_token": "refresh-0",
                "expires_in": behaviour.expires_in, "id_token": id_token,
            });
            (StatusCode::OK, Json(answer))
        }
        "refresh_token" => {
            let mut refreshes = issuer.refreshes.lock().expect("the lock");
            // Rotation: each refresh token is good once.
            if behaviour.refuse_refresh || form["refresh_token"] != format!("refresh-{refreshes}") {
                return refused("invalid_grant");
            }
            *refreshes += 1;
            let answer = json!({
                "access_token": format!("access-{refreshes}"), "token_type": "Bearer",
                "refresh_token": format!("refresh-{refreshes}"), "expires_in": 3600,
            });
            (StatusCode::OK, Json(answer))
        }
        _ => refused("unsupported_grant_type"),
    }
}

async fn userinfo(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer access-0");
    let wrong = issuer.behaviour.lock().expect("the lock").wrong_subject;
    let sub = if wrong { "u2" } else { "u1" };
    Json(json!({"sub": sub, "name": "Zoé <b>Martin</b>", "roles": ["artist"]}))
}

async fn artists() -> Json<Value> {
    Json(json!({"items": [{"name": "Duo Ibaïa", "discipline": "Trad", "city": "Bayonne"}]}))
}

/// Takes the newest access token only.
async fn bookings(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    let good = format!(
        "Bearer access-{}",
        issuer.refreshes.lock().expect("the lock")
    );
    if headers[header::AUTHORIZATION] != good.as_str() {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(Json(json!({"items": [{
        "artist_name": "Duo Ibaïa", "venue": "La Sirène", "starts_at": "2027-01-02T20:30:00Z",
        "status": "confirmed",
    }]})))
}
