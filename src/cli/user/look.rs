//! `auth-api user list` and `user show`.

use std::io::Write as _;

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::cli::CommandError;
use crate::foundation::clock::Clock;
use crate::users::User;

/// People on one page of the list.
const PAGE: i64 = 500;

/// Prints `sub`, state, role and address of each person.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, email: Option<&str>) -> Result<(), CommandError> {
    let part = email.unwrap_or_default().to_ascii_lowercase();
    let mut after = 0;
    loop {
        let people = sqlx::query!(
            r#"
            SELECT u.id_user, u.email, a.sub, r.name AS "role?", a.disabled_at, a.deleted_at,
                   a.unverified_since
            FROM users u JOIN user_account a USING (id_user)
            LEFT JOIN role r ON r.id_role = u.role_id
            WHERE u.id_user > $1 AND strpos(a.email_key, $2) > 0
            ORDER BY u.id_user LIMIT $3
            "#,
            after,
            part,
            PAGE,
        )
        .fetch_all(pool)
        .await?;
        let Some(last) = people.last() else { break };
        after = last.id_user;
        for person in people {
            let state = match (
                person.deleted_at,
                person.disabled_at,
                person.unverified_since,
            ) {
                (Some(_), _, _) => "deleted",
                (None, Some(_), _) => "disabled",
                (None, None, Some(_)) => "unverified",
                (None, None, None) => "active",
            };
            let role = person.role.as_deref().unwrap_or("-");
            // A reader that went away, like `head`, has read enough.
            let _ = writeln!(
                std::io::stdout(),
                "{}  {state:10}  {role}  {}",
                person.sub,
                person.email
            );
        }
    }
    Ok(())
}

/// Prints what protects an account and what becomes of it.
///
/// # Errors
/// When the database fails.
pub async fn show(pool: &PgPool, user: &User) -> Result<(), CommandError> {
    let now = Clock::default().now();
    let account = sqlx::query!(
        r#"
        SELECT u.created_at, a.unverified_since, a.disabled_at, a.deleted_at, a.purge_at,
               a.password_changed_at,
               (SELECT count(*) FROM recovery_code c
                WHERE c.id_user = a.id_user AND used_at IS NULL) AS "codes!",
               (SELECT count(*) FROM session s WHERE s.id_user = a.id_user AND ended_at IS NULL
                  AND expires_at > $2) AS "sessions!",
               (SELECT count(*) FROM consent c WHERE c.id_user = a.id_user) AS "apps!",
               (SELECT max(auth_time) FROM session s WHERE s.id_user = a.id_user) AS last
        FROM users u JOIN user_account a USING (id_user) WHERE id_user = $1
        "#,
        user.id_user,
        now,
    )
    .fetch_one(pool)
    .await?;
    let factors = sqlx::query!(
        "SELECT kind, name, created_at, last_used_at FROM factor WHERE id_user = $1
         ORDER BY created_at",
        user.id_user
    )
    .fetch_all(pool)
    .await?;
    let mut lines = vec![
        ("sub", user.sub.to_string()),
        ("email", user.email.clone()),
        ("email verified", yes(user.email_verified)),
        ("role", user.role.clone().unwrap_or_else(|| "none".into())),
        ("created", account.created_at.assume_utc().to_string()),
    ];
    let mut at = |name, time: Option<OffsetDateTime>| {
        lines.extend(time.map(|time| (name, time.to_string())));
    };
    at("unverified since", account.unverified_since);
    at("disabled", account.disabled_at);
    at("deleted", account.deleted_at);
    at("purge due", account.purge_at);
    at("password changed", account.password_changed_at);
    at("last sign-in", account.last);
    lines.push(("sessions", account.sessions.to_string()));
    lines.push(("connected apps", account.apps.to_string()));
    for factor in factors {
        let used = factor
            .last_used_at
            .map_or_else(|| "never used".to_owned(), |at| format!("used {at}"));
        let text = format!(
            "{} \"{}\", added {}, {used}",
            factor.kind, factor.name, factor.created_at
        );
        lines.push(("factor", text));
    }
    lines.push(("recovery codes", account.codes.to_string()));
    lines.push(("second factor required", yes(user.second_factor_required)));
    for (name, value) in lines {
        let _ = writeln!(std::io::stdout(), "{name:22}  {value}");
    }
    Ok(())
}

fn yes(it: bool) -> String {
    if it { "yes" } else { "no" }.to_owned()
}
