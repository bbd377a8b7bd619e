//! `POST /api/auth/register`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::{Registration, register};
use crate::account::json::{ApiFault, Body, Language, Members};
use crate::account::profile::Typed;
use crate::account::standing::Errand;
use crate::app::App;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;

/// An account to be made: address, password, and any of the standard claims (OpenID Connect Core 1.0,
/// section 5.1).
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct NewAccount {
    email: String,
    password: Option<Secret>,
    name: Option<String>,
    given_name: Option<String>,
    middle_name: Option<String>,
    family_name: Option<String>,
    nickname: Option<String>,
    preferred_username: Option<String>,
    gender: Option<String>,
    birthdate: Option<String>,
    picture: Option<String>,
    profile: Option<String>,
    website: Option<String>,
    locale: Option<String>,
    zoneinfo: Option<String>,
    phone_number: Option<String>,
    address: Option<Members<NewAddress>>,
}

/// Section 5.1.1.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct NewAddress {
    formatted: Option<String>,
    street_address: Option<String>,
    postal_code: Option<String>,
    locality: Option<String>,
    region: Option<String>,
    country: Option<String>,
}

impl From<NewAccount> for Registration {
    fn from(new: NewAccount) -> Self {
        let Members(address) = new.address.unwrap_or_default();
        let claims = [
            ("name", new.name),
            ("given_name", new.given_name),
            ("middle_name", new.middle_name),
            ("family_name", new.family_name),
            ("nickname", new.nickname),
            ("preferred_username", new.preferred_username),
            ("gender", new.gender),
            ("birthdate", new.birthdate),
            ("picture", new.picture),
            ("profile", new.profile),
            ("website", new.website),
            ("locale", new.locale),
            ("zoneinfo", new.zoneinfo),
            ("phone_number", new.phone_number),
            ("address.formatted", address.formatted),
            ("address.street_address", address.street_address),
            ("address.postal_code", address.postal_code),
            ("address.locality", address.locality),
            ("address.region", address.region),
            ("address.country", address.country),
        ];
        let profile: Typed = claims
            .into_iter()
            .filter(|(_, value)| value.is_some())
            .collect();
        Self {
            email: new.email,
            password: new.password,
            profile,
        }
    }
}

/// 202 whether or not there is such an account: what there is to do stands in the mail.
///
/// # Errors
/// Field by field, what is wrong; 429 after too many registrations from the caller's address.
pub async fn post(
    State(app): State<Arc<App>>,
    Language(locale): Language,
    context: RequestContext,
    Body(new): Body<NewAccount>,
) -> Result<StatusCode, ApiFault> {
    let errand = Errand {
        context: &context,
        locale,
        continuation: None,
    };
    register(&app, new.into(), errand, &context).await?;
    Ok(StatusCode::ACCEPTED)
}
