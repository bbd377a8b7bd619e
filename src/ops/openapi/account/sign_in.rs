//! Tokens without a redirect, for the platform's own clients.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod::Post;

use super::{Call, Problem, Who, call};
use crate::ops::openapi::parts::{Kind, Member, answer, empty, header, may, must};

pub fn calls() -> Vec<Call> {
    let mut calls = vec![login(), factor(), challenge(), refresh()];
    calls.extend([logout(), verify_token()]);
    calls
}

const METHODS: &[&str] = &["passkey", "totp", "email", "recovery_code"];

fn tokens() -> Value {
    json!({
        "access_token": "eyJ0eXAiOiJhdCtqd3QifQ.e30.c2ln", "token_type": "Bearer",
        "expires_in": 600, "refresh_token": "8xLOxBtZp8", "id_token": "eyJ0eXAiOiJKV1QifQ.e30.c2ln",
        "scope": "account offline_access openid",
    })
}

fn client_id() -> Member {
    may(
        "client_id",
        Kind::Text,
        "A first-party client; the configured one if left out.",
    )
}

fn login() -> Call {
    call(
        Post,
        "/login",
        "login",
        "Sign in with email and password",
        "For first-party clients: those that an administrator flagged, that may refresh, and that are \
         public or authenticate by HTTP Basic. Where a second factor is due, the answer is 403 \
         `mfa_required` with a short-lived handle and the methods on offer: the password alone was \
         no sign-in, so it is no success. An unknown email and a wrong password are told alike.",
    )
    .by(Who::Client)
    .taking(
        [
            must("email", Kind::Text, "The address of the account."),
            must("password", Kind::Text, "At most 4096 bytes are looked at."),
            client_id(),
            may(
                "scope",
                Kind::Text,
                "What the tokens are for; all that the client may have if left out.",
            ),
        ],
        json!({"email": "customer@booking.test", "password": "Demo-booking-2026"}),
    )
    .answering("200", signed_in())
    .or(&[
        Problem::INVALID_SCOPE,
        Problem::INVALID_CREDENTIALS,
        Problem::MFA_REQUIRED,
        Problem::FACTOR_ENROLMENT_REQUIRED,
        Problem::EMAIL_UNVERIFIED,
        Problem::ACCOUNT_DELETED,
        Problem::TOO_MANY_REQUESTS,
    ])
}

fn signed_in() -> utoipa::openapi::ResponseBuilder {
    answer("Tokens, as of the token endpoint.", "TokenResponse", tokens()).header(
        "Set-Cookie",
        header(
            "A device cookie, for clients that keep cookies: guesses of strangers do not delay them. \
             Nothing needs it.",
            "auth_device=…; Path=/; HttpOnly; SameSite=Lax",
        ),
    )
}

fn mfa_token() -> Member {
    must("mfa_token", Kind::Text, "Of the answer `mfa_required`.")
}

fn factor() -> Call {
    call(
        Post,
        "/login/factor",
        "loginFactor",
        "Give the second factor",
        "Completes a sign-in. A code is accepted once, however many requests carry it. The scope is \
         that of the first step.",
    )
    .by(Who::Client)
    .taking(
        [
            mfa_token(),
            must("method", Kind::OneOf(METHODS), "One of `methods`."),
            may("code", Kind::Text, "For every method but `passkey`."),
            may("ceremony", Kind::Id, "For `passkey`: of the challenge."),
            may(
                "credential",
                Kind::Object,
                "For `passkey`: the AuthenticationResponseJSON (Web Authentication Level 3, section \
                 5.1.8).",
            ),
        ],
        json!({"mfa_token": "o3Jz0WXxk8Yd5Q2nV7bT", "method": "totp", "code": "123456"}),
    )
    .answering("200", signed_in())
    .or(&[
        Problem::INVALID_CODE,
        Problem::INVALID_MFA_TOKEN,
        Problem::TOO_MANY_REQUESTS,
    ])
}

fn challenge() -> Call {
    call(
        Post,
        "/login/factor/challenge",
        "loginFactorChallenge",
        "Ask for a code by mail or a passkey challenge",
        "`email` mails a code, which voids the one before; `passkey` answers with options for the \
         authenticator. The other methods need no challenge.",
    )
    .by(Who::Client)
    .taking(
        [
            mfa_token(),
            must("method", Kind::OneOf(&["passkey", "email"]), "Which."),
        ],
        json!({"mfa_token": "o3Jz0WXxk8Yd5Q2nV7bT", "method": "email"}),
    )
    .answering(
        "200",
        answer(
            "The code was mailed, or the challenge.",
            "FactorChallenge",
            json!({"expires_in": 600}),
        ),
    )
    .or(&[Problem::INVALID_MFA_TOKEN, Problem::TOO_MANY_REQUESTS])
}

fn refresh() -> Call {
    call(
        Post,
        "/refresh",
        "refresh",
        "Rotate a refresh token",
        "What the token endpoint does for `grant_type=refresh_token`: the token is replaced, and its \
         reuse revokes the whole family.",
    )
    .by(Who::Client)
    .taking(
        [
            must("refresh_token", Kind::Text, "The current one."),
            client_id(),
            may("scope", Kind::Text, "Less than was granted; the same if left out."),
        ],
        json!({"refresh_token": "8xLOxBtZp8"}),
    )
    .answering(
        "200",
        answer("Tokens, as of the token endpoint.", "TokenResponse", tokens()),
    )
    .or(&[Problem::INVALID_GRANT, Problem::INVALID_SCOPE])
}

fn logout() -> Call {
    call(
        Post,
        "/logout",
        "endSessionByToken",
        "End the session of a token",
        "Ends the session that a first-party client's token belongs to and revokes its tokens. Takes \
         a refresh token, used or not, or, without one, the access token as bearer token. What is \
         unknown is answered like what was ended.",
    )
    .taking(
        [may("refresh_token", Kind::Text, "Unless the access token is sent.")],
        json!({"refresh_token": "8xLOxBtZp8"}),
    )
    .answering("204", empty("The session is over."))
}

fn verify_token() -> Call {
    call(
        Post,
        "/verify-token",
        "verifyToken",
        "Learn whether a token is good",
        "For whoever holds the token: what it says itself, and that it was not revoked. `/introspect` \
         is for clients that authenticate. Good tokens, and access tokens that expired, are answered \
         always; tokens that are none of this server's are limited by the caller's address.",
    )
    .taking(
        [must("token", Kind::Text, "An access token or a refresh token.")],
        json!({"token": "eyJ0eXAiOiJhdCtqd3QifQ.e30.c2ln"}),
    )
    .answering(
        "200",
        answer(
            "The claims of a good token; of any other only that it is not.",
            "Introspection",
            json!({"active": false}),
        ),
    )
    .or(&[Problem::TOO_MANY_REQUESTS])
}
