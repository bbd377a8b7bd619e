//! `auth-api user role`.

use sqlx::PgPool;

use crate::audit::{self, Actor, Event};
use crate::cli::CommandError;
use crate::foundation::clock::Clock;
use crate::http::context::RequestContext;
use crate::users::User;

/// # Errors
/// What went wrong, in plain words.
pub async fn run(pool: &PgPool, user: &User, role: Option<&str>) -> Result<(), CommandError> {
    let role_id = id_of(pool, role).await?;
    let mut tx = pool.begin().await?;
    sqlx::query!(
        "UPDATE users SET role_id = $2 WHERE id_user = $1",
        user.id_user,
        role_id
    )
    .execute(&mut *tx)
    .await?;
    let changed = Event::RoleChanged {
        role: role.map(str::to_owned),
    };
    let context = RequestContext::none(Clock::default().now());
    let subject = Some(user.sub);
    audit::record_by(
        &mut *tx,
        Actor::Operator,
        None,
        &changed,
        subject,
        None,
        &context,
    )
    .await?;
    tx.commit().await?;
    println!("{} has the role {}", user.email, role.unwrap_or("none"));
    Ok(())
}

/// The key of a role.
pub async fn id_of(pool: &PgPool, name: Option<&str>) -> Result<Option<i32>, CommandError> {
    let Some(name) = name else { return Ok(None) };
    let found = sqlx::query_scalar!("SELECT id_role FROM role WHERE name = $1", name)
        .fetch_optional(pool)
        .await?;
    found
        .map(Some)
        .ok_or_else(|| format!("there is no role {name}").into())
}
