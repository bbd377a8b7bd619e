//! The JSON objects of the API. A test compares them with what the server really sends.

use utoipa::openapi::schema::ComponentsBuilder;

use crate::ops::openapi::parts::{Kind, Member, may, must, object};

pub fn all(components: ComponentsBuilder) -> ComponentsBuilder {
    use Kind::{Boolean, Id, Integer, ListOf, Object, One, Text, Texts, Time};
    components
        .schema("Problem", object(&problem(), true))
        .schema("FieldError", object(&field_error(), false))
        .schema(
            "FactorChallenge",
            object(
                &[
                    may(
                        "expires_in",
                        Integer,
                        "For how many seconds the mailed code is good.",
                    ),
                    may("ceremony", Id, "To be sent with the credential."),
                    may("publicKey", Object, "For `navigator.credentials.get`."),
                ],
                false,
            ),
        )
        .schema("Me", object(&me(), false))
        .schema("Address", object(&address(), false))
        .schema(
            "Deleted",
            object(&[must("purge_at", Time, "When it is erased.")], false),
        )
        .schema(
            "Restored",
            object(&[must("restored", Boolean, "`true`.")], false),
        )
        .schema(
            "History",
            object(
                &[
                    must("events", ListOf("HistoryEvent"), "The newest first."),
                    may(
                        "next",
                        Text,
                        "The cursor of the next page; absent on the last.",
                    ),
                ],
                false,
            ),
        )
        .schema("HistoryEvent", object(&history_event(), false))
        .schema(
            "Trail",
            object(
                &[
                    must("events", ListOf("TrailEvent"), "The newest first."),
                    may(
                        "next",
                        Text,
                        "The cursor of the next page; absent on the last.",
                    ),
                ],
                false,
            ),
        )
        .schema("TrailEvent", object(&[], true))
        .schema(
            "Sessions",
            object(
                &[
                    must(
                        "sessions",
                        ListOf("Session"),
                        "The caller's own is among them.",
                    ),
                    must("total", Integer, "How many there are, listed or not."),
                ],
                false,
            ),
        )
        .schema("Session", object(&session(), false))
        .schema(
            "Apps",
            object(
                &[
                    must("apps", ListOf("App"), "Connected ones."),
                    must("total", Integer, "How many there are, listed or not."),
                ],
                false,
            ),
        )
        .schema("App", object(&app(), false))
        .schema("Export", object(&[], true))
        .schema(
            "Factors",
            object(
                &[
                    must("factors", ListOf("Factor"), "Without the password."),
                    must("recovery_codes_left", Integer, "Not yet used."),
                    must("second_factor_required", Boolean, "The role demands one."),
                ],
                false,
            ),
        )
        .schema("Factor", object(&factor(), false))
        .schema(
            "EnrolledFactor",
            object(
                &[
                    must("factor", One("Factor"), "The new one."),
                    may("recovery_codes", Texts, "With the first factor."),
                ],
                false,
            ),
        )
        .schema(
            "TotpEnrolment",
            object(
                &[
                    must("ceremony", Id, "To be sent with the first code."),
                    must("secret", Text, "The key in base32."),
                    must("otpauth_url", Text, "The same for a QR code."),
                ],
                false,
            ),
        )
        .schema(
            "PasskeyChallenge",
            object(
                &[
                    must("ceremony", Id, "To be sent with the credential."),
                    must("publicKey", Object, "For the authenticator."),
                ],
                false,
            ),
        )
        .schema(
            "Ceremony",
            object(&[must("ceremony", Id, "To be sent with the code.")], false),
        )
        .schema(
            "RecoveryCodes",
            object(&[must("recovery_codes", Texts, "Each good once.")], false),
        )
}

fn problem() -> Vec<Member> {
    use Kind::{Id, Integer, ListOf, Text, Texts, Time, Uri};
    vec![
        must(
            "type",
            Uri,
            "The kind: its page explains it, and it never changes.",
        ),
        must("title", Text, "What is wrong, in the caller's language."),
        must("status", Integer, "That of the answer."),
        must("detail", Text, "What to do, in the caller's language."),
        must("request_id", Id, "To quote when asking for help."),
        may("errors", ListOf("FieldError"), "Field by field."),
        may(
            "mfa_token",
            Text,
            "Of `mfa_required`: the handle of the sign-in.",
        ),
        may("methods", Texts, "Of `mfa_required`: what is on offer."),
        may(
            "expires_in",
            Integer,
            "Of `mfa_required`: for how many seconds the handle is good.",
        ),
        may(
            "sign_in",
            Uri,
            "Of `factor_enrolment_required`: the page to open in a browser.",
        ),
        may(
            "purge_at",
            Time,
            "Of `account_deleted`: until when it can be restored.",
        ),
        may(
            "max_age",
            Integer,
            "Of `insufficient_user_authentication`: how old a sign-in may be, in seconds.",
        ),
        may(
            "acr_values",
            Text,
            "Of `insufficient_user_authentication`: how well a sign-in must be proved.",
        ),
        may(
            "permission",
            Text,
            "Of `insufficient_permission`: what the role lacks.",
        ),
        may(
            "reason",
            Text,
            "Of `invalid_link`: `used`, `expired`, `withdrawn` or `unknown`.",
        ),
        may(
            "retry_after",
            Integer,
            "Seconds to wait, as in `Retry-After`.",
        ),
    ]
}

