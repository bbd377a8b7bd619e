//! Creating an account. Whoever names an address learns nothing of it: the answer, the work and the
//! mail are the same whether or not there is an account; what differs is what the mail says.

pub mod json;
pub mod page;

use aws_lc_rs::hmac;
use sqlx::{Postgres, Transaction};
use tokio::time::Instant;

use super::input;
use super::profile::{self, Checked, ProfileError, Typed};
use super::refusal::Refusal;
use super::standing::{Errand, Standing};
use super::uniform;
use crate::app::App;
use crate::audit::{self, Event};
use crate::authn::password::NOBODYS;
use crate::authn::throttle::{self, Bucket, Gate};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::problem::FieldError;
use crate::mail::MailError;
use crate::users::registration::{self, NewUser};
use crate::users::{EmailAddress, User, store};

/// What a person enters to create an account.
pub struct Registration {
    pub email: String,
    pub password: Option<Secret>,
    /// Standard claims (OpenID Connect Core 1.0, section 5.1).
    pub profile: Typed,
}

struct Accepted {
    email: EmailAddress,
    password: Secret,
    profile: Checked,
}

/// Creates an account whose address is to be proved, and mails the link that proves it. Where there
/// is an account already, its owner is mailed how to get into it. Where an address that nobody has
/// proved yet is registered again, the profile is the newest one's. With the same password, it is the
/// same person, who pressed twice or did not find the mail; with another, the password is nobody's:
/// whoever reads the address's mail sets it.
///
/// # Errors
/// See [`Refusal`]. None says whether there is such an account.
pub async fn register(
    app: &App,
    registration: Registration,
    errand: Errand<'_>,
    context: &RequestContext,
) -> Result<(), Refusal> {
    if !app.config.account.registration {
        return Err(Refusal::Closed);
    }
    let accepted = check(app, registration, errand, context).await?;
    let bucket: Vec<Bucket<'_>> = context.ip.map(Bucket::Registration).into_iter().collect();
    let gate = throttle::try_pass(&app.pool, &bucket, context.now).await?;
    if let Gate::Wait { seconds } = gate {
        return Err(Refusal::Wait { seconds });
    }
    may_ask_for_mail(app, context).await?;
    // Before anything that depends on the account, so that its cost says nothing.
    let salt = salt(app, &accepted.email).await?;
    let hash = app.passwords.hash_salted(accepted.password.clone(), salt);
    let hash = match hash.await {
        Ok(hash) => hash,
        Err(error) => {
            throttle::give_back(&app.pool, &bucket, context.now).await?;
            return Err(error.into());
        }
    };
    let began = Instant::now();
    // Without a mail nothing may change either: whoever had the last link would prove what somebody
    // else has set since.
    if may_write_to(app, &accepted.email, context).await? {
        keep(app, accepted, &hash, errand, context).await?;
    }
    uniform::hold(began).await;
    Ok(())
}

/// The salt of every password that is registered for an address: it tells, without another hash and
/// whatever else happens at the same time, whether a password is the one that was registered before.
/// Of each address its own, for it comes from the address, and known to nobody, for it comes from a
/// secret of this server.
async fn salt(app: &App, email: &EmailAddress) -> Result<[u8; 16], Refusal> {
    let secret = app.keys.pairwise_salt().await;
    let secret = secret.map_err(|error| Refusal::Failed(Box::new(error)))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    // No sector of pairwise subjects, which the same secret is for, begins like this.
    let tag = hmac::sign(&key, format!("\0registration\0{}", email.key()).as_bytes());
    let mut salt = [0; 16];
    salt.copy_from_slice(tag.as_ref().split_at(16).0);
    Ok(salt)
}

async fn check(
    app: &App,
    registration: Registration,
    errand: Errand<'_>,
    context: &RequestContext,
) -> Result<Accepted, Refusal> {
    let Registration {
        email,
        password,
        mut profile,
    } = registration;
    let mut errors = Vec::new();
    let address = input::email(&email, "email", errand.locale)
        .map_err(|error| errors.push(error))
        .ok();
    let text = |name: &str| profile.get(name).cloned().flatten().unwrap_or_default();
    let names = ["name", "given_name", "family_name", "nickname"].map(text);
    let about: Vec<&str> = [email.as_str(), &app.config.branding.name]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let password = input::new_password(password, "password", &about, errand.locale)
        .map_err(|error| errors.push(error))
        .ok();
    let [name, given, family, _] = &names;
    if name.trim().is_empty() {
        let whole = format!("{} {}", given.trim(), family.trim());
        profile.insert("name", Some(whole.trim().to_owned()));
    }
    let profile = match profile::check(&app.pool, &profile, context).await {
        Ok(profile) => Some(profile),
        Err(ProfileError::Invalid(invalid)) => {
            errors.extend(invalid.into_iter().map(|invalid| {
                let detail = invalid.message_in_json(errand.locale);
                FieldError::new(invalid.field.name, invalid.wrong.code(), detail)
            }));
            None
        }
        Err(ProfileError::Database(error)) => return Err(error.into()),
        Err(error @ ProfileError::Gone) => return Err(Refusal::Failed(Box::new(error))),
    };
    match (address, password, profile) {
        (Some(email), Some(password), Some(profile)) => Ok(Accepted {
            email,
            password,
            profile,
        }),
        _ => Err(Refusal::Invalid(errors)),
    }
}

