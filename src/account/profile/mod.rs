//! The profile: the standard claims that a person writes about themself.

mod fields;
mod store;

pub mod json;
pub mod page;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::audit::{self, Event};
use crate::http::context::RequestContext;
use crate::i18n::{Locale, t, t_args};
use crate::users::User;

pub use fields::{FIELDS, Field, Wrong};

/// What is to change: for each field what was typed; `None` or blank clears it. What is not named
/// stays.
pub type Typed = BTreeMap<&'static str, Option<String>>;

/// Values that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked(Vec<(Field, Option<String>)>);

/// A field with the reason why its value is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    pub field: Field,
    pub wrong: Wrong,
}

impl Invalid {
    /// What happened and what to do.
    pub fn message(&self, locale: Locale) -> String {
        let (key, most) = self.wrong.text();
        t_args(locale, key, &[("n", most.into())])
    }

    /// The same for a call of the JSON API: it writes a date in one text, where the page has a field
    /// for each part.
    pub fn message_in_json(&self, locale: Locale) -> String {
        match self.wrong {
            Wrong::Date => t(locale, "profile-bad-date-json"),
            _ => self.message(locale),
        }
    }
}

/// Why a profile was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("{} fields are invalid", .0.len())]
    Invalid(Vec<Invalid>),
    /// The account went away meanwhile.
    #[error("there is no such account")]
    Gone,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Changes the profile: all of it or, where a value is refused, nothing. A new telephone number is
/// not verified.
///
/// # Errors
/// See [`ProfileError`].
pub async fn change(
    pool: &PgPool,
    id_user: i32,
    typed: &Typed,
    context: &RequestContext,
) -> Result<User, ProfileError> {
    let Checked(values) = check(pool, typed, context).await?;
    let mut tx = pool.begin().await?;
    let user = store::lock(&mut tx, id_user).await?;
    let user = user.ok_or(ProfileError::Gone)?;
    let before = claims(&user);
    let after = merged(&before, &values);
    let fields: Vec<&'static str> = names()
        .filter(|name| before.get(*name) != after.get(*name))
        .collect();
    if fields.is_empty() {
        return Ok(user);
    }
    store::write(&mut *tx, id_user, &Value::Object(after), context.now).await?;
    let event = Event::ProfileChanged { fields };
    audit::record(&mut *tx, &event, Some(user.sub), None, context).await?;
    let user = store::lock(&mut tx, id_user).await?;
    tx.commit().await?;
    user.ok_or(ProfileError::Gone)
}

/// Writes the profile of a new account, in the transaction that makes it.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    conn: &mut PgConnection,
    user: &User,
    checked: &Checked,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let after = merged(&claims(user), &checked.0);
    store::write(conn, user.id_user, &Value::Object(after), now).await
}

/// All values as they are to be kept.
///
/// # Errors
/// [`ProfileError::Invalid`] with all that is wrong; when the database fails.
pub async fn check(
    pool: &PgPool,
    typed: &Typed,
    context: &RequestContext,
) -> Result<Checked, ProfileError> {
    let (mut values, mut invalid) = (Vec::new(), Vec::new());
    for field in FIELDS {
        let Some(typed) = typed.get(field.name) else {
            continue;
        };
        let value = field.read(typed.as_deref().unwrap_or_default(), context.now.date());
        match value {
            Ok(Some(zone)) if field.name == "zoneinfo" && !store::is_zone(pool, &zone).await? => {
                let wrong = Wrong::Zone;
                invalid.push(Invalid { field, wrong });
            }
            Ok(value) => values.push((field, value)),
            Err(wrong) => invalid.push(Invalid { field, wrong }),
        }
    }
    if invalid.is_empty() {
        Ok(Checked(values))
    } else {
        Err(ProfileError::Invalid(invalid))
    }
}

