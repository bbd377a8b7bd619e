//! Making a passkey.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;
use webauthn_rs::prelude::{Passkey, PasskeyRegistration, RegisterPublicKeyCredential};

use super::{Challenge, Passkeys};
use crate::authn::assurance::Proof;
use crate::authn::ceremony::{self, Bound, Kind};
use crate::authn::factors::{self, Factor, FactorError};
use crate::foundation::cipher::KeyEncryptionKey;
use crate::http::context::random_id;
use crate::users::User;

/// What came of a registration.
#[derive(Debug)]
pub enum Registration {
    /// The person has just used it, which proves as much as a sign-in with it would.
    Added { factor: Factor, proof: Proof },
    /// The answer does not fit the challenge, or the challenge is over.
    Refused,
    /// This credential is registered already.
    Known,
    /// The challenge is over, and this person's account has the credential: the answer came twice.
    Repeated,
}

impl Passkeys {
    /// Challenges a signed-in person's authenticator to make a credential.
    ///
    /// # Errors
    /// See [`FactorError`].
    pub async fn begin_registration(
        &self,
        db: impl PgExecutor<'_> + Copy,
        kek: &KeyEncryptionKey,
        user: &User,
        bound: &Bound,
        now: OffsetDateTime,
    ) -> Result<Challenge, FactorError> {
        let known = credentials(db, user.id_user).await?;
        let display_name = user.name.as_deref().filter(|name| !name.trim().is_empty());
        let (options, state) = self.webauthn()?.start_passkey_registration(
            user.sub,
            &user.email,
            display_name.unwrap_or(&user.email),
            Some(known),
        )?;
        let mut options = serde_json::to_value(options)?;
        let mut public_key = options.get_mut("publicKey").map(Value::take);
        // webauthn-rs discourages discoverable credentials; without one there is no sign-in by
        // autofill. `preferred`, for an old security key has no room for them and still makes a
        // second factor.
        if let Some(selection) = public_key
            .as_mut()
            .and_then(|options| options.get_mut("authenticatorSelection"))
        {
            selection["residentKey"] = Value::from("preferred");
        }
        let state = serde_json::to_vec(&state)?;
        let kind = Kind::PasskeyRegistration;
        let id_user = Some(user.id_user);
        let ceremony = ceremony::keep(db, kek, kind, id_user, bound, &state, now).await?;
        Ok(Challenge {
            ceremony,
            public_key: public_key.unwrap_or_default(),
        })
    }

    /// Keeps the credential that the authenticator made.
    ///
    /// # Errors
    /// See [`FactorError`].
    pub async fn finish_registration(
        &self,
        conn: &mut PgConnection,
        kek: &KeyEncryptionKey,
        id_user: i32,
        (ceremony, bound): (Uuid, &Bound),
        (credential, name): (&RegisterPublicKeyCredential, &str),
        now: OffsetDateTime,
    ) -> Result<Registration, FactorError> {
        let kind = Kind::PasskeyRegistration;
        let taken = ceremony::take(&mut *conn, kek, kind, ceremony, bound, now).await?;
        let Some(taken) = taken.filter(|taken| taken.id_user == Some(id_user)) else {
            let sent: &[u8] = credential.raw_id.as_ref();
            let known = credentials(&mut *conn, id_user).await?;
            return Ok(if known.iter().any(|known| known == sent) {
                Registration::Repeated
            } else {
                Registration::Refused
            });
        };
        let state: PasskeyRegistration = serde_json::from_slice(&taken.state)?;
        let passkey: Passkey = match self
            .webauthn()?
            .finish_passkey_registration(credential, &state)
        {
            Ok(passkey) => passkey,
            Err(error) => {
                tracing::info!(?error, "a passkey was not registered");
                return Ok(Registration::Refused);
            }
        };
        let stored = serde_json::to_value(&passkey)?;
        // Not told by webauthn-rs otherwise; what may be copied to a cloud is not bound to a device
        // (WebAuthn Level 3, section 6.1.3).
        let portable = stored.pointer("/cred/backup_eligible") != Some(&Value::Bool(false));
        let verified = stored.pointer("/cred/user_verified") == Some(&Value::Bool(true));
        let id = random_id();
        let inserted = sqlx::query!(
            "INSERT INTO factor (id, id_user, kind, name, created_at, credential_id, credential)
             VALUES ($1, $2, 'passkey', $3, $4, $5, $6)
             ON CONFLICT (credential_id) DO NOTHING",
            id,
            id_user,
            name,
            now,
            passkey.cred_id().as_slice(),
            stored,
        )
        .execute(conn)
        .await?;
        if inserted.rows_affected() == 0 {
            return Ok(Registration::Known);
        }
        Ok(Registration::Added {
            factor: Factor {
                id,
                kind: factors::Kind::Passkey,
                name: name.to_owned(),
                created_at: now,
                last_used_at: None,
            },
            proof: Proof::Passkey {
                hardware: !portable,
                user_verified: verified,
            },
        })
    }
}

/// The ids of a person's credentials.
async fn credentials(db: impl PgExecutor<'_>, id_user: i32) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT credential_id AS "id!" FROM factor WHERE id_user = $1 AND kind = 'passkey'"#,
        id_user
    )
    .fetch_all(db)
    .await
}
