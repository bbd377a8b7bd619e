//! `/login`: the sign-in page. With a continuation it leads on to the app that asked, without to the
//! start page.

use axum::http::header;
use axum::response::Response;

use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::assurance::Authentication;
use crate::authn::password::PasswordError;
use crate::authn::session;
use crate::authn::sign_in::{self, Outcome, SignInError as Failure};
use crate::foundation::secret::Secret;
use crate::http::cookies::Cookie;
use crate::http::form::Params;
use crate::oauth::authorize::decide::{Progress, Step};
use crate::oauth::authorize::endpoint::decide;
use crate::oauth::authorize::interaction::{self, Continuation, page_path};
use crate::oauth::authorize::respond;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::pages::{SignIn, SignInError};

/// `GET /login`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let continuation = interaction::named(app, visitor, query).await?;
    let session = visitor.session(app).await?;
    let mut again = false;
    match (&continuation, &session) {
        (None, Some(_)) => return Ok(see_other(app, "/")),
        (None, None) => {}
        (Some(it), session) => {
            let step = decide(
                app,
                visitor,
                &it.client,
                &it.request,
                session.as_ref(),
                it.progress,
            )
            .await?;
            match step {
                Step::SignIn { again: once_more } => again = once_more,
                // The person went back to this page, or signed in in another tab.
                _ => return Ok(see_other(app, &page_path("/continue", it.id))),
            }
        }
    }
    let username = match (&continuation, &session) {
        (_, Some(session)) if again => session.user.email.clone(),
        (Some(it), _) => it.request.login_hint.clone().unwrap_or_default(),
        (None, _) => String::new(),
    };
    Ok(page(
        app,
        visitor,
        continuation.as_ref(),
        username,
        again,
        None,
    ))
}

/// `POST /login`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let continuation = interaction::named(app, visitor, query).await?;
    let continuation = continuation.as_ref();
    let username = params.get("username").unwrap_or_default().trim().to_owned();
    let refuse = |error| refuse(app, visitor, continuation, username.clone(), error);
    if !visitor.owns_form(params) {
        return refuse(SignInError::SessionExpired).await;
    }
    let password = params.secret("password");
    let (false, Some(password)) = (username.is_empty(), password.clone()) else {
        let error = SignInError::Empty {
            username: username.is_empty(),
            password: password.is_none(),
        };
        return refuse(error).await;
    };
    let attempt = sign_in::with_password(
        &app.pool,
        &app.passwords,
        &username,
        password,
        &visitor.context,
    );
    match attempt.await {
        Ok(Outcome::SignedIn(user)) => {
            let cookie = session::start(
                &app.pool,
                visitor.session_token.as_ref(),
                user.id_user,
                &Authentication::password(),
                app.session_lifetimes(),
                &visitor.context,
            )
            .await?;
            lead_on(app, continuation, user.id_user, &cookie).await
        }
        Ok(Outcome::Refused) => refuse(SignInError::BadCredentials).await,
        Err(Failure::Password(PasswordError::Overloaded)) => {
            refuse(SignInError::TryLater { seconds: 5 }).await
        }
        Err(failure) => Err(Fault::internal(failure)),
    }
}

/// The form again, with what was wrong.
async fn refuse(
    app: &App,
    visitor: &Visitor,
    continuation: Option<&Continuation>,
    username: String,
    error: SignInError,
) -> Result<Response, Fault> {
    let again = match (continuation, visitor.session(app).await?) {
        (Some(it), Some(session)) => {
            let Continuation {
                client, request, ..
            } = it;
            let step = decide(app, visitor, client, request, Some(&session), it.progress).await?;
            step == Step::SignIn { again: true }
        }
        _ => false,
    };
    Ok(page(
        app,
        visitor,
        continuation,
        username,
        again,
        Some(error),
    ))
}

async fn lead_on(
    app: &App,
    continuation: Option<&Continuation>,
    id_user: i32,
    cookie: &Secret,
) -> Result<Response, Fault> {
    let mut response = match continuation {
        Some(it) => {
            let progress = Progress {
                signed_in: true,
                account_selected: true,
                other_account: false,
                user: Some(id_user),
                ..it.progress.of(id_user)
            };
            interaction::advance(&app.pool, it.id, progress).await?;
            see_other(app, &page_path("/continue", it.id))
        }
        None => see_other(app, "/"),
    };
    let lifetime = Some(app.config.session.absolute_ttl);
    let cookie = Cookie::Session.set(cookie, lifetime, app.issuer.is_secure());
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// `POST /login/cancel`: back to the app, which is told so (RFC 6749, section 4.1.2.1).
pub async fn cancel(posted: Posted) -> Response {
    posted.answer(cancelled).await
}

async fn cancelled(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let it = interaction::for_form(app, visitor, query, params).await?;
    interaction::end(&app.pool, it.id).await?;
    let error = OAuthError::new(ErrorCode::AccessDenied, "the person went back");
    respond::with_error(app, visitor, &it.request.return_address, &error)
}

fn page(
    app: &App,
    visitor: &Visitor,
    continuation: Option<&Continuation>,
    username: String,
    reauthenticate: bool,
    error: Option<SignInError>,
) -> Response {
    let ui_locales = continuation.and_then(|it| it.request.ui_locales.as_deref());
    let mut facts = visitor.page(app, ui_locales, None);
    let mut action = app.issuer.path("/login");
    let mut view = None;
    let mut cancel = None;
    if let Some(it) = continuation {
        let redirect_uri = it.request.return_address.redirect_uri();
        action = app.issuer.path(&page_path("/login", it.id));
        cancel = Some(app.issuer.path(&page_path("/login/cancel", it.id)));
        view = Some(interaction::app_view(
            app,
            &it.client,
            redirect_uri,
            facts.locale(),
        ));
        facts = facts.leading_to(redirect_uri);
    }
    let facts = facts.shown_at(action.clone());
    let page = SignIn {
        app: view,
        action,
        username,
        error,
        reauthenticate,
        cancel,
    };
    page.render(&facts.context(app))
}
