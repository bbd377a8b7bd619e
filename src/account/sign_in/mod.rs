//! `/login`: the sign-in page. With a continuation it leads on to the app that asked, with `then` to
//! a page of ours, without either to the start page.

pub mod deleted;
pub mod factor;
mod onward;
pub mod passkey;

use axum::response::Response;

use crate::account::check_mail;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::assurance::Authentication;
use crate::authn::attempt::Owner;
use crate::authn::factors::Enrolled;
use crate::authn::password::PasswordError;
use crate::authn::second_factor;
use crate::authn::session::Session;
use crate::authn::sign_in::{self, Outcome, SignInError as Failure};
use crate::http::form::Params;
use crate::i18n::date;
use crate::oauth::authorize::decide::Step;
use crate::oauth::authorize::endpoint::decide;
use crate::oauth::authorize::interaction;
use crate::oauth::authorize::respond;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::pages::{MailTopic, PasskeyWay, SignIn, SignInError};
use crate::users::User;
use onward::Onward;

/// `GET /login`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let onward = Onward::of(app, visitor, query).await?;
    let session = visitor.session(app).await?;
    let Some(again) = is_due(app, visitor, &onward, session.as_ref()).await? else {
        // The person went back to this page, or signed in in another tab.
        return Ok(see_other(app, &onward.destination()));
    };
    let username = match (&onward.continuation, &session) {
        (_, Some(session)) if again => session.user.email.clone(),
        (Some(it), _) => it.request.login_hint.clone().unwrap_or_default(),
        (None, _) => String::new(),
    };
    let error = onward.over.then_some(SignInError::Over);
    Ok(page(app, visitor, &onward, username, again, error))
}

/// Whether somebody has to sign in; `true` where it is the one who is signed in, once more.
async fn is_due(
    app: &App,
    visitor: &Visitor,
    onward: &Onward,
    session: Option<&Session>,
) -> Result<Option<bool>, Fault> {
    let Some(it) = &onward.continuation else {
        return Ok(match session {
            None => Some(false),
            Some(_) if onward.confirm => Some(true),
            Some(_) => None,
        });
    };
    let step = decide(app, visitor, &it.client, &it.request, session, it.progress).await?;
    Ok(match step {
        Step::SignIn { again } => Some(again),
        // Whoever has an account need not make one.
        Step::CreateAccount => Some(false),
        _ => None,
    })
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
    let onward = Onward::of(app, visitor, query).await?;
    let username = params.get("username").unwrap_or_default().trim().to_owned();
    let refuse = |error| refuse(app, visitor, &onward, username.clone(), error);
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
    let services = app.authn();
    let device = visitor.device.as_ref();
    let attempt =
        sign_in::with_password(&services, &username, password, device, &visitor.context).await;
    match attempt {
        Ok(Outcome::Right { user, enrolled }) => {
            second_step(app, visitor, &onward, &user, &enrolled).await
        }
        Ok(Outcome::Refused) => refuse(SignInError::BadCredentials).await,
        Ok(Outcome::Delayed { seconds }) => refuse(SignInError::TryLater { seconds }).await,
        Ok(Outcome::Unverified(_)) => {
            let it = onward.continuation.as_ref().map(|it| it.id);
            let topic = MailTopic::Verification;
            let sent = check_mail::address(app, visitor, topic, &username, it);
            Ok(see_other(app, &sent))
        }
        Ok(Outcome::Deleted(user)) => {
            let locale = onward.locale(app, visitor);
            let until = deleted::remind(app, &user, locale, &visitor.context).await?;
            let until = date(locale, until);
            refuse(SignInError::Deleted { until }).await
        }
        Err(Failure::Password(PasswordError::Overloaded)) => refuse(SignInError::Busy).await,
        Err(failure) => Err(failure.into()),
    }
}

/// The second factor, where the person has one; else the sign-in is complete.
async fn second_step(
    app: &App,
    visitor: &Visitor,
    onward: &Onward,
    user: &User,
    enrolled: &Enrolled,
) -> Result<Response, Fault> {
    if second_factor::on_offer(user, enrolled, onward.wanted_acr(user)).is_empty() {
        let authentication = Authentication::password();
        return onward.complete(app, visitor, user, &authentication).await;
    }
    let mut tx = app.pool.begin().await?;
    let client = onward.continuation.as_ref();
    let id = second_factor::ask(
        &mut tx,
        user,
        Owner::Browser(&visitor.browser),
        app.config.account.factor_ttl,
        client.map(|it| it.client.client_id.as_str()),
        &visitor.context,
    )
    .await
    .map_err(|error| onward.outdated(error))?;
    tx.commit().await?;
    let more = [("attempt", id.to_string())];
    let more = more.each_ref().map(|(name, value)| (*name, value.as_str()));
    Ok(see_other(app, &onward.page("/login/factor", &more)))
}

/// The form again, with what was wrong.
async fn refuse(
    app: &App,
    visitor: &Visitor,
    onward: &Onward,
    username: String,
    error: SignInError,
) -> Result<Response, Fault> {
    let session = visitor.session(app).await?;
    let again = is_due(app, visitor, onward, session.as_ref()).await? == Some(true);
    Ok(page(app, visitor, onward, username, again, Some(error)))
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
    let session = visitor.session(app).await?;
    let session = session.as_ref();
    let step = decide(app, visitor, &it.client, &it.request, session, it.progress).await?;
    interaction::end(&app.pool, it.id).await?;
    let error = match step {
        // Core Error Code unmet_authentication_requirements 1.0.
        Step::EnrolFactor { .. } => OAuthError::new(
            ErrorCode::UnmetAuthenticationRequirements,
            "the person enrolled no second factor",
        ),
        _ => OAuthError::new(ErrorCode::AccessDenied, "the person went back"),
    };
    respond::with_error(app, visitor, &it.request.return_address, &error)
}

fn page(
    app: &App,
    visitor: &Visitor,
    onward: &Onward,
    username: String,
    reauthenticate: bool,
    error: Option<SignInError>,
) -> Response {
    let mut facts = onward.facts(app, visitor);
    let address = |path| app.issuer.path(&onward.page(path, &[]));
    let mut view = None;
    let mut cancel = None;
    if let Some(it) = &onward.continuation {
        let redirect_uri = it.request.return_address.redirect_uri();
        cancel = Some(address("/login/cancel"));
        let app_view = interaction::app_view(app, &it.client, redirect_uri, facts.locale());
        view = Some(app_view);
        facts = facts.leading_to(redirect_uri);
    }
    let action = address("/login");
    let facts = facts.shown_at(action.clone());
    let registers = app.config.account.registration && !reauthenticate;
    let page = SignIn {
        app: view,
        action,
        username,
        error,
        reauthenticate,
        cancel,
        passkey: PasskeyWay {
            action: address("/login/passkey"),
            options: app.issuer.path("/login/passkey/options"),
        },
        create_account: registers.then(|| address("/create-account")),
        forgot_password: address("/forgot-password"),
        done: onward.done,
    };
    page.render(&facts.context(app))
}
