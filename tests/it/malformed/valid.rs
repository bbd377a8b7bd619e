//! Valid requests of every endpoint, of which mutations are made.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::person::Person;
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CALLBACK, CUSTOMER, Request, text, tokens};
use crate::support::server::{TestServer, json as answer_of};

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Body {
    None,
    Form(Vec<(String, String)>),
    Json(Value),
}

/// A request whose parts can be changed one by one.
#[derive(Clone, Debug)]
pub struct Valid {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

const APP: &str = "Basic Ym9va2luZy1hcHA6Ym9va2luZy1hcHAtc2VjcmV0";
const BATCH: &str = "Basic Ym9va2luZy1iYXRjaDpib29raW5nLWJhdGNoLXNlY3JldA==";

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn get(path: &str, query: &[(&str, &str)], headers: &[(&str, &str)]) -> Valid {
    Valid {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: pairs(query),
        headers: pairs(headers),
        body: Body::None,
    }
}

fn post(path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Valid {
    let mut headers = pairs(headers);
    let kind = "application/x-www-form-urlencoded";
    headers.extend(pairs(&[("content-type", kind)]));
    Valid {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        headers,
        body: Body::Form(pairs(form)),
    }
}

fn json_body(method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Valid {
    let mut headers = pairs(headers);
    headers.extend(pairs(&[("content-type", "application/json")]));
    Valid {
        method: method.to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        headers,
        body: Body::Json(body),
    }
}

/// All of them, with everything that makes them valid: sessions, continuations, codes, tokens.
pub async fn requests(server: &TestServer) -> Vec<Valid> {
    let mut all = pages(server).await;
    all.extend(grants(server).await);
    all.extend(registrations(server).await);
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/openapi.json",
        "/static/auth.0123456789abcdef.css",
        "/clients/booking-app/logo",
        "/docs",
        "/healthz",
        "/readyz",
    ] {
        let headers = [
            ("if-none-match", "\"abc\""),
            ("accept-language", "fr, en;q=0.5"),
        ];
        all.push(get(path, &[], &headers));
    }
    all
}

async fn pages(server: &TestServer) -> Vec<Valid> {
    let signed_in = Person::signed_in(server).await;
    let stranger = Person::new(server);
    let cookies = signed_in.cookies();
    let cookie = [("cookie", cookies.as_str()), ("accept-language", "fr")];
    let tokens = tokens(server, "openid", CUSTOMER).await;
    let claims = r#"{"id_token":{"acr":{"values":["pwd"]},"auth_time":{"essential":true}},"userinfo":{"email":null}}"#;
    let asked = Request::new("openid email offline_access bookings:read")
        .with("claims", claims)
        .with("max_age", "3600")
        .with("prompt", "consent")
        .with("ui_locales", "fr-CA fr en")
        .with("login_hint", CUSTOMER)
        .with("display", "page")
        .with("acr_values", "pwd")
        .with("resource", "http://localhost:3004")
        .with("response_mode", "form_post")
        .with("id_token_hint", text(&tokens, "id_token"));
    let plain = Request::new("openid email");
    let (waiting, csrf) = signed_in.waiting(&asked).await;
    let (cancelled, _) = signed_in.waiting(&asked).await;
    let (login, login_csrf) = stranger.waiting(&plain).await;
    let strange = stranger.cookies();
    let strange = [("cookie", strange.as_str())];
    let login_query = [("continuation", login.as_str())];
    let query = [("continuation", waiting.as_str())];
    let with = |mut valid: Valid, query: &[(&str, &str)]| {
        valid.query = pairs(query);
        valid
    };
    let sign_in = [
        ("csrf", login_csrf.as_str()),
        ("username", CUSTOMER),
        ("password", "wrong"),
    ];
    let forms = [
        ("csrf", csrf.as_str()),
        ("decision", "maybe"),
        ("choice", "maybe"),
    ];
    let hint = text(&tokens, "id_token");
    let leave = [
        ("id_token_hint", hint),
        ("client_id", BOOKING_APP.0),
        ("post_logout_redirect_uri", "http://localhost:3002/"),
        ("state", "s"),
        ("ui_locales", "fr"),
    ];
    let mut stay = leave.to_vec();
    stay.extend([("csrf", csrf.as_str()), ("decision", "stay")]);
    vec![
        get("/authorize", &asked.pairs(), &[]),
        get("/authorize", &asked.pairs(), &cookie),
        get("/authorize", &plain.pairs(), &cookie),
        post("/authorize", &cookie, &asked.pairs()),
        post("/authorize", &strange, &plain.pairs()),
        get("/continue", &query, &cookie),
        get("/login", &login_query, &strange),
        with(post("/login", &strange, &sign_in), &login_query),
        with(
            post("/login/cancel", &cookie, &forms),
            &[("continuation", &cancelled)],
        ),
        get("/select-account", &query, &cookie),
        with(post("/select-account", &cookie, &forms), &query),
        get("/consent", &query, &cookie),
        with(post("/consent", &cookie, &forms), &query),
        get("/logout", &leave, &[]),
        post("/logout", &strange, &leave),
        post("/logout/confirm", &cookie, &stay),
        get("/", &[], &cookie),
        get(
            "/language",
            &[("to", "fr"), ("return", "/login?a=b")],
            &cookie,
        ),
    ]
}

async fn grants(server: &TestServer) -> Vec<Valid> {
    let scope = "openid email roles offline_access";
    let tokens = tokens(server, scope, CUSTOMER).await;
    let access = text(&tokens, "access_token");
    let bearer = format!("Bearer {access}");
    let app = [("authorization", APP)];
    let code = Request::new(scope)
        .code(&Browser::new(server), CUSTOMER)
        .await;
    let assertion = assertion(server).await;
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
        ("scope", "openid email"),
        ("resource", "http://localhost:3004"),
    ];
    let own = [
        ("grant_type", "client_credentials"),
        ("scope", "bookings:read"),
        ("resource", "http://localhost:3004"),
    ];
    let asserted = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", kind),
        ("client_assertion", &assertion),
    ];
    let about = [("token", access), ("token_type_hint", "access_token")];
    let unknown = [("token", "unknown"), ("token_type_hint", "refresh_token")];
    vec![
        post("/token", &app, &code.form()),
        post("/token", &app, &refresh),
        post("/token", &[("authorization", BATCH)], &own),
        post("/token", &[], &asserted),
        get("/userinfo", &[], &[("authorization", &bearer)]),
        post("/userinfo", &[], &[("access_token", access)]),
        post("/introspect", &app, &about),
        post("/introspect", &app, &unknown),
        post("/revoke", &app, &unknown),
    ]
}

