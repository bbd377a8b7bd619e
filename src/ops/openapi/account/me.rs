//! The account of whoever calls.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod::{Delete, Get, Patch};
use utoipa::openapi::path::Parameter;

use super::objects::profile;
use super::{Call, Problem, Who, call};
use crate::ops::openapi::parts::{Kind, answer, empty, header, may, query};

pub fn calls() -> Vec<Call> {
    let calls = [
        me(),
        change(),
        delete(),
        logins(),
        events(),
        sessions(),
        end_others(),
        session(),
        end_session(),
        apps(),
        app(),
        disconnect(),
        export(),
    ];
    let mut calls: Vec<Call> = calls
        .into_iter()
        .map(|call| match call.who {
            Who::Anyone => call.by(Who::Person),
            _ => call,
        })
        .collect();
    calls.push(trail());
    calls
}

const ID: &str = "5f0c8d0e-8a52-4d0a-9a0e-6f9f2f6f0a11";

fn example_me() -> Value {
    json!({
        "sub": ID, "email": "customer@booking.test", "email_verified": true,
        "name": "Camille Durand", "given_name": "Camille", "family_name": "Durand",
        "middle_name": null, "nickname": null, "preferred_username": null, "profile": null,
        "picture": null, "website": null, "gender": null, "birthdate": "1990-05-17",
        "zoneinfo": "Europe/Paris", "locale": "fr-FR", "phone_number": null,
        "phone_number_verified": false, "address": null, "updated_at": 1_800_000_000,
        "role": "customer",
    })
}

fn me() -> Call {
    call(
        Get,
        "/me",
        "me",
        "Read the profile",
        "Every standard claim (OpenID Connect Core 1.0, section 5.1), `null` where there is none, and \
         the role.",
    )
    .answering("200", answer("The person.", "Me", example_me()))
}

fn change() -> Call {
    call(
        Patch,
        "/me",
        "changeMe",
        "Change the profile",
        "`null` clears a field, what is left out stays. Nothing is changed where one value is not \
         right. The address for signing in changes by `email/change`.",
    )
    .taking(
        profile(),
        json!({"nickname": "Cam", "zoneinfo": "Europe/Paris"}),
    )
    .answering(
        "200",
        answer("The person as they are now.", "Me", example_me()),
    )
}

fn delete() -> Call {
    call(
        Delete,
        "/me",
        "deleteMe",
        "Delete the account",
        "At once nobody signs in to it any more and every token and session is over. A link by mail \
         restores it until `purge_at`; then everything personal is erased.",
    )
    .by(Who::Confirmed)
    .answering(
        "200",
        answer(
            "It is deleted.",
            "Deleted",
            json!({"purge_at": "2027-02-14T08:30:00Z"}),
        ),
    )
}

fn page() -> Vec<Parameter> {
    query(&[
        may("cursor", Kind::Text, "`next` of the page before."),
        may("limit", Kind::Between(1, 200), "25 if left out."),
    ])
}

fn history() -> Value {
    json!({
        "events": [{
            "time": "2027-01-15T08:30:00Z", "event": "signed_in", "text": "Signed in",
            "outcome": "succeeded", "methods": ["pwd"], "ip": "192.0.2.7",
            "device": "Firefox on Linux", "client_id": "booking-mobile", "client_name": "Booking",
        }],
    })
}

fn logins() -> Call {
    call(
        Get,
        "/me/logins",
        "myLogins",
        "List attempts to sign in",
        "The newest first, page by page: `next` is the cursor of the page that follows.",
    )
    .with(page())
    .answering("200", answer("One page.", "History", history()))
    .or(&[Problem::INVALID_INPUT])
}

fn events() -> Call {
    call(
        Get,
        "/me/events",
        "myEvents",
        "List everything that happened to the account",
        "The newest first, page by page: `next` is the cursor of the page that follows.",
    )
    .with(page())
    .answering("200", answer("One page.", "History", history()))
    .or(&[Problem::INVALID_INPUT])
}

