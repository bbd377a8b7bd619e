//! An API with a public, an optional and two guarded routes.
//!
//! ```sh
//! ISSUER=http://localhost:3001 AUDIENCE=http://localhost:3004 \
//!     cargo run -p token-guard --example protect
//! curl -i localhost:3004/me                                    # 401
//! curl -i localhost:3004/me -H "Authorization: Bearer $TOKEN"  # 200
//! ```

use std::env;
use std::error::Error;

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use token_guard::{AccessToken, Rejection, Requirement, TokenGuard};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let issuer = setting("ISSUER", "http://localhost:3001");
    let audience = setting("AUDIENCE", "http://localhost:3004");
    let address = setting("LISTEN", "127.0.0.1:3004");

    let guard = TokenGuard::builder(issuer, audience).build()?;
    println!("listening on http://{address}");
    axum::serve(TcpListener::bind(address).await?, app(&guard)).await?;
    Ok(())
}

fn app(guard: &TokenGuard) -> Router {
    let guarded = Router::new()
        .route("/me", get(me))
        .route(
            "/artists",
            post(create).layer(guard.require_permission("artists:write")),
        )
        .route("/reports/{name}", get(report))
        .layer(guard.layer());
    let optional = Router::new()
        .route("/artists", get(list))
        .layer(guard.optional_layer());
    Router::new()
        .route("/health", get(|| async { "ok" }))
        .merge(guarded)
        .merge(optional)
}

/// Who calls, for which client.
async fn me(token: AccessToken) -> Json<Value> {
    let scope: Vec<&str> = token.scope().collect();
    Json(json!({
        "sub": token.sub, "client_id": token.client_id, "scope": scope,
        "roles": token.roles, "permissions": token.permissions,
    }))
}

/// Reached only with the permission `artists:write`.
async fn create(token: AccessToken) -> Json<Value> {
    Json(json!({"created_by": token.sub}))
}

/// Open to all, and more for those who are signed in.
async fn list(token: Option<AccessToken>) -> Json<Value> {
    let drafts = token.is_some_and(|token| token.has_permission("artists:write"));
    Json(json!({"artists": [], "with_drafts": drafts}))
}

/// What is demanded depends on the path.
async fn report(
    axum::extract::Path(name): axum::extract::Path<String>,
    token: AccessToken,
) -> Result<Json<Value>, Rejection> {
    token.require(&Requirement::permission(format!("reports:{name}")))?;
    Ok(Json(json!({"report": name})))
}
