//! `/verify-email?token=…`: the page of the link that proves an address.

use axum::response::Response;

use super::{send_again, verify};
use crate::account::check_mail;
use crate::account::continuing::errand;
use crate::account::link_page;
use crate::account::mailed_link::Link;
use crate::account::mailed_token::{self, Found, Purpose};
use crate::account::refusal::Refusal;
use crate::app::{App, Asked, Posted, Visitor};
use crate::pages::MailTopic;

const PURPOSE: Purpose = Purpose::VerifyEmail;

/// `GET` and `HEAD /verify-email`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    link_page::get(asked, PURPOSE).await
}

/// `POST /verify-email`: leads on to the sign-in.
pub async fn post(posted: Posted) -> Response {
    let spend = async |app: &App, visitor: &Visitor, link: &Link| {
        verify(app, &link.token, &visitor.context).await?;
        Ok(link.within(visitor, "/login?done=verified"))
    };
    link_page::post(posted, PURPOSE, spend).await
}

/// `POST /verify-email/again`: a new link for one that is too old.
pub async fn again(posted: Posted) -> Response {
    let send = async |app: &App, visitor: &Visitor, link: &Link| {
        let Some(email) = mailed_token::address(&app.pool, PURPOSE, &link.token).await? else {
            return Err(Refusal::Link(Found::Unknown));
        };
        let errand = errand(app, visitor, link.continuation.as_ref());
        send_again(app, &email, errand, &visitor.context).await?;
        let (topic, within) = (MailTopic::Verification, errand.continuation);
        Ok(check_mail::address(app, visitor, topic, &email, within))
    };
    link_page::post(posted, PURPOSE, send).await
}