fn example_session() -> Value {
    json!({
        "id": ID, "current": true, "client_id": "booking-mobile",
        "signed_in_at": "2027-01-15T08:30:00Z", "amr": ["pwd"],
        "device": "iOS", "user_agent": "Booking/2.1 (iOS)",
        "ip": "192.0.2.7", "last_seen_at": "2027-01-15T09:00:00Z",
        "expires_at": "2027-07-14T08:30:00Z",
    })
}

fn sessions() -> Call {
    call(
        Get,
        "/me/sessions",
        "mySessions",
        "List live sessions",
        "Of browsers and of first-party clients: the 25 that were used last, the one used last first.",
    )
    .answering(
        "200",
        answer(
            "The sessions.",
            "Sessions",
            json!({"sessions": [example_session()], "total": 1}),
        ),
    )
}

fn end_others() -> Call {
    call(
        Delete,
        "/me/sessions",
        "endOtherSessions",
        "End all other sessions",
        "The caller's own stays.",
    )
    .answering("204", empty("They are over."))
}

fn session() -> Call {
    call(
        Get,
        "/me/sessions/{id}",
        "mySession",
        "Read a session",
        "Listed or not.",
    )
    .naming("id", Kind::Id, "Its `id`.")
    .answering("200", answer("The session.", "Session", example_session()))
}

fn end_session() -> Call {
    call(
        Delete,
        "/me/sessions/{id}",
        "endSession",
        "End a session",
        "Where it is the caller's own, the access token dies with it.",
    )
    .naming("id", Kind::Id, "Its `id`.")
    .answering("204", empty("It is over."))
}

fn example_app() -> Value {
    json!({
        "client_id": "booking-app", "client_name": "Booking App", "first_party": false,
        "scope": "openid profile", "since": "2027-01-15T08:30:00Z", "active": true,
    })
}

fn apps() -> Call {
    call(
        Get,
        "/me/apps",
        "myApps",
        "List connected apps",
        "Those that the person allowed something: the 25 newest, the newest first.",
    )
    .answering(
        "200",
        answer(
            "The apps.",
            "Apps",
            json!({"apps": [example_app()], "total": 1}),
        ),
    )
}

fn app() -> Call {
    call(
        Get,
        "/me/apps/{client_id}",
        "myApp",
        "Read a connected app",
        "Listed or not.",
    )
    .naming("client_id", Kind::Text, "The app.")
    .answering("200", answer("The app.", "App", example_app()))
}

fn disconnect() -> Call {
    call(
        Delete,
        "/me/apps/{client_id}",
        "disconnectApp",
        "Disconnect an app",
        "Takes back what it was allowed and revokes its tokens.",
    )
    .naming("client_id", Kind::Text, "The app.")
    .answering("204", empty("It is disconnected."))
}

fn export() -> Call {
    call(
        Get,
        "/me/export",
        "exportMe",
        "Download everything",
        "All that the server holds about the person, without secrets.",
    )
    .by(Who::Confirmed)
    .answering(
        "200",
        answer(
            "The document.",
            "Export",
            json!({"exported_at": "2027-01-15T08:30:00Z"}),
        )
        .header(
            "Content-Disposition",
            header(
                "A name for the file",
                "attachment; filename=\"my-data.json\"",
            ),
        ),
    )
}

fn trail() -> Call {
    let mut parameters = query(&[
        may("subject", Kind::Id, "Whom it is about, by `sub`."),
        may("kind", Kind::Text, "What happened."),
        may(
            "actor",
            Kind::OneOf(&[
                "self",
                "client",
                "administrator",
                "operator",
                "job",
                "stranger",
            ]),
            "Who brought it about.",
        ),
        may("from", Kind::Time, "No earlier."),
        may("to", Kind::Time, "Earlier."),
    ]);
    parameters.extend(page());
    call(
        Get,
        "/events",
        "trail",
        "Read the audit trail",
        "For people whose role has the permission `audit:read`: the events of all accounts, those \
         that satisfy every parameter that is set.",
    )
    .by(Who::Person)
    .with(parameters)
    .answering("200", answer("One page.", "Trail", json!({"events": []})))
    .or(&[Problem::INVALID_INPUT, Problem::INSUFFICIENT_PERMISSION])
}
