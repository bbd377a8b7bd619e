//! The page, which is also the start page of whoever is signed in.

use axum::response::Response;

use super::protection;
use crate::account::{area, guard, sessions};
use crate::app::{App, Asked, Fault, Visitor};
use crate::authn::session::{self, Session};
use crate::pages::account_area::{Overview, Protected, Visit};
use crate::pages::{FormProblems, Welcome};

/// `GET /`.
pub async fn start(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            if visitor.session(app).await?.is_none() {
                return Ok(welcome(app, visitor));
            }
            show(app, visitor, guard::session(app, visitor).await?).await
        })
        .await
}

/// `GET /account`.
pub async fn get(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            show(app, visitor, guard::session(app, visitor).await?).await
        })
        .await
}

fn welcome(app: &App, visitor: &Visitor) -> Response {
    let page = Welcome {
        sign_in: app.issuer.path("/login"),
        docs: Some(app.issuer.path("/docs")),
    };
    page.render(&visitor.page(app, None, None).context(app))
}

async fn show(app: &App, visitor: &Visitor, session: Session) -> Result<Response, Fault> {
    let facts = area::facts(app, visitor, &session);
    let view = area::view(&session, FormProblems::default());
    let Session { sid, user, .. } = session;
    let (lifetimes, now) = (app.session_lifetimes(), visitor.context.now);
    let last = session::last_elsewhere(&app.pool, user.id_user, sid).await?;
    let protection = protection(&app.pool, user.id_user).await?;
    let open = sessions::list(&app.pool, user.id_user, Some(sid), lifetimes, now).await?;
    let page = Overview {
        view,
        name: user.name,
        role: user.role,
        last_sign_in: last.map(|last| Visit {
            at: last.at,
            ip: last.ip.map(|ip| ip.addr().to_string()),
            user_agent: last.user_agent,
        }),
        sessions: u32::try_from(open.total).unwrap_or(u32::MAX),
        protected: Protected {
            password_changed_at: protection.password_changed_at,
            totp: protection.factors.totp,
            passkey: protection.factors.passkey,
            email: protection.factors.email,
            recovery_codes_left: protection.factors.recovery_codes_left,
        },
        docs: Some(app.issuer.path("/docs")),
    };
    Ok(page.render(&facts.context(app)))
}
