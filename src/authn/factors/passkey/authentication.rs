//! Answering with a passkey.

use serde_json::Value;
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication,
    PublicKeyCredential, WebauthnError,
};

use super::{Challenge, Passkeys};
use crate::audit::{self, Event, Reason};
use crate::authn::assurance::Proof;
use crate::authn::ceremony::{self, Bound, Kind};
use crate::authn::factors::FactorError;
use crate::foundation::cipher::KeyEncryptionKey;
use crate::http::context::RequestContext;

/// What an answer to a challenge proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asserted {
    pub id_user: i32,
    /// The factor that was used.
    pub factor: Uuid,
    pub proof: Proof,
}

/// What came of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Proved(Asserted),
    /// The answer does not fit the challenge, the challenge is over or was answered, the credential
    /// is unknown, or its signature counter is not past the last one.
    Refused,
}

struct Stored {
    id: Uuid,
    id_user: i32,
    passkey: Passkey,
}

impl Passkeys {
    /// Challenges a known person's passkeys; `None` if there are none.
    ///
    /// # Errors
    /// See [`FactorError`].
    pub async fn begin_authentication(
        &self,
        db: impl PgExecutor<'_> + Copy,
        kek: &KeyEncryptionKey,
        id_user: i32,
        bound: &Bound,
        now: OffsetDateTime,
    ) -> Result<Option<Challenge>, FactorError> {
        let stored = sqlx::query_scalar!(
            r#"SELECT credential AS "credential!" FROM factor
               WHERE id_user = $1 AND kind = 'passkey' ORDER BY created_at"#,
            id_user
        )
        .fetch_all(db)
        .await?;
        let passkeys = stored.into_iter().map(serde_json::from_value);
        let passkeys: Vec<Passkey> = passkeys.collect::<Result<_, _>>()?;
        if passkeys.is_empty() || !self.available() {
            return Ok(None);
        }
        let (options, state) = self.webauthn()?.start_passkey_authentication(&passkeys)?;
        let state = serde_json::to_vec(&state)?;
        let kind = Kind::PasskeyAuthentication;
        let ceremony = ceremony::keep(db, kek, kind, Some(id_user), bound, &state, now).await?;
        Ok(Some(Challenge {
            ceremony,
            public_key: public_key(serde_json::to_value(options)?),
        }))
    }

    /// Checks a known person's answer.
    ///
    /// # Errors
    /// See [`FactorError`].
    pub async fn finish_authentication(
        &self,
        db: impl PgExecutor<'_> + Copy,
        kek: &KeyEncryptionKey,
        id_user: i32,
        (ceremony, bound): (Uuid, &Bound),
        credential: &PublicKeyCredential,
        context: &RequestContext,
    ) -> Result<Answer, FactorError> {
        let now = context.now;
        let kind = Kind::PasskeyAuthentication;
        let taken = ceremony::take(db, kek, kind, ceremony, bound, now).await?;
        let Some(taken) = taken.filter(|taken| taken.id_user == Some(id_user)) else {
            return Ok(Answer::Refused);
        };
        let stored = find(db, credential.get_credential_id()).await?;
        let Some(stored) = stored.filter(|stored| stored.id_user == id_user) else {
            return Ok(Answer::Refused);
        };
        let state: PasskeyAuthentication = serde_json::from_slice(&taken.state)?;
        let result = self
            .webauthn()?
            .finish_passkey_authentication(credential, &state);
        conclude(db, stored, result, context).await
    }

    /// Challenges whoever holds a passkey of this server.
    ///
    /// # Errors
    /// See [`FactorError`].
    pub async fn begin_discoverable(
        &self,
        db: impl PgExecutor<'_>,
        kek: &KeyEncryptionKey,
        bound: &Bound,
        now: OffsetDateTime,
    ) -> Result<Challenge, FactorError> {
        let (options, state) = self.webauthn()?.start_discoverable_authentication()?;
        let state = serde_json::to_vec(&state)?;
        let kind = Kind::PasskeyDiscoverable;
        let ceremony = ceremony::keep(db, kek, kind, None, bound, &state, now).await?;
        Ok(Challenge {
            ceremony,
            public_key: public_key(serde_json::to_value(options)?),
        })
    }

