//! The home page: artists for everybody, one's bookings for those signed in.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::apis::{ApiError, Artist, Booking};
use crate::app::App;
use crate::page::{self, STYLE_PATH};
use crate::session::Session;
use crate::tokens::{self, NoToken};
use crate::words::{Language, Words};

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome<'a> {
    words: &'static Words,
    style: &'static str,
    notice: Option<&'static str>,
    artists: &'a Result<Vec<Artist>, ApiError>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    words: &'static Words,
    style: &'static str,
    language: Language,
    session: &'a Session,
    bookings: &'a Result<Vec<Booking>, ApiError>,
}

/// What the issuer adds to the address when it sends the browser back after sign-out.
#[derive(Deserialize)]
pub struct Returned {
    state: Option<String>,
}

/// `GET /`
pub async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
    query: Result<Query<Returned>, QueryRejection>,
) -> Response {
    let words = language.words();
    if let Some(session) = app.session(&headers) {
        let Ok(bookings) = bookings(&app, &session).await else {
            if let Some(id) = app.cookies.session(&headers) {
                app.sessions.remove(id);
            }
            let mut response = welcome(&app, words, Some(words.session_ended)).await;
            app.cookies.clear_session(response.headers_mut());
            return response;
        };
        return page::render(&Home {
            words,
            style: &STYLE_PATH,
            language,
            session: &session,
            bookings: &bookings,
        });
    }
    let returned = query.ok().and_then(|Query(returned)| returned.state);
    if returned.is_some() && returned.as_deref() == app.cookies.sign_out(&headers) {
        let mut response = welcome(&app, words, Some(words.signed_out)).await;
        app.cookies.clear_sign_out(response.headers_mut());
        return response;
    }
    welcome(&app, words, None).await
}

async fn welcome(app: &App, words: &'static Words, notice: Option<&'static str>) -> Response {
    let artists = app.apis.artists().await;
    page::render(&Welcome {
        words,
        style: &STYLE_PATH,
        notice,
        artists: &artists,
    })
}

/// The issuer has ended the grant behind the session.
struct Ended;

async fn bookings(
    app: &Arc<App>,
    session: &Arc<Session>,
) -> Result<Result<Vec<Booking>, ApiError>, Ended> {
    let token = match tokens::access_token(app, session).await {
        Ok(token) => token,
        Err(NoToken::Ended) => return Err(Ended),
        Err(NoToken::Unavailable) => return Ok(Err(ApiError::Unavailable)),
    };
    match app.apis.bookings(&token).await {
        Err(ApiError::Unauthorized) => match tokens::after_refusal(app, session, token).await {
            Ok(token) => Ok(app.apis.bookings(&token).await),
            Err(NoToken::Ended) => Err(Ended),
            Err(NoToken::Unavailable) => Ok(Err(ApiError::Unavailable)),
        },
        bookings => Ok(bookings),
    }
}
