//! One turn between a person's browser and a page: what was asked or posted, and the answer.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{App, Fault, Visitor};
use crate::http::form::{Form, Params, ParamsError};

/// The longest query that a form is turned into; browsers and servers take little more.
const MAX_QUERY: usize = 16 * 1024;

/// A page that was asked for.
pub struct Asked {
    app: Arc<App>,
    visitor: Visitor,
    query: String,
}

impl Asked {
    /// Answers with the page, given the query, or with the page of what went wrong.
    pub async fn answer<F>(self, page: F) -> Response
    where
        F: AsyncFnOnce(&App, &Visitor, &str) -> Result<Response, Fault>,
    {
        let Self {
            app,
            visitor,
            query,
        } = self;
        visitor.recognise(&app).await;
        let result = page(&app, &visitor, &query).await;
        visitor.answer(&app, result)
    }
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self {
            app: Arc::clone(app),
            visitor: Visitor::from_request_parts(parts, app).await?,
            query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

/// A form that was posted.
pub struct Posted {
    asked: Asked,
    form: Result<Params, ParamsError>,
}

impl Posted {
    /// Answers with what comes of the form, given the query and the fields.
    pub async fn answer<F>(self, submit: F) -> Response
    where
        F: AsyncFnOnce(&App, &Visitor, &str, &Params) -> Result<Response, Fault>,
    {
        let Asked {
            app,
            visitor,
            query,
        } = self.asked;
        visitor.recognise(&app).await;
        let result = match &self.form {
            Ok(params) => submit(&app, &visitor, &query, params).await,
            Err(error) => Err((*error).into()),
        };
        visitor.answer(&app, result)
    }
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Infallible> {
        let (mut parts, body) = request.into_parts();
        let asked = Asked::from_request_parts(&mut parts, app).await?;
        let Form(form) = Form::from_request(Request::from_parts(parts, body), app).await?;
        Ok(Self { asked, form })
    }
}

/// A request that a client sends through the person's browser: its parameters stand in the query, or
/// in a form (OpenID Connect Core 1.0, section 3.1.2.1; RP-Initiated Logout 1.0, section 2).
pub struct Sent {
    app: Arc<App>,
    visitor: Visitor,
    path: String,
    posted: bool,
    params: Result<Params, ParamsError>,
}

impl Sent {
    /// Answers what was sent.
    pub async fn answer<F>(self, answer: F) -> Response
    where
        F: AsyncFnOnce(&App, &Visitor, &Params) -> Result<Response, Fault>,
    {
        let (app, visitor) = (self.app, self.visitor);
        visitor.recognise(&app).await;
        let result = match &self.params {
            // A browser sends `SameSite=Lax` cookies with a GET, but not with a form that another
            // site posts (draft-ietf-httpbis-rfc6265bis-22, section 5.6.7.1): asked again by GET, or
            // whoever is signed in would be taken for nobody.
            Ok(params) if self.posted && visitor.lacks_cookies(params) => {
                let query = params.to_query();
                if query.len() <= MAX_QUERY {
                    return see_other(&app, &format!("{}?{query}", self.path));
                }
                Err(ParamsError::TooLarge.into())
            }
            Ok(params) => answer(&app, &visitor, params).await,
            Err(error) => Err((*error).into()),
        };
        visitor.answer(&app, result)
    }
}

impl FromRequest<Arc<App>> for Sent {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Infallible> {
        let path = request.uri().path().to_owned();
        let posted = request.method() == Method::POST;
        let Posted { asked, form } = Posted::from_request(request, app).await?;
        let params = if posted {
            form
        } else {
            Params::parse(asked.query.as_bytes())
        };
        let Asked { app, visitor, .. } = asked;
        Ok(Self {
            app,
            visitor,
            path,
            posted,
            params,
        })
    }
}

/// 303 to a path of this server, given without the issuer's own path.
pub fn see_other(app: &App, path: &str) -> Response {
    let location = HeaderValue::from_str(&app.issuer.path(path))
        .unwrap_or_else(|_| HeaderValue::from_static("/"));
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