/// Counts a request for mail by who makes it. Whoever makes too many is told, before anything is done:
/// it says nothing about any account, and many people may be behind one address.
///
/// # Errors
/// [`Refusal::Wait`], or when the database fails.
pub async fn may_ask_for_mail(app: &App, context: &RequestContext) -> Result<(), Refusal> {
    let from: Vec<Bucket<'_>> = context.ip.map(Bucket::MailFrom).into_iter().collect();
    match throttle::try_pass(&app.pool, &from, context.now).await? {
        Gate::Open => Ok(()),
        Gate::Wait { seconds } => Err(Refusal::Wait { seconds }),
    }
}

/// Whether a mail may go to an address, counting it. Nobody is told: the answer is the same.
///
/// # Errors
/// When the database fails.
pub async fn may_write_to(
    app: &App,
    email: &EmailAddress,
    context: &RequestContext,
) -> Result<bool, sqlx::Error> {
    let email_key = email.key();
    let to = [Bucket::MailTo {
        email_key: &email_key,
    }];
    let gate = throttle::try_pass(&app.pool, &to, context.now).await?;
    Ok(gate == Gate::Open)
}

async fn keep(
    app: &App,
    accepted: Accepted,
    hash: &Secret,
    errand: Errand<'_>,
    context: &RequestContext,
) -> Result<(), MailError> {
    let mut tx = app.pool.begin().await?;
    registration::lock_address(&mut tx, &accepted.email).await?;
    let known = store::find_by_email(&mut *tx, accepted.email.as_str()).await?;
    // As it stands now that nobody else changes it: its owner may just be proving the address.
    let known = match known {
        Some(known) => registration::lock(&mut tx, known.user.id_user).await?,
        None => None,
    };
    match known {
        None => make(app, &mut tx, None, accepted, hash, errand, context).await?,
        Some(user) => match Standing::of(&user) {
            Standing::Unproven => {
                make(app, &mut tx, Some(user), accepted, hash, errand, context).await?;
            }
            Standing::Live | Standing::Closed => errand.remind(app, &mut tx, &user).await?,
            Standing::Deleted => errand.restore(app, &mut tx, &user).await?,
        },
    }
    tx.commit().await?;
    Ok(())
}

/// Makes the account, anew where `earlier` is one that nobody has proved.
async fn make(
    app: &App,
    tx: &mut Transaction<'_, Postgres>,
    earlier: Option<User>,
    accepted: Accepted,
    hash: &Secret,
    errand: Errand<'_>,
    context: &RequestContext,
) -> Result<(), MailError> {
    let nobodys = Secret::new(NOBODYS);
    let repeated = match &earlier {
        None => true,
        Some(user) => registration::has_hash(tx, user.id_user, hash.expose()).await?,
    };
    let new = NewUser {
        email: &accepted.email,
        // Of two who register one address, neither has shown that it is theirs: its owner sets the
        // password, by the mailed link.
        password_hash: if repeated { hash } else { &nobodys },
        locale: errand.locale.tag(),
        role: app.config.account.default_role.as_deref(),
    };
    let id_user = match earlier {
        None => registration::add(&mut *tx, &new, context.now).await?,
        Some(user) => {
            registration::replace(&mut *tx, user.id_user, &new, context.now).await?;
            user.id_user
        }
    };
    let Some(user) = store::find(&mut **tx, id_user).await? else {
        return Err(sqlx::Error::RowNotFound.into());
    };
    profile::begin(tx, &user, &accepted.profile, context.now).await?;
    errand.verify(app, tx, &user).await?;
    let subject = Some(user.sub);
    audit::record(&mut **tx, &Event::Registered, subject, None, context).await?;
    Ok(())
}