/// The names of the claims, each once.
fn names() -> impl Iterator<Item = &'static str> {
    let own = FIELDS
        .into_iter()
        .filter(|field| field.address_part().is_none());
    own.map(|field| field.name).chain(["address"])
}

/// The claims that a person writes, as they are; `null` where there is none.
pub fn claims(user: &User) -> Map<String, Value> {
    let address = user.address.clone().unwrap_or(Value::Null);
    let claims = json!({
        "name": user.name, "given_name": user.given_name, "middle_name": user.middle_name,
        "family_name": user.family_name, "nickname": user.nickname,
        "preferred_username": user.preferred_username, "gender": user.gender,
        "birthdate": user.birthdate, "picture": user.picture, "profile": user.profile,
        "website": user.website, "locale": user.locale, "zoneinfo": user.zoneinfo,
        "phone_number": user.phone_number, "address": address,
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

fn merged(before: &Map<String, Value>, values: &[(Field, Option<String>)]) -> Map<String, Value> {
    let mut after = before.clone();
    let known = before.get("address").and_then(Value::as_object).cloned();
    let known = known.unwrap_or_default();
    let mut address = known.clone();
    let mut formatted = false;
    for (field, value) in values.iter().cloned() {
        match (field.address_part(), value) {
            (None, value) => {
                after.insert(field.name.to_owned(), json!(value));
            }
            (Some(part), value) => {
                formatted |= part == "formatted" && value.is_some();
                match value {
                    Some(value) => address.insert(part.to_owned(), json!(value)),
                    None => address.remove(part),
                };
            }
        }
    }
    // The whole follows the parts, unless it was written by hand in the same change.
    if address != known && !formatted {
        match composed(&address) {
            Some(whole) => address.insert("formatted".to_owned(), json!(whole)),
            None => address.remove("formatted"),
        };
    }
    let address = (!address.is_empty()).then_some(address);
    after.insert("address".to_owned(), json!(address));
    after
}

/// The parts on the lines of a letter (OpenID Connect Core 1.0, section 5.1.1).
fn composed(address: &Map<String, Value>) -> Option<String> {
    let part = |name: &str| address.get(name).and_then(Value::as_str).map(str::to_owned);
    let city: Vec<String> = [part("postal_code"), part("locality")]
        .into_iter()
        .flatten()
        .collect();
    let city = (!city.is_empty()).then(|| city.join(" "));
    let lines = [
        part("street_address"),
        city,
        part("region"),
        part("country"),
    ];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: Value, values: &[(&str, Option<&str>)]) -> Value {
        let Value::Object(before) = before else {
            panic!("no object");
        };
        let values = values
            .iter()
            .map(|(name, value)| (Field::named(name).unwrap(), value.map(str::to_owned)));
        Value::Object(merged(&before, &values.collect::<Vec<_>>()))
    }

    #[test]
    fn an_address_changes_by_its_parts_and_the_whole_follows() {
        let before =
            json!({ "name": "A", "address": { "locality": "Paris", "formatted": "Paris" } });
        let parts = [
            ("address.postal_code", Some("75001")),
            ("address.country", Some("France")),
        ];
        let after = change(before.clone(), &parts);
        assert_eq!(after["address"]["formatted"], "75001 Paris\nFrance");
        assert_eq!(
            (&after["name"], &after["address"]["locality"]),
            (&json!("A"), &json!("Paris"))
        );
        let own = [("address.formatted", Some("x")), ("address.locality", None)];
        assert_eq!(
            change(before.clone(), &own)["address"],
            json!({ "formatted": "x" })
        );
        let none = [("address.locality", None)];
        assert_eq!(change(before.clone(), &none)["address"], Value::Null);
        // A whole that was written by hand stays while nothing is changed.
        let by_hand = json!({ "address": { "locality": "Paris", "formatted": "By hand" } });
        let same = [("address.locality", Some("Paris")), ("name", Some("B"))];
        assert_eq!(
            change(by_hand.clone(), &same)["address"],
            by_hand["address"]
        );
    }
}
