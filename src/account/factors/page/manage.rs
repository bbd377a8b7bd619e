//! `/account/factors/{id}/name` and `/account/factors/{id}/remove`.

use axum::extract::Path;
use axum::response::Response;
use uuid::Uuid;

use super::{ANOTHERS, PATH, is_anothers, not_found, person};
use crate::account::area::{self, Poster};
use crate::account::factors::{protection, remove, rename};
use crate::account::guard;
use crate::app::{App, Asked, Fault, PageFacts, Posted, Visitor, see_other};
use crate::authn::factors::store::{self, Removal};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::t;
use crate::pages::FormProblems;
use crate::pages::factors::{RemoveFactor, RenameFactor};

/// `GET /account/factors/{id}/name`.
pub async fn name(Path(id): Path<String>, asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            let session = guard::confirmed(app, visitor).await?;
            let id = Uuid::parse_str(&id).map_err(|_| not_found())?;
            let factor = store::find(&app.pool, session.user.id_user, id).await?;
            let factor = factor.ok_or_else(not_found)?;
            let facts = area::facts(app, visitor, &session);
            let none = FormProblems::default();
            Ok(rename_page(app, &session, &facts, id, factor.name, none))
        })
        .await
}

/// `POST /account/factors/{id}/name`.
pub async fn post_name(Path(id): Path<String>, posted: Posted) -> Response {
    posted
        .answer(
            async |app: &App, visitor: &Visitor, _: &str, params: &Params| {
                let session = guard::confirmed(app, visitor).await;
                let session = match area::poster(app, visitor, params, session).await? {
                    Poster::Person(session) => session,
                    Poster::Kept(page) => return Ok(page),
                };
                let id = Uuid::parse_str(&id).map_err(|_| not_found())?;
                if is_anothers(visitor, params, &session) {
                    return Ok(anothers(app));
                }
                let facts = area::facts(app, visitor, &session);
                let locale = facts.locale();
                let typed = params.get("name").unwrap_or_default();
                let problems = match super::super::name(typed) {
                    _ if !visitor.owns_form(params) => FormProblems::expired(locale),
                    None => FormProblems::at("name", t(locale, "factors-name-bad")),
                    Some(name) => {
                        let person = person(visitor, &session, &facts);
                        let renamed = rename(app, &person, id, &name).await?;
                        let query = if renamed.is_some() {
                            "done=renamed"
                        } else {
                            "problem=gone"
                        };
                        return Ok(see_other(app, &format!("{PATH}?{query}")));
                    }
                };
                Ok(rename_page(
                    app,
                    &session,
                    &facts,
                    id,
                    typed.to_owned(),
                    problems,
                ))
            },
        )
        .await
}

fn rename_page(
    app: &App,
    session: &Session,
    facts: &PageFacts,
    id: Uuid,
    name: String,
    problems: FormProblems,
) -> Response {
    let page = RenameFactor {
        view: area::view(session, problems),
        action: app.issuer.path(&format!("{PATH}/{id}/name")),
        name,
    };
    page.render(&facts.context(app))
}

/// `GET /account/factors/{id}/remove`.
pub async fn removal(Path(id): Path<String>, asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            let session = guard::confirmed(app, visitor).await?;
            let id = Uuid::parse_str(&id).map_err(|_| not_found())?;
            let facts = area::facts(app, visitor, &session);
            remove_page(app, &session, &facts, id, FormProblems::default()).await
        })
        .await
}

/// `POST /account/factors/{id}/remove`.
pub async fn post_removal(Path(id): Path<String>, posted: Posted) -> Response {
    posted
        .answer(
            async |app: &App, visitor: &Visitor, _: &str, params: &Params| {
                let session = guard::confirmed(app, visitor).await;
                let session = match area::poster(app, visitor, params, session).await? {
                    Poster::Person(session) => session,
                    Poster::Kept(page) => return Ok(page),
                };
                let id = Uuid::parse_str(&id).map_err(|_| not_found())?;
                if is_anothers(visitor, params, &session) {
                    return Ok(anothers(app));
                }
                let facts = area::facts(app, visitor, &session);
                if !visitor.owns_form(params) {
                    let problems = FormProblems::expired(facts.locale());
                    return remove_page(app, &session, &facts, id, problems).await;
                }
                let person = person(visitor, &session, &facts);
                let query = match remove(app, &person, id).await? {
                    Removal::Removed(_) => "done=removed",
                    Removal::Demanded => "problem=demanded",
                    Removal::Unknown => "problem=gone",
                };
                Ok(see_other(app, &format!("{PATH}?{query}")))
            },
        )
        .await
}

/// The factor that the form names is none of the person's.
fn anothers(app: &App) -> Response {
    let (name, value) = ANOTHERS;
    see_other(app, &format!("{PATH}?{name}={value}"))
}

async fn remove_page(
    app: &App,
    session: &Session,
    facts: &PageFacts,
    id: Uuid,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let factors = protection(app, session.user.id_user).await?.factors;
    let Some(factor) = factors.iter().find(|factor| factor.id == id) else {
        return Ok(see_other(app, &format!("{PATH}?problem=gone")));
    };
    let page = RemoveFactor {
        view: area::view(session, problems),
        action: app.issuer.path(&format!("{PATH}/{id}/remove")),
        name: factor.name.clone(),
        kind: factor.kind.as_str(),
        last: factors.len() == 1,
    };
    Ok(page.render(&facts.context(app)))
}