async fn registrations(server: &TestServer) -> Vec<Valid> {
    let metadata = json!({
        "redirect_uris": ["https://app.example/callback", "http://127.0.0.1/callback"],
        "application_type": "web",
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "client_name": "An app",
        "client_name#fr": "Une application",
        "logo_uri": "https://app.example/logo.png",
        "policy_uri": "https://app.example/policy",
        "contacts": ["a@app.example"],
        "scope": "openid email",
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "ES256",
        "token_endpoint_auth_method": "client_secret_basic",
        "default_max_age": 3600,
        "require_auth_time": true,
        "post_logout_redirect_uris": ["https://app.example/"],
        "backchannel_logout_uri": "https://app.example/logout",
        "jwks": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "k", "x": "AA", "y": "AA"}]},
        "require_pkce": true,
    });
    let mut simple = metadata.clone();
    simple["subject_type"] = json!("public");
    let made = server.http.post(server.url("/register")).json(&simple);
    let (status, made) = answer_of(made).await;
    assert_eq!(status, 201, "{made}");
    let bearer = format!("Bearer {}", text(&made, "registration_access_token"));
    let bearer = [("authorization", bearer.as_str())];
    let path = format!("/register/{}", text(&made, "client_id"));
    simple["client_id"] = made["client_id"].clone();
    let mut delete = get(&path, &[], &[("authorization", "Bearer unknown")]);
    "DELETE".clone_into(&mut delete.method);
    vec![
        json_body("POST", "/register", &[], metadata),
        json_body("PUT", &path, &bearer, simple),
        get(&path, &[], &bearer),
        delete,
    ]
}

/// Registers a client with a key of its own, and signs an assertion with it.
async fn assertion(server: &TestServer) -> String {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = key.public_key().as_ref();
    let coordinate = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
    let jwk = json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": coordinate(1..33), "y": coordinate(33..65)});
    let metadata = json!({
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [jwk]},
    });
    let made = server.http.post(server.url("/register")).json(&metadata);
    let (status, made) = answer_of(made).await;
    assert_eq!(status, 201, "{made}");
    let id = text(&made, "client_id");
    let now = server.app.clock.now().unix_timestamp();
    let claims = json!({"iss": id, "sub": id, "aud": server.issuer, "jti": "j", "iat": now, "exp": now + 300});
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!(
        "{}.{}",
        encode(&json!({"alg": "ES256", "kid": "k"})),
        encode(&claims)
    );
    let signature = key.sign(&random, input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}
