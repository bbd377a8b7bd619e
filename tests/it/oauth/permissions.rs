//! Roles and permissions: from the role table, through scope and resource, into tokens.

use serde_json::{Value, json};

use super::client::{ADMIN_API, PUBLIC_API, booking_app, sql};
use crate::support::flow::{self, ADMIN, CUSTOMER, Request, payload, refresh, text};
use crate::support::server::TestServer;

/// Tokens of `booking-app` for resources.
async fn tokens(server: &TestServer, scope: &str, resources: &[&str], email: &str) -> Value {
    let mut request = Request::new(scope);
    for resource in resources {
        request = request.with("resource", resource);
    }
    booking_app().tokens_of(server, &request, email).await
}

fn access(tokens: &Value) -> Value {
    payload(text(tokens, "access_token"))
}

#[tokio::test]
async fn a_permission_needs_role_scope_and_resource() {
    let server = TestServer::start().await;
    let all = "openid roles artists:read artists:write bookings:read";
    for (email, role, scope, resources, expected) in [
        (
            ADMIN,
            "admin",
            all,
            &[ADMIN_API][..],
            &["artists:read", "artists:write", "bookings:read"][..],
        ),
        // The role has it not.
        (
            CUSTOMER,
            "customer",
            all,
            &[ADMIN_API],
            &["artists:read", "bookings:read"],
        ),
        // The resource does not understand it.
        (ADMIN, "admin", all, &[PUBLIC_API], &["artists:read"]),
        (
            ADMIN,
            "admin",
            all,
            &[PUBLIC_API, ADMIN_API],
            &["artists:read", "artists:write", "bookings:read"],
        ),
        // The scope was not asked for.
        (
            ADMIN,
            "admin",
            "openid roles bookings:read",
            &[ADMIN_API],
            &["bookings:read"],
        ),
        (ADMIN, "admin", "openid roles", &[ADMIN_API], &[]),
        // No resource at all: a token for UserInfo.
        (ADMIN, "admin", all, &[], &[]),
    ] {
        let tokens = tokens(&server, scope, resources, email).await;
        let claims = access(&tokens);
        assert_eq!(claims["roles"], json!([role]));
        assert_eq!(
            claims["permissions"],
            json!(expected),
            "{email} {scope} {resources:?}"
        );
        // Nor is there more in `scope`, which some APIs look at alone; the client is told.
        for scope in [&claims["scope"], &tokens["scope"]] {
            let permissions = scope.as_str().unwrap_or_default().split(' ');
            let permissions: Vec<&str> = permissions.filter(|value| value.contains(':')).collect();
            assert_eq!(permissions, expected, "{email} {resources:?}");
        }
    }
}

#[tokio::test]
async fn a_role_limits_the_scope_of_tokens_that_tell_no_role() {
    let server = TestServer::start().await;
    let scope = "openid artists:read artists:write";
    let customer = access(&tokens(&server, scope, &[ADMIN_API], CUSTOMER).await);
    assert_eq!(customer["scope"], "artists:read");
    let admin = access(&tokens(&server, scope, &[ADMIN_API], ADMIN).await);
    assert_eq!(admin["scope"], "artists:read artists:write");
}

#[tokio::test]
async fn without_the_scope_roles_a_token_tells_no_role() {
    let server = TestServer::start().await;
    let request = Request::new("openid bookings:read")
        .with("resource", ADMIN_API)
        .with("resource", &server.issuer)
        .with(
            "claims",
            r#"{"id_token": {"roles": null}, "userinfo": {"roles": null}}"#,
        );
    let tokens = booking_app().tokens_of(&server, &request, ADMIN).await;
    let (_, userinfo) = server.userinfo(text(&tokens, "access_token")).await;
    for claims in [
        access(&tokens),
        payload(text(&tokens, "id_token")),
        userinfo,
    ] {
        assert_eq!(claims.get("roles"), None, "{claims}");
        assert_eq!(claims.get("permissions"), None, "{claims}");
    }
}

#[tokio::test]
async fn roles_are_in_the_id_token_only_on_request() {
    let server = TestServer::start().await;
    let plain = flow::tokens(&server, "openid roles", ADMIN).await;
    assert_eq!(payload(text(&plain, "id_token")).get("roles"), None);
    let (_, userinfo) = server.userinfo(text(&plain, "access_token")).await;
    assert_eq!(userinfo["roles"], json!(["admin"]));
    assert_eq!(userinfo["permissions"], json!([]));

    let request = Request::new("openid roles bookings:read")
        .with("claims", r#"{"id_token": {"roles": {"essential": true}}}"#);
    let asked = booking_app().tokens_of(&server, &request, ADMIN).await;
    let claims = payload(text(&asked, "id_token"));
    assert_eq!(claims["roles"], json!(["admin"]));
    assert_eq!(claims["permissions"], json!([]), "no resource allows it");
    let request = request.with("resource", ADMIN_API);
    let asked = booking_app().tokens_of(&server, &request, ADMIN).await;
    let claims = payload(text(&asked, "id_token"));
    assert_eq!(claims["permissions"], json!(["bookings:read"]));
}

#[tokio::test]
async fn a_client_whose_scope_was_narrowed_gets_less_at_the_next_refresh() {
    let server = TestServer::start().await;
    let scope = "openid roles offline_access artists:write bookings:read";
    let first = tokens(&server, scope, &[ADMIN_API], ADMIN).await;
    assert_eq!(
        access(&first)["permissions"],
        json!(["artists:write", "bookings:read"])
    );
    sql(
        &server,
        r#"UPDATE client SET metadata = metadata || '{"scope": "roles offline_access bookings:read"}'
           WHERE client_id = 'booking-app'"#,
    )
    .await;
    server.app.clients.invalidate("booking-app");
    let (status, second) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!(status, 200, "{second}");
    assert_eq!(access(&second)["permissions"], json!(["bookings:read"]));
    assert_eq!(
        access(&second)["scope"],
        "bookings:read offline_access roles"
    );
    assert_eq!(second.get("id_token"), None, "openid was taken away");
}

#[tokio::test]
async fn a_changed_role_shows_at_the_next_refresh() {
    let server = TestServer::start().await;
    let scope = "openid roles offline_access artists:read artists:write bookings:read";
    let first = tokens(&server, scope, &[ADMIN_API], CUSTOMER).await;
    assert_eq!(
        access(&first)["permissions"],
        json!(["artists:read", "bookings:read"])
    );

    sql(
        &server,
        r#"UPDATE role SET permissions = '["artists:write"]' WHERE name = 'customer'"#,
    )
    .await;
    let (_, second) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!(access(&second)["permissions"], json!(["artists:write"]));

    sql(
        &server,
        "UPDATE users SET role_id = (SELECT id_role FROM role WHERE name = 'manager')",
    )
    .await;
    let (_, third) = refresh(&server, text(&second, "refresh_token")).await;
    assert_eq!(access(&third)["roles"], json!(["manager"]));

    // Another service writes this column: what is no list of texts is no permission.
    sql(
        &server,
        r#"UPDATE role SET permissions = '{"artists:write": true}'"#,
    )
    .await;
    let (_, fourth) = refresh(&server, text(&third, "refresh_token")).await;
    assert_eq!(access(&fourth)["permissions"], json!([]));

    sql(&server, "UPDATE users SET role_id = NULL").await;
    let (_, fifth) = refresh(&server, text(&fourth, "refresh_token")).await;
    assert_eq!(access(&fifth)["roles"], json!([]));
}
