//! `GET` and `PATCH /api/auth/me`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ProfileError, Typed, change, claims};
use crate::account::json::{ApiFault, Body, Caller, FieldError, Kind, Members, Problem};
use crate::app::App;
use crate::i18n::Locale;
use crate::users::User;

/// A member that is left out, `null` (clears the field), or a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Member<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::deserialize(deserializer)?;
        Ok(value.map_or(Self::Null, Self::Value))
    }
}

/// What is to change, by the names of the standard claims (OpenID Connect Core 1.0, section 5.1).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct Changes {
    name: Member<String>,
    given_name: Member<String>,
    middle_name: Member<String>,
    family_name: Member<String>,
    nickname: Member<String>,
    preferred_username: Member<String>,
    gender: Member<String>,
    birthdate: Member<String>,
    picture: Member<String>,
    profile: Member<String>,
    website: Member<String>,
    locale: Member<String>,
    zoneinfo: Member<String>,
    phone_number: Member<String>,
    address: Member<Members<AddressChanges>>,
}

/// The parts of an address that are to change (section 5.1.1).
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct AddressChanges {
    formatted: Member<String>,
    street_address: Member<String>,
    postal_code: Member<String>,
    locality: Member<String>,
    region: Member<String>,
    country: Member<String>,
}

impl Changes {
    fn typed(self) -> Typed {
        let mut typed = Typed::new();
        let mut add = |name, member| match member {
            Member::Absent => {}
            Member::Null => drop(typed.insert(name, None)),
            Member::Value(value) => drop(typed.insert(name, Some(value))),
        };
        add("name", self.name);
        add("given_name", self.given_name);
        add("middle_name", self.middle_name);
        add("family_name", self.family_name);
        add("nickname", self.nickname);
        add("preferred_username", self.preferred_username);
        add("gender", self.gender);
        add("birthdate", self.birthdate);
        add("picture", self.picture);
        add("profile", self.profile);
        add("website", self.website);
        add("locale", self.locale);
        add("zoneinfo", self.zoneinfo);
        add("phone_number", self.phone_number);
        let address = match self.address {
            Member::Absent => return typed,
            Member::Null => AddressChanges {
                formatted: Member::Null,
                street_address: Member::Null,
                postal_code: Member::Null,
                locality: Member::Null,
                region: Member::Null,
                country: Member::Null,
            },
            Member::Value(Members(address)) => address,
        };
        add("address.formatted", address.formatted);
        add("address.street_address", address.street_address);
        add("address.postal_code", address.postal_code);
        add("address.locality", address.locality);
        add("address.region", address.region);
        add("address.country", address.country);
        typed
    }
}

/// `GET me`: the standard claims, `null` where there is none, and the role.
pub async fn get(caller: Caller) -> Json<Value> {
    Json(me(caller.user()))
}

/// `PATCH me`: `null` clears a field, what is left out stays.
///
/// # Errors
/// Field by field, what is wrong with the values; then nothing is changed.
pub async fn patch(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(changes): Body<Changes>,
) -> Result<Json<Value>, ApiFault> {
    let id_user = caller.user().id_user;
    match change(&app.pool, id_user, &changes.typed(), &caller.context).await {
        Ok(user) => Ok(Json(me(&user))),
        Err(error) => Err(told(error, caller.locale)),
    }
}

fn told(error: ProfileError, locale: Locale) -> ApiFault {
    match error {
        ProfileError::Invalid(all) => Problem::invalid(all.into_iter().map(|invalid| {
            let detail = invalid.message_in_json(locale);
            FieldError::new(invalid.field.name, invalid.wrong.code(), detail)
        }))
        .into(),
        ProfileError::Gone => Problem::new(Kind::INVALID_TOKEN).into(),
        ProfileError::Database(error) => error.into(),
    }
}

fn me(user: &User) -> Value {
    let mut me = claims(user);
    me.insert("sub".into(), json!(user.sub));
    me.insert("email".into(), json!(user.email));
    me.insert("email_verified".into(), json!(user.email_verified));
    me.insert(
        "phone_number_verified".into(),
        json!(user.phone_number_verified),
    );
    me.insert("updated_at".into(), json!(user.updated_at));
    me.insert("role".into(), json!(user.role));
    Value::Object(me)
}
