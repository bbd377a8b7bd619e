//! Where a person's browser is sent: the authorization endpoint and sign-out.

use serde_json::{Value, json};
use utoipa::openapi::PathItem;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathsBuilder};

use super::Tag;
use super::parts::{
    Kind, Member, empty, form, header, may, must, operation, page, query, with_shared,
};

const AUTHORIZE: &str = "Send the person's browser here. The server signs them in, asks for consent \
    where it is due, and redirects to `redirect_uri` with `code`, `state` and `iss`, or with `error`, \
    `error_description`, `state` and `iss` (RFC 6749, section 4.1; OpenID Connect Core 1.0, section \
    3.1.2; RFC 9207). Compare `iss` with the issuer. PKCE with S256 is required (RFC 7636) unless a \
    confidential client registered `require_pkce: false`. Unknown parameters are ignored; a repeated \
    one, `resource` excepted, is an error.";

const LOGOUT: &str = "Send the person's browser here to end the session (OpenID Connect RP-Initiated \
    Logout 1.0, section 2). With a valid `id_token_hint` of the session they are signed out at once, \
    otherwise they are asked. The redirect goes only to a registered address, with `state` alone.";

pub fn paths(paths: PathsBuilder) -> PathsBuilder {
    let authorize = PathItem::new(
        HttpMethod::Get,
        authorize("authorize", "Ask a person to sign in").parameters(Some(query(&request()))),
    );
    let logout = PathItem::new(
        HttpMethod::Get,
        logout("logout", "Sign a person out").parameters(Some(query(&logout_request()))),
    );
    paths
        .path("/authorize", with_post(authorize, post_authorize()))
        .path("/logout", with_post(logout, post_logout()))
}

fn with_post(mut item: PathItem, post: OperationBuilder) -> PathItem {
    item.post = Some(post.build());
    item
}

fn authorize(id: &str, summary: &str) -> OperationBuilder {
    let description = "The answer, where no person is needed any more; otherwise on to the pages of \
         this server.";
    let location = "http://localhost:3002/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj&\
         iss=http%3A%2F%2Flocalhost%3A3001";
    let operation = operation(Tag::Browser.as_str(), id, summary, AUTHORIZE)
        .response(
            "200",
            page("With `response_mode=form_post`: a page that posts the answer to `redirect_uri`."),
        )
        .response(
            "303",
            empty(description)
                .header("Location", header("Where to", location))
                .header("Cache-Control", header("Never cached", "no-store")),
        );
    with_shared(
        operation,
        &[
            ("400", "ErrorPage"),
            ("405", "ErrorPage"),
            ("500", "ErrorPage"),
        ],
    )
    .into()
}

fn post_authorize() -> OperationBuilder {
    let body = form(
        &request(),
        &[(
            "code",
            "The code flow of the demo client; use a verifier of your own",
            request_example(),
        )],
    );
    let operation = authorize("authorizeByForm", "The same as a form").request_body(Some(body));
    with_shared(operation, &[("413", "ErrorPage"), ("415", "ErrorPage")]).into()
}

/// The challenge is that of RFC 7636, appendix B.
fn request_example() -> Value {
    json!({
        "response_type": "code", "client_id": "booking-app",
        "redirect_uri": "http://localhost:3002/callback",
        "scope": "openid profile email roles offline_access",
        "state": "af0ifjsldkj", "nonce": "n-0S6_WzA2Mj",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    })
}

fn request() -> Vec<Member> {
    use Kind::{Integer, OneOf, Text, Uri, Uris};
    vec![
        must("client_id", Text, "The client.").like("booking-app"),
        must("response_type", OneOf(&["code"]), "The code flow.").like("code"),
        may(
            "redirect_uri",
            Uri,
            "Registered, byte for byte; may be left out where only one is.",
        )
        .like("http://localhost:3002/callback"),
        may(
            "scope",
            Text,
            "`openid` for an ID token; `profile`, `email`, `address`, `phone`, `roles`, \
             `offline_access`, and permissions.",
        )
        .like("openid profile email roles offline_access"),
        may(
            "state",
            Text,
            "Returned as it is: binds the answer to the browser.",
        )
        .like("af0ifjsldkj"),
        may("nonce", Text, "Comes back in the ID token.").like("n-0S6_WzA2Mj"),
        may(
            "code_challenge",
            Text,
            "RFC 7636, section 4.2; the example belongs to the verifier \
             dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk.",
        )
        .like("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        may("code_challenge_method", OneOf(&["S256"]), "Never plain.").like("S256"),
        may(
            "response_mode",
            OneOf(&["query", "fragment", "form_post"]),
            "How the answer travels; default: query.",
        ),
        may(
            "prompt",
            Text,
            "`none`, or any of `login`, `consent`, `select_account`, `create`.",
        ),
        may(
            "max_age",
            Integer,
            "Seconds after which the person signs in again.",
        ),
        may("login_hint", Text, "Fills in the sign-in form."),
        may("id_token_hint", Text, "The person who is expected."),
        may("ui_locales", Text, "Languages of the pages, by preference."),
        may("acr_values", Text, "How well the person should sign in."),
        may(
            "claims",
            Text,
            "JSON (OpenID Connect Core 1.0, section 5.5).",
        ),
        may(
            "resource",
            Uris,
            "The APIs that the tokens are for; may be repeated (RFC 8707).",
        ),
    ]
}

fn logout(id: &str, summary: &str) -> OperationBuilder {
    let operation = operation(Tag::Browser.as_str(), id, summary, LOGOUT)
        .response(
            "200",
            page("Asks whether to sign out, or says that it is done."),
        )
        .response(
            "303",
            empty("Signed out; back to the client.").header(
                "Location",
                header("Where to", "http://localhost:3002/?state=bye"),
            ),
        );
    with_shared(
        operation,
        &[
            ("400", "ErrorPage"),
            ("405", "ErrorPage"),
            ("500", "ErrorPage"),
        ],
    )
    .into()
}

fn post_logout() -> OperationBuilder {
    let example = json!({
        "client_id": "booking-app", "post_logout_redirect_uri": "http://localhost:3002/",
        "state": "bye",
    });
    let body = form(&logout_request(), &[("logout", "The demo client", example)]);
    let operation = logout("logoutByForm", "The same as a form").request_body(Some(body));
    with_shared(operation, &[("413", "ErrorPage"), ("415", "ErrorPage")]).into()
}

fn logout_request() -> Vec<Member> {
    use Kind::{Text, Uri};
    vec![
        may(
            "id_token_hint",
            Text,
            "An ID token of the session; an expired one is fine.",
        ),
        may("client_id", Text, "The client, where there is no hint.").like("booking-app"),
        may(
            "post_logout_redirect_uri",
            Uri,
            "Registered, byte for byte.",
        )
        .like("http://localhost:3002/"),
        may("state", Text, "Returned as it is.").like("bye"),
        may("ui_locales", Text, "Languages of the pages, by preference."),
    ]
}
