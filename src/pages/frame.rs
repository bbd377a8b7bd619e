//! What all pages have around their own content, and the one function that answers with a page.

use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::PageContext;
use super::text::{form_action_source, frame_source, local_path};
use crate::i18n::{self, Locale};

/// The frame of one page; the templates call its methods.
pub(super) struct Frame<'a> {
    pub ctx: &'a PageContext<'a>,
    /// The `h1`, and the first part of the title.
    pub heading: String,
    /// The page reports an error in a form: its title says so first, for those who hear it.
    pub failed: bool,
    /// The column is wide: for reference text.
    pub wide: bool,
}

/// A link of the language switch.
pub(super) struct LanguageLink {
    pub locale: Locale,
    /// `None` for the language of the page.
    pub href: Option<String>,
}

impl<'a> Frame<'a> {
    pub fn new(ctx: &'a PageContext<'a>, heading: String) -> Self {
        Self {
            ctx,
            heading,
            failed: false,
            wide: false,
        }
    }

    pub fn t(&self, key: &str) -> String {
        i18n::t(self.ctx.locale, key)
    }

    pub fn t1(&self, key: &str, name: &'static str, value: &str) -> String {
        i18n::t_args(self.ctx.locale, key, &[(name, value.into())])
    }

    pub fn lang(&self) -> &'static str {
        self.ctx.locale.tag()
    }

    pub fn brand(&self) -> &str {
        &self.ctx.brand.name
    }

    /// A path of this server as the browser must write it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ctx.base_path)
    }

    pub fn style(&self) -> String {
        self.url(self.ctx.brand.assets().style_path())
    }

    pub fn icon(&self) -> String {
        self.url(self.ctx.brand.assets().icon_path())
    }

    pub fn script(&self) -> String {
        self.url(self.ctx.brand.assets().script_path())
    }

    pub fn webauthn_script(&self) -> String {
        self.url(self.ctx.brand.assets().webauthn_path())
    }

    pub fn languages(&self) -> Vec<LanguageLink> {
        let here = local_path(self.ctx.path_and_query).unwrap_or("/");
        Locale::ALL
            .into_iter()
            .map(|locale| {
                let other = locale != self.ctx.locale;
                let href = other.then(|| self.url(&super::language::switch_path(locale, here)));
                LanguageLink { locale, href }
            })
            .collect()
    }
}

/// Where the forms of a page may lead (CSP `form-action`).
pub(super) enum Forms<'a> {
    /// The page has no form.
    None,
    /// To this server, and on to the context's redirect URIs: Chromium holds the redirects that
    /// answer a form's post against `form-action` too.
    Here,
    /// To this one address of another server, and on from there.
    There(&'a str),
}

/// How a page is answered.
pub(super) struct Answer<'a> {
    pub status: StatusCode,
    pub forms: Forms<'a>,
    /// CSP source of the one script that the page has.
    pub script: Option<&'a str>,
    /// The page's script asks this server for something.
    pub connects: bool,
    /// Addresses that the page frames.
    pub frames: &'a [String],
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u64>,
}

impl<'a> Answer<'a> {
    pub fn new(status: StatusCode, forms: Forms<'a>) -> Self {
        Self {
            status,
            forms,
            script: None,
            connects: false,
            frames: &[],
            retry_after: None,
        }
    }
}

/// Renders a page and sets every header that belongs to it.
pub(super) fn respond(
    ctx: &PageContext<'_>,
    page: &impl Template,
    answer: &Answer<'_>,
) -> Response {
    match page.render() {
        Ok(html) => (answer.status, headers(ctx, answer), html).into_response(),
        Err(error) => {
            tracing::error!(%error, request_id = ctx.request_id, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn headers(ctx: &PageContext<'_>, answer: &Answer<'_>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    let mut fixed = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    fixed(header::CONTENT_TYPE, "text/html; charset=utf-8");
    fixed(header::CACHE_CONTROL, "no-store");
    fixed(header::CONTENT_LANGUAGE, ctx.locale.tag());
    fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    fixed(header::X_FRAME_OPTIONS, "DENY");
    // No Cross-Origin-Opener-Policy: any value of it but `unsafe-none` would part a popup, in which
    // an application signs people in, from the window that waits for its answer (HTML, section
    // 7.1.3). Against being framed there is X-Frame-Options.
    fixed(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    fixed(
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    // Under `no-referrer` a browser posts a form with `Origin: null` (Fetch, "append a request
    // `Origin` header"): our own forms keep it for us, the form_post page keeps it for the client,
    // which gets the origin and never the address with its parameters.
    let referrer = match answer.forms {
        Forms::None => "no-referrer",
        Forms::Here => "same-origin",
        Forms::There(_) => "strict-origin",
    };
    fixed(header::REFERRER_POLICY, referrer);
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(ctx, answer)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(seconds) = answer.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    headers
}

/// Every source stems from a constant or from [`form_action_source`] and [`frame_source`], which let
/// nothing through that could end a directive.
fn content_security_policy(ctx: &PageContext<'_>, answer: &Answer<'_>) -> String {
    let forms = match answer.forms {
        Forms::None => "'none'".to_owned(),
        Forms::There(action) => form_action_source(action).unwrap_or_else(|| "'none'".to_owned()),
        Forms::Here => {
            let others = ctx
                .form_action_origins
                .iter()
                .filter_map(|uri| form_action_source(uri));
            sources(std::iter::once("'self'".to_owned()).chain(others))
        }
    };
    let mut policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action {forms}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    if let Some(script) = answer.script {
        policy.push_str("; script-src ");
        policy.push_str(script);
    }
    if answer.connects {
        policy.push_str("; connect-src 'self'");
    }
    let frames = sources(answer.frames.iter().filter_map(|uri| frame_source(uri)));
    if !frames.is_empty() {
        policy.push_str("; frame-src ");
        policy.push_str(&frames);
    }
    policy
}

fn sources(sources: impl Iterator<Item = String>) -> String {
    let mut list: Vec<String> = Vec::new();
    for source in sources {
        if !list.contains(&source) {
            list.push(source);
        }
    }
    list.join(" ")
}
