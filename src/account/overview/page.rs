//! The page, which is also the start page of whoever is signed in.

use axum::response::Response;

use crate::app::{App, Asked, Fault, Visitor};
use crate::authn::session::{self, Session};
use crate::pages::Welcome;
use crate::pages::account_area::{AreaView, Overview, Visit};

/// `GET /`.
pub async fn start(asked: Asked) -> Response {
    asked
        .answer(
            async |app: &App, visitor: &Visitor, _: &str| match visitor.session(app).await? {
                Some(session) => show(app, visitor, session).await,
                None => Ok(welcome(app, visitor)),
            },
        )
        .await
}

/// `GET /account`.
pub async fn get(asked: Asked) -> Response {
    asked
        .answer(
            async |app: &App, visitor: &Visitor, _: &str| match visitor.session(app).await? {
                Some(session) => show(app, visitor, session).await,
                None => Err(Fault::SeeOther("/login?then=/account".to_owned())),
            },
        )
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
    let Session { sid, user, .. } = session;
    let (lifetimes, now) = (app.session_lifetimes(), visitor.context.now);
    let others = session::overview(&app.pool, user.id_user, sid, lifetimes, now).await?;
    let facts = visitor.page(app, None, user.locale.as_deref());
    let page = Overview {
        view: AreaView {
            email: user.email,
            ..AreaView::default()
        },
        name: user.name,
        role: user.role,
        last_sign_in: others.last.map(|last| Visit {
            at: last.at,
            ip: last.ip.map(|ip| ip.addr().to_string()),
            user_agent: last.user_agent,
        }),
        sessions: others.live,
        docs: Some(app.issuer.path("/docs")),
    };
    Ok(page.render(&facts.context(app)))
}
