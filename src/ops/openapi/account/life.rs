//! Calls without an access token: making an account, proving an address, coming back to it.

use serde_json::json;
use utoipa::openapi::path::HttpMethod::Post;

use super::objects::profile;
use super::{Call, Problem, Who, call};
use crate::ops::openapi::parts::{Kind, Member, answer, empty, may, must};

pub fn calls() -> Vec<Call> {
    vec![
        register(),
        verify_email(),
        forgot(),
        reset(),
        change_password(),
        change_email(),
        confirm_email(),
        undo_email(),
        restore(),
    ]
}

const NEW_PASSWORD: &str = "8 to 256 characters, any Unicode, and not one that is easily guessed.";

fn token() -> Member {
    must(
        "token",
        Kind::Text,
        "The secret of the mailed link, after `token=`.",
    )
}

fn register() -> Call {
    let mut members = vec![
        must("email", Kind::Text, "It is proved by a mailed link."),
        must("password", Kind::Text, NEW_PASSWORD),
    ];
    members.extend(profile());
    call(
        Post,
        "/register",
        "registerAccount",
        "Create an account",
        "Mails a link that verifies the address; until then nobody signs in. The answer is the same \
         whether or not there is an account with this address: its owner is told by mail.",
    )
    .taking(
        members,
        json!({"email": "new@booking.test", "password": "correct horse battery", "locale": "fr"}),
    )
    .answering("202", empty("What there is to do stands in the mail."))
    .or(&[Problem::REGISTRATION_CLOSED, Problem::TOO_MANY_REQUESTS])
}

fn verify_email() -> Call {
    call(
        Post,
        "/email/verify",
        "verifyEmail",
        "Prove an address, or ask for another link",
        "With `token`: the address is proved. With `email` instead: another link is mailed, which \
         withdraws the one before; the answer is the same whether or not there is such an account.",
    )
    .taking(
        [
            may(
                "token",
                Kind::Text,
                "The secret of the mailed link, after `token=`.",
            ),
            may("email", Kind::Text, "Where to mail another link to."),
        ],
        json!({"email": "new@booking.test"}),
    )
    .answering(
        "202",
        empty("Another link is on its way, if there is such an account."),
    )
    .answering("204", empty("The address is proved."))
    .or(&[Problem::INVALID_LINK, Problem::TOO_MANY_REQUESTS])
}

fn forgot() -> Call {
    call(
        Post,
        "/password/forgot",
        "forgotPassword",
        "Ask for a link that sets a new password",
        "The answer is the same whether or not there is such an account.",
    )
    .taking(
        [must("email", Kind::Text, "The address of the account.")],
        json!({"email": "customer@booking.test"}),
    )
    .answering(
        "202",
        empty("A link is on its way, if there is such an account."),
    )
    .or(&[Problem::TOO_MANY_REQUESTS])
}

fn reset() -> Call {
    call(
        Post,
        "/password/reset",
        "resetPassword",
        "Set a new password by a mailed link",
        "Ends all sessions and mails a notice. A password that is refused leaves the link good. No \
         second factor is removed; a code by mail is none until the password is changed again.",
    )
    .taking(
        [token(), must("new_password", Kind::Text, NEW_PASSWORD)],
        json!({"token": "kX3oVxPq", "new_password": "correct horse battery"}),
    )
    .answering("204", empty("The password is set."))
    .or(&[Problem::INVALID_LINK, Problem::TOO_MANY_REQUESTS])
}

fn change_password() -> Call {
    call(
        Post,
        "/password/change",
        "changePassword",
        "Change the password",
        "Needs the old one. Ends the person's other sessions and mails a notice.",
    )
    .by(Who::Person)
    .taking(
        [
            must("old_password", Kind::Text, "The current one."),
            must("new_password", Kind::Text, NEW_PASSWORD),
        ],
        json!({"old_password": "Demo-booking-2026", "new_password": "correct horse battery"}),
    )
    .answering("204", empty("The password is changed."))
    .or(&[Problem::TOO_MANY_REQUESTS])
}

fn change_email() -> Call {
    call(
        Post,
        "/email/change",
        "changeEmail",
        "Ask for another address",
        "Mails a link to the new address, which confirms it, and a notice to the old one, which can \
         undo the change for a while.",
    )
    .by(Who::Confirmed)
    .taking(
        [must("email", Kind::Text, "The new address.")],
        json!({"email": "customer@example.com"}),
    )
    .answering("202", empty("What there is to do stands in the mail."))
    .or(&[Problem::TOO_MANY_REQUESTS])
}

fn undo_email() -> Call {
    call(
        Post,
        "/email/undo",
        "undoEmailChange",
        "Undo a change of address",
        "By the secret of the link that the old address got. Ends every session, and takes back the \
         second factors that were added, the recovery codes that were made and the consents that were \
         given since the change was asked for, with a password that was set since, if the address had \
         changed: whoever changed it is out. The old address is mailed what went.",
    )
    .taking([token()], json!({"token": "kX3oVxPq"}))
    .answering("204", empty("The account has its old address again."))
    .or(&[
        Problem::INVALID_LINK,
        Problem::CONFLICT,
        Problem::TOO_MANY_REQUESTS,
    ])
}

fn confirm_email() -> Call {
    call(
        Post,
        "/email/confirm",
        "confirmEmail",
        "Confirm the new address",
        "By the secret of the link that the new address got.",
    )
    .taking([token()], json!({"token": "kX3oVxPq"}))
    .answering("204", empty("The address is the account's."))
    .or(&[
        Problem::INVALID_LINK,
        Problem::CONFLICT,
        Problem::TOO_MANY_REQUESTS,
    ])
}

fn restore() -> Call {
    call(
        Post,
        "/restore",
        "restoreAccount",
        "Restore a deleted account",
        "By the secret of the link that was mailed at the deletion, until the purge.",
    )
    .taking([token()], json!({"token": "kX3oVxPq"}))
    .answering(
        "200",
        answer(
            "The account is back.",
            "Restored",
            json!({"restored": true}),
        ),
    )
    .or(&[Problem::INVALID_LINK, Problem::TOO_MANY_REQUESTS])
}
