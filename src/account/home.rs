//! `/`: the start page; signed in, what protects the account and who was here last.

use axum::response::Response;

use crate::app::{App, Asked, Fault, Visitor};
use crate::authn::session::{self, Session};
use crate::pages::{Home, LastSignIn, Welcome};

/// `GET /`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, _: &str) -> Result<Response, Fault> {
    let docs = Some(app.issuer.path("/docs"));
    let Some(Session { sid, user, .. }) = visitor.session(app).await? else {
        let page = Welcome {
            sign_in: app.issuer.path("/login"),
            docs,
        };
        return Ok(page.render(&visitor.page(app, None, None).context(app)));
    };
    let (lifetimes, now) = (app.session_lifetimes(), visitor.context.now);
    let others = session::overview(&app.pool, user.id_user, sid, lifetimes, now).await?;
    let facts = visitor.page(app, None, user.locale.as_deref());
    let page = Home {
        name: user.name,
        email: user.email,
        role: user.role,
        last_sign_in: others.last.map(|last| LastSignIn {
            at: last.at,
            ip: last.ip.map(|ip| ip.addr().to_string()),
            user_agent: last.user_agent,
        }),
        sessions: others.live,
        sign_out_action: app.issuer.path("/logout/confirm"),
        docs,
    };
    Ok(page.render(&facts.context(app)))
}
