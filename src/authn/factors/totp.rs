//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits and 30 seconds, which is what
//! every app understands.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use totp_rs::{Builder, Totp};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Factor, FactorError, Kind};
use crate::authn::ceremony::{self, Bound};
use crate::foundation::cipher::{KeyEncryptionKey, row_identity};
use crate::foundation::secret::{Secret, random_bytes};
use crate::http::context::random_id;
use crate::users::User;

/// Steps to either side of the present one in which a code is taken: clocks differ (RFC 6238,
/// section 5.2).
const SKEW: u16 = 1;

/// An enrolment that waits for its first code.
pub struct Enrolment {
    /// The name of the challenge.
    pub ceremony: Uuid,
    /// The key in base32, to be typed in.
    pub key: Secret,
    /// The same as `otpauth:` URL, for a QR code or a link.
    pub url: Secret,
}

/// What came of the first code.
#[derive(Debug)]
pub enum Confirmation {
    Added(Factor),
    /// It can be tried again.
    Wrong,
    /// Too late, tried too often, or not this person's: it begins anew.
    Over,
}

/// Makes a key for a person's app, whose entry is headed `issuer`.
///
/// # Errors
/// See [`FactorError`].
pub async fn begin(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    user: &User,
    issuer: &str,
    bound: &Bound,
    now: OffsetDateTime,
) -> Result<Enrolment, FactorError> {
    // 160 bits: the length that RFC 4226, section 4, recommends.
    let secret = Zeroizing::new(random_bytes::<20>());
    let kind = ceremony::Kind::TotpEnrolment;
    let id_user = Some(user.id_user);
    let id = ceremony::keep(db, kek, kind, id_user, bound, secret.as_slice(), now).await?;
    enrolment(id, secret.as_slice(), user, issuer)
}

/// An enrolment that was begun, to be shown again; `None` if it is over.
///
/// # Errors
/// See [`FactorError`].
pub async fn resume(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    user: &User,
    issuer: &str,
    (ceremony, bound): (Uuid, &Bound),
    now: OffsetDateTime,
) -> Result<Option<Enrolment>, FactorError> {
    let kind = ceremony::Kind::TotpEnrolment;
    let read = ceremony::read(db, kek, kind, ceremony, bound, now).await?;
    match read.filter(|read| read.id_user == Some(user.id_user)) {
        Some(read) => enrolment(ceremony, &read.state, user, issuer).map(Some),
        None => Ok(None),
    }
}

fn enrolment(
    ceremony: Uuid,
    secret: &[u8],
    user: &User,
    issuer: &str,
) -> Result<Enrolment, FactorError> {
    // The colon parts issuer and account in the URL.
    let builder = builder(secret)
        .with_account_name(user.email.replace(':', " "))
        .with_issuer(Some(issuer.replace(':', " ")));
    let totp = builder.build().map_err(FactorError::Totp)?;
    Ok(Enrolment {
        ceremony,
        key: Secret::new(totp.secret().to_base32()),
        url: Secret::new(totp.to_url().map_err(FactorError::Totp)?),
    })
}

/// Adds the factor if the app shows the right code. That code is used up by it. In a transaction.
///
/// # Errors
/// See [`FactorError`].
pub async fn confirm(
    conn: &mut PgConnection,
    kek: &KeyEncryptionKey,
    id_user: i32,
    (ceremony, bound): (Uuid, &Bound),
    code: &Secret,
    name: &str,
    now: OffsetDateTime,
) -> Result<Confirmation, FactorError> {
    let kind = ceremony::Kind::TotpEnrolment;
    let tried = ceremony::try_once(&mut *conn, kek, kind, ceremony, bound, now).await?;
    let Some(tried) = tried.filter(|tried| tried.id_user == Some(id_user)) else {
        return Ok(Confirmation::Over);
    };
    let Some(step) = matching_step(&tried.state, code, now)? else {
        return Ok(Confirmation::Wrong);
    };
    if ceremony::take(&mut *conn, kek, kind, ceremony, bound, now)
        .await?
        .is_none()
    {
        return Ok(Confirmation::Over);
    }
    let id = random_id();
    sqlx::query!(
        "INSERT INTO factor (id, id_user, kind, name, created_at, totp_secret_sealed,
                             totp_last_step)
         VALUES ($1, $2, 'totp', $3, $4, $5, $6)",
        id,
        id_user,
        name,
        now,
        kek.seal(&identity(id), &tried.state),
        step,
    )
    .execute(conn)
    .await?;
    Ok(Confirmation::Added(Factor {
        id,
        kind: Kind::Totp,
        name: name.to_owned(),
        created_at: now,
        last_used_at: None,
    }))
}