fn field_error() -> Vec<Member> {
    use Kind::Text;
    vec![
        must(
            "field",
            Text,
            "Its name; within another one: `address.country`.",
        ),
        must("code", Text, "For programs."),
        must("detail", Text, "In the caller's language."),
    ]
}

/// The fields of a profile that the person sets (OpenID Connect Core 1.0, section 5.1).
pub fn profile() -> Vec<Member> {
    use Kind::{ObjectOrNull, TextOrNull};
    vec![
        may("name", TextOrNull, "In full."),
        may("given_name", TextOrNull, "First name."),
        may("middle_name", TextOrNull, "Middle name."),
        may("family_name", TextOrNull, "Last name."),
        may("nickname", TextOrNull, "What friends say."),
        may("preferred_username", TextOrNull, "A short name."),
        may("gender", TextOrNull, "`female`, `male` or another."),
        may(
            "birthdate",
            TextOrNull,
            "`YYYY-MM-DD`, `0000-MM-DD` without the year, or `YYYY`.",
        ),
        may("picture", TextOrNull, "URL of an image."),
        may("profile", TextOrNull, "URL of a page."),
        may("website", TextOrNull, "URL of a page."),
        may("locale", TextOrNull, "A BCP 47 tag."),
        may("zoneinfo", TextOrNull, "A name like `Europe/Paris`."),
        may("phone_number", TextOrNull, "E.164 is best."),
        may("address", ObjectOrNull, "The members of section 5.1.1."),
    ]
}

fn me() -> Vec<Member> {
    use Kind::{Boolean, Id, Integer, Text, TextOrNull};
    let mut members = vec![
        must("sub", Id, "The person, for ever."),
        must("email", Text, "For signing in."),
        must("email_verified", Boolean, "It is proved."),
        must("phone_number_verified", Boolean, "It is proved."),
        must("updated_at", Integer, "Seconds since the epoch."),
        must("role", TextOrNull, "The role's name."),
    ];
    members.extend(profile());
    members
}

fn address() -> Vec<Member> {
    use Kind::TextOrNull;
    vec![
        may("formatted", TextOrNull, "All of it, as on a letter."),
        may("street_address", TextOrNull, "Street and number."),
        may("locality", TextOrNull, "Town."),
        may("region", TextOrNull, "State or region."),
        may("postal_code", TextOrNull, "Postal code."),
        may("country", TextOrNull, "Country."),
    ]
}

fn history_event() -> Vec<Member> {
    use Kind::{Boolean, OneOf, Text, Texts, Time};
    vec![
        must("time", Time, "When."),
        must("event", Text, "For programs."),
        must("text", Text, "In the person's language."),
        may(
            "outcome",
            OneOf(&["succeeded", "refused", "asked", "delayed"]),
            "Of an attempt to sign in; `asked`: the password was right, and the second step was asked for.",
        ),
        may(
            "reason",
            OneOf(&[
                "account_disabled",
                "account_deleted",
                "email_unverified",
                "factor_enrolment_required",
                "passkey_refused",
            ]),
            "Why it was refused, where it was not the password.",
        ),
        may(
            "methods",
            Texts,
            "`amr` values, or the factor that was refused.",
        ),
        may("new_device", Boolean, "Not seen before."),
        may("ip", Text, "From where."),
        may("device", Text, "Browser and system."),
        may("user_agent", Text, "As it was sent."),
        may("client_id", Text, "The app that had part in it."),
        may("client_name", Text, "Its name."),
        may("by_administrator", Boolean, "By whoever runs this server."),
    ]
}

fn session() -> Vec<Member> {
    use Kind::{Boolean, Id, TextOrNull, Texts, Time};
    vec![
        must("id", Id, "The `sid` of ID tokens."),
        must("current", Boolean, "The caller's own."),
        must(
            "client_id",
            TextOrNull,
            "The app that began it; `null` for a browser's.",
        ),
        must("signed_in_at", Time, "The last proof of who it is."),
        must("amr", Texts, "How (RFC 8176)."),
        must("device", TextOrNull, "Browser and system."),
        must("user_agent", TextOrNull, "As it was sent."),
        must("ip", TextOrNull, "From where."),
        must("last_seen_at", Time, "To the minute."),
        must("expires_at", Time, "At the latest."),
    ]
}

fn app() -> Vec<Member> {
    use Kind::{Boolean, Text, TextOrNull, Time};
    vec![
        must("client_id", Text, "The app."),
        must("client_name", TextOrNull, "In the caller's language."),
        must("first_party", Boolean, "Part of the platform."),
        must("scope", Text, "What it was allowed."),
        must("since", Time, "When."),
        must("active", Boolean, "It holds tokens now."),
    ]
}

fn factor() -> Vec<Member> {
    use Kind::{Id, OneOf, Text, Time, TimeOrNull};
    vec![
        must("id", Id, "The factor."),
        must("kind", OneOf(&["totp", "passkey", "email"]), "What it is."),
        must("name", Text, "What the person calls it."),
        must("created_at", Time, "When it was added."),
        must("last_used_at", TimeOrNull, "When it was used last."),
    ]
}
