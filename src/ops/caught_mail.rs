//! `/dev/mail`: what a server for development would have sent. The routes exist only where mail is
//! caught, which `serve` refuses.

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::app::{App, Asked, Fault};
use crate::http::form::Params;
use crate::mail::CaughtMail;
use crate::pages::{CaughtLetter, CaughtLine, CaughtList, ErrorPage};

/// The list's length.
const MOST: u32 = 200;

/// `GET /dev/mail`: the newest first; `?to=` for one recipient. As JSON, if that is accepted.
pub async fn list(headers: HeaderMap, asked: Asked) -> Response {
    asked
        .answer(async |app, visitor, query| {
            let params = Params::parse(query.as_bytes())?;
            let wanted = |mail: &CaughtMail| {
                let to = params.get("to");
                to.is_none_or(|to| mail.content.to.eq_ignore_ascii_case(to))
            };
            let mut mails = app.mail.caught(&app.pool, MOST).await?;
            mails.retain(wanted);
            if accepts_json(&headers) {
                let mails: Vec<Value> = mails.iter().map(summary).collect();
                return Ok(no_store(Json(json!({ "mails": mails })).into_response()));
            }
            let line = |mail: &CaughtMail| CaughtLine {
                href: app.issuer.path(&path(mail.id)),
                to: mail.content.to.clone(),
                subject: mail.content.subject.clone(),
                at: mail.created_at,
            };
            let page = CaughtList {
                lines: mails.iter().map(line).collect(),
            };
            Ok(page.render(&visitor.page(app, None, None).context(app)))
        })
        .await
}

/// `GET /dev/mail/{id}`: one mail as text, or as JSON.
pub async fn show(headers: HeaderMap, Path(id): Path<String>, asked: Asked) -> Response {
    asked
        .answer(async |app, visitor, _| {
            let mail = find(app, &id).await?;
            if accepts_json(&headers) {
                return Ok(no_store(Json(details(&mail)).into_response()));
            }
            let page = CaughtLetter {
                to: mail.content.to.clone(),
                subject: mail.content.subject.clone(),
                lang: mail.content.locale.tag(),
                at: mail.created_at,
                text: mail.content.text.clone(),
                html_href: app.issuer.path(&format!("{}/html", path(mail.id))),
                list_href: app.issuer.path("/dev/mail"),
            };
            Ok(page.render(&visitor.page(app, None, None).context(app)))
        })
        .await
}

/// `GET /dev/mail/{id}/html`: the HTML as it was written, held to what a mail program would allow.
pub async fn html(Path(id): Path<String>, asked: Asked) -> Response {
    asked
        .answer(async |app, _, _| {
            let mail = find(app, &id).await?;
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::REFERRER_POLICY, "no-referrer"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; \
                     base-uri 'none'; frame-ancestors 'none'",
                ),
            ];
            Ok(no_store(
                (headers, mail.content.html.clone()).into_response(),
            ))
        })
        .await
}

async fn find(app: &App, id: &str) -> Result<CaughtMail, Fault> {
    let missing = || Fault::Told(Box::new(ErrorPage::not_found(app.issuer.base_path())));
    let id = Uuid::try_parse(id).map_err(|_| missing())?;
    let found = app.mail.caught_one(&app.pool, id).await?;
    found.ok_or_else(missing)
}

fn path(id: Uuid) -> String {
    format!("/dev/mail/{id}")
}

fn summary(mail: &CaughtMail) -> Value {
    json!({
        "id": mail.id,
        "letter": mail.template,
        "to": mail.content.to,
        "name": mail.content.name,
        "locale": mail.content.locale,
        "subject": mail.content.subject,
        "created_at": mail.created_at.format(&Rfc3339).unwrap_or_default(),
    })
}

fn details(mail: &CaughtMail) -> Value {
    let mut all = summary(mail);
    let lines = mail.content.text.lines();
    let links: Vec<&str> = lines.filter(|line| line.starts_with("http")).collect();
    if let Some(all) = all.as_object_mut() {
        all.insert("links".to_owned(), json!(links));
        all.insert("text".to_owned(), json!(mail.content.text));
        all.insert("html".to_owned(), json!(mail.content.html));
    }
    all
}

fn accepts_json(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json"))
}

fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