/// Whether a code is one of a person's apps', which uses it up: of any number of requests that
/// carry the same code, one is told yes.
///
/// # Errors
/// See [`FactorError`].
pub async fn verify(
    db: impl PgExecutor<'_> + Copy,
    kek: &KeyEncryptionKey,
    id_user: i32,
    code: &Secret,
    now: OffsetDateTime,
) -> Result<bool, FactorError> {
    let factors = sqlx::query!(
        r#"SELECT id, totp_secret_sealed AS "sealed!" FROM factor
           WHERE id_user = $1 AND kind = 'totp' ORDER BY created_at"#,
        id_user
    )
    .fetch_all(db)
    .await?;
    for factor in factors {
        let secret = kek.open(&identity(factor.id), &factor.sealed)?;
        let Some(step) = matching_step(&secret, code, now)? else {
            continue;
        };
        let accepted = sqlx::query!(
            "UPDATE factor SET totp_last_step = $2, last_used_at = $3
             WHERE id = $1 AND totp_last_step < $2",
            factor.id,
            step,
            now
        )
        .execute(db)
        .await?;
        if accepted.rows_affected() == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The associated data of a sealed secret.
pub fn identity(id: Uuid) -> Vec<u8> {
    row_identity("factor", "totp_secret_sealed", &id.to_string())
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new()
        .with_secret(secret)
        .with_skew(SKEW)
        .with_digits(6)
        .with_step_duration(30)
}

/// The time step whose code this is. People copy the space that apps show in the middle.
fn matching_step(
    secret: &[u8],
    code: &Secret,
    now: OffsetDateTime,
) -> Result<Option<i64>, FactorError> {
    let code = digits(code);
    if code.len() != 6 {
        return Ok(None);
    }
    let builder = builder(secret).with_account_name("account");
    let totp: Totp = builder.build().map_err(FactorError::Totp)?;
    let Ok(time) = u64::try_from(now.unix_timestamp()) else {
        return Ok(None);
    };
    Ok(totp
        .check(&code, time)
        .and_then(|step| i64::try_from(step).ok()))
}

/// A typed code without spaces; empty if there is anything but digits.
pub(super) fn digits(code: &Secret) -> Zeroizing<String> {
    let plain = code.expose().chars().filter(|c| !c.is_whitespace());
    let plain: Zeroizing<String> = Zeroizing::new(plain.collect());
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        plain
    } else {
        Zeroizing::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six of the eight digits.
    #[test]
    fn the_codes_are_the_standard_s() {
        let secret = b"12345678901234567890";
        for (time, code, step) in [
            (59, "287 082", 1),
            (1_111_111_109, "081804", 37_037_036),
            (20_000_000_000, "353130", 666_666_666),
        ] {
            let now = OffsetDateTime::from_unix_timestamp(time).unwrap();
            let found = |now| matching_step(secret, &Secret::new(code), now).unwrap();
            assert_eq!(found(now), Some(step));
            let period = time::Duration::seconds(30);
            assert_eq!(found(now + period), Some(step));
            assert_eq!(found(now - period), Some(step));
            assert_eq!(found(now + period * 2), None);
            assert_eq!(found(now - period * 2), None);
        }
    }

    #[test]
    fn what_is_no_code_matches_nothing() {
        let now = OffsetDateTime::from_unix_timestamp(59).unwrap();
        for code in [
            "",
            "28708",
            "2870820",
            "28708a",
            "+287082",
            "-87082",
            "２８７０８２",
        ] {
            let found = matching_step(b"12345678901234567890", &Secret::new(code), now);
            assert_eq!(found.unwrap(), None, "{code}");
        }
    }
}
