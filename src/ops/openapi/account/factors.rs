//! Second factors of whoever calls.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod::{Delete, Get, Patch, Post};

use super::{Call, Problem, Who, call};
use crate::ops::openapi::parts::{Kind, Member, answer, empty, may, must};

const ID: &str = "0b6b2f0e-51f5-4f0a-8c67-8c1f0a5a7c11";

pub fn calls() -> Vec<Call> {
    vec![
        list(),
        totp(),
        confirm(
            "/me/factors/totp/confirm",
            "confirmTotp",
            "Confirm an authenticator app",
        ),
        passkey(),
        confirm_passkey(),
        email(),
        confirm(
            "/me/factors/email/confirm",
            "confirmEmailCodes",
            "Confirm codes by mail",
        ),
        recovery_codes(),
        one(),
        rename(),
        remove(),
    ]
}

fn example() -> Value {
    json!({
        "id": ID, "kind": "totp", "name": "Phone", "created_at": "2027-01-15T08:30:00Z",
        "last_used_at": null,
    })
}

fn list() -> Call {
    call(
        Get,
        "/me/factors",
        "myFactors",
        "List second factors",
        "What protects the account beside the password.",
    )
    .by(Who::Person)
    .answering(
        "200",
        answer(
            "All of them.",
            "Factors",
            json!({
                "factors": [example()], "recovery_codes_left": 10,
                "second_factor_required": false,
            }),
        ),
    )
}

fn totp() -> Call {
    call(
        Post,
        "/me/factors/totp",
        "beginTotp",
        "Begin with an authenticator app",
        "Answers with a key for the app (RFC 6238: SHA-1, six digits, 30 seconds). It counts once its \
         first code was confirmed, within five minutes.",
    )
    .by(Who::Confirmed)
    .answering(
        "201",
        answer(
            "The key.",
            "TotpEnrolment",
            json!({
                "ceremony": ID, "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                "otpauth_url": "otpauth://totp/Booking:customer%40booking.test?secret=JBSWY3DP",
            }),
        ),
    )
    .or(&[Problem::CONFLICT])
}

fn ceremony() -> Member {
    must("ceremony", Kind::Id, "Of the answer that began it.")
}

fn name() -> Member {
    may(
        "name",
        Kind::Text,
        "What the person calls it, 1 to 100 characters; made up if left out.",
    )
}

fn enrolled() -> utoipa::openapi::ResponseBuilder {
    answer(
        "The factor; with the first one, ten recovery codes, told this once.",
        "EnrolledFactor",
        json!({"factor": example(), "recovery_codes": ["k3v9-w2mq-7pxd-4hjt"]}),
    )
}

fn confirm(path: &'static str, id: &'static str, summary: &'static str) -> Call {
    call(
        Post,
        path,
        id,
        summary,
        "Adds the factor by its first code, which may be tried five times.",
    )
    .by(Who::Confirmed)
    .taking(
        [ceremony(), must("code", Kind::Text, "Six digits."), name()],
        json!({"ceremony": ID, "code": "123456", "name": "Phone"}),
    )
    .answering("201", enrolled())
    .or(&[Problem::CONFLICT])
}

fn passkey() -> Call {
    call(
        Post,
        "/me/factors/passkeys",
        "beginPasskey",
        "Begin with a passkey",
        "Answers with options for `navigator.credentials.create` (Web Authentication Level 3, section \
         5.1.9).",
    )
    .by(Who::Confirmed)
    .answering(
        "201",
        answer(
            "The challenge.",
            "PasskeyChallenge",
            json!({"ceremony": ID, "publicKey": {"challenge": "mV0mNcVfZg"}}),
        ),
    )
    .or(&[Problem::CONFLICT])
}

fn confirm_passkey() -> Call {
    call(
        Post,
        "/me/factors/passkeys/confirm",
        "confirmPasskey",
        "Confirm a passkey",
        "Adds the credential that the authenticator made.",
    )
    .by(Who::Confirmed)
    .taking(
        [
            ceremony(),
            must(
                "credential",
                Kind::Object,
                "The RegistrationResponseJSON (Web Authentication Level 3, section 5.1.7).",
            ),
            name(),
        ],
        json!({"ceremony": ID, "credential": {"id": "AbCd", "type": "public-key"}, "name": "Key"}),
    )
    .answering("201", enrolled())
    .or(&[Problem::CONFLICT])
}

fn email() -> Call {
    call(
        Post,
        "/me/factors/email",
        "beginEmailCodes",
        "Begin with codes by mail",
        "Mails a first code to the account's address.",
    )
    .by(Who::Confirmed)
    .answering(
        "202",
        answer("It is on its way.", "Ceremony", json!({"ceremony": ID})),
    )
    .or(&[Problem::CONFLICT, Problem::TOO_MANY_REQUESTS])
}

fn recovery_codes() -> Call {
    call(
        Post,
        "/me/factors/recovery-codes",
        "makeRecoveryCodes",
        "Make new recovery codes",
        "Ten of them, told this once; the earlier ones are void.",
    )
    .by(Who::Confirmed)
    .answering(
        "201",
        answer(
            "The codes.",
            "RecoveryCodes",
            json!({"recovery_codes": ["k3v9-w2mq-7pxd-4hjt"]}),
        ),
    )
    .or(&[Problem::CONFLICT])
}

fn one() -> Call {
    call(
        Get,
        "/me/factors/{id}",
        "myFactor",
        "Read a second factor",
        "One of the list.",
    )
    .by(Who::Person)
    .naming("id", Kind::Id, "Its `id`.")
    .answering("200", answer("The factor.", "Factor", example()))
}

fn rename() -> Call {
    call(
        Patch,
        "/me/factors/{id}",
        "renameFactor",
        "Rename a second factor",
        "Changes what the person calls it.",
    )
    .by(Who::Confirmed)
    .naming("id", Kind::Id, "Its `id`.")
    .taking(
        [must("name", Kind::Text, "1 to 100 characters.")],
        json!({"name": "Work phone"}),
    )
    .answering("200", answer("The factor.", "Factor", example()))
}

fn remove() -> Call {
    call(
        Delete,
        "/me/factors/{id}",
        "removeFactor",
        "Remove a second factor",
        "Refused with 409 where it is the last one and the role demands one.",
    )
    .by(Who::Confirmed)
    .naming("id", Kind::Id, "Its `id`.")
    .answering("204", empty("It is gone."))
    .or(&[Problem::CONFLICT])
}