    /// Checks the answer of somebody who has not said who they are: the credential tells. Whether
    /// that person may sign in is not looked at.
    ///
    /// # Errors
    /// See [`FactorError`].
    pub async fn finish_discoverable(
        &self,
        db: impl PgExecutor<'_> + Copy,
        kek: &KeyEncryptionKey,
        ceremony: Uuid,
        bound: &Bound,
        credential: &PublicKeyCredential,
        context: &RequestContext,
    ) -> Result<Answer, FactorError> {
        let now = context.now;
        let kind = Kind::PasskeyDiscoverable;
        let Some(taken) = ceremony::take(db, kek, kind, ceremony, bound, now).await? else {
            return Ok(Answer::Refused);
        };
        let webauthn = self.webauthn()?;
        let Ok((sub, credential_id)) = webauthn.identify_discoverable_authentication(credential)
        else {
            return Ok(Answer::Refused);
        };
        let Some(stored) = find(db, credential_id).await? else {
            return Ok(Answer::Refused);
        };
        // The user handle is the `sub` of the credential's owner (section 7.2, step 6).
        let owner = sqlx::query_scalar!(
            "SELECT sub FROM user_account WHERE id_user = $1",
            stored.id_user
        )
        .fetch_optional(db)
        .await?;
        if owner != Some(sub) {
            return Ok(Answer::Refused);
        }
        let state: DiscoverableAuthentication = serde_json::from_slice(&taken.state)?;
        let result =
            webauthn.finish_discoverable_authentication_v2(credential, state, &stored.passkey);
        let answer = conclude(db, stored, result, context).await?;
        if answer == Answer::Refused {
            let reason = Some(Reason::PasskeyRefused);
            let event = Event::SignInRefused { reason };
            audit::record(db, &event, Some(sub), None, context).await?;
        }
        Ok(answer)
    }
}

/// The options without what is around them: how they are asked for is the page's choice.
fn public_key(mut options: Value) -> Value {
    options
        .get_mut("publicKey")
        .map(Value::take)
        .unwrap_or_default()
}

async fn find(
    db: impl PgExecutor<'_>,
    credential_id: &[u8],
) -> Result<Option<Stored>, FactorError> {
    let row = sqlx::query!(
        r#"SELECT id, id_user, credential AS "credential!" FROM factor WHERE credential_id = $1"#,
        credential_id
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Stored {
        id: row.id,
        id_user: row.id_user,
        passkey: serde_json::from_value(row.credential)?,
    }))
}

/// Keeps what the answer told of the credential. The counter is compared again in the statement
/// that stores it: of two answers at once that carry the same one, the second is refused.
async fn conclude(
    db: impl PgExecutor<'_> + Copy,
    mut stored: Stored,
    result: Result<AuthenticationResult, WebauthnError>,
    context: &RequestContext,
) -> Result<Answer, FactorError> {
    let id_user = stored.id_user;
    let result = match result {
        Ok(result) => result,
        Err(WebauthnError::CredentialPossibleCompromise) => {
            return copied(db, id_user, context).await;
        }
        Err(error) => {
            tracing::info!(?error, "a passkey's answer was refused");
            return Ok(Answer::Refused);
        }
    };
    if stored.passkey.update_credential(&result).is_none() {
        return Ok(Answer::Refused);
    }
    let updated = sqlx::query!(
        r#"
        UPDATE factor SET credential = $2, last_used_at = $4
        WHERE id = $1
          AND ((credential #>> '{cred,counter}')::bigint < $3
               OR ($3 = 0 AND (credential #>> '{cred,counter}')::bigint = 0))
        "#,
        stored.id,
        serde_json::to_value(&stored.passkey)?,
        i64::from(result.counter()),
        context.now,
    )
    .execute(db)
    .await?;
    if updated.rows_affected() == 0 {
        return copied(db, id_user, context).await;
    }
    Ok(Answer::Proved(Asserted {
        id_user,
        factor: stored.id,
        proof: Proof::Passkey {
            // What may be copied to a cloud is not bound to a device (section 6.1.3).
            hardware: !result.backup_eligible(),
            user_verified: result.user_verified(),
        },
    }))
}

/// The signature is right and the signature counter is not past the last one: there may be two
/// copies of the key (WebAuthn Level 3, section 7.2, step 22). Refused, and recorded.
async fn copied(
    db: impl PgExecutor<'_> + Copy,
    id_user: i32,
    context: &RequestContext,
) -> Result<Answer, FactorError> {
    let subject = sqlx::query_scalar!("SELECT sub FROM user_account WHERE id_user = $1", id_user)
        .fetch_optional(db)
        .await?;
    audit::record(db, &Event::PasskeyCopied, subject, None, context).await?;
    Ok(Answer::Refused)
}
